//! Decides who may come in and ask: pure, with the time as a parameter.
//!
//! Three kinds of holders have accounts: addresses, devices, members of staff. An address that has not been proved is
//! never charged, because anybody can write any sender on a packet: it is asked for a proof instead (QUIC Retry), which
//! costs the server nothing and its true owner one round trip.

use std::collections::HashMap;
use std::net::{IpAddr, Ipv6Addr};

use protocol::{DeviceSerial, StaffName};
use tokio::time::Instant;

use super::Limits;
use super::account::Account;
use super::bucket::{Bucket, Rate};

/// Accounts of which none was in use when they were looked through are dropped after so many new ones.
const SWEEP_EVERY: usize = 1_024;

/// A limit that was met.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(in crate::server) enum Limit {
    Connections,
    ConnectionsPerAddress,
    ConnectionsPerDevice,
    ConnectionsPerStaff,
    ConnectionsOfStrangers,
    Handshakes,
    HandshakesPerAddress,
    HandshakesPerSecondPerAddress,
    HandshakeTime,
    FirstRequestTime,
    StrangerTime,
    MessageMemory,
    RequestTime,
    RequestRate,
    AnswerTime,
    RequestsAtOncePerDevice,
    RequestsPerSecondPerDevice,
    RequestsPerSecondPerAddress,
    RequestsPerSecondPerStaff,
    RefusalsPerConnection,
    WatchersPerStaff,
    Transfers,
    TransfersPerDevice,
    TransferRate,
    TransferEnd,
    Uploads,
}

impl Limit {
    pub(in crate::server) const ALL: [Self; 26] = [
        Self::Connections,
        Self::ConnectionsPerAddress,
        Self::ConnectionsPerDevice,
        Self::ConnectionsPerStaff,
        Self::ConnectionsOfStrangers,
        Self::Handshakes,
        Self::HandshakesPerAddress,
        Self::HandshakesPerSecondPerAddress,
        Self::HandshakeTime,
        Self::FirstRequestTime,
        Self::StrangerTime,
        Self::MessageMemory,
        Self::RequestTime,
        Self::RequestRate,
        Self::AnswerTime,
        Self::RequestsAtOncePerDevice,
        Self::RequestsPerSecondPerDevice,
        Self::RequestsPerSecondPerAddress,
        Self::RequestsPerSecondPerStaff,
        Self::RefusalsPerConnection,
        Self::WatchersPerStaff,
        Self::Transfers,
        Self::TransfersPerDevice,
        Self::TransferRate,
        Self::TransferEnd,
        Self::Uploads,
    ];

    /// The key in `limits.toml` that sets it.
    pub(in crate::server) const fn key(self) -> &'static str {
        match self {
            Self::Connections => "connections",
            Self::ConnectionsPerAddress => "connections_per_address",
            Self::ConnectionsPerDevice => "connections_per_device",
            Self::ConnectionsPerStaff => "connections_per_staff",
            Self::ConnectionsOfStrangers => "connections_of_strangers",
            Self::Handshakes => "handshakes",
            Self::HandshakesPerAddress => "handshakes_per_address",
            Self::HandshakesPerSecondPerAddress => "handshakes_per_second_per_address",
            Self::HandshakeTime => "handshake_ms",
            Self::FirstRequestTime => "first_request_ms",
            Self::StrangerTime => "stranger_ms",
            Self::MessageMemory => "message_memory_bytes",
            Self::RequestTime => "request_ms",
            Self::RequestRate => "request_bytes_per_second",
            Self::AnswerTime => "answer_ms",
            Self::RequestsAtOncePerDevice => "requests_at_once_per_device",
            Self::RequestsPerSecondPerDevice => "requests_per_second_per_device",
            Self::RequestsPerSecondPerAddress => "requests_per_second_per_address",
            Self::RequestsPerSecondPerStaff => "requests_per_second_per_staff",
            Self::RefusalsPerConnection => "refusals_per_connection",
            Self::WatchersPerStaff => "watchers_per_staff",
            Self::Transfers => "transfers",
            Self::TransfersPerDevice => "transfers_per_device",
            Self::TransferRate => "transfer_bytes_per_second",
            Self::TransferEnd => "transfer_end_ms",
            Self::Uploads => "uploads",
        }
    }
}

