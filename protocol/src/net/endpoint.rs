//! QUIC endpoints and their limits. The numbers follow measurements: large socket buffers and datagrams as large as the
//! path allows count most; windows beyond 4 MiB a stream do not.

use std::io;
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use quinn::{EndpointConfig, IdleTimeout, MtuDiscoveryConfig, TokioRuntime, TransportConfig, VarInt};
use quinn_proto::HashedConnectionIdGenerator;
use ring::hmac;
use socket2::{Domain, Protocol, Socket, Type};

use super::Credentials;

const SOCKET_BUFFER_BYTES: usize = 4 * 1024 * 1024;
const STREAM_WINDOW_BYTES: u32 = 4 * 1024 * 1024;
/// quinn's own default is no limit at all.
const CONNECTION_WINDOW_BYTES: u32 = 8 * 1024 * 1024;
const STREAMS_MAX: u32 = 32;
const IDLE_TIMEOUT_MS: u32 = 20_000;
/// A handshake's messages: a chain of two certificates is a tenth of this.
const CRYPTO_BUFFER_BYTES: usize = 16 * 1024;
const KEEP_ALIVE: Duration = Duration::from_secs(6);
/// The most that path MTU discovery looks for. quinn hands ten datagrams to the system at once, and the system takes at most
/// 65,507 bytes: ten that are larger would be dropped without a word, each time, until the connection takes the path for
/// broken and goes back to the smallest datagrams.
const DATAGRAM_BYTES_MAX: u16 = 6_500;

/// What one connection may cost a server before it is known who speaks; more can be granted to a connection later.
#[derive(Debug, Clone, Copy)]
pub struct TransportLimits {
    /// Streams at a time.
    pub streams: u32,
    /// Bytes on their way to the server that it has not read yet, over all streams.
    pub receive_window_bytes: u32,
    /// Bytes of answers that the peer has not confirmed.
    pub send_window_bytes: u32,
    /// After this long without a packet the connection is over.
    pub idle_ms: u32,
    /// Connections whose first packet has come and that nobody has looked at yet.
    pub incoming: u32,
    /// Bytes that come before somebody has looked: of one such connection. All together may have 128 times as many.
    pub incoming_bytes: u32,
}

impl Default for TransportLimits {
    fn default() -> Self {
        Self {
            streams: STREAMS_MAX,
            receive_window_bytes: CONNECTION_WINDOW_BYTES,
            send_window_bytes: CONNECTION_WINDOW_BYTES,
            idle_ms: IDLE_TIMEOUT_MS,
            incoming: 1_024,
            incoming_bytes: 64 * 1024,
        }
    }
}

/// Makes a server keep these limits.
pub fn limit_server(config: &mut quinn::ServerConfig, limits: &TransportLimits) {
    config
        .transport_config(Arc::new(server_transport(limits)))
        .max_incoming(limits.incoming as usize)
        .incoming_buffer_size(u64::from(limits.incoming_bytes))
        .incoming_buffer_size_total(u64::from(limits.incoming_bytes) * 128);
}

fn transport(limits: &TransportLimits) -> TransportConfig {
    let mut mtu = MtuDiscoveryConfig::default();
    mtu.upper_bound(DATAGRAM_BYTES_MAX);
    let mut transport = TransportConfig::default();
    transport
        .stream_receive_window(VarInt::from_u32(STREAM_WINDOW_BYTES))
        .receive_window(VarInt::from_u32(limits.receive_window_bytes))
        .send_window(u64::from(limits.send_window_bytes))
        .crypto_buffer_size(CRYPTO_BUFFER_BYTES)
        .max_concurrent_bidi_streams(VarInt::from_u32(0))
        .max_concurrent_uni_streams(VarInt::from_u32(0))
        .datagram_receive_buffer_size(None)
        .max_idle_timeout(Some(IdleTimeout::from(VarInt::from_u32(limits.idle_ms))))
        .mtu_discovery_config(Some(mtu));
    transport
}

pub(super) fn server_transport(limits: &TransportLimits) -> TransportConfig {
    let mut transport = transport(limits);
    transport.max_concurrent_bidi_streams(VarInt::from_u32(limits.streams));
    transport
}

pub(super) fn client_transport() -> TransportConfig {
    let mut transport = transport(&TransportLimits::default());
    transport.keep_alive_interval(Some(KEEP_ALIVE));
    transport
}

/// An endpoint that accepts connections on `addr`. Must be called within a Tokio runtime.
///
/// Its connection ids and reset tokens follow from the server's private key, so that a server that was killed and started
/// again tells its peers at their next packet that it knows them no more, instead of leaving them to wait.
pub fn bind_server(
    addr: SocketAddr,
    config: quinn::ServerConfig,
    credentials: &Credentials,
) -> io::Result<quinn::Endpoint> {
    let secret = credentials.key.secret_pkcs8_der();
    let reset_key = blake3::derive_key("kobai stateless reset 1", secret);
    let ids = blake3::derive_key("kobai connection ids 1", secret);
    let mut id_key = [0; 8];
    id_key.copy_from_slice(&ids[..8]);
    let id_key = u64::from_le_bytes(id_key);
    let mut endpoint_config = EndpointConfig::new(Arc::new(hmac::Key::new(hmac::HMAC_SHA256, &reset_key)));
    endpoint_config.cid_generator(move || Box::new(HashedConnectionIdGenerator::from_key(id_key)));
    endpoint(addr, endpoint_config, Some(config))
}

/// An endpoint that only connects, to an address of the same family as `peer`. Must be called within a Tokio runtime.
pub fn bind_client(peer: SocketAddr) -> io::Result<quinn::Endpoint> {
    let any: SocketAddr = match peer {
        SocketAddr::V4(_) => (Ipv4Addr::UNSPECIFIED, 0).into(),
        SocketAddr::V6(_) => (Ipv6Addr::UNSPECIFIED, 0).into(),
    };
    endpoint(any, EndpointConfig::default(), None)
}

fn endpoint(
    addr: SocketAddr,
    mut config: EndpointConfig,
    server: Option<quinn::ServerConfig>,
) -> io::Result<quinn::Endpoint> {
    let socket = Socket::new(Domain::for_address(addr), Type::DGRAM, Some(Protocol::UDP))?;
    // The system may grant less; then transfers are slower, not wrong.
    let _ = socket.set_recv_buffer_size(SOCKET_BUFFER_BYTES);
    let _ = socket.set_send_buffer_size(SOCKET_BUFFER_BYTES);
    socket.bind(&addr.into())?;
    config.max_udp_payload_size(DATAGRAM_BYTES_MAX).map_err(io::Error::other)?;
    quinn::Endpoint::new(config, server, socket.into(), Arc::new(TokioRuntime))
}
