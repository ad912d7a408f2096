//! `kobai-enrol/1`: a registered device with an activation code gets its certificate. The device is not yet known, so
//! this is the one service without a client certificate.

use serde::{Deserialize, Serialize};

use crate::signed::VerifyKey;
use crate::{ActivationCode, DeviceSerial};

/// Largest certificate signing request, in bytes.
pub const CSR_BYTES_MAX: usize = 4_096;

/// What a device that has no certificate can ask.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum EnrolRequest {
    /// A certificate for a new key. Repeated with the same key it is answered alike, so a lost answer costs nothing;
    /// with another key the code counts as used.
    Enrol {
        /// The factory ID, as staff registered it.
        serial: DeviceSerial,
        /// The one-time code that staff handed over.
        code: ActivationCode,
        /// A PKCS#10 certificate signing request in DER, at most [`CSR_BYTES_MAX`] bytes. Only its key counts.
        csr: Vec<u8>,
    },
}

/// What it is answered.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum EnrolReply {
    /// The device is enrolled.
    Enrolled {
        /// The device's certificate, X.509 in DER.
        certificate: Vec<u8>,
        /// Signs catalogues and manifests.
        release_key: VerifyKey,
        /// Signs tickets and licences.
        licence_key: VerifyKey,
    },
}
