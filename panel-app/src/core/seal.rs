//! The device's own records, authenticated with a key that only the device has: an edited counter, a licence that was
//! copied from elsewhere or taken away, and a clock mark that was set back do not go unnoticed.
//!
//! Every transaction writes one [`SealRecord`]. It holds a keyed hash of every record that grants something, the time,
//! the usage sequence, and a keyed hash over all of these. It costs no write of its own: it takes the place of the time
//! that every transaction writes.

use protocol::message::report::{DeviceFault, DeviceReport, UsageMark};
use protocol::{Digest, LicenceId, Timestamp, codec};
use serde::{Deserialize, Serialize};
use zeroize::{Zeroize, ZeroizeOnDrop};

use super::clock::ClockRecord;
use super::record::{Change, Enrolment, LicenceRecord, LicenceState, ReceiptState};

/// The key of the device's own records.
#[derive(Clone, Default, PartialEq, Eq, Zeroize, ZeroizeOnDrop)]
pub struct RecordsKey([u8; 32]);

impl RecordsKey {
    /// From 32 random bytes.
    pub const fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// The key itself, for its file.
    pub const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }

    fn mac(&self, kind: &[u8], parts: &[&[u8]]) -> Mac {
        let mut hasher = blake3::Hasher::new_keyed(&self.0);
        hasher.update(kind);
        for part in parts {
            hasher.update(&(part.len() as u64).to_le_bytes());
            hasher.update(part);
        }
        hasher.finalize().into()
    }
}

impl std::fmt::Debug for RecordsKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("RecordsKey(..)")
    }
}

/// A keyed hash.
pub type Mac = [u8; 32];

/// What every transaction writes.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct SealRecord {
    /// The panel's time.
    pub clock: ClockRecord,
    /// Where the usage sequence stands.
    pub mark: UsageMark,
    /// The last mark that the vendor has acknowledged.
    pub acknowledged: UsageMark,
    /// A mark that was reported, or was about to be, and is not acknowledged.
    pub pending: Option<UsageMark>,
    /// When the present vendor last took a report.
    pub reported_at: Option<Timestamp>,
    /// What the vendor is still to be told, oldest first.
    pub faults: Vec<DeviceFault>,
    /// Keyed hashes of the licences that still matter, ascending by licence.
    pub licences: Vec<(LicenceId, Mac)>,
    /// Keyed hash of the enrolment.
    pub enrolment: Option<Mac>,
    /// Keyed hash of all of the above.
    pub mac: Mac,
}

/// Seals transactions.
#[derive(Debug, Clone)]
pub struct Seal {
    key: RecordsKey,
    pub(super) record: SealRecord,
}

/// What a look at the records at start has found.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Findings {
    /// Licences that are not as this device wrote them.
    pub(super) edited: Vec<LicenceId>,
    /// Licences that this device wrote and that are gone.
    pub(super) missing: Vec<LicenceId>,
    /// The seal itself is not as this device wrote it, so nothing that it says counts.
    pub(super) broken: bool,
}

impl Seal {
    /// For a device without records.
    pub fn new(key: RecordsKey) -> Self {
        Self { key, record: SealRecord::default() }
    }

    /// Compares the records with their seal.
    pub(super) fn open(
        key: RecordsKey,
        record: Option<SealRecord>,
        licences: &[LicenceRecord],
        enrolment: Option<&Enrolment>,
    ) -> (Self, Findings) {
        let mut findings = Findings::default();
        let untouched = record.is_none() && licences.is_empty() && enrolment.is_none();
        let mut seal = Self { key, record: record.unwrap_or_default() };
        let enrolment_mac = enrolment.map(|enrolment| seal.enrolment_mac(enrolment));
        let genuine = seal.record.mac == seal.mac() && seal.record.enrolment == enrolment_mac;
        findings.broken = !untouched && !genuine;
        let listed = |id: LicenceId| seal.record.licences.iter().find(|(listed, _)| *listed == id).map(|(_, mac)| *mac);
        for licence in licences.iter().filter(|licence| matters(licence)) {
            if findings.broken || listed(licence.id) != Some(seal.licence_mac(licence)) {
                findings.edited.push(licence.id);
            }
        }
        if !findings.broken {
            let there = |id: &LicenceId| licences.iter().any(|licence| licence.id == *id);
            findings.missing = seal.record.licences.iter().map(|(id, _)| *id).filter(|id| !there(id)).collect();
        }
        if findings.broken {
            seal.record.enrolment = enrolment_mac;
            seal.record.licences.clear();
            seal.record.faults.truncate(DeviceReport::FAULTS_MAX);
        }
        seal.record.licences.retain(|(id, _)| !findings.missing.contains(id));
        (seal, findings)
    }

    /// The record that seals a transaction of these changes.
    pub fn write(&mut self, changes: &[Change], clock: ClockRecord, random: [u8; 16]) -> SealRecord {
        let mut used = false;
        for change in changes {
            match change {
                Change::Licence(licence) => {
                    used = true;
                    let mac = matters(licence).then(|| self.licence_mac(licence));
                    self.list(licence.id, mac);
                }
                Change::ForgetLicence(licence) => self.list(*licence, None),
                Change::Enrolment(enrolment) => self.record.enrolment = Some(self.enrolment_mac(enrolment)),
                _ => {}
            }
        }
        self.record.clock = clock;
        if used {
            let UsageMark { sequence, head } = self.record.mark;
            let sequence = sequence + 1;
            let licences = codec::encode(&self.record.licences);
            // The random bits tell two histories apart that a copy of this device has made of the same state.
            let parts: [&[u8]; 4] = [&head.0, &sequence.to_le_bytes(), &random, &licences];
            self.record.mark = UsageMark { sequence, head: Digest(self.key.mac(b"head", &parts)) };
        }
        self.record.mac = self.mac();
        self.record.clone()
    }

    fn list(&mut self, licence: LicenceId, mac: Option<Mac>) {
        let licences = &mut self.record.licences;
        match (licences.binary_search_by_key(&licence, |(id, _)| *id), mac) {
            (Ok(at), Some(mac)) => licences[at].1 = mac,
            (Err(at), Some(mac)) => licences.insert(at, (licence, mac)),
            (Ok(at), None) => _ = licences.remove(at),
            (Err(_), None) => {}
        }
    }

    fn licence_mac(&self, licence: &LicenceRecord) -> Mac {
        self.key.mac(b"licence", &[&codec::encode(licence)])
    }

    fn enrolment_mac(&self, enrolment: &Enrolment) -> Mac {
        self.key.mac(b"enrolment", &[&codec::encode(enrolment)])
    }

    fn mac(&self) -> Mac {
        let r = &self.record;
        let all =
            (&r.clock, &r.mark, &r.acknowledged, &r.pending, &r.reported_at, &r.faults, &r.licences, &r.enrolment);
        let all = codec::encode(&all);
        self.key.mac(b"seal", &[&all])
    }
}

/// Whether there is anything to gain or to lose by editing a licence's record.
fn matters(licence: &LicenceRecord) -> bool {
    !matches!(licence.state, LicenceState::Ended(..)) || matches!(licence.receipt, ReceiptState::Due(_))
}
