//! What a server grants its peers at most: one number a limit, each with a default, a range and a sentence that says what
//! it does. `limits.toml` in the data folder may set any of them.

mod account;
mod bucket;
mod gate;
mod guard;
mod pace;

use std::num::NonZeroU16;
use std::path::Path;

use serde::{Deserialize, Serialize};

use super::ServerError;
pub(super) use gate::{Holder, Limit, Network};
pub(super) use guard::{Begun, Guard};
pub(super) use pace::Pace;

/// A limit, as operators see it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LimitSpec {
    /// Its key in `limits.toml`, with its unit at the end.
    pub key: &'static str,
    /// Its value if nothing else is said.
    pub default: u32,
    /// Its lowest value.
    pub min: u32,
    /// Its highest value.
    pub max: u32,
    /// What it does.
    pub explanation: &'static str,
}

macro_rules! limits {
    ($($key:ident = $default:literal, $min:literal..=$max:literal, $explanation:literal;)+) => {
        /// Every limit of a server.
        #[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
        #[serde(default, deny_unknown_fields)]
        pub struct Limits { $(#[doc = $explanation] pub $key: u32,)+ }

        impl Default for Limits {
            fn default() -> Self {
                Self { $($key: $default,)+ }
            }
        }

        impl Limits {
            /// Every limit, in the order in which they are explained.
            pub const SPECS: &'static [LimitSpec] = &[$(LimitSpec {
                key: stringify!($key), default: $default, min: $min, max: $max, explanation: $explanation,
            },)+];

            /// Every limit with its value.
            pub fn values(&self) -> impl Iterator<Item = (&'static LimitSpec, u32)> {
                Self::SPECS.iter().zip([$(self.$key,)+])
            }
        }
    };
}