/// Where packets come from, as far as one owner may be behind it: an IPv4 address, or the 64 bits of an IPv6 network.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(in crate::server) struct Network(IpAddr);

impl From<IpAddr> for Network {
    fn from(addr: IpAddr) -> Self {
        match addr.to_canonical() {
            IpAddr::V6(v6) => Self(Ipv6Addr::from_bits(v6.to_bits() & !u128::from(u64::MAX)).into()),
            v4 => Self(v4),
        }
    }
}

/// Who has an account.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(in crate::server) enum Holder {
    /// An address; of requests, those of strangers.
    Network(Network),
    /// A device.
    Device(DeviceSerial),
    /// A member of staff.
    Staff(StaffName),
    /// A distribution service of the vendor's own: no limit of its own.
    Distribution,
}

/// What is to be done with a new connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Arrival {
    /// The handshake begins.
    Begin,
    /// Let it prove its address first.
    Prove,
    /// Not now.
    Refuse(Limit),
}

/// What is held, by whom.
#[derive(Debug)]
pub(super) struct Gate {
    limits: Limits,
    accounts: HashMap<Holder, Account>,
    /// Accounts after which the next sweep is due.
    sweep_at: usize,
    pub(super) connections: u32,
    pub(super) handshakes: u32,
    pub(super) strangers: u32,
    handshake_rate: Bucket,
}

impl Gate {
    pub(super) fn new(limits: Limits) -> Self {
        Self {
            limits,
            accounts: HashMap::new(),
            sweep_at: SWEEP_EVERY,
            connections: 0,
            handshakes: 0,
            strangers: 0,
            handshake_rate: Bucket::default(),
        }
    }

    /// A first packet. After `Begin` the connection and its handshake are held until they are released.
    pub(super) fn arrive(&mut self, now: Instant, network: Network, is_proved: bool) -> Arrival {
        let rate = self.address_rate();
        let all = Rate { per_second: self.limits.handshakes_per_second, burst: self.limits.handshakes_per_second };
        let known = self.accounts.get(&Holder::Network(network)).copied().unwrap_or_default();
        if self.connections >= self.limits.connections {
            return Arrival::Refuse(Limit::Connections);
        }
        let calm = self.handshake_rate.take(now, all);
        if is_proved {
            if known.connections >= self.limits.connections_per_address {
                return Arrival::Refuse(Limit::ConnectionsPerAddress);
            }
            if !known.handshake_rate.has(now, rate) {
                return Arrival::Refuse(Limit::HandshakesPerSecondPerAddress);
            }
            if known.handshakes >= self.limits.handshakes_per_address {
                return Arrival::Refuse(Limit::HandshakesPerAddress);
            }
        } else if !calm
            || self.handshakes >= self.limits.handshakes_before_retry
            || known.connections >= self.limits.connections_per_address.div_ceil(2)
            || !known.handshake_rate.has(now, rate)
        {
            return Arrival::Prove;
        }
        if self.handshakes >= self.limits.handshakes {
            return Arrival::Refuse(Limit::Handshakes);
        }
        let account = self.account(now, Holder::Network(network));
        account.connections += 1;
        if is_proved {
            account.handshake_rate.charge(now, rate);
            account.handshakes += 1;
        }
        self.connections += 1;
        self.handshakes += 1;
        Arrival::Begin
    }

    /// The handshake is done, which proves the address: only now is one that had not been proved charged.
    pub(super) fn arrived(&mut self, now: Instant, network: Network, was_proved: bool) {
        let rate = self.address_rate();
        if !was_proved {
            self.account(now, Holder::Network(network)).handshake_rate.charge(now, rate);
        }
    }

    pub(super) fn handshake_ended(&mut self, network: Network, was_proved: bool) {
        self.handshakes = self.handshakes.saturating_sub(1);
        if was_proved {
            self.change(Holder::Network(network), |account| &mut account.handshakes);
        }
    }

    pub(super) fn disconnected(&mut self, network: Network) {
        self.connections = self.connections.saturating_sub(1);
        self.change(Holder::Network(network), |account| &mut account.connections);
    }

