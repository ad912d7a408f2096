//! The gate in virtual time.

use std::time::Duration;

use super::*;

fn network(n: u8) -> Network {
    IpAddr::from([192, 0, 2, n]).into()
}

fn device(n: u32) -> Holder {
    Holder::Device(format!("MX-204-{n:04}").parse().unwrap())
}

fn gate(limits: Limits) -> (Gate, Instant) {
    (Gate::new(limits), Instant::now())
}

fn ms(ms: u64) -> Duration {
    Duration::from_millis(ms)
}

/// A connection that comes to the end of its handshake.
fn connect(gate: &mut Gate, now: Instant, from: Network, is_proved: bool) -> Arrival {
    let arrival = gate.arrive(now, from, is_proved);
    if arrival == Arrival::Begin {
        gate.arrived(now, from, is_proved);
        gate.handshake_ended(from, is_proved);
    }
    arrival
}

#[test]
fn the_last_place_is_given_and_comes_back_when_it_is_left() {
    let (mut gate, now) = gate(Limits { connections: 2, ..Limits::default() });
    assert_eq!(connect(&mut gate, now, network(1), true), Arrival::Begin);
    assert_eq!(connect(&mut gate, now, network(2), true), Arrival::Begin);
    assert_eq!(connect(&mut gate, now, network(3), true), Arrival::Refuse(Limit::Connections));
    gate.disconnected(network(1));
    assert_eq!(connect(&mut gate, now, network(3), true), Arrival::Begin);
}

#[test]
fn an_address_with_many_connections_proves_itself_and_is_stopped_at_its_limit_while_others_come_in() {
    let (mut gate, now) = gate(Limits { connections_per_address: 4, ..Limits::default() });
    assert_eq!(connect(&mut gate, now, network(1), false), Arrival::Begin);
    assert_eq!(connect(&mut gate, now, network(1), false), Arrival::Begin);
    assert_eq!(connect(&mut gate, now, network(1), false), Arrival::Prove);
    assert_eq!(connect(&mut gate, now, network(1), true), Arrival::Begin);
    assert_eq!(connect(&mut gate, now, network(1), true), Arrival::Begin);
    assert_eq!(connect(&mut gate, now, network(1), true), Arrival::Refuse(Limit::ConnectionsPerAddress));
    assert_eq!(connect(&mut gate, now, network(1), false), Arrival::Prove, "never refused before it is proved");
    assert_eq!(connect(&mut gate, now, network(2), false), Arrival::Begin);
}

#[test]
fn the_addresses_of_one_ipv6_network_are_one_and_a_mapped_ipv4_address_is_itself() {
    let v6 = |text: &str| Network::from(text.parse::<IpAddr>().unwrap());
    assert_eq!(v6("2001:db8:1:2::1"), v6("2001:db8:1:2:ffff:ffff:ffff:ffff"));
    assert_ne!(v6("2001:db8:1:2::1"), v6("2001:db8:1:3::1"));
    assert_eq!(v6("::ffff:192.0.2.1"), network(1));
    assert_ne!(network(1), network(2));
}

#[test]
fn forged_senders_make_the_server_ask_for_proof_and_cost_the_true_owner_no_more_than_that() {
    let (mut gate, now) = gate(Limits { handshakes_before_retry: 3, ..Limits::default() });
    // Forged: such handshakes never end.
    for _ in 0..3 {
        assert_eq!(gate.arrive(now, network(1), false), Arrival::Begin);
    }
    assert_eq!(gate.arrive(now, network(1), false), Arrival::Prove);
    assert_eq!(gate.arrive(now, network(2), false), Arrival::Prove, "under load everybody proves the address");
    assert_eq!(gate.arrive(now, network(1), true), Arrival::Begin);
    for _ in 0..10_000 {
        assert_eq!(gate.arrive(now, network(1), false), Arrival::Prove);
    }
    assert_eq!(gate.arrive(now, network(1), true), Arrival::Begin);
}

