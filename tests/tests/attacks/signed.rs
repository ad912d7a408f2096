//! What is signed: replayed, frozen, swapped, or signed with stolen keys. The server is in wrong hands, the panel is real.

use e2e::peer::{Peer, order_id};
use e2e::rogue::{Loot, Rogue};
use e2e::{Device, OptionSpec, Vendor, package_file};
use panel_app::core::{Command, Failure, Place, Progress, Screen};
use protocol::keys::KeyEntry;
use protocol::message::device::{Catalogue, DeviceReply, DeviceRequest};
use protocol::message::staff::{KeyChange, StaffReply, StaffRequest};
use protocol::net::Root;
use protocol::package::OptionKind;
use protocol::signed::SigningKey;
use protocol::time::{DAY_MS, HOUR_MS};
use protocol::{KeyList, KeyRole, Manifest, Signed, Timestamp};
use vendor_console::clock::Clock;

use crate::Attack;

pub(crate) const ATTACKS: &[Attack] = &[
    Attack {
        name: "another option's manifest for an order",
        expectation: "refused; nothing is fetched or charged",
        run: swapped_option,
    },
    Attack { name: "an older manifest, replayed", expectation: "refused; nothing is fetched", run: older_manifest },
    Attack { name: "an older catalogue, replayed", expectation: "refused, and shown", run: older_catalogue },
    Attack {
        name: "the same catalogue for ever, with the clock stopped",
        expectation: "noticed when it should have been renewed; not sold from",
        run: frozen_catalogue,
    },
    Attack {
        name: "a catalogue signed with a release key that was revoked",
        expectation: "refused without a question",
        run: revoked_release_key,
    },
    Attack {
        name: "a catalogue signed with a licence key",
        expectation: "refused: a key signs for one purpose",
        run: wrong_role,
    },
    Attack {
        name: "a list of keys signed with a root of one's own",
        expectation: "refused; asked for once, no loop",
        run: forged_key_list,
    },
    Attack {
        name: "catalogue version 2^64-1 with a stolen key",
        expectation: "closes the store until the key is revoked, then it opens again",
        run: highest_version,
    },
];

const OCR: &str = "ocr-package";
const FONT: &str = "mincho-font";

/// A vendor that sells two options, a panel that has been in its store, and a peer that has listened.
struct Stage {
    vendor: Vendor,
    panel: Device,
    peer: Peer,
}

fn publish(vendor: &Vendor, id: &str) {
    let offers = [("permanent", 20_000)];
    vendor.publish(&OptionSpec { id, kind: OptionKind::Program, offers: &offers, content: id.as_bytes() });
}

fn stage() -> Stage {
    let vendor = Vendor::start();
    publish(&vendor, OCR);
    publish(&vendor, FONT);
    let customer = vendor.customer("青空設計");
    let panel = Device::enrolled(&vendor, "HK-320-0001", Some(&customer));
    let peer = Peer::enrolled(&vendor, "HK-320-0002", Some(&customer));
    Stage { vendor, panel, peer }
}

impl Stage {
    /// The server falls into wrong hands, with all that is in its folder.
    fn fall(&mut self) -> (Rogue, Loot) {
        self.vendor.stop();
        let loot = Loot::of(&self.vendor.data());
        (Rogue::start(self.vendor.addr(), &loot), loot)
    }

    fn catalogue(&self) -> Signed<Catalogue> {
        match self.peer.ask(&self.vendor, &DeviceRequest::Catalogue).unwrap() {
            DeviceReply::Catalogue(signed) => signed,
            other => panic!("{other:?}"),
        }
    }

    fn manifest(&self, option: &str) -> (Signed<Manifest>, Manifest, protocol::OfferList) {
        let authorised = self.peer.order(&self.vendor, order_id(), option, None).unwrap();
        (authorised.manifest.clone(), self.peer.manifest(&authorised), authorised.offers)
    }

    /// What the store shows after it was asked for anew.
    fn store(&self) -> Result<usize, Failure> {
        self.panel.apply(Command::Go(Place::Home));
        self.panel.apply(Command::Go(Place::Store));
        self.panel.wait(|core| core.catalogue_fetch().is_some());
        match self.panel.screen() {
            Screen::Store(Progress::Ready(rows)) => Ok(rows.len()),
            Screen::Store(Progress::Failed(failure)) => Err(failure),
            other => panic!("{other:?}"),
        }
    }

    /// Tries to buy; why that does not work.
    fn buy(&self) -> Failure {
        self.panel.apply(Command::OpenOffer(OCR.parse().unwrap()));
        self.panel.wait_screen(|screen| matches!(screen, Screen::Offer { .. }));
        self.panel.apply(Command::Confirm);
        self.panel.wait_screen(|screen| matches!(screen, Screen::Failed { .. }));
        let Screen::Failed { failure, .. } = self.panel.screen() else { unreachable!("just waited for it") };
        failure
    }

    fn signing(&self, role: KeyRole) -> protocol::KeyId {
        let StaffReply::Keys(status) = self.vendor.staff(StaffRequest::Keys) else { panic!() };
        let signs = |entry: &&KeyEntry| entry.role == role && status.signing.contains(&entry.id());
        status.list.keys().iter().find(signs).unwrap().id()
    }

    fn revoke(&self, key: protocol::KeyId) {
        let reply = self.vendor.staff(StaffRequest::ProposeKeys(KeyChange::Revoke(key)));
        assert!(matches!(reply, StaffReply::Keys(_)), "{reply:?}");
    }
}

fn signed_catalogue(stage: &Stage, version: u64, key: &SigningKey) -> Signed<Catalogue> {
    let genuine = stage.peer.ring.verify(&stage.catalogue()).unwrap();
    Signed::new(&Catalogue { version, expires_at: Timestamp::from_ms(u64::MAX), ..genuine }, key)
}

