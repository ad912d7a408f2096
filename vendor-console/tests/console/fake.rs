//! A vendor in memory behind the window's [`Backend`] trait: it remembers what it was asked, and answers at once.

use std::collections::VecDeque;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard};

use protocol::audit::{AuditHead, AuditLine, AuditRow, ChainBreak, Link};
use protocol::keys::{KeyEntry, KeyRequest, RootSigned};
use protocol::message::device::Bilingual;
use protocol::message::report::{DeviceFault, FaultKind, Standing};
use protocol::message::staff::*;
use protocol::net::Root;
use protocol::package::{FeatureList, OptionKind, PackageContent, ProgramLimits};
use protocol::signed::SigningKey;
use protocol::text::{Description, Name};
use protocol::time::{DAY_MS, HOUR_MS, MINUTE_MS};
use protocol::{
    ActivationCode, CaFingerprint, ContractUserId, CustomerId, Digest, EndReason, FailureCode, InvoiceNumber, KeyList,
    KeyRole, LockReason, Offer, OfferList, OptionId, OrderId, OrderState, Refusal, RefusalCode, ReleaseVersion, Signed,
    StaffName, StaffRole, Text, Timestamp, UsageForm, Yen,
};
use vendor_console::client::{AuditAlarm, StaffError, WatchEvent};
use vendor_console::ui::Backend;
use vendor_console::ui::backend::{Answer, CertificateRequest, Pending, ServerInfo, Upload, UploadProgress};

/// 2026-11-23T04:00:00Z.
pub const NOW: Timestamp = Timestamp::from_ms(1_795_406_400_000);

/// A handle that both the window and the test hold.
#[derive(Clone, Default)]
pub struct FakeVendor(Arc<Mutex<World>>);

#[derive(Default)]
pub struct World {
    pub customers: Vec<CustomerRow>,
    pub devices: Vec<DeviceRow>,
    pub options: Vec<OptionRow>,
    pub orders: Vec<OrderRow>,
    pub charges: Vec<ChargeRow>,
    pub invoices: Vec<InvoiceDocument>,
    pub licences: Vec<LicenceRow>,
    pub alarms: Vec<DeviceAlarmRow>,
    pub staff: Vec<StaffRow>,
    pub proposals: Vec<ProposalRow>,
    pub credits: Vec<CreditRow>,
    pub audit: Vec<AuditRow>,
    pub rules: Rules,
    /// Of whoever works at the window.
    pub role: Option<StaffRole>,
    pub certified: Vec<PathBuf>,
    /// What verifying the audit log finds.
    pub broken: Option<ChainBreak>,
    /// Everything that was asked.
    pub asked: Vec<StaffRequest>,
    pub published: Vec<(OptionId, PathBuf)>,
    pub written: Vec<(PathBuf, Vec<u8>)>,
    /// What is in the files that are read.
    pub file: Vec<u8>,
    /// Whether the root's private key is elsewhere.
    pub root_is_away: bool,
    /// What to answer to the next request that changes something.
    pub refuse_next: Option<RefusalCode>,
    pub events: VecDeque<WatchEvent>,
}

impl FakeVendor {
    /// A vendor without any data; the connection is up.
    pub fn empty() -> Self {
        let vendor = Self::default();
        vendor.world().events.push_back(WatchEvent::Connected);
        vendor.world().rules = Rules { second_person: true, credit_limit: Yen::new(10_000).unwrap(), return_days: 7 };
        vendor
    }

    /// A vendor with some of everything.
    pub fn busy() -> Self {
        let vendor = Self::empty();
        fill(&mut vendor.world());
        fill_staff(&mut vendor.world());
        vendor
    }

    pub fn world(&self) -> MutexGuard<'_, World> {
        self.0.lock().unwrap()
    }

    /// The last request that changes something.
    pub fn last_change(&self) -> Option<StaffRequest> {
        self.world().asked.iter().rev().find(|request| changes(request)).cloned()
    }
}

impl Backend for FakeVendor {
    fn ask(&self, request: StaffRequest) -> Pending<Answer> {
        let mut world = self.world();
        world.asked.push(request.clone());
        if changes(&request) {
            if let Some(code) = world.refuse_next.take() {
                let refusal = Refusal::with_detail(code, "as the test wants it");
                return Pending::ready(Err(StaffError::Refused(refusal)));
            }
            let every = [
                Topic::Customers,
                Topic::Devices,
                Topic::Options,
                Topic::Orders,
                Topic::Charges,
                Topic::Licences,
                Topic::Staff,
                Topic::Proposals,
                Topic::Audit,
                Topic::Keys,
            ];
            world.events.push_back(WatchEvent::Changed(every.to_vec()));
        }
        Pending::ready(world.answer(request).map_err(|code| StaffError::Refused(code.into())))
    }

