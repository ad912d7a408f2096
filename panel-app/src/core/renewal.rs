//! The device's certificate: when it has to be renewed, and what to do until it is.
//!
//! Two thirds of its life are for use, the last third for trying. A new certificate is durable before the service says
//! that it is here, and the vendor takes both until the next renewal, so there is no instant without a good one.

use protocol::Timestamp;
use protocol::time::{DAY_MS, HOUR_MS};

use super::Core;
use super::effect::Effect;
use super::outcome::Outcome;

/// The wait after an attempt that failed.
const TRY_AGAIN_MS: u64 = HOUR_MS;
/// The least time between two renewals, whatever the certificate says: the clocks of vendor and device may differ.
const PAUSE_MS: u64 = DAY_MS;

/// When a certificate is valid.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CertificateTerm {
    /// The first instant.
    pub from: Timestamp,
    /// The first instant at which it is valid no longer.
    pub until: Timestamp,
}

impl CertificateTerm {
    /// When two thirds of it are over.
    pub const fn renewal_at(self) -> Timestamp {
        self.from.plus_ms(self.until.ms_since(self.from) / 3 * 2)
    }
}

/// What is known of the device's certificate.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Renewal {
    term: Option<CertificateTerm>,
    asking: bool,
    /// Not before this uptime, in milliseconds.
    pause_until_ms: u64,
}

impl Core {
    /// The certificate that is used from now on.
    pub(super) fn certified(&mut self, term: CertificateTerm) {
        self.renewal = Renewal { term: Some(term), ..Renewal::default() };
    }

    /// An attempt to renew it has ended.
    pub(super) fn renewed(&mut self, outcome: Option<CertificateTerm>) {
        self.renewal.asking = false;
        let pause_ms = match outcome {
            Some(term) => {
                self.renewal.term = Some(term);
                PAUSE_MS
            }
            None => TRY_AGAIN_MS,
        };
        self.renewal.pause_until_ms = self.clock.uptime_ms() + pause_ms;
    }

    pub(super) fn next_renewal_ms(&self) -> Option<u64> {
        let term = self.renewal.term.filter(|_| self.enrolment.is_some() && !self.renewal.asking)?;
        let due_ms = self.clock.uptime_ms() + term.renewal_at().ms_since(self.clock.now());
        Some(due_ms.max(self.renewal.pause_until_ms))
    }

    pub(super) fn renew_if_due(&mut self, out: &mut Outcome) {
        if self.next_renewal_ms().is_some_and(|due_ms| due_ms <= self.clock.uptime_ms()) {
            self.renewal.asking = true;
            out.then(Effect::Renew);
        }
    }
}