#[test]
fn more_new_connections_a_second_than_the_server_wants_must_prove_their_addresses() {
    let (mut gate, now) = gate(Limits { handshakes_per_second: 10, ..Limits::default() });
    let arrivals: Vec<_> = (0..20).map(|n| connect(&mut gate, now, network(n), false)).collect();
    assert_eq!(arrivals.iter().filter(|arrival| **arrival == Arrival::Begin).count(), 10);
    assert!(arrivals[10..].iter().all(|arrival| *arrival == Arrival::Prove));
    assert_eq!(connect(&mut gate, now, network(11), true), Arrival::Begin);
    assert_eq!(connect(&mut gate, now + ms(1_000), network(12), false), Arrival::Begin);
}

#[test]
fn one_address_that_connects_over_and_over_is_slowed_down_alone() {
    let limits = Limits { handshakes_per_second_per_address: 10, handshakes_burst_per_address: 5, ..Limits::default() };
    let (mut gate, now) = gate(limits);
    let churn = |gate: &mut Gate, now, is_proved| {
        let arrival = connect(gate, now, network(1), is_proved);
        if arrival == Arrival::Begin {
            gate.disconnected(network(1));
        }
        arrival
    };
    for _ in 0..5 {
        assert_eq!(churn(&mut gate, now, false), Arrival::Begin);
    }
    assert_eq!(churn(&mut gate, now, false), Arrival::Prove);
    assert_eq!(churn(&mut gate, now, true), Arrival::Refuse(Limit::HandshakesPerSecondPerAddress));
    assert_eq!(connect(&mut gate, now, network(2), true), Arrival::Begin);
    assert_eq!(churn(&mut gate, now + ms(100), true), Arrival::Begin);
    assert_eq!(churn(&mut gate, now + ms(100), true), Arrival::Refuse(Limit::HandshakesPerSecondPerAddress));
}

#[test]
fn handshakes_under_way_have_an_end_of_their_own() {
    let (mut gate, now) = gate(Limits { handshakes: 2, ..Limits::default() });
    assert_eq!(gate.arrive(now, network(1), true), Arrival::Begin);
    assert_eq!(gate.arrive(now, network(2), true), Arrival::Begin);
    assert_eq!(gate.arrive(now, network(3), true), Arrival::Refuse(Limit::Handshakes));
    gate.handshake_ended(network(1), true);
    assert_eq!(gate.arrive(now, network(3), true), Arrival::Begin);
}

#[test]
fn handshakes_that_one_address_does_not_end_leave_room_for_those_of_others() {
    let (mut gate, now) = gate(Limits { handshakes_per_address: 2, ..Limits::default() });
    // Forged ones do not count against the true owner.
    assert_eq!(gate.arrive(now, network(1), false), Arrival::Begin);
    assert_eq!(
        (gate.arrive(now, network(1), true), gate.arrive(now, network(1), true)),
        (Arrival::Begin, Arrival::Begin)
    );
    assert_eq!(gate.arrive(now, network(1), true), Arrival::Refuse(Limit::HandshakesPerAddress));
    assert_eq!(gate.arrive(now, network(2), true), Arrival::Begin);
    gate.handshake_ended(network(1), false);
    assert_eq!(gate.arrive(now, network(1), true), Arrival::Refuse(Limit::HandshakesPerAddress));
    gate.handshake_ended(network(1), true);
    assert_eq!(gate.arrive(now, network(1), true), Arrival::Begin);
}