    fn publish(&self, option: OptionId, path: PathBuf) -> Upload {
        let mut world = self.world();
        world.published.push((option.clone(), path));
        let row = world.options.iter_mut().find(|row| row.fields.id == option).unwrap();
        let version = row.release.as_ref().map_or(1, |release| release.version.0 + 1);
        row.release = Some(release(version, 4_200_000));
        let answer = Pending::ready(Ok(StaffReply::Option(row.clone())));
        world.events.push_back(WatchEvent::Changed(vec![Topic::Options]));
        Upload { progress: Arc::new(UploadProgress::default()), answer }
    }

    fn certify(&self, out: PathBuf, request: CertificateRequest) -> Pending<Answer> {
        self.world().certified.push(out);
        self.ask(request(vec![0x30]))
    }

    fn verify_audit(&self) -> Pending<Result<AuditHead, StaffError>> {
        let world = self.world();
        let hash = world.audit.first().map_or(Digest([0; 32]), |row| row.hash);
        let head = AuditHead { link: Link { number: world.audit.len() as u64, hash }, at: NOW };
        Pending::ready(match world.broken {
            Some(broken) => Err(AuditAlarm::from(broken).into()),
            None => Ok(head),
        })
    }

    fn choose_file(&self) -> Pending<Option<PathBuf>> {
        Pending::ready(Some(PathBuf::from("/srv/releases/chosen.bin")))
    }

    fn read_file(&self, _path: PathBuf, _bytes_max: usize) -> Pending<std::io::Result<Vec<u8>>> {
        Pending::ready(Ok(self.world().file.clone()))
    }

    fn write_file(&self, path: PathBuf, content: Vec<u8>) -> Pending<std::io::Result<()>> {
        self.world().written.push((path, content));
        Pending::ready(Ok(()))
    }

    fn next_event(&mut self) -> Option<WatchEvent> {
        self.world().events.pop_front()
    }

    fn server(&self) -> ServerInfo {
        ServerInfo {
            host_port: "vendor.example:7443".to_owned(),
            staff: "hana".to_owned(),
            fingerprint: CaFingerprint::of(b"the vendor's CA"),
        }
    }

    fn server_now(&self) -> Option<Timestamp> {
        Some(NOW)
    }
}

fn changes(request: &StaffRequest) -> bool {
    use StaffRequest::*;
    !matches!(
        request,
        Whoami
            | Overview
            | Customers(_)
            | Devices(_)
            | Options(_)
            | Orders { .. }
            | Charges { .. }
            | Invoices { .. }
            | Invoice { .. }
            | Watch
            | Licences { .. }
            | DeviceAlarms(_)
            | Staff(_)
            | Proposals { .. }
            | Credits { .. }
            | Audit(_)
            | AuditChain { .. }
            | Distributions(_)
            | Keys
    )
}

fn next(made_from: u32, now: u32) -> Result<u32, RefusalCode> {
    if made_from == now { Ok(now + 1) } else { Err(RefusalCode::Stale) }
}

fn page<T: Clone>(rows: &[T], query: &Query, text: impl Fn(&T) -> String) -> Page<T> {
    let wanted = query.search.as_ref().map(|search| search.as_str().to_lowercase());
    let fits = |row: &&T| wanted.as_ref().is_none_or(|wanted| text(row).to_lowercase().contains(wanted));
    let rows: Vec<T> = rows.iter().filter(fits).cloned().collect();
    let total = rows.len() as u64;
    let limit = if query.limit == 0 { PAGE_ROWS_MAX } else { query.limit };
    Page { rows: rows.into_iter().skip(query.offset as usize).take(usize::from(limit)).collect(), total }
}

