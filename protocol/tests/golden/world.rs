//! The names and numbers that golden messages are made of: fixed, short, and different from one another.

use std::num::NonZeroU16;

use protocol::keys::{KeyEntry, RootKey, RootSigned, RootSigningKey};
use protocol::message::device::{Bilingual, Catalogue, CatalogueEntry};
use protocol::message::report::{
    DeviceFault, DeviceReport, FaultKind, LicenceReport, ReportAnswer, Standing, UsageMark,
};
use protocol::package::file::PackageHeader;
use protocol::package::{Feature, FeatureList, Manifest, OptionKind, PackageContent, ProgramLimits};
use protocol::receipt::{EraseReceipt, SignedReceipt};
use protocol::signed::{Signed, SigningKey};
use protocol::{
    ContentKey, ContractPin, ContractUserId, DeviceKeyHash, DeviceSerial, Digest, EndReason, KeyList, KeyRole, Licence,
    LicenceId, LockReason, Metering, Offer, OfferList, OptionId, OrderId, ReleaseVersion, Text, Ticket, Timestamp,
    UsageForm, Yen,
};

pub(crate) const NOW: Timestamp = Timestamp::from_ms(1_795_000_000_000);
pub(crate) const LATER: Timestamp = Timestamp::from_ms(1_795_086_400_000);

pub(crate) fn text<const MAX: usize>(text: &str) -> Text<MAX> {
    Text::new(text).unwrap()
}

pub(crate) fn serial() -> DeviceSerial {
    "MX-204-0001".parse().unwrap()
}

pub(crate) fn option() -> OptionId {
    "ocr-package".parse().unwrap()
}

pub(crate) fn order() -> OrderId {
    "01938a5e-7b1c-7def-8123-456789abcdef".parse().unwrap()
}

pub(crate) fn contract() -> ContractUserId {
    ContractUserId::from_body(123_456_789)
}

pub(crate) fn pin() -> ContractPin {
    "004711".parse().unwrap()
}

pub(crate) fn yen(amount: u64) -> Yen {
    Yen::new(amount).unwrap()
}

pub(crate) fn uses() -> UsageForm {
    UsageForm::uses(10).unwrap()
}

pub(crate) fn days() -> UsageForm {
    UsageForm::days(30).unwrap()
}

pub(crate) fn offers() -> OfferList {
    let permanent = Offer::new(UsageForm::Permanent, yen(20_000));
    OfferList::new(vec![permanent, Offer::new(uses(), yen(2_000)), Offer::trial(days())]).unwrap()
}

pub(crate) fn names<const MAX: usize>() -> Bilingual<Text<MAX>> {
    Bilingual { ja: text("文字認識"), en: text("OCR") }
}

pub(crate) fn release_key() -> SigningKey {
    SigningKey::from_seed(&[0x11; 32])
}

pub(crate) fn licence_key() -> SigningKey {
    SigningKey::from_seed(&[0x22; 32])
}

pub(crate) fn limits() -> ProgramLimits {
    ProgramLimits::new(256, 20_000_000_000).unwrap()
}

pub(crate) fn features() -> FeatureList {
    FeatureList::new(vec![Feature::TEXT_RECOGNITION.parse().unwrap()]).unwrap()
}

pub(crate) fn package_header() -> PackageHeader {
    PackageHeader::new(PackageContent::Program(limits()), features(), 1_048_500, Digest([0xcc; 32])).unwrap()
}

pub(crate) fn manifest() -> Manifest {
    let chunks = vec![Digest([0xc0; 32]), Digest([0xc1; 32])];
    Manifest {
        option: option(),
        version: ReleaseVersion(3),
        content: PackageContent::Program(limits()),
        provides: features(),
        content_bytes: 1_048_500,
        chunks,
    }
}

pub(crate) fn ticket() -> Ticket {
    Ticket { order: order(), device: serial(), package: manifest().digest(), chunk_count: 2, expires_at: LATER }
}

fn metering() -> Metering {
    Metering { used: 12, contact_within_days: NonZeroU16::new(14).unwrap() }
}

pub(crate) fn licence(form: UsageForm) -> Licence {
    Licence {
        id: LicenceId::from(order()),
        device: serial(),
        device_key: DeviceKeyHash([0x55; 32]),
        option: option(),
        version: ReleaseVersion(3),
        package: manifest().digest(),
        form,
        price: yen(2_000),
        issued_at: NOW,
        starts_at: LATER,
        return_until: Some(LATER),
        uses_left: matches!(form, UsageForm::Uses(_)).then_some(7),
        metering: (form == UsageForm::Metered).then(metering),
        content_key: ContentKey::from_bytes([0x33; 32]),
    }
}

