//! What is delivered: wrong, altered, replayed, endless, slow, or to somebody else.

use std::time::Duration;

use e2e::peer::{Peer, order_id};
use e2e::rogue::{Loot, Manner, Rogue, ticket};
use e2e::{OptionSpec, Vendor};
use panel_app::cancel::Cancel;
use panel_app::core::{LinkFault, TransferEvent, TransferFault, TransferOrder};
use panel_app::data;
use panel_app::link::{Pace, TransferLimits, TransferRunner};
use protocol::message::device::Authorised;
use protocol::package::OptionKind;
use protocol::ticket::TICKET_LIFE_MS;
use protocol::{Manifest, RefusalCode};
use vendor_console::clock::Clock;

use crate::Attack;

pub(crate) const ATTACKS: &[Attack] = &[
    Attack { name: "another device's ticket", expectation: "refused; nothing is sent", run: another_devices_ticket },
    Attack { name: "an expired ticket", expectation: "refused; the order gets a fresh one", run: expired_ticket },
    Attack { name: "a flipped byte", expectation: "found; its chunk is not stored", run: flipped_byte },
    Attack {
        name: "the manifest of one option, the content of another",
        expectation: "found; nothing is stored",
        run: mixed_manifest_and_content,
    },
    Attack {
        name: "more announced than the manifest says",
        expectation: "left before a byte of it is read",
        run: announced_length,
    },
    Attack {
        name: "endless data beyond the announced length",
        expectation: "not read; the sender is stopped by flow control and then by the end",
        run: endless_data,
    },
    Attack { name: "a byte from time to time", expectation: "ended as too slow; nothing is stored", run: slow_sender },
];

const OCR: &str = "ocr-package";

/// A vendor that sells one option.
fn vendor() -> Vendor {
    vendor_with(Clock::System)
}

fn vendor_with(clock: Clock) -> Vendor {
    let vendor = Vendor::start_with(clock);
    let offers = [("permanent", 20_000), ("uses:3", 2_000)];
    vendor.publish(&OptionSpec { id: OCR, kind: OptionKind::Program, offers: &offers, content: b"the OCR program" });
    vendor
}

fn another_devices_ticket() -> String {
    let vendor = vendor();
    let customer = vendor.customer("青空設計");
    let buyer = Peer::enrolled(&vendor, "HK-320-0001", Some(&customer));
    let thief = Peer::enrolled(&vendor, "HK-320-0002", Some(&customer));
    let authorised = buyer.order(&vendor, order_id(), OCR, None).unwrap();
    let refused = thief.fetch(&vendor, &authorised.ticket, 1).unwrap_err();
    assert_eq!(refused, RefusalCode::TicketInvalid);
    assert_eq!(buyer.deliver(&vendor, &authorised).map(|bytes| bytes.len()), Ok(15 + 16));
    refused.to_string()
}

fn expired_ticket() -> String {
    let clock = Clock::manual(Clock::System.now());
    let vendor = vendor_with(clock.clone());
    let customer = vendor.customer("青空設計");
    let device = Peer::enrolled(&vendor, "HK-320-0001", Some(&customer));
    let authorised = device.order(&vendor, order_id(), OCR, None).unwrap();
    clock.advance_ms(TICKET_LIFE_MS);
    let refused = device.fetch(&vendor, &authorised.ticket, 1).unwrap_err();
    assert_eq!(refused, RefusalCode::TicketExpired);
    let again = device.order(&vendor, authorised.order, OCR, None).unwrap();
    device.deliver(&vendor, &again).unwrap();
    refused.to_string()
}

/// A device of the real vendor in front of one that is not.
struct Stage {
    rogue: Rogue,
    loot: Loot,
    device: Peer,
    authorised: Authorised,
    manifest: Manifest,
    chunk: Vec<u8>,
    /// The stores of the device.
    folder: tempfile::TempDir,
    _vendor: Vendor,
}

