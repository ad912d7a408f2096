//! Connections from addresses of the attacker's choice, with a transport of the attacker's making.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use e2e::{PATIENCE, Vendor};
use protocol::RefusalCode;
use protocol::message::{Reply, Service};
use protocol::net::{CloseCode, Credentials, ServiceConfig, client_config, enrol_config, read_frame};
use quinn::{Connection, ConnectionError, Endpoint, RecvStream, SendStream, TransportConfig, VarInt};

/// Somebody at one address of the loopback network.
#[derive(Clone)]
pub(super) struct Attacker {
    pub(super) endpoint: Endpoint,
    server: SocketAddr,
}

impl Attacker {
    /// At 127.0.`third`.`fourth`.
    pub(super) fn at(vendor: &Vendor, third: u8, fourth: u8) -> Self {
        let addr = SocketAddr::from((Ipv4Addr::new(127, 0, third, fourth), 0));
        let endpoint = vendor.block_on(async { Endpoint::client(addr) }).unwrap();
        Self { endpoint, server: vendor.addr() }
    }

    pub(super) async fn connect(&self, config: ServiceConfig) -> Result<Connection, ConnectionError> {
        self.endpoint.connect_with(config.quic, self.server, config.server_name).unwrap().await
    }
}

/// Without a certificate.
pub(super) fn stranger(vendor: &Vendor) -> ServiceConfig {
    patient(enrol_config(vendor.ca_fingerprint()).unwrap(), VarInt::from_u32(1 << 20))
}

/// With a certificate.
pub(super) fn known(credentials: &Credentials, service: Service) -> ServiceConfig {
    patient(client_config(credentials, service).unwrap(), VarInt::from_u32(1 << 20))
}

/// With a certificate, and unwilling to receive more than so many bytes on a stream.
pub(super) fn unwilling(credentials: &Credentials, service: Service, window_bytes: u32) -> ServiceConfig {
    patient(client_config(credentials, service).unwrap(), VarInt::from_u32(window_bytes))
}

fn patient(mut config: ServiceConfig, stream_window: VarInt) -> ServiceConfig {
    let mut transport = TransportConfig::default();
    transport.keep_alive_interval(Some(Duration::from_secs(2))).stream_receive_window(stream_window);
    config.quic.transport_config(Arc::new(transport));
    config
}

/// Why the server has ended the connection.
pub(super) async fn closed(connection: &Connection) -> ConnectionError {
    tokio::time::timeout(PATIENCE, connection.closed()).await.unwrap()
}

pub(super) fn is_busy(error: &ConnectionError) -> bool {
    match error {
        ConnectionError::ApplicationClosed(close) => close.error_code == CloseCode::Busy.var_int(),
        ConnectionError::ConnectionClosed(close) => close.error_code == quinn::TransportErrorCode::CONNECTION_REFUSED,
        _ => false,
    }
}

/// A stream on which these bytes have been sent, and nothing more yet.
pub(super) async fn begin(connection: &Connection, bytes: &[u8]) -> (SendStream, RecvStream) {
    let (mut send, recv) = connection.open_bi().await.unwrap();
    // The server may refuse before it has read everything.
    let _ = send.write_all(bytes).await;
    (send, recv)
}

/// The refusal that is answered on a stream.
pub(super) async fn refusal(recv: &mut RecvStream) -> RefusalCode {
    let answer = tokio::time::timeout(PATIENCE, read_frame::<Reply<()>>(recv, 4_096)).await.unwrap();
    answer.unwrap().outcome.unwrap_err().code
}

/// A frame with this body, whatever it is.
pub(super) fn frame(body: &[u8]) -> Vec<u8> {
    let length = u32::try_from(body.len()).unwrap();
    [&length.to_le_bytes(), body].concat()
}

/// Memory of this process, in KiB.
pub(super) fn resident_kib() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    line.and_then(|line| line.trim().strip_suffix(" kB")?.trim().parse().ok()).unwrap_or_default()
}