impl World {
    fn answer(&mut self, request: StaffRequest) -> Result<StaffReply, RefusalCode> {
        use RefusalCode::NotFound;
        Ok(match request {
            StaffRequest::Whoami
            | StaffRequest::Publish { .. }
            | StaffRequest::Watch
            | StaffRequest::Distributions(_)
            | StaffRequest::RevokeDistribution { .. } => StaffReply::Whoami {
                name: "hana".parse().unwrap(),
                role: self.role.unwrap_or(StaffRole::Admin),
                head: signed_head(),
                keys: key_list(),
            },
            StaffRequest::Keys | StaffRequest::ImportKeys(_) => StaffReply::Keys(self.key_status()),
            StaffRequest::ProposeKeys(_) if self.root_is_away => {
                let proposed = self.key_status().list;
                StaffReply::KeyRequest(KeyRequest { present: key_list(), proposed })
            }
            StaffRequest::ProposeKeys(_) => StaffReply::Keys(self.key_status()),
            StaffRequest::Overview => StaffReply::Overview(self.overview()),
            StaffRequest::Customers(query) => {
                StaffReply::Customers(page(&self.customers, &query, |row| format!("{} {}", row.id, row.fields.name)))
            }
            StaffRequest::CreateCustomer(fields) => {
                let row = customer(self.customers.len() as u32 + 1, fields);
                self.customers.push(row.clone());
                StaffReply::Customer(row)
            }
            StaffRequest::UpdateCustomer { customer, revision, fields } => {
                let row = self.customers.iter_mut().find(|row| row.id == customer).ok_or(NotFound)?;
                row.revision = next(revision, row.revision)?;
                row.fields = fields;
                StaffReply::Customer(row.clone())
            }
            StaffRequest::SuspendCustomer { customer, suspended } => {
                let row = self.customers.iter_mut().find(|row| row.id == customer).ok_or(NotFound)?;
                row.suspended = suspended;
                StaffReply::Customer(row.clone())
            }
            StaffRequest::AddContract { customer } => {
                let row = self.customers.iter_mut().find(|row| row.id == customer).ok_or(NotFound)?;
                row.contracts.push(contract(777_000_001, true));
                StaffReply::Customer(row.clone())
            }
            StaffRequest::SetContract { contract, active } => {
                let rows = self.customers.iter_mut();
                let row = rows.into_iter().find(|row| row.contracts.iter().any(|c| c.id == contract));
                let row = row.ok_or(NotFound)?;
                row.contracts.iter_mut().filter(|c| c.id == contract).for_each(|c| c.active = active);
                StaffReply::Customer(row.clone())
            }
            StaffRequest::SetContractPin { contract, pin } => {
                let rows = self.customers.iter_mut();
                let row = rows.into_iter().find(|row| row.contracts.iter().any(|c| c.id == contract));
                let row = row.ok_or(NotFound)?;
                row.contracts.iter_mut().filter(|c| c.id == contract).for_each(|c| c.has_pin = pin.is_some());
                StaffReply::Customer(row.clone())
            }
            StaffRequest::Devices(query) => {
                StaffReply::Devices(page(&self.devices, &query, |row| format!("{} {}", row.serial, row.model)))
            }
            StaffRequest::RegisterDevice(fields) => {
                let row = self.device(fields, DeviceState::Registered, Some(NOW.plus_days(14)), None);
                self.devices.push(row.clone());
                StaffReply::Activation { device: row, code: ActivationCode::from_random([0xA5; 16]) }
            }
            StaffRequest::UpdateDevice { revision, fields } => {
                let fresh = self.device(fields, DeviceState::Registered, None, None);
                let row = self.devices.iter_mut().find(|row| row.serial == fresh.serial).ok_or(NotFound)?;
                row.revision = next(revision, row.revision)?;
                (row.model, row.customer) = (fresh.model, fresh.customer);
                StaffReply::Device(row.clone())
            }
            StaffRequest::NewActivationCode { serial } => {
                let row = self.devices.iter_mut().find(|row| row.serial == serial).ok_or(NotFound)?;
                row.code_expires_at = Some(NOW.plus_days(14));
                StaffReply::Activation { device: row.clone(), code: ActivationCode::from_random([0x5A; 16]) }
            }
            StaffRequest::RevokeDevice { serial } => {
                let row = self.devices.iter_mut().find(|row| row.serial == serial).ok_or(NotFound)?;
                row.state = DeviceState::Revoked;
                StaffReply::Device(row.clone())
            }
            StaffRequest::Options(query) => {
                let text = |row: &OptionRow| format!("{} {} {}", row.fields.id, row.fields.name.ja, row.fields.name.en);
                StaffReply::Options(page(&self.options, &query, text))
            }
            StaffRequest::CreateOption(fields) => {
                let row = OptionRow { fields, release: None, waiting: None, sold: 0, revision: 1 };
                self.options.push(row.clone());
                StaffReply::Option(row)
            }
            StaffRequest::UpdateOption { revision, fields } => {
                let row = self.options.iter_mut().find(|row| row.fields.id == fields.id).ok_or(NotFound)?;
                row.revision = next(revision, row.revision)?;
                row.fields = fields;
                StaffReply::Option(row.clone())
            }
            StaffRequest::Orders { query, customer, open_only } => {
                let fits = |row: &&OrderRow| {
                    (!open_only || row.state.is_open())
                        && (customer.is_none() || row.customer.as_ref().map(|it| it.id) == customer)
                };
                let rows: Vec<_> = self.orders.iter().filter(fits).cloned().collect();
                StaffReply::Orders(page(&rows, &query, |row| format!("{} {}", row.device, row.option)))
            }
            StaffRequest::Licences { query, filter } => {
                let fits = |row: &&LicenceRow| {
                    filter.customer.is_none_or(|id| row.customer.as_ref().is_some_and(|it| it.id == id))
                        && (!filter.alarms_only || row.not_erased)
                        && filter.ending.is_none_or(|soon| row.uses_left.is_some_and(|left| left <= soon.uses))
                };
                let rows: Vec<_> = self.licences.iter().filter(fits).cloned().collect();
                StaffReply::Licences(page(&rows, &query, |row| format!("{} {}", row.device, row.option)))
            }
            StaffRequest::RevokeLicence { licence } => {
                let row = self.licences.iter_mut().find(|row| row.licence == licence).ok_or(NotFound)?;
                row.standing = Standing::Ended(EndReason::Revoked, NOW);
                StaffReply::Licence(row.clone())
            }
            StaffRequest::SuspendLicence { licence } => {
                let row = self.licences.iter_mut().find(|row| row.licence == licence).ok_or(NotFound)?;
                row.suspended_at = Some(NOW);
                row.standing = Standing::Locked(LockReason::Suspended);
                StaffReply::Licence(row.clone())
            }
            StaffRequest::MoveLicence { licence, to, .. } => {
                let row = self.licences.iter_mut().find(|row| row.licence == licence).ok_or(NotFound)?;
                row.moves_to = Some(to);
                row.standing = Standing::Ended(EndReason::Moved, NOW);
                StaffReply::Licence(row.clone())
            }
            StaffRequest::ReinstateLicence { licence } => {
                let row = self.licences.iter_mut().find(|row| row.licence == licence).ok_or(NotFound)?;
                row.suspended_at = None;
                row.standing = Standing::Active;
                StaffReply::Licence(row.clone())
            }
            StaffRequest::DeviceAlarms(query) => {
                StaffReply::DeviceAlarms(page(&self.alarms, &query, |row| row.serial.to_string()))
            }
            StaffRequest::DecideDevice { serial, .. } => {
                let row = self.alarms.iter_mut().find(|row| row.serial == serial).ok_or(NotFound)?;
                row.flag = None;
                StaffReply::DeviceAlarm(row.clone())
            }
            StaffRequest::Charges { query, filter } => {
                let fits = |row: &&ChargeRow| {
                    filter.customer.is_none_or(|id| row.customer.id == id)
                        && filter.from.is_none_or(|from| row.charged_at >= from)
                        && filter.until.is_none_or(|until| row.charged_at < until)
                        && (!filter.uninvoiced_only || row.invoice.is_none())
                };
                let rows: Vec<_> = self.charges.iter().filter(fits).cloned().collect();
                let sum = Yen::checked_sum(rows.iter().map(|row| row.amount)).unwrap();
                let page = page(&rows, &query, |row| format!("{} {} {}", row.customer.name, row.device, row.option));
                StaffReply::Charges { page, sum }
            }
            StaffRequest::Invoices { query, customer } => {
                let fits = |head: &InvoiceRow| customer.is_none_or(|id| head.customer.id == id);
                let rows: Vec<_> = self.invoices.iter().map(|it| it.head.clone()).filter(fits).collect();
                StaffReply::Invoices(page(&rows, &query, |row| format!("{} {}", row.number, row.customer.name)))
            }
            StaffRequest::Invoice { number } => {
                let document = self.invoices.iter().find(|it| it.head.number == number).ok_or(NotFound)?;
                StaffReply::Invoice(document.clone())
            }
            StaffRequest::CreateInvoice { customer, .. } => StaffReply::Invoice(self.invoice(customer)),
            StaffRequest::Settle { .. } => {
                let number = self.invoices.len();
                for id in self.customers.iter().map(|row| row.id).collect::<Vec<_>>() {
                    if self.charges.iter().any(|row| row.customer.id == id && row.invoice.is_none()) {
                        self.invoice(id);
                    }
                }
                let rows: Vec<_> = self.invoices[number..].iter().map(|it| it.head.clone()).collect();
                StaffReply::Invoices(Page { total: rows.len() as u64, rows })
            }
            StaffRequest::Staff(query) => StaffReply::Staff(page(&self.staff, &query, |row| row.name.to_string())),
            StaffRequest::AddStaff { name, role, .. } => {
                let row = StaffRow { name, role, created_at: NOW, revoked_at: None };
                self.staff.push(row.clone());
                StaffReply::StaffMember(row)
            }
            StaffRequest::ReissueStaff { name, .. } => StaffReply::StaffMember(self.member(&name)?.clone()),
            StaffRequest::SetStaffRole { name, role } => {
                let row = self.member(&name)?;
                row.role = role;
                StaffReply::StaffMember(row.clone())
            }
            StaffRequest::RevokeStaff { name } => {
                let row = self.member(&name)?;
                row.revoked_at = Some(NOW);
                StaffReply::StaffMember(row.clone())
            }
            StaffRequest::Proposals { query, open_only } => {
                let fits = |row: &&ProposalRow| !open_only || row.decision.is_none();
                let rows: Vec<_> = self.proposals.iter().filter(fits).cloned().collect();
                StaffReply::Proposals(page(&rows, &query, |row| row.by.to_string()))
            }
            StaffRequest::Decide { number, verdict, .. } => {
                let row = self.proposals.iter_mut().find(|row| row.number == number).ok_or(NotFound)?;
                row.decision = Some(Decision { verdict, by: "hana".parse().unwrap(), at: NOW });
                StaffReply::Proposal(row.clone())
            }
            StaffRequest::Credit { charge, amount, reason } => {
                let row = self.charges.iter_mut().find(|row| row.number == charge).ok_or(NotFound)?;
                row.credited = row.credited.checked_add(amount).unwrap();
                let credit = CreditRow {
                    number: self.credits.len() as u64 + 1,
                    charge,
                    customer: row.customer.clone(),
                    amount,
                    reason,
                    by: Some("hana".parse().unwrap()),
                    approved_by: None,
                    issued_at: NOW,
                    used: Yen::ZERO,
                };
                self.credits.push(credit.clone());
                StaffReply::Credit(credit)
            }
            StaffRequest::Credits { query, charge, .. } => {
                let fits = |row: &&CreditRow| charge.is_none_or(|charge| row.charge == charge);
                let rows: Vec<_> = self.credits.iter().filter(fits).cloned().collect();
                StaffReply::Credits(page(&rows, &query, |row| row.reason.to_string()))
            }
            StaffRequest::SetCreditLimit { limit } => {
                self.rules.credit_limit = limit;
                StaffReply::Rules(self.rules)
            }
            StaffRequest::SetReturnDays { days } => {
                self.rules.return_days = days;
                StaffReply::Rules(self.rules)
            }
            StaffRequest::RequireSecondPerson => {
                self.rules.second_person = true;
                StaffReply::Rules(self.rules)
            }
            StaffRequest::Audit(query) => {
                StaffReply::Audit(page(&self.audit, &query, |row| format!("{} {}", row.line.who, row.line.action)))
            }
            StaffRequest::AuditChain { .. } => StaffReply::AuditChain(Vec::new()),
        })
    }

