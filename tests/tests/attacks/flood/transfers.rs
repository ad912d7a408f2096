//! Transfers that nobody reads, too many at once, and uploads that do not come.

use protocol::message::Service;
use protocol::message::content::{ContentReply, ContentRequest};
use protocol::message::staff::StaffRequest;
use protocol::message::{Reply, device::Authorised};
use protocol::net::{encode_frame, read_frame};
use protocol::package::file::PackageHeader;
use protocol::package::{FeatureList, MissingChunks, OptionKind};
use protocol::{Digest, FailureCode, RefusalCode};
use quinn::{Connection, RecvStream, SendStream};
use tokio::task::JoinSet;

use super::attacker::{Attacker, begin, known, refusal, unwilling};
use super::{OCR, Stage};
use crate::Attack;
use e2e::package_content;
use e2e::peer::order_id;

pub(crate) const ATTACKS: &[Attack] = &[
    Attack {
        name: "a device that never reads its package",
        expectation: "ended below the slowest rate, the attempt undone; an honest purchase finishes",
        run: never_reading,
    },
    Attack { name: "a device that reads byte by byte", expectation: "ended below the slowest rate", run: slow_reader },
    Attack {
        name: "a device that has everything and never says so",
        expectation: "ended after its time, nothing charged",
        run: no_end_packet,
    },
    Attack {
        name: "every place for transfers taken by stalled ones",
        expectation: "one device cannot take them all; an honest purchase waits its turn and finishes",
        run: all_places,
    },
    Attack {
        name: "a staff upload that stops in the middle",
        expectation: "refused after its time; nothing is published",
        run: stalled_upload,
    },
];

const CONTENT_BYTES: usize = 12 << 20;

fn content() -> Vec<u8> {
    (0..=250).cycle().take(CONTENT_BYTES).collect()
}

/// An order of the accomplice that may be fetched.
fn order(stage: &Stage) -> Authorised {
    stage.accomplice.order(&stage.vendor, order_id(), OCR, None).unwrap()
}

/// A transfer that has been asked for; nothing of it has been read.
async fn fetch(connection: &Connection, authorised: &Authorised, chunks: u32) -> (SendStream, RecvStream) {
    let missing = MissingChunks::collect(chunks, |_| false);
    let request = ContentRequest::Fetch { ticket: authorised.ticket.clone(), missing };
    begin(connection, &encode_frame(&request).unwrap()).await
}

async fn sending(recv: &mut RecvStream) -> u64 {
    let reply: Reply<ContentReply> = read_frame(recv, 4_096).await.unwrap();
    match reply.outcome {
        Ok(ContentReply::Sending { bytes }) => bytes,
        other => panic!("{other:?}"),
    }
}

/// What is on file of the accomplice's order.
fn last_failure(stage: &Stage, authorised: &Authorised) -> Option<FailureCode> {
    let order = stage.vendor.orders().into_iter().find(|row| row.order == authorised.order).unwrap();
    order.delivery.unwrap().last_failure
}

fn never_reading() -> String {
    let stage = Stage::with("transfer_window_ms = 1_500\n", &content());
    let chunks = u32::try_from(CONTENT_BYTES.div_ceil(protocol::package::CHUNK_CONTENT_MAX)).unwrap();
    let attacker = Attacker::at(&stage.vendor, 90, 1);
    let authorised = order(&stage);
    let connection = stage.vendor.block_on(async {
        let config = unwilling(&stage.accomplice.credentials, Service::Content, 4_096);
        attacker.connect(config).await.unwrap()
    });
    let mut stream = stage.vendor.block_on(fetch(&connection, &authorised, chunks));
    stage.buys();
    stage.wait_met("transfer_bytes_per_second", 1);
    stage.vendor.block_on(async {
        // What has arrived may be read; then the stream is reset.
        while let Ok(more) = stream.1.read(&mut [0; 4_096]).await {
            assert!(more.is_some(), "the stream ended as if all were well");
        }
    });
    assert_eq!(last_failure(&stage, &authorised), Some(FailureCode::Timeout));
    stage.wait_metric("kobai_transfers", |running| running == 0);
    "reset, and on file as timeout".to_owned()
}

