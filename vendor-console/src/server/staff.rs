//! `kobai-staff/1`: what staff do, from a window or a script.

mod publish;
pub(super) mod subject;

use std::time::Duration;

use protocol::audit::AuditHead;
use protocol::message::staff::{DistributionRow, Page, StaffReply, StaffRequest, Topic};
use protocol::net::{FrameError, Identity};
use protocol::{ActivationCode, Refusal, RefusalCode, Signed, StaffName, StaffRole};
use quinn::{RecvStream, SendStream};

use super::customers::Customers;
use super::desk::{Desk, busy};
use super::enrol::chain;
use super::keys::Proposal;
use crate::random;
use crate::store::{Act, Outcome, Store, StoreError};

/// Largest request, in bytes.
pub(super) const REQUEST_BYTES_MAX: usize = 64 * 1024;

/// At most this many pushes a second to one watcher: what happens in between is told at once.
const PUSH_INTERVAL: Duration = Duration::from_millis(100);

/// Answers a member of staff who has been identified by certificate. Whether the books still know that certificate, and
/// what its role may, is looked up for every request, so a revocation acts on connections that are open.
pub(super) async fn answer(
    desk: &Desk,
    customers: &Customers,
    name: &StaffName,
    certificate: &[u8],
    request: StaffRequest,
    send: &mut SendStream,
    recv: &mut RecvStream,
) -> Result<(), FrameError> {
    let (act, store) = match admit(customers, name, certificate, &request).await {
        Ok(admitted) => admitted,
        Err(refusal) => {
            // Whatever would follow is not wanted.
            let _ = recv.stop(protocol::net::CloseCode::Done.var_int());
            return desk.reply::<StaffReply>(send, Err(refusal)).await;
        }
    };
    let outcome = match request {
        StaffRequest::Watch => return watch(desk, customers, name, certificate, send, recv).await,
        StaffRequest::Publish { option, package } => {
            let published = publish::publish(desk, customers, &store, option, package, recv).await;
            // After a refusal the rest of the upload is not wanted.
            let _ = recv.stop(protocol::net::CloseCode::Done.var_int());
            published
        }
        StaffRequest::Whoami => whoami(customers, name, act.role).await.map_err(Refusal::from),
        read_or_write => work(customers, &store, read_or_write).await.map_err(Refusal::from),
    };
    if let Err(Refusal { code: RefusalCode::SecondPersonNeeded, .. }) = outcome
        && let Err(error) = write_down(customers, &act, RefusalCode::SecondPersonNeeded).await
    {
        return desk.reply::<StaffReply>(send, Err(error.into())).await;
    }
    desk.reply(send, outcome).await
}

/// Whether an upload will be let through, as far as can be known before it has come; if its role forbids it, that is on file.
pub(super) async fn may(
    customers: &Customers,
    name: &StaffName,
    certificate: &[u8],
    request: &StaffRequest,
) -> Result<(), Refusal> {
    admit(customers, name, certificate, request).await?;
    if let StaffRequest::Publish { option, package } = request {
        publish::next_version(&customers.store, option, package).await?;
    }
    Ok(())
}

/// What is about to be done, and the books through which it is allowed; or why it is not.
async fn admit(
    customers: &Customers,
    name: &StaffName,
    certificate: &[u8],
    request: &StaffRequest,
) -> Result<(Act, Store), Refusal> {
    let (role, action) = (customers.store.permit_staff(name, certificate).await?, request.action());
    let act = Act {
        who: name.clone(),
        role,
        certificate: certificate.to_vec(),
        action,
        subject: subject::of(request),
        at: customers.clock.now(),
    };
    if !role.may(action) {
        write_down(customers, &act, RefusalCode::RoleForbids).await?;
        let detail = format_args!("{} is for {}; you are {role}", action.name(), action.role_names());
        return Err(Refusal::with_detail(RefusalCode::RoleForbids, detail));
    }
    let store = if action.only_reads() { customers.store.clone() } else { customers.store.acting(act.clone()) };
    Ok((act, store))
}

/// Puts a refusal into the audit log.
async fn write_down(customers: &Customers, act: &Act, code: RefusalCode) -> Result<(), StoreError> {
    customers.store.refused(act, code).await?;
    customers.changes.tell(&[Topic::Audit]);
    Ok(())
}