limits! {
    connections = 10_000, 1..=1_000_000,
        "Connections at a time, in all; one more is refused.";
    connections_per_address = 1_000, 1..=1_000_000,
        "Connections at a time from one IPv4 address or one IPv6 network of 64 bits. Above half of it a peer must first prove its address.";
    connections_per_device = 256, 1..=10_000,
        "Connections at a time with the certificate of one device.";
    connections_per_staff = 64, 1..=10_000,
        "Connections at a time with the certificate of one member of staff.";
    connections_of_strangers = 500, 1..=100_000,
        "Connections at a time without a certificate, which can only enrol.";
    handshakes = 1_000, 1..=100_000,
        "Handshakes under way at a time, in all; one more is refused.";
    handshakes_per_address = 100, 1..=100_000,
        "Handshakes under way at a time from one proved address.";
    handshakes_before_retry = 50, 0..=100_000,
        "From so many handshakes under way on, a peer must first prove its address (QUIC Retry).";
    handshakes_per_second = 500, 1..=100_000,
        "New connections a second, from all addresses, before peers must first prove their addresses.";
    handshakes_per_second_per_address = 100, 1..=100_000,
        "New connections a second from one proved address, in the long run.";
    handshakes_burst_per_address = 500, 1..=100_000,
        "New connections from one proved address at once, after a pause.";
    handshake_ms = 10_000, 100..=60_000,
        "Time for a handshake.";
    first_request_ms = 30_000, 100..=600_000,
        "Time from the end of the handshake to the first request.";
    stranger_ms = 60_000, 100..=600_000,
        "Time that a connection without a certificate may last.";
    idle_ms = 20_000, 1_000..=600_000,
        "A connection that has been silent for so long is over.";
    streams = 32, 1..=1_000,
        "Streams of one connection at a time; more wait at the peer.";
    streams_of_strangers = 4, 1..=1_000,
        "Streams at a time of a connection whose peer is not known yet or has no certificate.";
    receive_window_bytes = 32_768, 16_384..=16_777_216,
        "Bytes that one connection may have on their way to the server, unread.";
    receive_window_upload_bytes = 8_388_608, 65_536..=67_108_864,
        "The same, while a release is being uploaded on the connection.";
    send_window_bytes = 262_144, 16_384..=67_108_864,
        "Bytes of answers on one connection that the peer has not confirmed.";
    send_window_transfer_bytes = 8_388_608, 65_536..=67_108_864,
        "The same, while a package is being sent on the connection.";
    message_memory_bytes = 268_435_456, 8_388_608..=4_000_000_000,
        "Memory for requests and answers that are under way, of all peers together.";
    request_ms = 10_000, 100..=600_000,
        "Time for a request to arrive once its stream is open.";
    request_bytes_per_second = 4_096, 1..=1_000_000_000,
        "Rate at which a request must arrive, after two seconds' grace.";
    answer_ms = 15_000, 100..=600_000,
        "Time for a peer to take an answer.";
    requests_at_once_per_device = 256, 1..=10_000,
        "Requests of one device under way at a time, over all its connections.";
    requests_per_second_per_device = 50, 1..=100_000,
        "Requests a second of one device, in the long run.";
    requests_burst_per_device = 1_000, 1..=1_000_000,
        "Requests of one device at once, after a pause.";
    requests_per_second_per_address = 10, 1..=100_000,
        "Requests a second without a certificate (enrolments) from one address, in the long run.";
    requests_burst_per_address = 200, 1..=1_000_000,
        "Requests without a certificate from one address at once, after a pause.";
    requests_per_second_per_staff = 1_000, 1..=100_000,
        "Requests a second of one member of staff, in the long run.";
    requests_burst_per_staff = 10_000, 1..=1_000_000,
        "Requests of one member of staff at once, after a pause.";
    refusals_per_connection = 1_000, 0..=1_000_000,
        "Requests of one connection that are refused because they are too many, before it is closed.";
    watchers_per_staff = 32, 1..=10_000,
        "Watches of one member of staff at a time.";
    transfers = 128, 1..=100_000,
        "Packages that are sent at a time, in all; more wait.";
    transfers_per_device = 4, 1..=1_000,
        "Packages that are sent to one device at a time; more wait.";
    transfer_wait_ms = 10_000, 0..=600_000,
        "Time that a transfer or an upload waits for a place before it is refused.";
    transfer_bytes_per_second = 2_048, 1..=1_000_000_000,
        "Rate that a transfer must keep in every window, or it is ended.";
    transfer_window_ms = 60_000, 100..=3_600_000,
        "The window in which the rate of a transfer is measured.";
    transfer_end_ms = 120_000, 100..=3_600_000,
        "Time for a device to store what it got and to send the end packet, from the last byte that flowed.";
    uploads = 4, 1..=1_000,
        "Releases that are uploaded at a time; more wait.";
    upload_chunk_ms = 30_000, 100..=3_600_000,
        "Time for each MiB of an upload to arrive.";
    metered_contact_days = 14, 1..=365,
        "Days without a report after which a licence that is charged by use locks on its device; goes into new licences.";
}

/// Memory of a connection in QUIC, when nothing is under way: measured.
const CONNECTION_BYTES: u64 = 40 * 1024;
/// Memory of a handshake: buffered packets and handshake messages of both sides.
const HANDSHAKE_BYTES: u64 = 96 * 1024;
/// The chunk that is sent and the one that is read ahead.
const TRANSFER_BYTES: u64 = 2 * 1024 * 1024;
/// A part of eight chunks, the chunk that arrives, and what the disk has not taken yet.
const UPLOAD_BYTES: u64 = 18 * 1024 * 1024;

impl Limits {
    /// `metered_contact_days` as licences have it.
    pub(super) fn contact_days(&self) -> NonZeroU16 {
        u16::try_from(self.metered_contact_days).ok().and_then(NonZeroU16::new).unwrap_or(NonZeroU16::MIN)
    }

    /// Reads `limits.toml`. A key that it does not name has its default.
    pub fn parse(text: &str) -> Result<Self, LimitsError> {
        let limits: Self = toml::from_str(text).map_err(|error| LimitsError::Toml(error.to_string()))?;
        for (LimitSpec { key, min, max, .. }, value) in limits.values() {
            if !(*min..=*max).contains(&value) {
                return Err(LimitsError::OutOfRange { key, value, min: *min, max: *max });
            }
        }
        Ok(limits)
    }

