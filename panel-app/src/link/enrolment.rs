//! Enrolment: a device that knows the root's fingerprint and an activation code gets its certificate; later the next
//! ones.

use protocol::keys::RootKey;
use protocol::message::device::{DeviceReply, DeviceRequest};
use protocol::message::enrol::{CertificateChain, EnrolReply, EnrolRequest};
use protocol::message::{Reply, Service};
use protocol::net::{CertificateDer, Client, Credentials, DeviceKey, Identity, LinkError, client_config, enrol_config};
use protocol::{DeviceSerial, FailureCode, KeyRing, RefusalCode};

use super::Link;
use crate::core::{EnrolForm, Enrolled, Enrolment, Failure, LinkFault, StorageFault};
use crate::data::StorageError;
use crate::identity::IdentityFiles;

/// Registers the device with the vendor. When it returns, key and certificate are durable; the enrolment itself counts
/// once it is committed to the store. Must be called within a Tokio runtime; repeating it is harmless.
pub async fn enrol(form: &EnrolForm, identity: &IdentityFiles) -> Result<Enrolled, Failure> {
    let key = identity.device_key().map_err(|error| storage(&error))?;
    let csr = key.signing_request().map_err(|error| storage(&StorageError::damaged("device key", error)))?;
    let request = EnrolRequest::Enrol { serial: form.serial.clone(), code: form.code.clone(), csr };

    let (reply, root) = ask(form, &request).await.map_err(|error| link(&error))?;
    let EnrolReply::Enrolled { chain, keys } = reply.outcome.map_err(|refusal| Failure::Refused(refusal.code))?;
    let (credentials, root_key) = accept(&form.serial, key, &chain, root).ok_or(Failure::NotGenuine)?;
    KeyRing::open(&keys, &root_key).map_err(|_| Failure::NotGenuine)?;

    let device_key =
        credentials.chain.first().and_then(|own| Identity::key_hash(own).ok()).ok_or(Failure::NotGenuine)?;
    identity.save(form.ca_fingerprint, &form.serial, &credentials).map_err(|error| storage(&error))?;
    let (serial, vendor) = (form.serial.clone(), form.vendor.to_string());
    let enrolment = Enrolment { serial, vendor, ca_fingerprint: form.ca_fingerprint, root_key, device_key };
    Ok(Enrolled { enrolment, keys })
}

/// Asks for another certificate for the device's key. When it returns one, that is durable. Must be called within the
/// link's runtime; repeating it is harmless.
pub async fn renew(link: &Link, enrolment: &Enrolment, identity: &IdentityFiles) -> Option<Credentials> {
    let fault = |error: &StorageError| tracing::error!(%error, "the certificate cannot be renewed");
    let key = identity.device_key().inspect_err(fault).ok()?;
    let csr = key.signing_request().inspect_err(|error| tracing::error!(%error, "no signing request")).ok()?;
    let reply = link.ask(&DeviceRequest::Renew { csr }).await.ok()?;
    let chain = match reply.outcome {
        Ok(DeviceReply::Renewed { chain }) => chain,
        Ok(_) => return None,
        Err(refusal) => {
            tracing::warn!(%refusal, "the certificate was not renewed");
            return None;
        }
    };
    let (credentials, _) = accept(&enrolment.serial, key, &chain, link.credentials().root.clone())?;
    identity.save(enrolment.ca_fingerprint, &enrolment.serial, &credentials).inspect_err(fault).ok()?;
    tracing::info!("the certificate was renewed");
    Some(credentials)
}

async fn ask(
    form: &EnrolForm,
    request: &EnrolRequest,
) -> Result<(Reply<EnrolReply>, CertificateDer<'static>), LinkError> {
    let config = enrol_config(form.ca_fingerprint).map_err(|error| LinkError::Distrust(error.to_string()))?;
    let client = Client::connect_to(form.vendor.as_str(), config).await?;
    let root = client.server_root(form.ca_fingerprint);
    let root = root.ok_or_else(|| LinkError::Distrust("the root is not in the server's chain".to_owned()))?;
    let reply = client.request(request).await?;
    client.connection().close(protocol::net::CloseCode::Done.var_int(), b"");
    Ok((reply, root))
}

/// The certificate must be for this device and for its key.
fn accept(
    serial: &DeviceSerial,
    key: DeviceKey,
    chain: &CertificateChain,
    root: CertificateDer<'static>,
) -> Option<(Credentials, RootKey)> {
    let credentials = key.into_credentials(chain, root);
    if credentials.identity().ok()? != Identity::Device(serial.clone()) {
        return None;
    }
    // Fails if key and certificate do not belong together.
    client_config(&credentials, Service::Device).ok()?;
    let root_key = credentials.root_key().ok()?;
    Some((credentials, root_key))
}

fn link(error: &LinkError) -> Failure {
    match super::fault(error) {
        LinkFault::Lost => Failure::Fault(FailureCode::LinkLost),
        LinkFault::Distrust => Failure::Distrust,
        LinkFault::Garbled => Failure::Refused(RefusalCode::BadMessage),
        // Enrolment shows no certificate.
        LinkFault::Expired => Failure::Distrust,
    }
}

fn storage(error: &StorageError) -> Failure {
    tracing::error!(%error, "the device's identity could not be kept");
    Failure::Fault(match error.fault() {
        StorageFault::DiskFull => FailureCode::DiskFull,
        StorageFault::Failed => FailureCode::Storage,
    })
}