    /// The peer of a connection is known. After `Ok` its seat is held until it is released.
    pub(super) fn sit(&mut self, now: Instant, holder: &Holder) -> Result<(), Limit> {
        let (most, limit) = match holder {
            Holder::Network(_) => {
                if self.strangers >= self.limits.connections_of_strangers {
                    return Err(Limit::ConnectionsOfStrangers);
                }
                self.strangers += 1;
                return Ok(());
            }
            Holder::Device(_) => (self.limits.connections_per_device, Limit::ConnectionsPerDevice),
            Holder::Staff(_) => (self.limits.connections_per_staff, Limit::ConnectionsPerStaff),
            Holder::Distribution => return Ok(()),
        };
        let account = self.account(now, holder.clone());
        count(&mut account.connections, most, limit)
    }

    pub(super) fn rise(&mut self, holder: &Holder) {
        match holder {
            Holder::Network(_) => self.strangers = self.strangers.saturating_sub(1),
            Holder::Distribution => {}
            known => self.change(known.clone(), |account| &mut account.connections),
        }
    }

    /// A request begins. After `Ok` it is held until it is released.
    pub(super) fn ask(&mut self, now: Instant, holder: &Holder) -> Result<(), Limit> {
        let l = &self.limits;
        let (per_second, burst, rate_limit, at_once) = match holder {
            Holder::Network(_) => (
                l.requests_per_second_per_address,
                l.requests_burst_per_address,
                Limit::RequestsPerSecondPerAddress,
                u32::MAX,
            ),
            Holder::Device(_) => (
                l.requests_per_second_per_device,
                l.requests_burst_per_device,
                Limit::RequestsPerSecondPerDevice,
                l.requests_at_once_per_device,
            ),
            Holder::Staff(_) => (
                l.requests_per_second_per_staff,
                l.requests_burst_per_staff,
                Limit::RequestsPerSecondPerStaff,
                u32::MAX,
            ),
            Holder::Distribution => return Ok(()),
        };
        let account = self.account(now, holder.clone());
        if !account.request_rate.take(now, Rate { per_second, burst }) {
            return Err(rate_limit);
        }
        count(&mut account.requests, at_once, Limit::RequestsAtOncePerDevice)
    }

    pub(super) fn asked(&mut self, holder: &Holder) {
        self.change(holder.clone(), |account| &mut account.requests);
    }

    /// A transfer to this device begins or waits for a place.
    pub(super) fn fetch(&mut self, now: Instant, holder: &Holder) -> Result<(), Limit> {
        let most = self.limits.transfers_per_device;
        count(&mut self.account(now, holder.clone()).transfers, most, Limit::TransfersPerDevice)
    }

    pub(super) fn fetched(&mut self, holder: &Holder) {
        self.change(holder.clone(), |account| &mut account.transfers);
    }

    /// A member of staff watches.
    pub(super) fn watch(&mut self, now: Instant, holder: &Holder) -> Result<(), Limit> {
        let most = self.limits.watchers_per_staff;
        count(&mut self.account(now, holder.clone()).watchers, most, Limit::WatchersPerStaff)
    }

    pub(super) fn watched(&mut self, holder: &Holder) {
        self.change(holder.clone(), |account| &mut account.watchers);
    }

    const fn address_rate(&self) -> Rate {
        Rate {
            per_second: self.limits.handshakes_per_second_per_address,
            burst: self.limits.handshakes_burst_per_address,
        }
    }

    fn account(&mut self, now: Instant, holder: Holder) -> &mut Account {
        if self.accounts.len() >= self.sweep_at {
            self.accounts.retain(|_, account| !account.is_blank(now));
            self.sweep_at = self.accounts.len() + SWEEP_EVERY;
        }
        self.accounts.entry(holder).or_default()
    }

    fn change(&mut self, holder: Holder, held: impl FnOnce(&mut Account) -> &mut u32) {
        if let Some(account) = self.accounts.get_mut(&holder) {
            let count = held(account);
            *count = count.saturating_sub(1);
        }
    }
}

fn count(held: &mut u32, most: u32, limit: Limit) -> Result<(), Limit> {
    if *held >= most {
        return Err(limit);
    }
    *held += 1;
    Ok(())
}

#[cfg(test)]
mod tests;
