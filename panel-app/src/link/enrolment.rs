//! Enrolment: a device that knows the CA's fingerprint and an activation code gets its certificate.

use protocol::message::enrol::{EnrolReply, EnrolRequest};
use protocol::message::{Reply, Service};
use protocol::net::{CertificateDer, Client, DeviceKey, Identity, LinkError, client_config, enrol_config};
use protocol::{FailureCode, RefusalCode};

use crate::core::{EnrolForm, Enrolment, Failure, LinkFault, StorageFault};
use crate::data::StorageError;
use crate::identity::IdentityFiles;

/// Registers the device with the vendor. When it returns, key and certificate are durable; the enrolment itself counts
/// once it is committed to the store. Must be called within a Tokio runtime; repeating it is harmless.
pub async fn enrol(form: &EnrolForm, identity: &IdentityFiles) -> Result<Enrolment, Failure> {
    let key = identity.device_key().map_err(|error| storage(&error))?;
    let csr = key.signing_request().map_err(|error| storage(&StorageError::damaged("device key", error)))?;
    let request = EnrolRequest::Enrol { serial: form.serial.clone(), code: form.code.clone(), csr };

    let (reply, ca) = ask(form, &request).await.map_err(|error| link(&error))?;
    let EnrolReply::Enrolled { certificate, release_key, licence_key } =
        reply.outcome.map_err(|refusal| Failure::Refused(refusal.code))?;
    let credentials = accept(form, key, certificate.into(), ca).ok_or(Failure::NotGenuine)?;

    identity.save(form.ca_fingerprint, &form.serial, &credentials).map_err(|error| storage(&error))?;
    Ok(Enrolment {
        serial: form.serial.clone(),
        vendor: form.vendor.to_string(),
        ca_fingerprint: form.ca_fingerprint,
        release_key,
        licence_key,
    })
}

async fn ask(
    form: &EnrolForm,
    request: &EnrolRequest,
) -> Result<(Reply<EnrolReply>, CertificateDer<'static>), LinkError> {
    let config = enrol_config(form.ca_fingerprint).map_err(|error| LinkError::Distrust(error.to_string()))?;
    let client = Client::connect_to(form.vendor.as_str(), config).await?;
    let ca = client.server_ca(form.ca_fingerprint);
    let ca = ca.ok_or_else(|| LinkError::Distrust("the CA is not in the server's chain".to_owned()))?;
    let reply = client.request(request).await?;
    client.connection().close(protocol::net::CloseCode::Done.var_int(), b"");
    Ok((reply, ca))
}

/// The certificate must be for this device and for its key.
fn accept(
    form: &EnrolForm,
    key: DeviceKey,
    certificate: CertificateDer<'static>,
    ca: CertificateDer<'static>,
) -> Option<protocol::net::Credentials> {
    if Identity::of_certificate(&certificate).ok()? != Identity::Device(form.serial.clone()) {
        return None;
    }
    let credentials = key.into_credentials(certificate, ca);
    // Fails if key and certificate do not belong together.
    client_config(&credentials, Service::Device).ok()?;
    Some(credentials)
}

fn link(error: &LinkError) -> Failure {
    match super::fault(error) {
        LinkFault::Lost => Failure::Fault(FailureCode::LinkLost),
        LinkFault::Distrust => Failure::Distrust,
        LinkFault::Garbled => Failure::Refused(RefusalCode::BadMessage),
    }
}

fn storage(error: &StorageError) -> Failure {
    tracing::error!(%error, "the device's identity could not be kept");
    Failure::Fault(match error.fault() {
        StorageFault::DiskFull => FailureCode::DiskFull,
        StorageFault::Failed => FailureCode::Storage,
    })
}