fn stage() -> Stage {
    let mut vendor = vendor();
    let customer = vendor.customer("青空設計");
    let device = Peer::enrolled(&vendor, "HK-320-0001", Some(&customer));
    let authorised = device.order(&vendor, order_id(), OCR, None).unwrap();
    let (manifest, chunk) = (device.manifest(&authorised), device.deliver(&vendor, &authorised).unwrap());
    vendor.stop();
    let loot = Loot::of(&vendor.data());
    let rogue = Rogue::start(vendor.addr(), &loot);
    rogue.script().chunks = vec![chunk.clone()];
    let folder = tempfile::tempdir().unwrap();
    Stage { rogue, loot, device, authorised, manifest, chunk, folder, _vendor: vendor }
}

impl Stage {
    /// The panel's own transfer; how it ends, and how many chunks it has stored.
    fn transfer(&self, manifest: &Manifest) -> (TransferEvent, usize) {
        let (device, _) = data::Device::open(self.folder.path()).unwrap();
        let order = self.authorised.order;
        let limits = TransferLimits {
            pace: Pace { window: Duration::from_millis(200), bytes: 4_096 },
            ..TransferLimits::default()
        };
        let chunks = device.store.chunks();
        let runner = TransferRunner {
            order: TransferOrder {
                order,
                manifest: manifest.clone(),
                ticket: ticket(&self.loot.licence, &self.device.serial, order, manifest),
                server: self.rogue.addr().to_string(),
            },
            credentials: self.device.credentials.clone(),
            clock: std::sync::Arc::new(protocol::net::NothingCertain),
            chunks: chunks.clone(),
            limits,
            cancel: Cancel::new(),
        };
        let last = std::sync::Mutex::new(None);
        runner.run(&|event| *last.lock().unwrap() = Some(event));
        let stored = chunks.present(manifest.digest()).unwrap().iter().count();
        (last.into_inner().unwrap().unwrap(), stored)
    }
}

fn flipped_byte() -> String {
    let stage = stage();
    for at in 0..stage.chunk.len() {
        let mut chunk = stage.chunk.clone();
        chunk[at] ^= 1;
        stage.rogue.script().chunks = vec![chunk];
        let ended = stage.transfer(&stage.manifest);
        assert_eq!(ended, (TransferEvent::Failed(TransferFault::WrongContent), 0), "byte {at}");
    }
    format!("wrong-content, each of {} bytes", stage.chunk.len())
}

fn mixed_manifest_and_content() -> String {
    let stage = stage();
    // As long as it should be, but of another option.
    stage.rogue.script().chunks = vec![vec![7; stage.chunk.len()]];
    let ended = stage.transfer(&stage.manifest);
    assert_eq!(ended, (TransferEvent::Failed(TransferFault::WrongContent), 0));
    stage.rogue.script().chunks = vec![stage.chunk.clone()];
    assert_eq!(stage.transfer(&stage.manifest), (TransferEvent::Ended, 1), "and the right one is taken");
    "wrong-content".to_owned()
}

fn announced_length() -> String {
    let stage = stage();
    stage.rogue.script().manner = Manner::AnnouncesMore;
    let ended = stage.transfer(&stage.manifest);
    assert_eq!(ended, (TransferEvent::Failed(TransferFault::Link(LinkFault::Garbled)), 0));
    "bad answer, 0 chunks stored".to_owned()
}

fn endless_data() -> String {
    let stage = stage();
    stage.rogue.script().manner = Manner::Endless;
    let (ended, _) = stage.transfer(&stage.manifest);
    assert_eq!(ended, TransferEvent::Failed(TransferFault::Link(LinkFault::Garbled)));
    let sent_bytes = stage.rogue.script().sent_bytes;
    // What the windows of the connection allow, and what the sender holds itself.
    assert!(sent_bytes <= 20 << 20, "{sent_bytes} bytes were taken");
    format!("left after {} KiB were on their way", sent_bytes >> 10)
}

fn slow_sender() -> String {
    let stage = stage();
    let chunk = vec![0; 100_000];
    let manifest = Manifest {
        content_bytes: chunk.len() as u64 - 16,
        chunks: vec![protocol::Digest::of(&chunk)],
        ..stage.manifest.clone()
    };
    let mut script = stage.rogue.script();
    (script.chunks, script.manner) = (vec![chunk], Manner::Trickle);
    drop(script);
    assert_eq!(stage.transfer(&manifest), (TransferEvent::Failed(TransferFault::Stalled), 0));
    format!("timeout after {} bytes", stage.rogue.script().sent_bytes)
}