fn slow_reader() -> String {
    let limits = "transfer_bytes_per_second = 1_000_000\ntransfer_window_ms = 1_500\n";
    let stage = Stage::with(limits, &content());
    let chunks = u32::try_from(CONTENT_BYTES.div_ceil(protocol::package::CHUNK_CONTENT_MAX)).unwrap();
    let attacker = Attacker::at(&stage.vendor, 91, 1);
    let authorised = order(&stage);
    let read = stage.vendor.block_on(async {
        let config = unwilling(&stage.accomplice.credentials, Service::Content, 4_096);
        let connection = attacker.connect(config).await.unwrap();
        let (_send, mut recv) = fetch(&connection, &authorised, chunks).await;
        let mut read = 0;
        while recv.read(&mut [0; 1]).await.is_ok_and(|more| more.is_some()) {
            read += 1;
            tokio::time::sleep(std::time::Duration::from_millis(1)).await;
        }
        read
    });
    stage.wait_met("transfer_bytes_per_second", 1);
    stage.buys();
    format!("reset after {read} bytes")
}

fn no_end_packet() -> String {
    let stage = Stage::new("transfer_end_ms = 1_000\ntransfer_window_ms = 500\n");
    let attacker = Attacker::at(&stage.vendor, 92, 1);
    let authorised = order(&stage);
    stage.vendor.block_on(async {
        let connection = attacker.connect(known(&stage.accomplice.credentials, Service::Content)).await.unwrap();
        let (_send, mut recv) = fetch(&connection, &authorised, 1).await;
        let mut package = vec![0; usize::try_from(sending(&mut recv).await).unwrap()];
        recv.read_exact(&mut package).await.unwrap();
        assert!(recv.read(&mut [0; 1]).await.is_err(), "the stream was reset");
    });
    assert_eq!(stage.met("transfer_end_ms"), 1);
    assert_eq!(last_failure(&stage, &authorised), Some(FailureCode::Timeout));
    assert!(stage.vendor.charges().is_empty());
    stage.buys();
    "reset, and on file as timeout".to_owned()
}

fn all_places() -> String {
    let limits = "transfers = 3\ntransfers_per_device = 2\ntransfer_wait_ms = 60_000\ntransfer_end_ms = 600_000\n";
    let stage = Stage::new(limits);
    let attacker = Attacker::at(&stage.vendor, 93, 1);
    let authorised = order(&stage);
    let config = known(&stage.accomplice.credentials, Service::Content);
    let connection = stage.vendor.block_on(attacker.connect(config)).unwrap();
    // Two of them, whichever come first, are sent and never confirmed; the others wait for those or are turned away.
    let streams = stage.vendor.block_on(async {
        let (mut replies, mut held) = (JoinSet::new(), Vec::new());
        for _ in 0..10 {
            let (send, mut recv) = fetch(&connection, &authorised, 1).await;
            replies.spawn(async move {
                let reply: Reply<ContentReply> = read_frame(&mut recv, 4_096).await.unwrap();
                (reply.outcome, send, recv)
            });
        }
        while held.len() < 2 {
            let (outcome, send, recv) = replies.join_next().await.unwrap().unwrap();
            match outcome {
                Ok(ContentReply::Sending { .. }) => held.push((send, recv)),
                Err(refusal) => assert_eq!(refusal.code, RefusalCode::Busy),
                other => panic!("{other:?}"),
            }
        }
        (replies, held)
    });
    stage.wait_metric("kobai_transfers", |running| running == 2);
    stage.buys();
    // A third accomplice takes the last place.
    let other = e2e::peer::Peer::enrolled(&stage.vendor, "HK-320-0667", Some(&stage.customer));
    let authorised = other.order(&stage.vendor, order_id(), OCR, None).unwrap();
    let last = other.fetch(&stage.vendor, &authorised.ticket, 1).unwrap();
    stage.honest.order(OCR);
    stage.wait_metric("kobai_transfers", |running| running == 4);
    drop(last);
    stage.honest.wait_screen(|screen| matches!(screen, panel_app::core::Screen::Done { .. }));
    drop(streams);
    "two of ten were sent at a time; the purchase waited for a place and was charged".to_owned()
}

fn stalled_upload() -> String {
    let stage = Stage::new("upload_chunk_ms = 1_000\n");
    let attacker = Attacker::at(&stage.vendor, 94, 1);
    let package = PackageHeader::new(
        package_content(OptionKind::Program),
        FeatureList::default(),
        5 << 20,
        Digest::of(&vec![7; 5 << 20]),
    );
    let publish = StaffRequest::Publish { option: OCR.parse().unwrap(), package: package.unwrap() };
    let code = stage.vendor.block_on(async {
        let connection = attacker.connect(known(&stage.vendor.admin(), Service::Staff)).await.unwrap();
        let (mut send, mut recv) = begin(&connection, &encode_frame(&publish).unwrap()).await;
        send.write_all(&vec![7; 1 << 20]).await.unwrap();
        refusal(&mut recv).await
    });
    assert_eq!(code, RefusalCode::UploadIncomplete);
    stage.wait_metric("kobai_uploads", |running| running == 0);
    stage.buys();
    code.to_string()
}
