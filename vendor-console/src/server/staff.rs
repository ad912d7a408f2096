//! `kobai-staff/1`: what staff do, from a window or a script.

use std::time::Duration;

use protocol::message::staff::{StaffReply, StaffRequest, Topic};
use protocol::net::FrameError;
use protocol::text::Name;
use protocol::{ActivationCode, ContentKey, OptionId, Refusal, RefusalCode, Signed, StaffName};
use quinn::{RecvStream, SendStream};

use super::customers::Customers;
use super::desk::{Desk, busy};
use super::keys::Proposal;
use crate::content::Recipe;
use crate::random;
use crate::store::{NewRelease, StoreError};

/// Largest request, in bytes.
pub(super) const REQUEST_BYTES_MAX: usize = 64 * 1024;

/// At most this many pushes a second to one watcher: what happens in between is told at once.
const PUSH_INTERVAL: Duration = Duration::from_millis(100);

/// Answers a member of staff who has been identified by certificate.
pub(super) async fn answer(
    desk: &Desk,
    customers: &Customers,
    name: &StaffName,
    request: StaffRequest,
    send: &mut SendStream,
    recv: &mut RecvStream,
) -> Result<(), FrameError> {
    let outcome = match request {
        StaffRequest::Watch => return watch(desk, customers, send, recv).await,
        StaffRequest::Publish { option, content_bytes } => {
            let published = publish(desk, customers, option, content_bytes, recv).await;
            // After a refusal the rest of the upload is not wanted.
            let _ = recv.stop(protocol::net::CloseCode::Done.var_int());
            published
        }
        StaffRequest::Whoami => Name::new(name.as_str())
            .map(|name| StaffReply::Whoami { name })
            .map_err(|error| Refusal::with_detail(RefusalCode::InvalidInput, error)),
        read_or_write => work(customers, read_or_write).await.map_err(Refusal::from),
    };
    desk.reply(send, outcome).await
}

async fn work(customers: &Customers, request: StaffRequest) -> Result<StaffReply, StoreError> {
    let (store, now) = (&customers.store, customers.clock.now());
    let changed = |topics: &[Topic]| customers.changes.tell(topics);
    match request {
        StaffRequest::Overview => Ok(StaffReply::Overview(store.overview(now).await?)),
        StaffRequest::Customers(query) => Ok(StaffReply::Customers(store.customers(&query).await?)),
        StaffRequest::Options(query) => Ok(StaffReply::Options(store.options(&query).await?)),
        StaffRequest::Devices(query) => {
            let mut page = store.devices(&query, now).await?;
            for row in &mut page.rows {
                row.last_seen_at = customers.last_seen(&row.serial).or(row.last_seen_at);
            }
            Ok(StaffReply::Devices(page))
        }
        StaffRequest::Orders { query, customer, open_only } => {
            let mut page = store.orders(&query, customer, open_only).await?;
            for row in &mut page.rows {
                if let Some(delivery) = &mut row.delivery {
                    delivery.sending_bytes = customers.transfers.sending_bytes(row.order);
                }
            }
            Ok(StaffReply::Orders(page))
        }
        StaffRequest::Charges { query, filter } => {
            let (page, sum) = store.charges(&query, &filter).await?;
            Ok(StaffReply::Charges { page, sum })
        }
        StaffRequest::Invoices { query, customer } => Ok(StaffReply::Invoices(store.invoices(&query, customer).await?)),
        StaffRequest::Invoice { number } => Ok(StaffReply::Invoice(store.invoice(number).await?)),
        StaffRequest::CreateInvoice { customer, until } => {
            let invoice = store.create_invoice(customer, until, now).await?;
            changed(&[Topic::Charges, Topic::Customers]);
            Ok(StaffReply::Invoice(invoice))
        }
        StaffRequest::Settle { until } => {
            let invoices = store.settle(until, now).await?;
            changed(&[Topic::Charges, Topic::Customers]);
            Ok(StaffReply::Invoices(invoices))
        }
        StaffRequest::CreateCustomer(fields) => {
            let customer = store.create_customer(&fields, now).await?;
            changed(&[Topic::Customers]);
            Ok(StaffReply::Customer(customer))
        }
        StaffRequest::UpdateCustomer { customer, fields, suspended } => {
            let customer = store.update_customer(customer, &fields, suspended).await?;
            changed(&[Topic::Customers, Topic::Devices, Topic::Orders, Topic::Charges]);
            Ok(StaffReply::Customer(customer))
        }
        StaffRequest::AddContract { customer } => {
            let customer = store.add_contract(customer).await?;
            changed(&[Topic::Customers]);
            Ok(StaffReply::Customer(customer))
        }
        StaffRequest::SetContract { contract, active } => {
            let customer = store.set_contract(&contract, active).await?;
            changed(&[Topic::Customers]);
            Ok(StaffReply::Customer(customer))
        }
        StaffRequest::SetContractPin { contract, pin } => {
            let hash = match pin {
                Some(pin) => Some(customers.pins.hash(pin).await?),
                None => None,
            };
            let customer = store.set_contract_pin(&contract, hash).await?;
            changed(&[Topic::Customers]);
            Ok(StaffReply::Customer(customer))
        }
        StaffRequest::RegisterDevice(fields) => {
            let code = ActivationCode::from_random(random::bytes()?);
            let device = store.register_device(&fields, &code, now).await?;
            changed(&[Topic::Devices, Topic::Customers]);
            Ok(StaffReply::Activation { device, code })
        }
        StaffRequest::NewActivationCode { serial } => {
            let code = ActivationCode::from_random(random::bytes()?);
            let device = store.new_activation_code(&serial, &code, now).await?;
            changed(&[Topic::Devices]);
            Ok(StaffReply::Activation { device, code })
        }
        StaffRequest::UpdateDevice(fields) => {
            let device = store.update_device(&fields, now).await?;
            changed(&[Topic::Devices, Topic::Customers]);
            Ok(StaffReply::Device(device))
        }
        StaffRequest::RevokeDevice { serial } => {
            let device = store.revoke_device(&serial, now).await?;
            customers.live.close(&serial, None);
            changed(&[Topic::Devices]);
            Ok(StaffReply::Device(device))
        }
        StaffRequest::Licences { query, filter } => {
            Ok(StaffReply::Licences(store.licences(&query, &filter, now).await?))
        }
        StaffRequest::RevokeLicence { licence } => {
            let row = store.revoke_licence(licence, now).await?;
            changed(&[Topic::Licences]);
            Ok(StaffReply::Licence(row))
        }
        StaffRequest::DeviceAlarms(query) => Ok(StaffReply::DeviceAlarms(store.device_alarms(&query, now).await?)),
        StaffRequest::DecideDevice { serial, decision } => {
            let row = store.decide_device(&serial, decision, now).await?;
            changed(&[Topic::Licences, Topic::Devices]);
            Ok(StaffReply::DeviceAlarm(row))
        }
        StaffRequest::CreateOption(fields) => {
            let option = store.create_option(&fields).await?;
            changed(&[Topic::Options]);
            Ok(StaffReply::Option(option))
        }
        StaffRequest::UpdateOption(fields) => {
            let option = store.update_option(&fields, now).await?;
            changed(&[Topic::Options, Topic::Orders]);
            Ok(StaffReply::Option(option))
        }
        StaffRequest::Keys => Ok(StaffReply::Keys(customers.keys.status())),
        StaffRequest::ProposeKeys(change) => Ok(match customers.keys.propose(change, now)? {
            Proposal::Made(status) => StaffReply::Keys(status),
            Proposal::ToSign(request) => StaffReply::KeyRequest(request),
        }),
        StaffRequest::ImportKeys(list) => Ok(StaffReply::Keys(customers.keys.import(list)?)),
        // Answered where the stream is at hand.
        StaffRequest::Whoami | StaffRequest::Watch | StaffRequest::Publish { .. } => {
            Err(RefusalCode::BadMessage.into())
        }
    }
}

