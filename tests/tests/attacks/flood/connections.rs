//! Too many connections, too many handshakes, and connections that do nothing.

use std::net::Ipv4Addr;
use std::time::Instant;

use e2e::{PATIENCE, Vendor};
use protocol::message::Service;
use protocol::message::device::DeviceRequest;
use protocol::net::{CloseCode, SERVER_NAME, encode_frame};
use quinn::{Connection, ConnectionError, Endpoint};
use tokio::net::UdpSocket;
use tokio::task::JoinSet;

use super::Stage;
use super::attacker::{Attacker, begin, closed, is_busy, known, refusal, resident_kib, stranger};
use crate::Attack;

pub(crate) const ATTACKS: &[Attack] = &[
    Attack {
        name: "2,000 idle connections without a certificate, from four addresses",
        expectation: "so many strangers and no more; an honest purchase finishes",
        run: two_thousand_strangers,
    },
    Attack {
        name: "2,000 idle connections that the limits allow",
        expectation: "held in bounded memory; an honest purchase finishes",
        run: two_thousand_idle,
    },
    Attack {
        name: "spoofed first packets from hundreds of addresses",
        expectation: "at most three times their bytes come back; then Retry; an honest purchase finishes",
        run: spoofed_initials,
    },
    Attack {
        name: "one address that connects over and over",
        expectation: "refused beyond its rate; others come in",
        run: churn,
    },
    Attack {
        name: "connections of one device without end",
        expectation: "closed beyond their number, busy; another device buys",
        run: one_devices_connections,
    },
    Attack {
        name: "connections that never ask for anything",
        expectation: "closed after their time, with and without a certificate",
        run: never_asking,
    },
    Attack {
        name: "an enrolment connection that stays",
        expectation: "closed after its time, although it has asked",
        run: staying_stranger,
    },
];

/// As many of these connections as come about, at most 64 under way at a time.
fn connect_many(vendor: &Vendor, attackers: &[Attacker], count: usize) -> (Vec<Connection>, Vec<ConnectionError>) {
    let config = stranger(vendor);
    vendor.block_on(async {
        let (mut attempts, mut results) = (JoinSet::new(), Vec::new());
        for index in 0..count {
            if attempts.len() >= 64 {
                results.extend(attempts.join_next().await.map(Result::unwrap));
            }
            let (attacker, config) = (attackers[index % attackers.len()].clone(), config.clone());
            attempts.spawn(async move { attacker.connect(config).await });
        }
        results.extend(attempts.join_all().await);
        let (connections, errors): (Vec<_>, Vec<_>) = results.into_iter().partition(Result::is_ok);
        (connections.into_iter().flatten().collect(), errors.into_iter().filter_map(Result::err).collect())
    })
}

fn two_thousand_strangers() -> String {
    let stage = Stage::new("first_request_ms = 600_000\nstranger_ms = 600_000\n");
    let attackers: Vec<_> = (1..=4).map(|n| Attacker::at(&stage.vendor, 66, n)).collect();
    let (connections, _) = connect_many(&stage.vendor, &attackers, 2_000);
    let (held, refused) =
        (stage.vendor.metric("kobai_connections_of_strangers"), stage.met("connections_of_strangers"));
    assert!(held <= 500, "{held} strangers");
    assert!(refused >= 1_000, "only {refused} refused");
    stage.buys();
    let still = stage.vendor.metric("kobai_connections_of_strangers");
    assert!(still <= 500 && still > 0);
    drop(connections);
    format!("{held} held, {refused} closed as busy; the purchase was charged meanwhile")
}

fn two_thousand_idle() -> String {
    let stage = Stage::new(
        "connections_of_strangers = 5_000\nhandshakes_per_second = 100_000\nhandshakes_burst_per_address = 100_000\n\
         first_request_ms = 600_000\nstranger_ms = 600_000\n",
    );
    let attackers: Vec<_> = (1..=4).map(|n| Attacker::at(&stage.vendor, 67, n)).collect();
    let before = resident_kib();
    let (mut connections, errors) = connect_many(&stage.vendor, &attackers, 2_000);
    // A machine that is busy loses a packet or two.
    connections.extend(connect_many(&stage.vendor, &attackers, errors.len()).0);
    assert_eq!(connections.len(), 2_000, "{errors:?}");
    let held = held_when_counted(&stage.vendor, 2_000);
    let grown = resident_kib().saturating_sub(before);
    // The one with which the honest device has enrolled may not be gone yet.
    assert!((2_000..=2_010).contains(&held), "{held} held");
    stage.buys();
    let still = stage.vendor.metric("kobai_connections_of_strangers");
    assert!(still >= 2_000, "{still} held: none should be dropped for the purchase");
    assert!(grown < 2_000 * 250, "{grown} KiB");
    // Both ends are in this process, and each has a connection.
    format!("{held} held with {} KiB each at both ends together; the purchase was charged", grown / 2_000)
}

/// Strangers' connections, once the server has counted `least`: a client knows of its connection before the server does.
fn held_when_counted(vendor: &Vendor, least: u64) -> u64 {
    let begun = Instant::now();
    loop {
        let held = vendor.metric("kobai_connections_of_strangers");
        if held >= least || begun.elapsed() > PATIENCE {
            return held;
        }
    }
}

