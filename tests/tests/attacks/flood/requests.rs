//! Too many requests, requests that never come to an end, answers that nobody takes, and messages that are none.

use std::time::Instant;

use protocol::message::Service;
use protocol::message::device::{DeviceReply, DeviceRequest};
use protocol::message::enrol::EnrolRequest;
use protocol::message::report::{DeviceReport, UsageMark};
use protocol::message::staff::StaffRequest;
use protocol::net::{DeviceKey, encode_frame};
use protocol::receipt::{EraseReceipt, SignedReceipt};
use protocol::uuid::Uuid;
use protocol::{Digest, EndReason, LicenceId, RefusalCode, Timestamp};
use quinn::{Connection, RecvStream, SendStream};

use super::attacker::{Attacker, begin, closed, frame, is_busy, known, refusal, resident_kib, stranger, unwilling};
use super::{OCR, Stage};
use crate::Attack;

pub(crate) const ATTACKS: &[Attack] = &[
    Attack {
        name: "decode bombs at every service",
        expectation: "bad-message at once, without memory; the connection goes on",
        run: decode_bombs,
    },
    Attack {
        name: "frames longer than a request may be",
        expectation: "bad-message after the header; what follows is not read",
        run: oversized_frames,
    },
    Attack {
        name: "half-sent requests on every stream",
        expectation: "refused after their time; an honest purchase finishes",
        run: half_sent,
    },
    Attack { name: "a request that trickles in", expectation: "refused when it falls behind its rate", run: trickling },
    Attack {
        name: "thousands of requests at once from one device",
        expectation: "busy beyond its rate, then closed; another device buys",
        run: thousands_of_streams,
    },
    Attack {
        name: "hammering the enrolment from one address",
        expectation: "busy beyond its rate; a device at another address enrols and buys",
        run: enrolment_hammering,
    },
    Attack {
        name: "a peer that takes no answers",
        expectation: "its streams are reset after their time and the memory comes back",
        run: never_reading,
    },
    Attack {
        name: "full reports of erase receipts, over and over",
        expectation: "one report of a device at a time; another device buys",
        run: receipts_without_end,
    },
    Attack { name: "staff watches without end", expectation: "busy beyond their number", run: watchers },
];

async fn hello(connection: &Connection) -> Option<DeviceReply> {
    let (mut send, mut recv) = begin(connection, &encode_frame(&DeviceRequest::Hello).unwrap()).await;
    let _ = send.finish();
    let reply: protocol::message::Reply<DeviceReply> = protocol::net::read_frame(&mut recv, 4_096).await.ok()?;
    reply.outcome.ok()
}

/// Bodies that claim to be enormous: a count, a text, a list in a variant, each of 2^64 - 1.
fn bombs() -> Vec<Vec<u8>> {
    let mut bombs = Vec::new();
    for variant in 0..32_u32 {
        for filler in [0xff, 0x01, 0x00] {
            let mut body = variant.to_le_bytes().to_vec();
            body.extend([filler; 24]);
            body.extend(u64::MAX.to_le_bytes());
            body.extend([0xff; 64]);
            bombs.push(body);
        }
        let huge = [&variant.to_le_bytes()[..], &u64::MAX.to_le_bytes(), &[0; 16]].concat();
        let large = [&variant.to_le_bytes()[..], &(1_u64 << 32).to_le_bytes(), &[0; 16]].concat();
        bombs.extend([huge, large]);
    }
    bombs
}

fn decode_bombs() -> String {
    // All of them shall be looked at, none refused for being too many.
    let stage = Stage::new("requests_burst_per_address = 10_000\n");
    let attacker = Attacker::at(&stage.vendor, 80, 1);
    let configs = [
        stranger(&stage.vendor),
        known(&stage.accomplice.credentials, Service::Device),
        known(&stage.accomplice.credentials, Service::Content),
        known(&stage.vendor.admin(), Service::Staff),
    ];
    let (before, began) = (resident_kib(), Instant::now());
    let mut count = 0;
    for config in configs {
        stage.vendor.block_on(async {
            let connection = attacker.connect(config).await.unwrap();
            for bomb in bombs() {
                let (mut send, mut recv) = begin(&connection, &frame(&bomb)).await;
                let _ = send.finish();
                assert_eq!(refusal(&mut recv).await, RefusalCode::BadMessage, "{bomb:?}");
                count += 1;
            }
            assert!(connection.close_reason().is_none(), "the connection goes on");
        });
    }
    let (grown, took) = (resident_kib().saturating_sub(before), began.elapsed());
    assert!(grown < 32 * 1_024, "{grown} KiB");
    stage.buys();
    format!("{count} bombs answered bad-message, {} µs each with the round trip, {grown} KiB", took.as_micros() / count)
}