async fn whoami(customers: &Customers, name: &StaffName, role: StaffRole) -> Result<StaffReply, StoreError> {
    let head = AuditHead { link: customers.store.audit_end().await?, at: customers.clock.now() };
    let signing = customers.keys.signing();
    let (head, keys) = (Signed::new(&head, &signing.licence), signing.list.clone());
    Ok(StaffReply::Whoami { name: name.clone(), role, head, keys })
}

/// A certificate for the key of a request, with the name from the books.
fn issue(customers: &Customers, name: &StaffName, csr: &[u8]) -> Result<Vec<u8>, StoreError> {
    let identity = Identity::Staff(name.clone());
    let signed = customers.keys.authority.sign_request(csr, &identity, customers.clock.certificate_time());
    let refused = |error| StoreError::Refused(Refusal::with_detail(RefusalCode::InvalidInput, error));
    Ok(signed.map_err(refused)?.to_vec())
}

/// Carries out a change of something that is in no book. Its line comes first, so that no change is without one.
async fn logged<T>(store: &Store, change: impl FnOnce() -> Result<T, Refusal>) -> Result<T, StoreError> {
    store.announce().await?;
    match change() {
        Ok(done) => Ok(done),
        Err(refusal) => {
            store.announce_refusal(refusal.code).await?;
            Err(refusal.into())
        }
    }
}

async fn work(customers: &Customers, store: &Store, request: StaffRequest) -> Result<StaffReply, StoreError> {
    let now = customers.clock.now();
    let is_written = !request.action().only_reads();
    let done = carry_out(customers, store, request, now).await;
    if is_written && done.is_ok() {
        customers.changes.tell(&[Topic::Audit]);
    }
    done
}