    /// Reads a file.
    pub fn read(path: &Path) -> Result<Self, ServerError> {
        let text = std::fs::read_to_string(path).map_err(|error| ServerError::file(path, error))?;
        Self::parse(&text).map_err(|error| ServerError::Limits { path: path.display().to_string(), error })
    }

    /// What `limits.toml` in the data folder says, or the defaults where there is none.
    pub fn of_folder(data: &Path) -> Result<Self, ServerError> {
        let path = data.join("limits.toml");
        if path.exists() { Self::read(&path) } else { Ok(Self::default()) }
    }

    /// Most memory, in bytes, that peers can make the server use for connections and messages, whatever they do: each
    /// connection with a full receive window, every handshake, every message, and every transfer and upload at its
    /// fullest. The books and the machine's own buffers come on top.
    pub fn memory_bytes_max(&self) -> u64 {
        let connection = CONNECTION_BYTES + u64::from(self.receive_window_bytes);
        let transfer = TRANSFER_BYTES + u64::from(self.send_window_transfer_bytes);
        let upload = UPLOAD_BYTES + u64::from(self.receive_window_upload_bytes);
        u64::from(self.connections) * connection
            + u64::from(self.handshakes) * HANDSHAKE_BYTES
            + u64::from(self.message_memory_bytes)
            + u64::from(self.transfers) * transfer
            + u64::from(self.uploads) * upload
    }
}

/// A file of limits that cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum LimitsError {
    /// Not TOML, an unknown key, or a value that is no number.
    #[error("{0}")]
    Toml(String),
    /// A number that makes no sense.
    #[error("{key} is {value}, but must be between {min} and {max}")]
    OutOfRange {
        /// The limit.
        key: &'static str,
        /// Its value in the file.
        value: u32,
        /// Its lowest value.
        min: u32,
        /// Its highest value.
        max: u32,
    },
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_sets_what_it_names_and_leaves_the_rest() {
        let limits = Limits::parse("connections = 7\n# a note\nrequest_ms = 500\n").unwrap();
        assert_eq!(limits, Limits { connections: 7, request_ms: 500, ..Limits::default() });
        assert_eq!(Limits::parse("").unwrap(), Limits::default());
    }

    #[test]
    fn what_cannot_be_right_is_refused_with_the_name_of_the_key() {
        for (text, key) in [
            ("conections = 7", "conections"),
            ("connections = 0", "connections is 0, but must be between 1 and 1000000"),
            ("connections = \"many\"", "connections"),
            ("handshakes = -1", "handshakes"),
            ("idle_ms = 5000000000", "idle_ms"),
            ("[connections]", "connections"),
            ("connections", "connections"),
        ] {
            let error = Limits::parse(text).unwrap_err().to_string();
            assert!(error.contains(key), "{text}: {error}");
        }
    }

    #[test]
    fn every_default_is_in_its_range_and_every_limit_is_explained_in_a_sentence() {
        for (spec, value) in Limits::default().values() {
            assert_eq!(spec.default, value);
            assert!((spec.min..=spec.max).contains(&value), "{}", spec.key);
            assert!(spec.explanation.ends_with('.') && spec.explanation.len() > 10, "{}", spec.key);
        }
    }

    #[test]
    fn the_operators_page_has_the_table_of_the_code() {
        let page = include_str!("../../../docs/operating.md");
        let mut table = String::from("| key | default | range | what it does |\n|---|---|---|---|\n");
        for LimitSpec { key, default, min, max, explanation } in Limits::SPECS {
            table += &format!("| `{key}` | {default} | {min} to {max} | {explanation} |\n");
        }
        assert!(page.contains(&table), "docs/operating.md should have:\n{table}");
        let memory = Limits::default().memory_bytes_max();
        let gib = format!("{}.{} GiB", memory >> 30, ((memory & ((1 << 30) - 1)) * 10) >> 30);
        assert!(page.contains(&gib), "docs/operating.md should say how much memory that is: {gib}");
    }
}