fn oversized_frames() -> String {
    let stage = Stage::new("");
    let attacker = Attacker::at(&stage.vendor, 81, 1);
    let config = known(&stage.accomplice.credentials, Service::Device);
    stage.vendor.block_on(async {
        let connection = attacker.connect(config).await.unwrap();
        for announced in [(64 << 10) + 1, 4 << 20, u32::MAX] {
            let (mut send, mut recv) = begin(&connection, &announced.to_le_bytes()).await;
            assert_eq!(refusal(&mut recv).await, RefusalCode::BadMessage);
            // The server has stopped the stream: what would follow is not wanted.
            assert!(send.stopped().await.unwrap().is_some());
            assert!(send.write_all(&[0; 1_024]).await.is_err());
        }
        assert!(hello(&connection).await.is_some());
    });
    stage.buys();
    "bad-message for each, and the stream is stopped".to_owned()
}

/// Streams on which a request has begun.
async fn half_send(connection: &Connection, count: usize) -> Vec<(SendStream, RecvStream)> {
    let mut streams = Vec::new();
    for _ in 0..count {
        streams.push(begin(connection, &[200, 0, 0, 0, 1]).await);
    }
    streams
}

fn half_sent() -> String {
    let stage = Stage::new("request_ms = 1_000\n");
    let attacker = Attacker::at(&stage.vendor, 82, 1);
    let config = known(&stage.accomplice.credentials, Service::Device);
    let connection = stage.vendor.block_on(attacker.connect(config)).unwrap();
    let streams = stage.vendor.block_on(half_send(&connection, 32));
    stage.buys();
    stage.vendor.block_on(async {
        for (_, mut recv) in streams {
            assert_eq!(refusal(&mut recv).await, RefusalCode::Busy);
        }
        assert!(hello(&connection).await.is_some(), "the connection goes on");
    });
    stage.wait_met("request_ms", 32);
    "32 refused, busy".to_owned()
}

fn trickling() -> String {
    let stage = Stage::new("request_ms = 600_000\nrequest_bytes_per_second = 1_000_000\n");
    let attacker = Attacker::at(&stage.vendor, 83, 1);
    let config = known(&stage.accomplice.credentials, Service::Device);
    stage.vendor.block_on(async {
        let connection = attacker.connect(config).await.unwrap();
        let (mut send, mut recv) = begin(&connection, &4_000_u32.to_le_bytes()).await;
        let trickle = async {
            while send.write_all(&[0]).await.is_ok() {
                tokio::time::sleep(std::time::Duration::from_millis(50)).await;
            }
        };
        let (_, code) = tokio::join!(trickle, refusal(&mut recv));
        assert_eq!(code, RefusalCode::Busy);
    });
    assert_eq!(stage.met("request_bytes_per_second"), 1);
    stage.buys();
    "busy, and the stream is stopped".to_owned()
}

fn thousands_of_streams() -> String {
    let stage = Stage::new("requests_burst_per_device = 100\nrefusals_per_connection = 2_000\n");
    let attacker = Attacker::at(&stage.vendor, 84, 1);
    let config = known(&stage.accomplice.credentials, Service::Device);
    let connection = stage.vendor.block_on(attacker.connect(config)).unwrap();
    let flooding = connection.clone();
    let flood = async move {
        let mut opened = 0;
        let request = encode_frame(&DeviceRequest::Hello).unwrap();
        while let Ok((mut send, _recv)) = flooding.open_bi().await {
            if send.write_all(&request).await.is_err() {
                break;
            }
            let _ = send.finish();
            opened += 1;
        }
        opened
    };
    let flood = stage.vendor.spawn(flood);
    stage.buys();
    let ended = stage.vendor.block_on(closed(&connection));
    assert!(is_busy(&ended), "{ended}");
    let opened: u64 = stage.vendor.block_on(flood).unwrap();
    let refused = stage.met("requests_per_second_per_device");
    assert!(refused > 2_000, "{refused} refused");
    assert_eq!(stage.met("refusals_per_connection"), 1);
    format!("{opened} opened, {refused} refused as busy, then closed; the purchase was charged meanwhile")
}