async fn carry_out(
    customers: &Customers,
    store: &Store,
    request: StaffRequest,
    now: protocol::Timestamp,
) -> Result<StaffReply, StoreError> {
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
        StaffRequest::UpdateCustomer { customer, revision, fields } => {
            let customer = store.update_customer(customer, revision, &fields).await?;
            changed(&[Topic::Customers, Topic::Devices, Topic::Orders, Topic::Charges]);
            Ok(StaffReply::Customer(customer))
        }
        StaffRequest::SuspendCustomer { customer, suspended } => {
            let customer = store.suspend_customer(customer, suspended).await?;
            changed(&[Topic::Customers]);
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
        StaffRequest::UpdateDevice { revision, fields } => {
            let device = store.update_device(revision, &fields, now).await?;
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
        StaffRequest::SuspendLicence { licence } => {
            let row = store.suspend_licence(licence, now).await?;
            changed(&[Topic::Licences]);
            Ok(StaffReply::Licence(row))
        }
        StaffRequest::ReinstateLicence { licence } => {
            let row = store.reinstate_licence(licence, now).await?;
            changed(&[Topic::Licences]);
            Ok(StaffReply::Licence(row))
        }
        StaffRequest::MoveLicence { licence, to, lost } => {
            let row = store.move_licence(licence, (&to, lost), &customers.keys.signing().licence, now).await?;
            changed(&[Topic::Licences, Topic::Orders]);
            Ok(StaffReply::Licence(row))
        }
        StaffRequest::SetReturnDays { days } => {
            let rules = store.set_return_days(days).await?;
            changed(&[Topic::Staff]);
            Ok(StaffReply::Rules(rules))
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
        StaffRequest::UpdateOption { revision, fields } => {
            let option = store.update_option(revision, &fields, now).await?;
            changed(&[Topic::Options, Topic::Orders]);
            Ok(StaffReply::Option(option))
        }
        StaffRequest::Keys => Ok(StaffReply::Keys(customers.keys.status())),
        StaffRequest::ProposeKeys(change) => Ok(match logged(store, || customers.keys.propose(change, now)).await? {
            Proposal::Made(status) => {
                changed(&[Topic::Keys]);
                StaffReply::Keys(status)
            }
            Proposal::ToSign(request) => StaffReply::KeyRequest(request),
        }),
        StaffRequest::ImportKeys(list) => {
            let status = logged(store, || customers.keys.import(list)).await?;
            changed(&[Topic::Keys]);
            Ok(StaffReply::Keys(status))
        }
        StaffRequest::Staff(query) => Ok(StaffReply::Staff(store.staff(&query).await?)),
        StaffRequest::AddStaff { name, role, csr } => {
            let added = store.add_staff(&name, role, now, || issue(customers, &name, &csr)).await;
            let (member, certificate) = added?;
            changed(&[Topic::Staff]);
            Ok(StaffReply::StaffCertificate { member, chain: chain(customers, certificate)? })
        }
        StaffRequest::ReissueStaff { name, csr } => {
            let (member, certificate) = store.reissue_staff(&name, || issue(customers, &name, &csr)).await?;
            changed(&[Topic::Staff]);
            Ok(StaffReply::StaffCertificate { member, chain: chain(customers, certificate)? })
        }
        StaffRequest::SetStaffRole { name, role } => {
            let member = store.set_staff_role(&name, role).await?;
            changed(&[Topic::Staff]);
            Ok(StaffReply::StaffMember(member))
        }
        StaffRequest::RevokeStaff { name } => {
            let member = store.revoke_staff(&name, now).await?;
            changed(&[Topic::Staff]);
            Ok(StaffReply::StaffMember(member))
        }
        StaffRequest::Proposals { query, open_only } => {
            Ok(StaffReply::Proposals(store.proposals(&query, open_only).await?))
        }
        StaffRequest::Decide { kind, number, verdict } => {
            let decided = store.decide(kind, number, &verdict, now).await?;
            changed(&[Topic::Proposals, Topic::Options, Topic::Charges, Topic::Customers, Topic::Staff]);
            if let Some(package) = decided.discard {
                publish::discard(customers, package).await;
            }
            Ok(StaffReply::Proposal(decided.row))
        }
        StaffRequest::Credit { charge, amount, reason } => match store.credit(charge, amount, &reason, now).await? {
            Outcome::Done(credit) => {
                changed(&[Topic::Charges, Topic::Customers]);
                Ok(StaffReply::Credit(credit))
            }
            Outcome::Waits(proposal) => {
                changed(&[Topic::Proposals]);
                Ok(StaffReply::Proposal(*proposal))
            }
        },
        StaffRequest::Credits { query, customer, charge } => {
            Ok(StaffReply::Credits(store.credits(&query, customer, charge).await?))
        }
        StaffRequest::SetCreditLimit { limit } => match store.set_credit_limit(limit, now).await? {
            Outcome::Done(rules) => {
                changed(&[Topic::Staff]);
                Ok(StaffReply::Rules(rules))
            }
            Outcome::Waits(proposal) => {
                changed(&[Topic::Proposals]);
                Ok(StaffReply::Proposal(*proposal))
            }
        },
        StaffRequest::RequireSecondPerson => {
            let rules = store.require_second_person().await?;
            changed(&[Topic::Staff]);
            Ok(StaffReply::Rules(rules))
        }
        StaffRequest::Distributions(query) => {
            let Page { rows, total } = store.distributions(&query).await?;
            let connected = customers.reporters.certificates();
            let is_connected = |certificate: Vec<u8>| connected.iter().any(|shown| shown.as_ref() == certificate);
            let row = |(row, certificate)| DistributionRow { is_connected: is_connected(certificate), ..row };
            Ok(StaffReply::Distributions(Page { rows: rows.into_iter().map(row).collect(), total }))
        }
        StaffRequest::RevokeDistribution { number } => {
            let (row, certificate) = store.revoke_distribution(number, now).await?;
            customers.reporters.close(&certificate);
            changed(&[Topic::Keys]);
            Ok(StaffReply::Distribution(row))
        }
        StaffRequest::Audit(query) => Ok(StaffReply::Audit(store.audit(&query).await?)),
        StaffRequest::AuditChain { after, limit } => Ok(StaffReply::AuditChain(store.audit_chain(after, limit).await?)),
        // Answered where the stream is at hand.
        StaffRequest::Whoami | StaffRequest::Watch | StaffRequest::Publish { .. } => {
            Err(RefusalCode::BadMessage.into())
        }
    }
}

/// Pushes what changes until the watcher ends the stream or is revoked.
async fn watch(
    desk: &Desk,
    customers: &Customers,
    name: &StaffName,
    certificate: &[u8],
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
        if let Err(error) = customers.store.permit_staff(name, certificate).await {
            return desk.reply::<StaffReply>(send, Err(error.into())).await;
        }
        desk.push(send, StaffReply::Changed(topics)).await?;
        tokio::time::sleep(PUSH_INTERVAL).await;
    }
}
