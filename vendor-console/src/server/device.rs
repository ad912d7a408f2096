//! `kobai-device/1`: devices buy.

use protocol::message::device::{AbandonReason, Authorised, DeviceInfo, DeviceReply, DeviceRequest, Restored};
use protocol::message::report::DeviceReport;
use protocol::message::staff::Topic;
use protocol::net::Identity;
use protocol::order::OrderEvent;
use protocol::receipt::{EraseReceipt, SignedReceipt};
use protocol::ticket::TICKET_LIFE_MS;
use protocol::{
    ContractPin, ContractUserId, DeviceSerial, LicenceId, OrderId, Refusal, RefusalCode, Signed, Ticket, Timestamp,
};

use super::customers::Customers;
use super::enrol;
use super::live::Session;
use crate::store::{AuthorisedOrder, CheckedPin, Choice, OrderRequest, RestoredLicence, Try};

/// Largest request, in bytes: a full report.
pub(super) const REQUEST_BYTES_MAX: usize = 64 * 1024;

/// Answers a device that has been identified by its certificate. Whether it may ask at all is looked up for every
/// request, so a revocation acts on connections that are open.
pub(super) async fn answer(
    customers: &Customers,
    session: &Session,
    request: DeviceRequest,
) -> Result<DeviceReply, Refusal> {
    let device = &session.serial;
    let customer = customers.store.permit(device, &session.certificate).await?;
    customers.saw(device);
    if session.speaks() {
        customers.is_cloned(device).await?;
    }
    let now = customers.clock.now();
    let store = &customers.store;
    let tell = |topics: &[Topic]| customers.changes.tell(topics);
    match request {
        DeviceRequest::Hello => {
            let customer = match customer {
                Some(customer) => store.customer_name(customer).await?,
                None => None,
            };
            Ok(DeviceReply::Hello(DeviceInfo { customer, keys_version: customers.keys.signing().ring.version() }))
        }
        DeviceRequest::Catalogue => Ok(DeviceReply::Catalogue(customers.catalogue().await?)),
        DeviceRequest::Order { order, option, contract, pin } => {
            let pin = match &contract {
                Some(contract) => check_pin(customers, order, device, contract, pin).await?,
                None => None,
            };
            let request = OrderRequest { order, device, option: &option, contract: contract.as_ref(), pin };
            let placed = store.place_order(request, now).await;
            tell(&[Topic::Orders]);
            Ok(DeviceReply::Authorised(authorised(customers, order, device, placed?, now).into()))
        }
        DeviceRequest::Received { order, package } => {
            let received = store.received(order, device, package, now).await;
            tell(&[Topic::Orders]);
            received?;
            Ok(DeviceReply::Delivered)
        }
        DeviceRequest::Choose { order, form, follows } => {
            let (signing, choice) = (customers.keys.signing(), Choice { form, follows });
            let chosen = store.choose(order, (device, &session.certificate), choice, &signing.licence, now).await?;
            let licence = signing.living(chosen);
            tell(&[Topic::Orders, Topic::Charges, Topic::Customers, Topic::Options, Topic::Licences]);
            Ok(DeviceReply::Licensed(licence))
        }
        DeviceRequest::Abandon { order, reason } => {
            let event = match reason {
                AbandonReason::Cancelled => OrderEvent::Cancel,
                AbandonReason::Failed(code) => OrderEvent::Fail(code),
            };
            store.abandon(order, device, event, now).await?;
            tell(&[Topic::Orders]);
            Ok(DeviceReply::Abandoned)
        }
        DeviceRequest::Renew { csr } => {
            let chain = enrol::renew(customers, session, &csr).await?;
            tell(&[Topic::Devices]);
            Ok(DeviceReply::Renewed { chain })
        }
        DeviceRequest::Status { order } => Ok(DeviceReply::Status(store.order_state(order, device, now).await?)),
        DeviceRequest::Keys => Ok(DeviceReply::Keys(customers.keys.signing().list.clone())),
        DeviceRequest::Report(report) => {
            let Some(_turn) = customers.reporting.take(device) else { return Err(RefusalCode::Busy.into()) };
            let receipts = receipts(customers, device, &session.certificate, &report).await?;
            let key = &customers.keys.signing().licence;
            let (answer, is_charged) = store.device_report(device, &report, &receipts, key, now).await?;
            tell(&[Topic::Licences]);
            // A receipt may have brought a credit.
            if is_charged || !answer.receipts.is_empty() {
                tell(&[Topic::Charges, Topic::Customers]);
            }
            Ok(DeviceReply::Reported(answer))
        }
        DeviceRequest::Return { licence } => {
            store.return_licence(licence, device, now).await?;
            tell(&[Topic::Licences]);
            Ok(DeviceReply::Returned)
        }
        DeviceRequest::Licence { licence } => {
            let signing = customers.keys.signing();
            let again = store.licence_again(licence, device, &signing.licence, now).await?;
            Ok(DeviceReply::Licensed(signing.living(again)))
        }
        DeviceRequest::Restore { licence } => {
            let signing = customers.keys.signing();
            let found = store.restore_licence(licence, device, &signing.licence, now).await?;
            Ok(DeviceReply::Restored(Box::new(restored(customers, licence, device, found, now))))
        }
    }
}

