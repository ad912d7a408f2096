//! Wrong activation codes, counted by address and by serial number.
//!
//! In memory only: a code has 128 bits, so nobody guesses one between two restarts, and strangers must not be able to make
//! the server write to its disk. What is counted saves the server work and its log noise.

use std::collections::HashMap;
use std::hash::Hash;
use std::sync::{Mutex, PoisonError};

use protocol::{DeviceSerial, Timestamp};

use super::limits::Network;
use crate::waits::{FREE_TRIES, MEMORY_MS, left_ms};

/// Wrong codes for one serial number, from anywhere, from which on an address has no free tries for it.
const SERIAL_TRIES: u64 = 20;
/// Addresses, and serial numbers, that are remembered; the oldest are forgotten first.
const REMEMBERED_MAX: usize = 10_000;

/// The counts.
#[derive(Debug, Default)]
pub(super) struct Guesses(Mutex<Counts>);

#[derive(Debug, Default)]
struct Counts {
    addresses: HashMap<Network, Wrong>,
    serials: HashMap<DeviceSerial, Wrong>,
}

#[derive(Debug, Clone, Copy)]
struct Wrong {
    count: u64,
    last: Timestamp,
}

impl Guesses {
    /// Counts a try as wrong before it is known, so that tries at the same time count each other. `Err` with the wait in
    /// milliseconds if it may not be made.
    pub(super) fn begin(&self, from: Network, serial: &DeviceSerial, now: Timestamp) -> Result<(), u64> {
        let mut counts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(own) = counts.addresses.get(&from).filter(|own| own.counts(now)) {
            let on_serial = counts.serials.get(serial).filter(|on_serial| on_serial.counts(now));
            let is_hunted = on_serial.is_some_and(|on_serial| on_serial.count >= SERIAL_TRIES);
            let count = if is_hunted { own.count + FREE_TRIES - 1 } else { own.count };
            if let Some(wait_ms) = left_ms(count, own.last.as_ms(), now.as_ms()) {
                return Err(wait_ms);
            }
        }
        add(&mut counts.addresses, from, now);
        add(&mut counts.serials, serial.clone(), now);
        Ok(())
    }

    /// The try that was begun was not wrong.
    pub(super) fn take_back(&self, from: Network, serial: &DeviceSerial) {
        let mut counts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        subtract(&mut counts.addresses, &from);
        subtract(&mut counts.serials, serial);
    }
}

impl Wrong {
    fn counts(&self, now: Timestamp) -> bool {
        now.ms_since(self.last) < MEMORY_MS
    }
}

fn add<K: Eq + Hash + Clone>(all: &mut HashMap<K, Wrong>, key: K, now: Timestamp) {
    if all.len() >= REMEMBERED_MAX && !all.contains_key(&key) {
        all.retain(|_, wrong| wrong.counts(now));
        let oldest = all.iter().min_by_key(|(_, wrong)| wrong.last).map(|(key, _)| key.clone());
        if let Some(oldest) = oldest.filter(|_| all.len() >= REMEMBERED_MAX) {
            all.remove(&oldest);
        }
    }
    let wrong = all.entry(key).or_insert(Wrong { count: 0, last: now });
    wrong.count = if wrong.counts(now) { wrong.count + 1 } else { 1 };
    wrong.last = now;
}

fn subtract<K: Eq + Hash>(all: &mut HashMap<K, Wrong>, key: &K) {
    if let Some(wrong) = all.get_mut(key) {
        wrong.count -= 1;
        if wrong.count == 0 {
            all.remove(key);
        }
    }
}

#[cfg(test)]
mod tests {
    use protocol::time::DAY_MS;

    use super::*;

    const START: Timestamp = Timestamp::from_ms(1_795_000_000_000);

    fn at(ip: &str) -> Network {
        Network::from(ip.parse::<std::net::IpAddr>().unwrap())
    }

    fn serial(number: u32) -> DeviceSerial {
        format!("MX-{number:05}").parse().unwrap()
    }

    #[test]
    fn an_address_has_five_tries_and_then_waits_longer_each_time() {
        let guesses = Guesses::default();
        for number in 0..5 {
            assert_eq!(guesses.begin(at("192.0.2.1"), &serial(number), START), Ok(()));
        }
        assert_eq!(guesses.begin(at("192.0.2.1"), &serial(9), START), Err(30_000));
        let later = START.plus_ms(30_000);
        assert_eq!(guesses.begin(at("192.0.2.1"), &serial(9), later), Ok(()));
        assert_eq!(guesses.begin(at("192.0.2.1"), &serial(9), later), Err(60_000));
        assert_eq!(guesses.begin(at("192.0.2.1"), &serial(9), later.plus_ms(DAY_MS)), Ok(()));
    }

    #[test]
    fn an_address_that_was_never_wrong_is_heard_however_much_its_serial_number_is_guessed_at() {
        let guesses = Guesses::default();
        for host in 0..40 {
            let from = at(&format!("198.51.100.{host}"));
            assert_eq!(guesses.begin(from, &serial(1), START), Ok(()));
        }
        // Whoever was wrong has no free tries left for this serial number, and all of them for another.
        assert_eq!(guesses.begin(at("198.51.100.3"), &serial(1), START), Err(30_000));
        assert_eq!(guesses.begin(at("198.51.100.3"), &serial(2), START), Ok(()));
        assert_eq!(guesses.begin(at("192.0.2.1"), &serial(1), START), Ok(()));
    }

    #[test]
    fn a_right_code_costs_nothing() {
        let guesses = Guesses::default();
        for number in 0..100 {
            assert_eq!(guesses.begin(at("192.0.2.1"), &serial(number), START), Ok(()));
            guesses.take_back(at("192.0.2.1"), &serial(number));
        }
    }

    #[test]
    fn what_is_remembered_is_bounded() {
        let guesses = Guesses::default();
        for number in 0..=u32::try_from(REMEMBERED_MAX).unwrap() {
            let from = Network::from(std::net::IpAddr::from(std::net::Ipv4Addr::from_bits(number)));
            let now = START.plus_ms(u64::from(number));
            assert_eq!(guesses.begin(from, &serial(number % 50_000), now), Ok(()));
        }
        let counts = guesses.0.lock().unwrap();
        assert_eq!((counts.addresses.len(), counts.serials.len()), (REMEMBERED_MAX, REMEMBERED_MAX));
        assert!(!counts.serials.contains_key(&serial(0)), "the oldest went");
    }
}