fn swapped_option() -> String {
    let mut stage = stage();
    let other = stage.manifest(FONT);
    stage.store().unwrap();
    let (rogue, _) = stage.fall();
    rogue.script().order = Some(other);
    let failure = stage.buy();
    assert_eq!(failure, Failure::NotGenuine);
    failure.code().to_owned()
}

fn older_manifest() -> String {
    let mut stage = stage();
    let old = stage.manifest(OCR);
    let content = stage.vendor.data().join("second");
    let second = package_file(OptionKind::Program, b"a second release, with the hole closed");
    std::fs::write(&content, second).unwrap();
    stage.vendor.publish_next(OCR, &content);
    stage.store().unwrap();
    let (rogue, _) = stage.fall();
    rogue.script().order = Some(old);
    let failure = stage.buy();
    assert_eq!(failure, Failure::NotGenuine);
    failure.code().to_owned()
}

fn older_catalogue() -> String {
    let mut stage = stage();
    let old = stage.catalogue();
    publish(&stage.vendor, "another-option");
    assert_eq!(stage.store(), Ok(3));
    let (rogue, _) = stage.fall();
    rogue.script().catalogue = Some(old);
    let failure = stage.store().unwrap_err();
    assert_eq!(failure, Failure::Outdated);
    failure.code().to_owned()
}

fn frozen_catalogue() -> String {
    let mut stage = stage();
    let frozen = stage.catalogue();
    let then = Clock::System.now();
    assert_eq!(stage.store(), Ok(2));
    let (rogue, _) = stage.fall();
    {
        let mut script = rogue.script();
        (script.catalogue, script.now) = (Some(frozen), Some(then));
    }
    stage.panel.pass_ms(23 * HOUR_MS);
    assert_eq!(stage.store(), Ok(2), "still good");
    stage.panel.pass_ms(HOUR_MS);
    let failure = stage.store().unwrap_err();
    assert_eq!(failure, Failure::Outdated);
    stage.panel.apply(Command::OpenOffer(OCR.parse().unwrap()));
    stage.panel.wait_screen(|screen| matches!(screen, Screen::Failed { failure: Failure::Outdated, .. }));
    format!("{} after 24 h", failure.code())
}

fn revoked_release_key() -> String {
    let mut stage = stage();
    assert_eq!(stage.store(), Ok(2));
    let stolen = Loot::of(&stage.vendor.data());
    stage.revoke(stage.signing(KeyRole::Release));
    assert_eq!(stage.store(), Ok(2), "signed with the new key");
    let forged = {
        let StaffReply::Keys(status) = stage.vendor.staff(StaffRequest::Keys) else { panic!() };
        assert!(status.list.revoked().contains(&stolen.release.verify_key().id()));
        Signed::new(
            &Catalogue { version: u64::MAX, expires_at: Timestamp::from_ms(u64::MAX), entries: vec![] },
            &stolen.release,
        )
    };
    let (rogue, _) = stage.fall();
    rogue.script().catalogue = Some(forged);
    let failure = stage.store().unwrap_err();
    assert_eq!(failure, Failure::NotGenuine);
    assert_eq!(rogue.script().keys_asked, 0);
    failure.code().to_owned()
}

fn wrong_role() -> String {
    let mut stage = stage();
    assert_eq!(stage.store(), Ok(2));
    let forged = signed_catalogue(&stage, u64::MAX, &Loot::of(&stage.vendor.data()).licence);
    let (rogue, _) = stage.fall();
    rogue.script().catalogue = Some(forged);
    let failure = stage.store().unwrap_err();
    assert_eq!(failure, Failure::NotGenuine);
    failure.code().to_owned()
}

fn forged_key_list() -> String {
    let mut stage = stage();
    assert_eq!(stage.store(), Ok(2));
    let own = SigningKey::from_seed(&[66; 32]);
    let forged = signed_catalogue(&stage, u64::MAX, &own);
    let (rogue, _) = stage.fall();
    let root = Root::generate(Clock::System.now()).unwrap();
    let entry = |role| KeyEntry { key: SigningKey::from_seed(&[role as u8 + 66; 32]).verify_key(), role };
    let list = KeyList::new(u64::MAX, vec![entry(KeyRole::Release), entry(KeyRole::Licence)], vec![]).unwrap();
    {
        let mut script = rogue.script();
        script.catalogue = Some(forged);
        script.keys = Some(root.key().sign(&list).unwrap());
    }
    let failure = stage.store().unwrap_err();
    assert_eq!((failure, rogue.script().keys_asked), (Failure::NotGenuine, 1));
    format!("{}, asked once", failure.code())
}

fn highest_version() -> String {
    let mut stage = stage();
    assert_eq!(stage.store(), Ok(2));
    let stolen = Loot::of(&stage.vendor.data());
    let forged = signed_catalogue(&stage, u64::MAX, &stolen.release);
    let (rogue, _) = stage.fall();
    rogue.script().catalogue = Some(forged);
    assert_eq!(stage.store(), Ok(2), "the key still counts");
    drop(rogue);
    stage.vendor.start_again();
    assert_eq!(stage.store(), Err(Failure::Outdated), "the vendor cannot get below it");
    stage.revoke(stolen.release.verify_key().id());
    assert_eq!(stage.store(), Ok(2));
    stage.panel.switch_on();
    assert_eq!(stage.store(), Ok(2), "and so it stays");
    stage.panel.pass_ms(2 * HOUR_MS);
    assert!(DAY_MS > 2 * HOUR_MS && stage.store().is_ok());
    "catalogue-outdated, open again after the revocation".to_owned()
}
