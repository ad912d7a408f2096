//! `kobai-enrol/1`: a registered device gets its certificate; and how an enrolled one gets the next.

use protocol::message::enrol::{CertificateChain, EnrolReply, EnrolRequest};
use protocol::message::staff::Topic;
use protocol::net::Identity;
use protocol::{DeviceSerial, Refusal, RefusalCode};
use rcgen::{CertificateSigningRequestParams, PublicKeyData};
use rustls::pki_types::CertificateSigningRequestDer;

use super::customers::Customers;
use super::limits::Network;
use super::live::Session;
use crate::store::{Enrolment, Renewal, StoreError};

/// Largest request, in bytes.
pub(super) const REQUEST_BYTES_MAX: usize = 8 * 1024;

pub(super) async fn answer(customers: &Customers, from: Network, request: EnrolRequest) -> Result<EnrolReply, Refusal> {
    let EnrolRequest::Enrol { serial, code, csr } = request;
    let key_hash = key_hash(&csr).ok_or(RefusalCode::BadMessage)?;
    let now = customers.clock.now();
    customers.guesses.begin(from, &serial, now).map_err(Refusal::too_many_attempts)?;
    let enrolment = Enrolment { serial: &serial, code: &code, key_hash };
    let enrolled = customers.store.enrol(enrolment, now, || issue(customers, &serial, &csr)).await;
    let is_wrong =
        matches!(&enrolled, Err(StoreError::Refused(refusal)) if refusal.code == RefusalCode::ActivationRefused);
    if !is_wrong {
        customers.guesses.take_back(from, &serial);
    }
    let certificate = enrolled?;
    tracing::info!(%serial, "device enrolled");
    customers.live.close(&serial, Some(&certificate));
    customers.changes.tell(&[Topic::Devices]);
    Ok(EnrolReply::Enrolled { chain: chain(customers, certificate)?, keys: customers.keys.signing().list.clone() })
}

/// The next certificate of a device that is enrolled.
pub(super) async fn renew(customers: &Customers, session: &Session, csr: &[u8]) -> Result<CertificateChain, Refusal> {
    let Session { serial, certificate, .. } = session;
    let key_hash = key_hash(csr).ok_or(RefusalCode::BadMessage)?;
    let renewal = Renewal { serial, certificate, key_hash };
    let renewed = customers.store.renew(renewal, customers.clock.now(), || issue(customers, serial, csr)).await?;
    tracing::info!(%serial, "certificate renewed");
    Ok(chain(customers, renewed)?)
}

pub(super) fn chain(customers: &Customers, certificate: Vec<u8>) -> Result<CertificateChain, StoreError> {
    customers.keys.authority.chain(certificate).map_err(|error| StoreError::Corrupt(error.to_string()))
}

fn issue(customers: &Customers, serial: &DeviceSerial, csr: &[u8]) -> Result<Vec<u8>, StoreError> {
    let identity = Identity::Device(serial.clone());
    let signed = customers.keys.authority.sign_request(csr, &identity, customers.clock.certificate_time());
    let refused = |error| Refusal::with_detail(RefusalCode::BadMessage, error);
    Ok(signed.map_err(refused).map_err(StoreError::Refused)?.to_vec())
}

/// The hash of the key that asks; `None` if the request is not signed with that key.
fn key_hash(csr: &[u8]) -> Option<[u8; 32]> {
    let request = CertificateSigningRequestParams::from_der(&CertificateSigningRequestDer::from(csr)).ok()?;
    Some(blake3::derive_key("kobai device key 1", &request.public_key.subject_public_key_info()))
}
