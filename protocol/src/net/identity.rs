//! Who a certificate belongs to: its one subject alternative name, a URI.

use std::fmt;

use rustls::pki_types::CertificateDer;
use x509_parser::extensions::GeneralName;

use crate::time::SECOND_MS;
use crate::{DeviceKeyHash, DeviceSerial, StaffName, Timestamp};

/// The holder of a client certificate.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Identity {
    /// An office machine: `kobai:device:SERIAL`.
    Device(DeviceSerial),
    /// A member of the vendor's staff: `kobai:staff:NAME`.
    Staff(StaffName),
    /// A distribution service on a host of its own: `kobai:service:distribution`.
    Distribution,
}

/// A certificate that names none or several of these.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the certificate does not name a device, a member of staff or a service")]
pub struct IdentityError;

impl Identity {
    /// The URI in the certificate.
    pub fn uri(&self) -> String {
        match self {
            Self::Device(serial) => format!("kobai:device:{serial}"),
            Self::Staff(name) => format!("kobai:staff:{name}"),
            Self::Distribution => "kobai:service:distribution".to_owned(),
        }
    }

    /// Reads the identity of a certificate whose chain has already been verified.
    pub fn of_certificate(certificate: &CertificateDer<'_>) -> Result<Self, IdentityError> {
        let (_, parsed) = x509_parser::parse_x509_certificate(certificate).map_err(|_| IdentityError)?;
        let names = parsed.subject_alternative_name().map_err(|_| IdentityError)?.ok_or(IdentityError)?;
        match names.value.general_names.as_slice() {
            [GeneralName::URI(uri)] => Self::from_uri(uri),
            _ => Err(IdentityError),
        }
    }

    /// The hash of the certificate's key, which licences are bound to.
    pub fn key_hash(certificate: &CertificateDer<'_>) -> Result<DeviceKeyHash, IdentityError> {
        let (_, parsed) = x509_parser::parse_x509_certificate(certificate).map_err(|_| IdentityError)?;
        Ok(DeviceKeyHash::of(parsed.public_key().raw))
    }

    /// The certificate's key itself, as a point of its curve: verifies what its holder has signed.
    pub fn public_key(certificate: &CertificateDer<'_>) -> Result<Vec<u8>, IdentityError> {
        let (_, parsed) = x509_parser::parse_x509_certificate(certificate).map_err(|_| IdentityError)?;
        Ok(parsed.public_key().subject_public_key.data.to_vec())
    }

    fn from_uri(uri: &str) -> Result<Self, IdentityError> {
        let rest = uri.strip_prefix("kobai:").ok_or(IdentityError)?;
        match rest.split_once(':').ok_or(IdentityError)? {
            ("device", serial) => serial.parse().map(Self::Device).map_err(|_| IdentityError),
            ("staff", name) => name.parse().map(Self::Staff).map_err(|_| IdentityError),
            ("service", "distribution") => Ok(Self::Distribution),
            _ => Err(IdentityError),
        }
    }
}

/// When a certificate is valid.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CertificateTerm {
    /// The first instant.
    pub from: Timestamp,
    /// The first instant at which it is valid no longer.
    pub until: Timestamp,
}

/// Reads when a certificate is valid, to the second.
pub fn certificate_term(certificate: &[u8]) -> Result<CertificateTerm, IdentityError> {
    let (_, parsed) = x509_parser::parse_x509_certificate(certificate).map_err(|_| IdentityError)?;
    let at = |seconds: i64| {
        let seconds = u64::try_from(seconds).map_err(|_| IdentityError)?;
        Ok(Timestamp::from_ms(seconds.saturating_mul(SECOND_MS)))
    };
    let validity = parsed.validity();
    // The last second is valid from its beginning to its end.
    let (from, last) = (at(validity.not_before.timestamp())?, at(validity.not_after.timestamp())?);
    Ok(CertificateTerm { from, until: last.plus_ms(SECOND_MS) })
}

impl fmt::Display for Identity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Device(serial) => write!(f, "device {serial}"),
            Self::Staff(name) => write!(f, "staff {name}"),
            Self::Distribution => f.write_str("distribution service"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_identity_reads_back_from_its_uri_and_from_nothing_else() {
        for identity in [
            Identity::Device("MX-204-0001".parse().unwrap()),
            Identity::Staff("admin".parse().unwrap()),
            Identity::Distribution,
        ] {
            assert_eq!(Identity::from_uri(&identity.uri()), Ok(identity));
        }
        for bad in ["", "kobai:", "kobai:device:", "kobai:device:mx", "kobai:service:customers", "device:MX-204-0001"] {
            assert_eq!(Identity::from_uri(bad), Err(IdentityError), "{bad}");
        }
    }
}