pub(crate) fn catalogue() -> Catalogue {
    let entry = CatalogueEntry {
        option: option(),
        name: names(),
        description: names(),
        kind: OptionKind::Program,
        provides: features(),
        version: ReleaseVersion(3),
        stored_bytes: manifest().stored_bytes(),
        offers: offers(),
    };
    Catalogue { version: 7, expires_at: LATER, entries: vec![entry] }
}

pub(crate) fn signed_ticket() -> Signed<Ticket> {
    Signed::new(&ticket(), &licence_key())
}

/// A P-256 key for tests, PKCS#8.
const ROOT_PKCS8: &str = "308187020100301306072a8648ce3d020106082a8648ce3d030107046d306b0201010420b3565f554e93a78c0f64e4902e400147927763cfd6e92440cca0606cd5b3c903a144034200041408f857c53692608fbadaf78dc028a1da40efdb77358939fce83de51423030553b003356f70af32843c4589b6cb689c06f6ca1eab48572fe1e74d7700bd8c63";

/// A signature is different each time it is made, so this one was made once: over [`key_list`], with the root.
const KEY_LIST_SIGNATURE: &str = "28cb566de1bd0091b254f9ff94c8728977df55ec1069b97d124bdc78281132370c1b4c791b9f5ba26bbd3fb260213d64cfb3f63f8cd316828aba6a86bd69ab1b";

fn unhex(text: &str) -> Vec<u8> {
    data_encoding::HEXLOWER.decode(text.as_bytes()).unwrap()
}

pub(crate) fn root_key() -> RootKey {
    RootSigningKey::from_pkcs8(&unhex(ROOT_PKCS8)).unwrap().root_key()
}

pub(crate) fn key_list() -> KeyList {
    let entry = |key: SigningKey, role| KeyEntry { key: key.verify_key(), role };
    let keys = vec![entry(release_key(), KeyRole::Release), entry(licence_key(), KeyRole::Licence)];
    KeyList::new(5, keys, vec![SigningKey::from_seed(&[0x44; 32]).verify_key().id()]).unwrap()
}

pub(crate) fn signed_key_list() -> RootSigned<KeyList> {
    let bytes = [protocol::codec::encode(&protocol::codec::encode(&key_list())), unhex(KEY_LIST_SIGNATURE)].concat();
    let signed: RootSigned<KeyList> = protocol::codec::decode(&bytes).unwrap();
    if signed.verify(&root_key()).is_err() {
        let again = RootSigningKey::from_pkcs8(&unhex(ROOT_PKCS8)).unwrap().sign(&key_list()).unwrap();
        let bytes = protocol::codec::encode(&again);
        panic!("the list has changed; a new signature: {}", data_encoding::HEXLOWER.encode(&bytes[bytes.len() - 64..]));
    }
    signed
}

pub(crate) fn receipt() -> EraseReceipt {
    EraseReceipt {
        device: serial(),
        licence: LicenceId::from(order()),
        package: manifest().digest(),
        reason: EndReason::UsedUp,
        erased_at: LATER,
        used: None,
    }
}

/// With halves of a signature that nobody has made: signing is not repeatable.
pub(crate) fn signed_receipt() -> SignedReceipt {
    SignedReceipt { bytes: protocol::codec::encode(&receipt()), r: [0x66; 32], s: [0x77; 32] }
}

pub(crate) fn mark(sequence: u64) -> UsageMark {
    UsageMark { sequence, head: Digest([0x88; 32]) }
}

pub(crate) fn report() -> DeviceReport {
    let licence = LicenceId::from(order());
    DeviceReport {
        acknowledged: UsageMark::default(),
        mark: mark(9),
        clock: NOW,
        licences: vec![
            LicenceReport { licence, standing: Standing::Active, uses_left: Some(7), used: None, was_used: true },
            LicenceReport {
                licence,
                standing: Standing::Locked(LockReason::ContactDue),
                uses_left: None,
                used: Some(12),
                was_used: true,
            },
        ],
        faults: vec![DeviceFault { at: NOW, kind: FaultKind::ClockSetBack(3_600_000) }],
        receipts: vec![signed_receipt()],
    }
}

pub(crate) fn report_answer() -> ReportAnswer {
    let licence = LicenceId::from(order());
    ReportAnswer {
        acknowledged: mark(9),
        locked: vec![licence],
        released: vec![],
        revoked: vec![licence],
        receipts: vec![licence],
        missing: vec![licence],
        suspended: vec![licence],
        returned: vec![licence],
        moved: vec![licence],
    }
}
