//! The connections of devices that are open now: they end when the device may no longer speak, and two machines that use
//! one certificate give themselves away here.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use protocol::DeviceSerial;
use protocol::net::{CertificateDer, CloseCode};
use quinn::Connection;

use super::limits::Network;

/// Every open connection that showed a device's certificate.
#[derive(Debug, Default)]
pub(super) struct Live(Mutex<HashMap<DeviceSerial, Vec<Open>>>);

#[derive(Debug)]
struct Open {
    connection: Connection,
    certificate: CertificateDer<'static>,
    speaker: Speaker,
}

/// One of the connections, as long as it is served.
#[derive(Debug)]
pub(super) struct Session {
    live: Arc<Live>,
    pub(super) serial: DeviceSerial,
    pub(super) certificate: CertificateDer<'static>,
    connection: Connection,
}

impl Live {
    /// A connection is served from now on, until the session is dropped.
    pub(super) fn enter(
        self: &Arc<Self>,
        serial: DeviceSerial,
        certificate: CertificateDer<'static>,
        connection: Connection,
    ) -> Session {
        let open =
            Open { connection: connection.clone(), certificate: certificate.clone(), speaker: Speaker::default() };
        self.with(|all| all.entry(serial.clone()).or_default().push(open));
        Session { live: self.clone(), serial, certificate, connection }
    }

    /// Closes the device's connections, but for those with the certificate that counts from now on.
    pub(super) fn close(&self, serial: &DeviceSerial, but: Option<&[u8]>) {
        self.with(|all| {
            for open in all.get(serial).into_iter().flatten() {
                if but != Some(open.certificate.as_ref()) {
                    open.connection.close(CloseCode::Revoked.var_int(), b"");
                }
            }
        });
    }

    /// Which devices are connected, with which certificates.
    pub(super) fn devices(&self) -> Vec<(DeviceSerial, CertificateDer<'static>)> {
        self.with(|all| {
            let opens = all.iter().flat_map(|(serial, opens)| opens.iter().map(move |open| (serial, open)));
            opens.map(|(serial, open)| (serial.clone(), open.certificate.clone())).collect()
        })
    }

    fn with<T>(&self, look: impl FnOnce(&mut HashMap<DeviceSerial, Vec<Open>>) -> T) -> T {
        look(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Session {
    /// The device asks for something on this connection. True if that shows that another machine has its certificate.
    pub(super) fn speaks(&self) -> bool {
        let from = Network::from(self.connection.remote_address().ip());
        let id = self.connection.stable_id();
        self.live.with(|all| {
            let Some(opens) = all.get_mut(&self.serial) else { return false };
            let mut is_cloned = false;
            for open in opens {
                if open.connection.stable_id() == id {
                    is_cloned = open.speaker.speaks(from);
                } else {
                    open.speaker.hears(from);
                }
            }
            is_cloned
        })
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        let id = self.connection.stable_id();
        self.live.with(|all| {
            let Some(opens) = all.get_mut(&self.serial) else { return };
            opens.retain(|open| open.connection.stable_id() != id);
            if opens.is_empty() {
                all.remove(&self.serial);
            }
        });
    }
}

/// What one connection has said and heard, to tell one machine from two.
///
/// A device has one connection to the customer service at a time, and a new one only once the old is dead. So if this
/// connection has spoken, then another from elsewhere, and then this one again from where it still is, there are two
/// machines. A device that connects anew never goes back; one whose address changes takes its connection along; several
/// connections from one place may speak in any order.
#[derive(Debug, Default)]
struct Speaker {
    from: Option<Network>,
    heard: Option<Network>,
}

impl Speaker {
    fn speaks(&mut self, from: Network) -> bool {
        let stayed = self.from == Some(from);
        self.from = Some(from);
        let heard = self.heard.take();
        stayed && heard.is_some_and(|other| other != from)
    }

    fn hears(&mut self, from: Network) {
        if self.from.is_some_and(|own| own != from) {
            self.heard = Some(from);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Speakers 0, 1, 2 of one device; each step is a speaker and where it is. Whether the last step gives two away.
    fn gives_away(steps: &[(usize, &str)]) -> bool {
        let mut speakers = [Speaker::default(), Speaker::default(), Speaker::default()];
        let mut last = false;
        for (who, from) in steps {
            let from = Network::from(from.parse::<std::net::IpAddr>().unwrap());
            for (index, speaker) in speakers.iter_mut().enumerate() {
                if index == *who {
                    last = speaker.speaks(from);
                } else {
                    speaker.hears(from);
                }
            }
        }
        last
    }

    const HERE: &str = "192.0.2.1";
    const THERE: &str = "198.51.100.7";

    #[test]
    fn two_machines_that_speak_in_turn_give_themselves_away() {
        assert!(gives_away(&[(0, HERE), (1, THERE), (0, HERE)]));
        assert!(gives_away(&[(0, HERE), (1, THERE), (1, THERE), (0, HERE)]));
        assert!(gives_away(&[(0, "2001:db8:1::1"), (1, "2001:db8:2::1"), (0, "2001:db8:1::1")]));
    }

    #[test]
    fn a_device_that_connects_anew_or_moves_does_not() {
        assert!(!gives_away(&[(0, HERE), (1, THERE), (2, HERE)]), "there and back, each time anew");
        assert!(!gives_away(&[(0, HERE), (0, THERE), (0, HERE)]), "the connection moves along");
        assert!(!gives_away(&[(0, HERE), (1, THERE), (0, THERE)]), "a late request comes from the new address");
        assert!(!gives_away(&[(0, HERE), (1, THERE), (1, THERE)]));
        assert!(!gives_away(&[(0, HERE), (1, THERE), (0, "203.0.113.9")]), "on the way, nobody knows which is which");
    }

    #[test]
    fn several_connections_of_one_host_do_not() {
        assert!(!gives_away(&[(0, HERE), (1, HERE), (0, HERE), (1, HERE), (2, HERE), (0, HERE)]));
        assert!(!gives_away(&[(0, "2001:db8:1::1"), (1, "2001:db8:1::2"), (0, "2001:db8:1::1")]), "one /64");
    }
}