    fn key_status(&self) -> KeyStatus {
        let key = |seed, role| KeyEntry { key: SigningKey::from_seed(&[seed; 32]).verify_key(), role };
        let keys = vec![key(1, KeyRole::Release), key(3, KeyRole::Release), key(2, KeyRole::Licence)];
        let revoked = vec![key(9, KeyRole::Release).id()];
        let here = keys.iter().zip(1..).map(|(key, n)| (key.id(), ago(n * 40 * DAY_MS))).collect();
        let signing = keys[1..].iter().map(KeyEntry::id).collect();
        let list = KeyList::new(NOW.as_ms(), keys, revoked).unwrap();
        KeyStatus { list, signing, root_is_here: !self.root_is_away, here }
    }

    fn member(&mut self, name: &StaffName) -> Result<&mut StaffRow, RefusalCode> {
        self.staff.iter_mut().find(|row| row.name == *name).ok_or(RefusalCode::NotFound)
    }

    fn overview(&self) -> Overview {
        let sum = |all: bool| {
            let rows = self.charges.iter().filter(|row| all || row.invoice.is_none());
            Yen::checked_sum(rows.map(|row| row.amount)).unwrap()
        };
        Overview {
            customers: self.customers.len() as u64,
            devices_enrolled: self.devices.iter().filter(|row| row.state == DeviceState::Enrolled).count() as u64,
            options_for_sale: self.options.iter().filter(|row| row.release.is_some()).count() as u64,
            orders_open: self.orders.iter().filter(|row| row.state.is_open()).count() as u64,
            uninvoiced: sum(false),
            charged: sum(true),
            devices_cloned: self.devices.iter().filter(|row| row.cloned_at.is_some()).count() as u64,
            licences_not_erased: self.licences.iter().filter(|row| row.not_erased).count() as u64,
            devices_flagged: self.alarms.iter().filter(|row| row.flag.is_some()).count() as u64,
            credited: Yen::checked_sum(self.credits.iter().map(|row| row.amount)).unwrap(),
            proposals_open: self.proposals.iter().filter(|row| row.decision.is_none()).count() as u64,
            licences_ending: self.licences.iter().filter(|row| row.uses_left.is_some_and(|left| left <= 3)).count()
                as u64,
            rules: self.rules,
        }
    }