/// Seals what follows on the stream, stores it, and puts it on file as the option's next release.
async fn publish(
    desk: &Desk,
    customers: &Customers,
    option: OptionId,
    content_bytes: u64,
    content: &mut RecvStream,
) -> Result<StaffReply, Refusal> {
    let (kind, version) = customers.store.next_release(&option).await?;
    let key = ContentKey::from_bytes(random::bytes().map_err(StoreError::from)?);
    let patience = Duration::from_millis(desk.guard.limits.upload_chunk_ms.into());
    let recipe = Recipe { option, version, kind, content_bytes, patience };
    let manifest = customers.packages.seal(recipe, &key, content).await?;
    let signed = Signed::new(&manifest, &customers.keys.signing().release);
    let release = NewRelease { manifest: &manifest, signed: &signed, key: &key };
    match customers.store.publish(release, customers.clock.now()).await {
        Ok(option) => {
            tracing::info!(option = %manifest.option, version = %manifest.version, "release published");
            customers.changes.tell(&[Topic::Options]);
            Ok(StaffReply::Option(option))
        }
        Err(error) => {
            // Only a refusal says for sure that the release is not on file.
            if matches!(error, StoreError::Refused(_))
                && let Err(error) = customers.packages.discard(manifest.digest()).await
            {
                tracing::warn!("a package without a release stays on the disk: {error}");
            }
            Err(error.into())
        }
    }
}

/// Pushes what changes until the watcher ends the stream.
async fn watch(
    desk: &Desk,
    customers: &Customers,
    send: &mut SendStream,
    recv: &mut RecvStream,
) -> Result<(), FrameError> {
    let Ok(_watcher) = desk.guard.watch(&desk.holder) else { return desk.refuse(send, recv, busy()).await };
    let mut changes = customers.changes.listen();
    let gone = send.stopped();
    tokio::pin!(gone);
    let _ = recv.stop(protocol::net::CloseCode::Done.var_int());
    loop {
        let topics = tokio::select! {
            topics = changes.next() => topics,
            _ = &mut gone => None,
        };
        let Some(topics) = topics else { return Ok(()) };
        desk.push(send, StaffReply::Changed(topics)).await?;
        tokio::time::sleep(PUSH_INTERVAL).await;
    }
}