/// Compares the PIN with the contract's, unless the device has to wait or the order is decided already. The work does not
/// depend on whether there is such a contract.
async fn check_pin(
    customers: &Customers,
    order: OrderId,
    device: &DeviceSerial,
    contract: &ContractUserId,
    pin: Option<ContractPin>,
) -> Result<Option<CheckedPin>, Refusal> {
    let place = customers.pins.place(device).await?;
    match customers.store.begin_try(order, device, contract, customers.clock.now()).await? {
        Try::Decided => Ok(None),
        Try::Check(hash) => {
            let fits = place.fits(hash.clone(), pin).await?;
            Ok(Some(CheckedPin { hash, fits }))
        }
    }
}

/// The answer for an authorised order, with a fresh ticket.
fn authorised(
    customers: &Customers,
    order: OrderId,
    device: &DeviceSerial,
    placed: AuthorisedOrder,
    now: Timestamp,
) -> Authorised {
    let AuthorisedOrder { package, chunk_count, offers, manifest } = placed;
    let expires_at = now.plus_ms(TICKET_LIFE_MS);
    let ticket = Ticket { order, device: device.clone(), package, chunk_count, expires_at };
    let signing = customers.keys.signing();
    let (manifest, ticket) = (signing.living(manifest), Signed::new(&ticket, &signing.licence));
    Authorised { order, manifest, offers, ticket, content_server: customers.content_server.clone() }
}

/// The answer for a licence that its device gets back, with a ticket of the order that paid for it.
fn restored(
    customers: &Customers,
    licence: LicenceId,
    device: &DeviceSerial,
    found: RestoredLicence,
    now: Timestamp,
) -> Restored {
    let signing = customers.keys.signing();
    let ticket = Ticket {
        order: licence.into(),
        device: device.clone(),
        package: found.package,
        chunk_count: found.chunk_count,
        expires_at: now.plus_ms(TICKET_LIFE_MS),
    };
    Restored {
        licence: signing.living(found.licence),
        name: found.name,
        description: found.description,
        manifest: signing.living(found.manifest),
        ticket: Signed::new(&ticket, &signing.licence),
        content_server: customers.content_server.clone(),
    }
}

/// The receipts that this device's key has signed, for this device. A report with too much of anything is no report. What is
/// on file already, byte for byte, was verified then; the rest is verified beside the server's one thread.
async fn receipts(
    customers: &Customers,
    device: &DeviceSerial,
    certificate: &[u8],
    report: &DeviceReport,
) -> Result<Vec<(EraseReceipt, SignedReceipt)>, Refusal> {
    let fits = report.licences.len() <= DeviceReport::LICENCES_MAX
        && report.faults.len() <= DeviceReport::FAULTS_MAX
        && report.receipts.len() <= DeviceReport::RECEIPTS_MAX;
    let key = Identity::public_key(&certificate.into());
    let (true, Ok(key)) = (fits, key) else { return Err(RefusalCode::BadMessage.into()) };
    let (mut genuine, mut new) = (Vec::new(), Vec::new());
    for (receipt, signed) in customers.store.receipts_on_file(device, &report.receipts).await? {
        match receipt {
            Some(receipt) => genuine.push((receipt, signed)),
            None => new.push(signed),
        }
    }
    if new.is_empty() {
        return Ok(genuine);
    }
    let verify = move || new.into_iter().map(|signed| (signed.verify(&key), signed)).collect::<Vec<_>>();
    let verified = tokio::task::spawn_blocking(verify).await.map_err(|error| {
        tracing::error!("receipts could not be verified: {error}");
        RefusalCode::StorageFailed
    })?;
    for (receipt, signed) in verified {
        match receipt {
            Ok(receipt) if receipt.device == *device => genuine.push((receipt, signed)),
            _ => tracing::warn!(%device, "an erase receipt that the device's key has not signed"),
        }
    }
    Ok(genuine)
}