    fn device(
        &self,
        fields: DeviceFields,
        state: DeviceState,
        code_expires_at: Option<Timestamp>,
        last_seen_at: Option<Timestamp>,
    ) -> DeviceRow {
        let of = |id| self.customers.iter().find(|row| row.id == id).map(reference);
        let customer = fields.customer.and_then(of);
        let certificate_until = (state != DeviceState::Registered).then(|| NOW.plus_days(200));
        DeviceRow {
            serial: fields.serial,
            model: fields.model,
            customer,
            state,
            code_expires_at,
            last_seen_at,
            certificate_until,
            cloned_at: None,
            revision: 1,
        }
    }

    fn invoice(&mut self, id: CustomerId) -> InvoiceDocument {
        let number = InvoiceNumber(self.invoices.len() as u32 + 1);
        let open = self.charges.iter_mut().filter(|row| row.customer.id == id && row.invoice.is_none());
        let lines: Vec<_> = open
            .map(|row| {
                row.invoice = Some(number);
                row.clone()
            })
            .collect();
        let head = InvoiceRow {
            number,
            customer: reference(self.customers.iter().find(|row| row.id == id).unwrap()),
            from: lines.iter().map(|row| row.charged_at).min().unwrap_or(NOW),
            until: NOW,
            issued_at: NOW,
            line_count: lines.len() as u32,
            credited: Yen::ZERO,
            total: Yen::checked_sum(lines.iter().map(|row| row.amount)).unwrap(),
            carried: Yen::ZERO,
        };
        let document = InvoiceDocument { head, lines, credits: Vec::new() };
        self.invoices.insert(0, document.clone());
        document
    }
}

