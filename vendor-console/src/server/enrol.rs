//! `kobai-enrol/1`: a registered device gets its certificate.

use protocol::message::enrol::{EnrolReply, EnrolRequest};
use protocol::message::staff::Topic;
use protocol::net::Identity;
use protocol::{Refusal, RefusalCode};
use rcgen::{CertificateSigningRequestParams, PublicKeyData};
use rustls::pki_types::CertificateSigningRequestDer;

use super::customers::Customers;
use crate::store::{Enrolment, StoreError};

/// Largest request, in bytes.
pub(super) const REQUEST_BYTES_MAX: usize = 8 * 1024;

pub(super) async fn answer(customers: &Customers, request: EnrolRequest) -> Result<EnrolReply, Refusal> {
    let EnrolRequest::Enrol { serial, code, csr } = request;
    let key_hash = key_hash(&csr).ok_or(RefusalCode::BadMessage)?;
    let enrolment = Enrolment { serial: &serial, code: &code, key_hash };
    let issue = || {
        let identity = Identity::Device(serial.clone());
        let signed = customers.keys.authority.sign_request(&csr, &identity, customers.clock.certificate_time());
        let refused = |error| Refusal::with_detail(RefusalCode::BadMessage, error);
        Ok(signed.map_err(refused).map_err(StoreError::Refused)?.to_vec())
    };
    let certificate = customers.store.enrol(enrolment, customers.clock.now(), issue).await?;
    tracing::info!(%serial, "device enrolled");
    customers.changes.tell(&[Topic::Devices]);
    let chain = customers.keys.authority.chain(certificate).map_err(|error| StoreError::Corrupt(error.to_string()))?;
    Ok(EnrolReply::Enrolled { chain, keys: customers.keys.signing().list.clone() })
}

/// The hash of the key that asks; `None` if the request is not signed with that key.
fn key_hash(csr: &[u8]) -> Option<[u8; 32]> {
    let request = CertificateSigningRequestParams::from_der(&CertificateSigningRequestDer::from(csr)).ok()?;
    Some(blake3::derive_key("kobai device key 1", &request.public_key.subject_public_key_info()))
}