fn spoofed_initials() -> String {
    let stage = Stage::new("handshakes_before_retry = 20\n");
    let vendor = &stage.vendor;
    let answers = vendor.block_on(async {
        // First packets of real clients, caught on their way.
        let trap = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        let client = Endpoint::client((Ipv4Addr::LOCALHOST, 0).into()).unwrap();
        let (mut initials, mut buffer) = (Vec::new(), vec![0; 65_536]);
        let mut waiting = Vec::new();
        for _ in 0..300 {
            let trapped = trap.local_addr().unwrap();
            waiting.push(client.connect_with(stranger(vendor).quic, trapped, SERVER_NAME).unwrap());
            let length = trap.recv(&mut buffer).await.unwrap();
            initials.push(buffer[..length].to_vec());
        }
        let mut senders = Vec::new();
        for (index, initial) in initials.iter().enumerate() {
            let last = u8::try_from(index % 250 + 1).unwrap();
            let third = if index < 250 { 68 } else { 69 };
            let socket = UdpSocket::bind((Ipv4Addr::new(127, 0, third, last), 0)).await.unwrap();
            socket.send_to(initial, vendor.addr()).await.unwrap();
            senders.push((socket, initial.len(), 0_usize));
        }
        senders
    });
    stage.buys();
    let retries = vendor.metric("kobai_handshakes_total{outcome=\"retry\"}");
    assert!(retries >= 200, "{retries} retries");
    // By now whatever the server had to say to the spoofed addresses has arrived there.
    let mut worst = 0.0_f64;
    for (socket, sent, mut received) in answers {
        let mut buffer = vec![0; 65_536];
        while let Ok(length) = socket.try_recv(&mut buffer) {
            received += length;
        }
        assert!(received <= 3 * sent, "{received} bytes for {sent}");
        worst = worst.max(received as f64 / sent as f64);
    }
    format!("{retries} of 300 answered with Retry, at most {worst:.1} times the bytes; the purchase was charged")
}

fn churn() -> String {
    let stage = Stage::new("handshakes_per_second_per_address = 1\nhandshakes_burst_per_address = 30\n");
    let attacker = Attacker::at(&stage.vendor, 70, 1);
    let config = stranger(&stage.vendor);
    let (came_in, refused) = stage.vendor.block_on(async {
        let (mut came_in, mut refused) = (0, 0);
        for _ in 0..150 {
            match attacker.connect(config.clone()).await {
                Ok(connection) => {
                    connection.close(CloseCode::Done.var_int(), b"");
                    came_in += 1;
                }
                Err(error) => {
                    assert!(is_busy(&error), "{error}");
                    refused += 1;
                }
            }
        }
        (came_in, refused)
    });
    assert!((30..=60).contains(&came_in), "{came_in} came in");
    assert_eq!(stage.met("handshakes_per_second_per_address"), refused);
    stage.buys();
    format!("{came_in} of 150 came in, {refused} were refused")
}

fn one_devices_connections() -> String {
    let stage = Stage::new("connections_per_device = 4\n");
    let attacker = Attacker::at(&stage.vendor, 71, 1);
    let config = known(&stage.accomplice.credentials, Service::Device);
    let (held, turned_away) = stage.vendor.block_on(async {
        let (mut held, mut turned_away) = (Vec::new(), 0);
        for _ in 0..20 {
            let connection = attacker.connect(config.clone()).await.unwrap();
            let request = encode_frame(&DeviceRequest::Hello).unwrap();
            let answered = async {
                let (mut send, mut recv) = connection.open_bi().await.ok()?;
                send.write_all(&request).await.ok()?;
                recv.read(&mut [0; 1]).await.ok()
            };
            match answered.await {
                Some(_) => held.push(connection),
                None => {
                    assert!(is_busy(&closed(&connection).await));
                    turned_away += 1;
                }
            }
        }
        (held, turned_away)
    });
    assert_eq!((held.len(), turned_away), (4, 16));
    stage.buys();
    format!("{} held, {turned_away} closed as busy", held.len())
}

fn never_asking() -> String {
    let stage = Stage::new("first_request_ms = 400\n");
    let attacker = Attacker::at(&stage.vendor, 72, 1);
    let configs = [
        stranger(&stage.vendor),
        known(&stage.accomplice.credentials, Service::Device),
        known(&stage.accomplice.credentials, Service::Content),
        known(&stage.vendor.admin(), Service::Staff),
    ];
    stage.vendor.block_on(async {
        let mut connections = Vec::new();
        for config in configs {
            connections.push(attacker.connect(config).await.unwrap());
        }
        for connection in &connections {
            let ended = closed(connection).await;
            assert!(is_busy(&ended), "{ended}");
        }
    });
    assert_eq!(stage.met("first_request_ms"), 4);
    stage.buys();
    "all four services closed theirs, busy".to_owned()
}

fn staying_stranger() -> String {
    let stage = Stage::new("stranger_ms = 1_000\n");
    let attacker = Attacker::at(&stage.vendor, 73, 1);
    stage.vendor.block_on(async {
        let connection = attacker.connect(stranger(&stage.vendor)).await.unwrap();
        let (_send, mut recv) = begin(&connection, &super::attacker::frame(&[9; 40])).await;
        assert_eq!(refusal(&mut recv).await, protocol::RefusalCode::BadMessage);
        let ended = closed(&connection).await;
        assert!(is_busy(&ended), "{ended}");
    });
    assert!(stage.met("stranger_ms") >= 1);
    stage.buys();
    "closed as busy".to_owned()
}