fn enrolment_hammering() -> String {
    let stage = Stage::new("requests_per_second_per_address = 1\nrequests_burst_per_address = 20\n");
    let attacker = Attacker::at(&stage.vendor, 85, 1);
    let csr = DeviceKey::generate().unwrap().signing_request().unwrap();
    let code = stage.vendor.register("HK-320-0777", Some(&stage.customer));
    let guesses = stage.vendor.block_on(async {
        let connection = attacker.connect(stranger(&stage.vendor)).await.unwrap();
        let mut guesses = Vec::new();
        for guess in 0..100_u8 {
            let code = protocol::ActivationCode::from_random([guess; 16]);
            let guess = EnrolRequest::Enrol { serial: "HK-320-0777".parse().unwrap(), code, csr: csr.clone() };
            let (mut send, mut recv) = begin(&connection, &encode_frame(&guess).unwrap()).await;
            let _ = send.finish();
            guesses.push(refusal(&mut recv).await);
        }
        guesses
    });
    let count = |wanted| guesses.iter().filter(|code| **code == wanted).count();
    let (refused, busy) = (count(RefusalCode::ActivationRefused), count(RefusalCode::Busy));
    let waiting = count(RefusalCode::TooManyAttempts);
    assert!(refused == 5 && waiting >= 15 && busy == 95 - waiting, "{refused}, {waiting} and {busy}");
    let device = e2e::Device::new();
    device.enrol(stage.vendor.addr(), stage.vendor.ca_fingerprint(), "HK-320-0777", &code);
    device.buy(OCR, "uses:3");
    stage.buys();
    format!("{refused} of 100 guesses were looked at, {waiting} told to wait, {busy} busy; the true device bought")
}

fn never_reading() -> String {
    let stage = Stage::new("answer_ms = 1_000\n");
    let attacker = Attacker::at(&stage.vendor, 86, 1);
    let config = unwilling(&stage.accomplice.credentials, Service::Device, 16);
    let connection = stage.vendor.block_on(attacker.connect(config)).unwrap();
    let catalogue = encode_frame(&DeviceRequest::Catalogue).unwrap();
    let streams = stage.vendor.block_on(async {
        let mut streams = Vec::new();
        for _ in 0..30 {
            streams.push(begin(&connection, &catalogue).await);
        }
        streams
    });
    stage.buys();
    stage.wait_met("answer_ms", 30);
    stage.vendor.block_on(async {
        for (_, mut recv) in streams {
            assert!(recv.read_to_end(100_000).await.is_err(), "the stream was reset");
        }
    });
    stage.wait_metric("kobai_message_memory_bytes", |held| held == 0);
    "30 streams reset, 0 bytes held".to_owned()
}

fn watchers() -> String {
    let stage = Stage::new("watchers_per_staff = 2\n");
    let attacker = Attacker::at(&stage.vendor, 87, 1);
    let watch = encode_frame(&StaffRequest::Watch).unwrap();
    stage.vendor.block_on(async {
        let connection = attacker.connect(known(&stage.vendor.admin(), Service::Staff)).await.unwrap();
        let (mut first, mut second) = (begin(&connection, &watch).await, begin(&connection, &watch).await);
        for (_, recv) in [&mut first, &mut second] {
            assert!(recv.read(&mut [0; 1]).await.unwrap().is_some());
        }
        let (_send, mut recv) = begin(&connection, &watch).await;
        assert_eq!(refusal(&mut recv).await, RefusalCode::Busy);
    });
    stage.buys();
    "the third is answered busy".to_owned()
}

fn receipts_without_end() -> String {
    let stage = Stage::new("");
    let accomplice = &stage.accomplice;
    let key = accomplice.credentials.key.secret_pkcs8_der();
    let receipt = |number: u128| {
        let receipt = EraseReceipt {
            device: accomplice.serial.clone(),
            licence: LicenceId(Uuid::from_u128(number)),
            package: Digest([7; 32]),
            reason: EndReason::UsedUp,
            erased_at: Timestamp::from_ms(1),
            used: None,
        };
        SignedReceipt::sign(&receipt, key).unwrap()
    };
    let mark = UsageMark::default();
    let report = DeviceReport {
        acknowledged: mark,
        mark,
        clock: Timestamp::from_ms(1),
        licences: vec![],
        faults: vec![],
        receipts: (0..DeviceReport::RECEIPTS_MAX as u128).map(receipt).collect(),
    };
    let client = accomplice.connect(&stage.vendor, Service::Device);
    let request = DeviceRequest::Report(Box::new(report));
    let flood = stage.vendor.spawn(async move {
        let (mut heard, mut busy) = (0, 0);
        for _ in 0..4 {
            let mut asked = tokio::task::JoinSet::new();
            for _ in 0..24 {
                let (client, request) = (client.clone(), request.clone());
                asked.spawn(async move { client.request::<_, DeviceReply>(&request).await.unwrap() });
            }
            while let Some(reply) = asked.join_next().await {
                match reply.unwrap().outcome {
                    Ok(_) => heard += 1,
                    Err(refusal) => {
                        assert_eq!(refusal.code, RefusalCode::Busy);
                        busy += 1;
                    }
                }
            }
        }
        (heard, busy)
    });
    stage.buys();
    let (heard, busy) = stage.vendor.block_on(flood).unwrap();
    // However the reports fall, those that come while one is looked at are not.
    assert!(heard >= 4 && busy >= heard, "{heard} heard, {busy} busy");
    format!("{heard} heard, {busy} busy; the purchase was charged meanwhile")
}
