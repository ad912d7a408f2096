//! The connections of distribution services that are open now: they end when staff revoke the service.

use std::sync::{Arc, Mutex, PoisonError};

use protocol::net::{CertificateDer, CloseCode};
use quinn::Connection;

/// Every open connection that showed a distribution service's certificate.
#[derive(Debug, Default)]
pub(super) struct Reporters(Mutex<Vec<(CertificateDer<'static>, Connection)>>);

/// One of the connections, as long as it is served.
#[derive(Debug)]
pub(super) struct Reporter {
    reporters: Arc<Reporters>,
    pub(super) certificate: CertificateDer<'static>,
    connection: Connection,
}

impl Reporters {
    /// A connection is served from now on, until the reporter is dropped.
    pub(super) fn enter(self: &Arc<Self>, certificate: CertificateDer<'static>, connection: Connection) -> Reporter {
        self.with(|all| all.push((certificate.clone(), connection.clone())));
        Reporter { reporters: self.clone(), certificate, connection }
    }

    /// Closes the connections of whoever shows this certificate.
    pub(super) fn close(&self, certificate: &[u8]) {
        self.with(|all| {
            for (_, connection) in all.iter().filter(|(shown, _)| shown.as_ref() == certificate) {
                connection.close(CloseCode::Revoked.var_int(), b"");
            }
        });
    }

    /// The certificates that are connected.
    pub(super) fn certificates(&self) -> Vec<CertificateDer<'static>> {
        self.with(|all| all.iter().map(|(certificate, _)| certificate.clone()).collect())
    }

    fn with<T>(&self, look: impl FnOnce(&mut Vec<(CertificateDer<'static>, Connection)>) -> T) -> T {
        look(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Drop for Reporter {
    fn drop(&mut self) {
        let id = self.connection.stable_id();
        self.reporters.with(|all| all.retain(|(_, connection)| connection.stable_id() != id));
    }
}