#[test]
fn seats_of_strangers_devices_and_staff_are_counted_apart() {
    let (mut gate, now) = gate(Limits {
        connections_of_strangers: 1,
        connections_per_device: 2,
        connections_per_staff: 1,
        ..Limits::default()
    });
    let (stranger, staff) = (Holder::Network(network(1)), Holder::Staff("admin".parse().unwrap()));
    assert_eq!(gate.sit(now, &stranger), Ok(()));
    assert_eq!(gate.sit(now, &Holder::Network(network(2))), Err(Limit::ConnectionsOfStrangers));
    assert_eq!((gate.sit(now, &device(1)), gate.sit(now, &device(1))), (Ok(()), Ok(())));
    assert_eq!(gate.sit(now, &device(1)), Err(Limit::ConnectionsPerDevice));
    assert_eq!(gate.sit(now, &device(2)), Ok(()));
    assert_eq!(gate.sit(now, &staff), Ok(()));
    assert_eq!(gate.sit(now, &staff), Err(Limit::ConnectionsPerStaff));
    for holder in [&stranger, &device(1), &staff] {
        gate.rise(holder);
        assert_eq!(gate.sit(now, holder), Ok(()), "{holder:?}");
    }
}

#[test]
fn a_device_that_asks_too_often_or_too_much_at_once_is_refused_and_another_one_is_not() {
    let (mut gate, now) = gate(Limits {
        requests_per_second_per_device: 10,
        requests_burst_per_device: 4,
        requests_at_once_per_device: 2,
        ..Limits::default()
    });
    assert_eq!((gate.ask(now, &device(1)), gate.ask(now, &device(1))), (Ok(()), Ok(())));
    assert_eq!(gate.ask(now, &device(1)), Err(Limit::RequestsAtOncePerDevice));
    gate.asked(&device(1));
    assert_eq!(gate.ask(now, &device(1)), Ok(()));
    gate.asked(&device(1));
    assert_eq!(gate.ask(now, &device(1)), Err(Limit::RequestsPerSecondPerDevice));
    assert_eq!(gate.ask(now, &device(2)), Ok(()));
    assert_eq!(gate.ask(now + ms(100), &device(1)), Ok(()));
}

#[test]
fn strangers_share_the_rate_of_their_address() {
    let limits = Limits { requests_per_second_per_address: 1, requests_burst_per_address: 2, ..Limits::default() };
    let (mut gate, now) = gate(limits);
    let (here, there) = (Holder::Network(network(1)), Holder::Network(network(2)));
    assert_eq!((gate.ask(now, &here), gate.ask(now, &here)), (Ok(()), Ok(())));
    assert_eq!(gate.ask(now, &here), Err(Limit::RequestsPerSecondPerAddress));
    assert_eq!(gate.ask(now, &there), Ok(()));
    assert_eq!(gate.ask(now + ms(1_000), &here), Ok(()));
}

#[test]
fn transfers_and_watches_of_one_holder_are_limited() {
    let limits = Limits { transfers_per_device: 1, watchers_per_staff: 1, ..Limits::default() };
    let (mut gate, now) = gate(limits);
    let staff = Holder::Staff("admin".parse().unwrap());
    assert_eq!(gate.fetch(now, &device(1)), Ok(()));
    assert_eq!(gate.fetch(now, &device(1)), Err(Limit::TransfersPerDevice));
    gate.fetched(&device(1));
    assert_eq!(gate.fetch(now, &device(1)), Ok(()));
    assert_eq!(gate.watch(now, &staff), Ok(()));
    assert_eq!(gate.watch(now, &staff), Err(Limit::WatchersPerStaff));
    gate.watched(&staff);
    assert_eq!(gate.watch(now, &staff), Ok(()));
}

#[test]
fn who_is_gone_is_forgotten_so_that_addresses_without_number_fill_no_memory() {
    let (mut gate, start) = gate(Limits { requests_per_second_per_device: 1_000, ..Limits::default() });
    for n in 0..100_000_u32 {
        let now = start + ms(n.into());
        let from = Network::from(IpAddr::from(n.to_be_bytes()));
        assert_eq!(connect(&mut gate, now, from, true), Arrival::Begin);
        gate.disconnected(from);
    }
    assert!(gate.accounts.len() <= 2 * SWEEP_EVERY, "{} accounts", gate.accounts.len());
}

#[test]
fn every_limit_that_can_be_met_can_be_set() {
    for limit in Limit::ALL {
        assert!(Limits::SPECS.iter().any(|spec| spec.key == limit.key()), "{}", limit.key());
    }
}