fn name(text: &str) -> Name {
    Name::new(text).unwrap()
}

fn reference(row: &CustomerRow) -> CustomerRef {
    CustomerRef { id: row.id, name: row.fields.name.clone() }
}

fn ago(ms: u64) -> Timestamp {
    Timestamp::from_ms(NOW.as_ms() - ms)
}

fn contract(body: u32, active: bool) -> ContractRow {
    ContractRow { id: ContractUserId::from_body(body), active, has_pin: false }
}

fn customer(number: u32, fields: CustomerFields) -> CustomerRow {
    CustomerRow {
        id: CustomerId(number),
        fields,
        suspended: false,
        contracts: vec![contract(420_000_000 + number * 1_711, true)],
        devices: 0,
        uninvoiced: Yen::ZERO,
        created_at: ago(u64::from(90 - number) * DAY_MS),
        revision: 1,
    }
}

fn release(version: u32, content_bytes: u64) -> ReleaseRow {
    ReleaseRow {
        version: ReleaseVersion(version),
        package: Digest::of(&version.to_le_bytes()),
        content: PackageContent::Program(ProgramLimits::new(256, 20_000_000_000).unwrap()),
        provides: FeatureList::new(vec!["text-recognition".parse().unwrap()]).unwrap(),
        content_bytes,
        published_at: ago(9 * DAY_MS),
    }
}

fn key_list() -> RootSigned<KeyList> {
    let entry = |seed, role| KeyEntry { key: SigningKey::from_seed(&[seed; 32]).verify_key(), role };
    let keys = vec![entry(0x11, KeyRole::Release), entry(0x22, KeyRole::Licence)];
    let root = Root::generate(NOW).unwrap();
    root.key().sign(&KeyList::new(1, keys, Vec::new()).unwrap()).unwrap()
}

fn signed_head() -> Signed<AuditHead> {
    Signed::new(&AuditHead { link: Link::START, at: NOW }, &SigningKey::from_seed(&[0x22; 32]))
}

/// The staff, what they have proposed, and what they have done.
fn fill_staff(world: &mut World) {
    for (name, role, revoked) in [
        ("hana", StaffRole::Admin, false),
        ("ken.sato", StaffRole::Publisher, false),
        ("mika", StaffRole::Accountant, false),
        ("taro", StaffRole::Clerk, true),
    ] {
        let (created_at, revoked_at) = (ago(80 * DAY_MS), revoked.then(|| ago(DAY_MS)));
        world.staff.push(StaffRow { name: name.parse().unwrap(), role, created_at, revoked_at });
    }
    let release = Proposal::Release {
        option: "ocr-package".parse().unwrap(),
        version: ReleaseVersion(3),
        package: Digest::of(b"release 3"),
        content_bytes: 4_300_000,
        content: PackageContent::Program(ProgramLimits::new(256, 20_000_000_000).unwrap()),
        provides: FeatureList::new(vec!["text-recognition".parse().unwrap()]).unwrap(),
    };
    let credit = |amount| Proposal::Credit {
        charge: world.charges[0].number,
        customer: world.charges[0].customer.clone(),
        amount: Yen::new(amount).unwrap(),
        reason: Text::new("読み取り結果がぼやけていたため").unwrap(),
    };
    let no = Verdict::Reject { reason: Text::new("金額が大きすぎます").unwrap() };
    let no = Decision { verdict: no, by: "hana".parse().unwrap(), at: ago(2 * DAY_MS) };
    for (number, proposal, by, decision) in
        [(3, release, "ken.sato", None), (2, credit(12_000), "hana", None), (1, credit(20_000), "mika", Some(no))]
    {
        let at = ago(u64::from(4 - number) * HOUR_MS);
        world.proposals.push(ProposalRow { number, proposal, by: by.parse().unwrap(), at, decision });
    }
    let mut link = Link::START;
    for (number, (who, role, action, subject, outcome, change)) in [
        ("vendor-server", StaffRole::Admin, "found-vendor", "hana", "done", Some("a second person is needed")),
        ("hana", StaffRole::Admin, "add-staff", "ken.sato", "done", Some("publisher")),
        ("taro", StaffRole::Clerk, "publish", "ocr-package", "role-forbids", None),
        ("ken.sato", StaffRole::Publisher, "publish", "ocr-package release 3", "done", None),
        ("hana", StaffRole::Admin, "update-customer", "C-0004", "done", Some("suspended false → true")),
        ("hana", StaffRole::Admin, "revoke-staff", "taro", "done", Some("clerk → revoked")),
    ]
    .into_iter()
    .enumerate()
    {
        let line = AuditLine {
            number: number as u64 + 1,
            at: ago((10 - number as u64) * HOUR_MS),
            who: who.parse().unwrap(),
            role,
            action: Text::new(action).unwrap(),
            subject: Text::new(subject).unwrap(),
            outcome: Text::new(outcome).unwrap(),
            change: change.map(|text| Text::new(text).unwrap()),
        };
        let row = AuditRow { hash: line.hash(&link.hash), line };
        link = link.follow(&row).unwrap();
        world.audit.insert(0, row);
    }
}

fn fill(world: &mut World) {
    for (number, (text, email, settlement, suspended)) in [
        ("青空印刷株式会社", Some("keiri@aozora.example"), Settlement::Monthly, false),
        ("Northwind Design Ltd.", Some("accounts@northwind.example"), Settlement::OnDemand, false),
        ("みどり市役所", None, Settlement::Monthly, false),
        ("さくら法律事務所", Some("jimu@sakura-law.example"), Settlement::Monthly, true),
    ]
    .into_iter()
    .enumerate()
    {
        let fields = CustomerFields { name: name(text), email: email.map(|it| Text::new(it).unwrap()), settlement };
        world.customers.push(CustomerRow { suspended, devices: 2, ..customer(number as u32 + 1, fields) });
    }
    world.customers[0].contracts.push(contract(555_000_123, false));
    world.customers[0].contracts.push(ContractRow { has_pin: true, ..contract(555_000_321, true) });
    for (serial, model, owner, state, seen) in [
        ("MX-204-0001", "MX-204", Some(1), DeviceState::Enrolled, Some(3 * MINUTE_MS)),
        ("MX-204-0002", "MX-204", Some(1), DeviceState::Enrolled, Some(5 * HOUR_MS)),
        ("MX-310-0107", "MX-310 Colour", Some(2), DeviceState::Enrolled, Some(MINUTE_MS)),
        ("MX-310-0108", "MX-310 Colour", Some(3), DeviceState::Registered, None),
        ("KX-90-55012", "KX-90", None, DeviceState::Enrolled, Some(2 * DAY_MS)),
        ("KX-90-55013", "KX-90", Some(4), DeviceState::Revoked, Some(20 * DAY_MS)),
    ] {
        let fields =
            DeviceFields { serial: serial.parse().unwrap(), model: name(model), customer: owner.map(CustomerId) };
        let code = (state == DeviceState::Registered).then(|| NOW.plus_days(13));
        let row = world.device(fields, state, code, seen.map(ago));
        world.devices.push(row);
    }
    world.devices[4].cloned_at = Some(ago(5 * HOUR_MS));
    for (id, kind, ja, en, offers, sold, size) in [
        (
            "ocr-package",
            OptionKind::Program,
            "OCR パッケージ",
            "OCR package",
            "permanent=20000 uses:10=2000",
            12,
            4_200_000,
        ),
        ("searchable-pdf", OptionKind::Program, "検索可能 PDF", "Searchable PDF", "days:30=1500", 5, 910_000),
        ("barcode-reader", OptionKind::Program, "バーコード読取", "Barcode reader", "permanent=12000", 3, 380_000),
        (
            "address-mask",
            OptionKind::Program,
            "宛名マスキング",
            "Address masking",
            "uses:50=3000 days:90=6000",
            1,
            120_000,
        ),
        (
            "mincho-fonts",
            OptionKind::FontPack,
            "明朝フォント集",
            "Mincho font pack",
            "permanent=9800 days:30=980",
            7,
            18_400_000,
        ),
        ("barcode-fonts", OptionKind::FontPack, "バーコードフォント", "Barcode fonts", "permanent=3200", 0, 0),
    ] {
        let offers = offers.split(' ').map(|offer| {
            let (form, price) = offer.split_once('=').unwrap();
            Offer::new(form.parse().unwrap(), Yen::new(price.parse().unwrap()).unwrap())
        });
        let description = |text: &str| Description::new(text).unwrap();
        let fields = OptionFields {
            id: id.parse().unwrap(),
            kind,
            name: Bilingual { ja: name(ja), en: name(en) },
            description: Bilingual {
                ja: description("操作パネルから購入してすぐに使えます。"),
                en: description("Bought at the panel and usable at once."),
            },
            offers: OfferList::new(offers.collect()).unwrap(),
            for_sale: true,
        };
        let release = (size > 0).then(|| release(2, size));
        world.options.push(OptionRow { fields, release, waiting: None, sold, revision: 1 });
    }
    let kept = |total_bytes, sending_bytes, failed_attempts| DeliveryRow {
        total_bytes,
        sending_bytes,
        failed_attempts,
        last_failure: (failed_attempts > 0).then_some(FailureCode::LinkLost),
    };
    let whole = Some(kept(4_200_064, None, 0));
    for (i, (device, option, state, form, delivery, age)) in [
        (0, 0, OrderState::Authorised, None, Some(kept(4_200_064, Some(2_730_000), 0)), MINUTE_MS),
        (2, 4, OrderState::Authorised, None, Some(kept(18_400_288, Some(5_100_000), 1)), 2 * MINUTE_MS),
        (4, 1, OrderState::Delivered, None, whole, 9 * MINUTE_MS),
        (2, 0, OrderState::Licensed, Some("uses:10"), whole, 3 * HOUR_MS),
        (1, 1, OrderState::Licensed, Some("days:30"), whole, 26 * HOUR_MS),
        (5, 0, OrderState::Refused(RefusalCode::DeviceRevoked), None, None, 2 * DAY_MS),
        (4, 2, OrderState::Failed(FailureCode::DiskFull), None, Some(kept(380_016, None, 2)), 4 * DAY_MS),
        (0, 4, OrderState::Licensed, Some("permanent"), whole, 15 * DAY_MS),
        (1, 2, OrderState::Cancelled, None, Some(kept(380_016, None, 0)), 24 * DAY_MS),
        (0, 0, OrderState::Licensed, Some("permanent"), whole, 40 * DAY_MS),
    ]
    .into_iter()
    .enumerate()
    {
        let (device, option) = (&world.devices[device], &world.options[option].fields);
        let form: Option<UsageForm> = form.map(|form| form.parse().unwrap());
        let price = form.and_then(|form| option.offers.find(form)).map(|offer| offer.price);
        let id: OrderId = format!("01920000-0000-7000-8000-{i:012}").parse().unwrap();
        world.orders.push(OrderRow {
            order: id,
            device: device.serial.clone(),
            customer: device.customer.clone(),
            option: option.id.clone(),
            option_name: Some(option.name.clone()),
            state,
            form,
            price,
            delivery,
            created_at: ago(age),
            updated_at: ago(age / 2),
        });
        if let Some(form) = form {
            let standing = match i {
                4 => Standing::Ended(EndReason::PeriodOver, ago(30 * HOUR_MS)),
                7 => Standing::Ended(EndReason::Removed, ago(HOUR_MS)),
                3 => Standing::Locked(LockReason::Restored),
                _ => Standing::Active,
            };
            world.licences.push(LicenceRow {
                licence: id.into(),
                device: device.serial.clone(),
                customer: device.customer.clone(),
                option: option.id.clone(),
                option_name: Some(option.name.clone()),
                form,
                issued_at: ago(age / 2),
                starts_at: ago(age / 2),
                ends_at: matches!(form, UsageForm::Days(_)).then(|| ago(30 * HOUR_MS)),
                uses_left: matches!(form, UsageForm::Uses(_)).then_some(if i == 3 { 2 } else { 7 }),
                used: (form == UsageForm::Metered).then_some(412),
                contact_due_at: (form == UsageForm::Metered).then(|| NOW.plus_days(12)),
                was_used: true,
                return_until: None,
                suspended_at: None,
                moves_to: None,
                standing,
                reported_at: Some(ago(2 * MINUTE_MS)),
                erased_at: (i == 7).then(|| ago(HOUR_MS)),
                not_erased: i == 4,
            });
        }
        if let (Some(form), Some(amount), Some(customer)) = (form, price, device.customer.clone()) {
            world.charges.push(ChargeRow {
                number: 100 - i as u64,
                order: id,
                customer,
                device: device.serial.clone(),
                option: option.id.clone(),
                option_name: option.name.clone(),
                form,
                amount: if form == UsageForm::Metered { Yen::ZERO } else { amount },
                uses: None,
                charged_at: ago(age / 2),
                invoice: None,
                credited: Yen::ZERO,
            });
        }
    }
    let alarm = |device: usize, flag, temporary, kind| DeviceAlarmRow {
        serial: world.devices[device].serial.clone(),
        customer: world.devices[device].customer.clone(),
        flag,
        temporary,
        faults: vec![DeviceFault { at: ago(3 * HOUR_MS), kind }],
    };
    world.alarms = vec![
        alarm(2, Some((FlagReason::Restored, ago(2 * HOUR_MS))), 1, FaultKind::SealBroken),
        alarm(4, None, 0, FaultKind::ClockSetBack(25 * HOUR_MS)),
    ];
    // The oldest purchase is on an invoice already.
    let (recent, old) = world.charges.split_at(world.charges.len() - 1);
    let (recent, old) = (recent.to_vec(), old.to_vec());
    world.charges = old;
    world.invoice(CustomerId(1));
    world.charges = recent.into_iter().chain(std::mem::take(&mut world.charges)).collect();
    for row in &mut world.customers {
        let open = world.charges.iter().filter(|charge| charge.customer.id == row.id && charge.invoice.is_none());
        row.uninvoiced = Yen::checked_sum(open.map(|charge| charge.amount)).unwrap();
    }
}
