//! A device and its vendor in one test: the disk survives, the core does not, and every message can be lost.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::LazyLock;

use protocol::keys::{KeyEntry, RootSigned, RootSigningKey};
use protocol::message::Reply;
use protocol::message::device::{
    AbandonReason, Authorised, Bilingual, Catalogue, CatalogueEntry, DeviceInfo, DeviceReply, DeviceRequest, Restored,
};
use protocol::order::{Order, OrderEvent, Transition};
use protocol::package::{FeatureList, Manifest, PackageContent, ProgramLimits};
use protocol::signed::SigningKey;
use protocol::{
    CaFingerprint, ContentKey, ContractPin, ContractUserId, DeviceKeyHash, DeviceSerial, Digest, KeyList, KeyRole,
    Licence, LicenceId, Offer, OfferList, OptionId, OrderId, OrderState, Refusal, RefusalCode, ReleaseVersion, Signed,
    Ticket, Timestamp, UsageForm, Yen,
};

use super::books::{Books, unsigned};
use crate::core::{
    Ask, Cause, Change, ClockRecord, Command, Core, Effect, Enrolled, Enrolment, Folder, Input, JobFault, JobId,
    JobKind, JobOrder, JobOutput, JobRun, JobSource, JobTask, LicenceNote, LicenceState, LinkFault, Loaded, MadeFile,
    Moment, Resume, Screen, Seal, SentFile, StorageFault, TransferEvent, TransferOrder, View,
};
use ring::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair};

pub(super) const OCR: &str = "ocr-package";
pub(super) const FONT: &str = "mincho-font";
/// Reads codes; so does [`OCR`], at a higher price.
pub(super) const CODES: &str = "code-reader";
/// Has one offer: charged by use.
pub(super) const METERED: &str = "clean-up";
const DEVICE_KEY: DeviceKeyHash = DeviceKeyHash([5; 32]);
pub(super) const START: Timestamp = Timestamp::from_ms(1_795_000_000_000);

pub(super) fn option(id: &str) -> OptionId {
    id.parse().unwrap()
}

pub(super) fn form(text: &str) -> UsageForm {
    text.parse().unwrap()
}

pub(super) fn offers(list: &[(&str, u64)]) -> OfferList {
    let offer = |(f, price): &(&str, u64)| Offer::new(form(f), Yen::new(*price).unwrap());
    OfferList::new(list.iter().map(offer).collect()).unwrap()
}

fn serial() -> DeviceSerial {
    "MX-204-0001".parse().unwrap()
}

/// What an option holds: the font is a font pack, everything else a program.
fn content_of(id: &OptionId) -> PackageContent {
    if id.as_str() == FONT {
        PackageContent::FontPack
    } else {
        PackageContent::Program(ProgramLimits::new(16, 1_000_000).unwrap())
    }
}

/// What an option gives to jobs.
fn provides(id: &OptionId) -> FeatureList {
    let features = match id.as_str() {
        OCR => vec!["text-recognition", "code-reading"],
        CODES => vec!["code-reading"],
        FONT => vec!["face:Mincho"],
        _ => vec![],
    };
    FeatureList::new(features.into_iter().map(|feature| feature.parse().unwrap()).collect()).unwrap()
}

/// The vendor's root: the same in all tests.
pub(super) fn root() -> &'static RootSigningKey {
    static ROOT: LazyLock<RootSigningKey> = LazyLock::new(|| {
        let random = ring::rand::SystemRandom::new();
        let pkcs8 = EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &random).unwrap();
        RootSigningKey::from_pkcs8(pkcs8.as_ref()).unwrap()
    });
    &ROOT
}

/// A list with these release keys, by seed, and the licence key.
pub(super) fn key_list(version: u64, release: &[u8], revoked: &[u8]) -> KeyList {
    let key = |seed: &u8| SigningKey::from_seed(&[*seed; 32]).verify_key();
    let entry = |seed, role| KeyEntry { key: key(seed), role };
    let release = release.iter().map(|seed| entry(seed, KeyRole::Release));
    let keys = release.chain([entry(&2, KeyRole::Licence)]).collect();
    KeyList::new(version, keys, revoked.iter().map(|seed| key(seed).id()).collect()).unwrap()
}

/// The vendor, as far as a device can tell.
pub(super) struct Vendor {
    pub(super) release_key: SigningKey,
    pub(super) licence_key: SigningKey,
    pub(super) key_list: KeyList,
    pub(super) orders: BTreeMap<OrderId, Order>,
    pub(super) charges: Vec<(OrderId, Yen)>,
    pub(super) offers: BTreeMap<OptionId, OfferList>,
    /// Unassigned devices must name this contract.
    pub(super) contract: Option<ContractUserId>,
    /// Which has this PIN.
    pub(super) pin: Option<ContractPin>,
    /// There were too many wrong entries.
    pub(super) blocked_ms: Option<u64>,
    pub(super) refused: BTreeMap<OrderId, RefusalCode>,
    /// The device has had its trial of these.
    pub(super) tried: BTreeSet<OptionId>,
    pub(super) catalogue_version: u64,
    pub(super) version: ReleaseVersion,
    /// Of every option.
    pub(super) content_bytes: u64,
    /// What it knows of the licences.
    pub(super) books: Books,
}

impl Vendor {
    pub(super) fn new() -> Self {
        Self {
            release_key: SigningKey::from_seed(&[1; 32]),
            licence_key: SigningKey::from_seed(&[2; 32]),
            key_list: key_list(1, &[1], &[]),
            orders: BTreeMap::new(),
            charges: Vec::new(),
            offers: BTreeMap::from([
                (option(OCR), offers(&[("permanent", 20_000), ("uses:3", 2_000), ("days:30", 3_000)])),
                (option(FONT), offers(&[("permanent", 5_000)])),
            ]),
            contract: None,
            pin: None,
            blocked_ms: None,
            refused: BTreeMap::new(),
            tried: BTreeSet::new(),
            catalogue_version: 1,
            version: ReleaseVersion(1),
            content_bytes: 1_000,
            books: Books::default(),
        }
    }

    /// What enrolling with it brings, if its CA has this name.
    pub(super) fn enrolled(&self, ca: &[u8]) -> Enrolled {
        Enrolled { enrolment: self.enrolment(ca), keys: self.signed_keys() }
    }

    fn enrolment(&self, ca: &[u8]) -> Enrolment {
        Enrolment {
            serial: serial(),
            vendor: "vendor:7443".to_owned(),
            ca_fingerprint: CaFingerprint::of(ca),
            root_key: root().root_key(),
            device_key: DEVICE_KEY,
        }
    }

    pub(super) fn manifest(&self, id: &OptionId) -> Manifest {
        Manifest {
            option: id.clone(),
            version: self.version,
            content: content_of(id),
            provides: provides(id),
            content_bytes: self.content_bytes,
            chunks: (0..self.content_bytes.div_ceil(1_048_496)).map(|_| Digest::of(id.as_str().as_bytes())).collect(),
        }
    }

    pub(super) fn signed_keys(&self) -> RootSigned<KeyList> {
        root().sign(&self.key_list).unwrap()
    }

    pub(super) fn catalogue(&self, now: Timestamp) -> Signed<Catalogue> {
        let both = |text: &str| text.parse().unwrap();
        let entry = |(id, offers): (&OptionId, &OfferList)| CatalogueEntry {
            option: id.clone(),
            name: Bilingual { ja: both(id.as_str()), en: both(id.as_str()) },
            description: Bilingual { ja: "説明".parse().unwrap(), en: "What it does".parse().unwrap() },
            kind: content_of(id).kind(),
            provides: provides(id),
            version: self.version,
            stored_bytes: self.manifest(id).stored_bytes(),
            offers: offers.clone(),
        };
        let entries = self.offers.iter().map(entry).collect();
        let catalogue = Catalogue { version: self.catalogue_version, expires_at: now.plus_days(1), entries };
        Signed::new(&catalogue, &self.release_key)
    }

    fn answer(&mut self, request: &DeviceRequest, now: Timestamp) -> Result<DeviceReply, Refusal> {
        match request {
            DeviceRequest::Hello => {
                Ok(DeviceReply::Hello(DeviceInfo { customer: None, keys_version: self.key_list.version() }))
            }
            DeviceRequest::Catalogue => Ok(DeviceReply::Catalogue(self.catalogue(now))),
            DeviceRequest::Order { order, option, contract, pin } => {
                let typed = contract.as_ref().map(|contract| (contract, pin.as_ref()));
                self.order(*order, option, typed, now)
            }
            DeviceRequest::Received { order, package } => {
                self.apply(*order, OrderEvent::Received(*package))?;
                Ok(DeviceReply::Delivered)
            }
            DeviceRequest::Choose { order, form, follows } => self.choose(*order, *form, *follows),
            DeviceRequest::Abandon { order, reason } => {
                let event = match reason {
                    AbandonReason::Cancelled => OrderEvent::Cancel,
                    AbandonReason::Failed(code) => OrderEvent::Fail(*code),
                };
                self.apply(*order, event)?;
                Ok(DeviceReply::Abandoned)
            }
            DeviceRequest::Status { order } => {
                let refused = self.refused.get(order).copied().map(OrderState::Refused);
                let state = refused.or(self.orders.get(order).map(|order| order.state));
                Ok(DeviceReply::Status(state.ok_or(RefusalCode::UnknownOrder)?))
            }
            DeviceRequest::Renew { .. } => Err(RefusalCode::BadMessage.into()),
            DeviceRequest::Keys => Ok(DeviceReply::Keys(self.signed_keys())),
            DeviceRequest::Report(report) => Ok(DeviceReply::Reported(self.books.report(report))),
            DeviceRequest::Return { licence } => {
                self.books.accept_return(*licence)?;
                Ok(DeviceReply::Returned)
            }
            DeviceRequest::Licence { licence } => {
                self.books.may_have(*licence)?;
                Ok(DeviceReply::Licensed(self.licence(OrderId::from(*licence))))
            }
            DeviceRequest::Restore { licence } => self.restore(*licence, now),
        }
    }

    fn order(
        &mut self,
        id: OrderId,
        option: &OptionId,
        typed: Option<(&ContractUserId, Option<&ContractPin>)>,
        now: Timestamp,
    ) -> Result<DeviceReply, Refusal> {
        if let Some(wait_ms) = self.blocked_ms {
            return Err(Refusal::too_many_attempts(wait_ms));
        }
        if let Some(code) = self.refused.get(&id) {
            return Err((*code).into());
        }
        let verdict = match (&self.contract, typed) {
            _ if self.orders.contains_key(&id) => None,
            (Some(_), None) => Some(RefusalCode::ContractRequired),
            (Some(right), Some((typed, pin))) if right != typed || self.pin.as_ref() != pin => {
                Some(RefusalCode::ContractRefused)
            }
            _ => None,
        };
        if let Some(code) = verdict {
            self.refused.insert(id, code);
            return Err(code.into());
        }
        let manifest = self.manifest(option);
        let offers = self.offers[option].clone();
        let offers = if self.tried.contains(option) { offers.without_trial() } else { Some(offers) };
        let offers = offers.ok_or(RefusalCode::TrialUsed)?;
        let order = self.orders.entry(id).or_insert_with(|| Order::authorised(manifest.digest(), offers));
        let ticket = Self::ticket(id, &manifest, now);
        Ok(DeviceReply::Authorised(Box::new(Authorised {
            order: id,
            manifest: Signed::new(&manifest, &self.release_key),
            offers: order.offers.clone(),
            ticket: Signed::new(&ticket, &self.licence_key),
            content_server: None,
        })))
    }

    fn restore(&self, licence: LicenceId, now: Timestamp) -> Result<DeviceReply, Refusal> {
        self.books.may_have(licence)?;
        if self.books.flagged {
            return Err(RefusalCode::LicenceLocked.into());
        }
        let order = OrderId::from(licence);
        let option = self.offers.keys().find(|o| self.manifest(o).digest() == self.orders[&order].package).unwrap();
        let manifest = self.manifest(option);
        let both = |text: &str| text.parse().unwrap();
        Ok(DeviceReply::Restored(Box::new(Restored {
            licence: self.licence(order),
            name: Bilingual { ja: both(option.as_str()), en: both(option.as_str()) },
            description: Bilingual { ja: "説明".parse().unwrap(), en: "What it does".parse().unwrap() },
            manifest: Signed::new(&manifest, &self.release_key),
            ticket: Signed::new(&Self::ticket(order, &manifest, now), &self.licence_key),
            content_server: None,
        })))
    }

    fn ticket(order: OrderId, manifest: &Manifest, now: Timestamp) -> Ticket {
        Ticket {
            order,
            device: serial(),
            package: manifest.digest(),
            chunk_count: manifest.chunk_count(),
            expires_at: now.plus_days(1),
        }
    }

    fn apply(&mut self, id: OrderId, event: OrderEvent) -> Result<Transition, Refusal> {
        let order = self.orders.get_mut(&id).ok_or(RefusalCode::UnknownOrder)?;
        let transition = order.decide(event)?;
        order.apply(transition);
        if let Transition::License(offer) = transition {
            self.charges.push((id, offer.price_at_purchase()));
        }
        Ok(transition)
    }

    fn choose(&mut self, id: OrderId, form: UsageForm, follows: Option<LicenceId>) -> Result<DeviceReply, Refusal> {
        let order = self.orders.get(&id).ok_or(RefusalCode::UnknownOrder)?;
        let option = self.offers.keys().find(|o| self.manifest(o).digest() == order.package).unwrap().clone();
        if let Ok(Transition::License(offer)) = order.decide(OrderEvent::Choose(form))
            && offer.trial
            && !self.tried.insert(option)
        {
            return Err(RefusalCode::TrialUsed.into());
        }
        self.apply(id, OrderEvent::Choose(form))?;
        if let (UsageForm::Days(_), Some(before)) = (form, follows) {
            let end = self.books.ends_at(before);
            self.books.starts.entry(id.into()).or_insert(end);
        }
        self.books.sold.entry(id.into()).or_insert(form);
        Ok(DeviceReply::Licensed(self.licence(id)))
    }

    fn licence(&self, id: OrderId) -> Signed<Licence> {
        let (order, form) = (&self.orders[&id], self.books.sold[&id.into()]);
        let option = self.offers.keys().find(|o| self.manifest(o).digest() == order.package).unwrap().clone();
        let licence = Licence {
            id: id.into(),
            device: serial(),
            device_key: DEVICE_KEY,
            version: self.version,
            package: order.package,
            form,
            price: order.offers.find(form).unwrap().price,
            issued_at: START,
            starts_at: self.books.starts_at(id.into()),
            return_until: Some(START.plus_days(7)),
            uses_left: self.books.uses_left(id.into()),
            metering: self.books.metering(id.into()),
            content_key: ContentKey::from_bytes([7; 32]),
            option,
        };
        Signed::new(&licence, &self.licence_key)
    }
}

/// What survives a power cut on the device.
#[derive(Clone, Default)]
pub(super) struct Disk {
    pub(super) loaded: Loaded,
    pub(super) keys: BTreeSet<LicenceId>,
    pub(super) packages: BTreeSet<Digest>,
    pub(super) delivered: BTreeSet<JobId>,
    /// Files in the watched folders.
    pub(super) sent: Vec<SentFile>,
    /// Files in the spool.
    pub(super) spool: BTreeMap<JobId, SentFile>,
}

impl Disk {
    /// Of a device that has just enrolled.
    fn enrolled(vendor: &Vendor) -> Self {
        let mut disk = Self::default();
        disk.loaded.enrolment = Some(vendor.enrolment(b"ca"));
        disk.loaded.key_list = Some(vendor.signed_keys());
        // The enrolment's own transaction.
        let records_key = disk.loaded.records_key.clone();
        let enrolled = [Change::Enrolment(disk.loaded.enrolment.clone().unwrap())];
        disk.loaded.seal = Some(Seal::new(records_key).write(&enrolled, ClockRecord::default(), [0; 16]));
        disk
    }

    fn write(&mut self, changes: &[Change]) {
        let l = &mut self.loaded;
        for change in changes.iter().cloned() {
            match change {
                Change::Settings(settings) => l.settings = settings,
                Change::Enrolment(enrolment) => l.enrolment = Some(enrolment),
                Change::Keys(list) => l.key_list = Some(list),
                Change::Seal(seal) => l.seal = Some(*seal),
                Change::Catalogue(catalogue) => l.catalogue = Some(catalogue),
                Change::Order(order) => {
                    l.orders.retain(|o| o.id != order.id);
                    l.orders.push(*order);
                }
                Change::ForgetOrder(id) => l.orders.retain(|o| o.id != id),
                Change::Licence(licence) => {
                    l.licences.retain(|o| o.id != licence.id);
                    l.licences.push(*licence);
                }
                Change::ForgetLicence(id) => l.licences.retain(|o| o.id != id),
                Change::Job(job) => {
                    l.jobs.retain(|known| known.id != job.id);
                    l.jobs.push(*job);
                }
                Change::ForgetJob(id) => l.jobs.retain(|job| job.id != id),
                Change::JobResult(result) => l.job_results.push(result),
                Change::ForgetJobResult(id) => l.job_results.retain(|r| r.job != id),
            }
        }
    }
}

/// Both sides and what lies between them.
pub(super) struct World {
    pub(super) core: Core,
    pub(super) vendor: Vendor,
    pub(super) disk: Disk,
    pub(super) uptime_ms: u64,
    /// What the device's system clock says.
    pub(super) wall: Timestamp,
    /// What the vendor's clock says.
    pub(super) vendor_now: Timestamp,
    /// How often the store was compacted.
    pub(super) compacted: u32,
    random: u128,
    pub(super) asks: VecDeque<(Ask, DeviceRequest)>,
    pub(super) transfer: Option<TransferOrder>,
    /// Jobs whose work has begun, in that order.
    pub(super) jobs: VecDeque<JobRun>,
    /// Results whose files are on their way, if they take their time.
    pub(super) deliveries: Option<VecDeque<JobId>>,
    /// Files that were put aside.
    pub(super) aside: Vec<SentFile>,
    /// How often another certificate was asked for.
    pub(super) renewals: usize,
    /// The power fails when this many effects have been carried out.
    pub(super) power_for: Option<usize>,
    /// This many transactions from now, one fails.
    pub(super) write_fails_after: Option<usize>,
    /// The device has forgotten what it had.
    store_replaced: bool,
    /// What the device goes on with when it is switched on.
    pub(super) resume: Resume,
}

impl World {
    /// An enrolled device in front of a vendor with two options.
    pub(super) fn new() -> Self {
        let vendor = Vendor::new();
        let disk = Disk::enrolled(&vendor);
        let (core, _) = Core::start(Loaded::default(), Resume::Purchases, moment(START, 0, 0));
        let mut world = Self {
            core,
            vendor,
            disk,
            uptime_ms: 0,
            wall: START,
            vendor_now: START,
            compacted: 0,
            random: 1,
            asks: VecDeque::new(),
            transfer: None,
            jobs: VecDeque::new(),
            deliveries: None,
            aside: Vec::new(),
            renewals: 0,
            power_for: None,
            write_fails_after: None,
            store_replaced: false,
            resume: Resume::Purchases,
        };
        world.power_on();
        world.settle();
        world
    }

    /// The same, with an option that is charged by use.
    pub(super) fn with_metered() -> Self {
        let mut world = Self::new();
        world.vendor.offers.insert(option(METERED), offers(&[("metered", 30)]));
        world
    }

    fn moment(&mut self) -> Moment {
        self.random = self.random.wrapping_mul(0x9e37_79b9_7f4a_7c15_f39c_c060_5ced_c835).wrapping_add(1);
        moment(self.wall, self.uptime_ms, self.random)
    }

    /// Starts the device from its disk.
    pub(super) fn power_on(&mut self) {
        self.asks.clear();
        (self.transfer, self.uptime_ms) = (None, 0);
        self.jobs.clear();
        self.deliveries.iter_mut().for_each(VecDeque::clear);
        let mut loaded = self.disk.loaded.clone();
        loaded.orders.sort_by_key(|o| o.id);
        loaded.packages = self.disk.packages.iter().copied().collect();
        loaded.complete = loaded.packages.clone();
        loaded.keys = self.disk.keys.iter().copied().collect();
        let moment = self.moment();
        let (core, effects) = Core::start(loaded, self.resume, moment);
        self.core = core.clone();
        self.carry_out(effects, core, Cause::Start);
    }

    /// The device's disk is replaced, and staff give it a new activation code.
    pub(super) fn replace_store(&mut self) {
        self.disk = Disk::enrolled(&self.vendor);
        self.vendor.books.mark = None;
        self.store_replaced = true;
        self.power_on();
    }

    /// One step of the device; if the power fails in it, the device starts again.
    pub(super) fn input(&mut self, input: Input) {
        let (before, cause) = (self.core.clone(), Cause::from(&input));
        let moment = self.moment();
        let effects = self.core.handle(input, moment);
        self.carry_out(effects, before, cause);
    }

    pub(super) fn command(&mut self, command: Command) {
        self.input(Input::Command(command));
    }

    fn carry_out(&mut self, effects: Vec<Effect>, before: Core, cause: Cause) {
        let persists = effects.iter().filter(|e| matches!(e, Effect::Persist(_))).count();
        assert!(persists <= 1, "one transaction a step: {effects:?}");
        for effect in effects {
            match &mut self.power_for {
                Some(0) => {
                    self.power_for = None;
                    return self.power_on();
                }
                Some(left) => *left -= 1,
                None => {}
            }
            match effect {
                Effect::Persist(changes) => {
                    match &mut self.write_fails_after {
                        Some(0) => {
                            self.write_fails_after = None;
                            self.core = before;
                            return self.input(Input::PersistFailed(cause, StorageFault::DiskFull));
                        }
                        Some(left) => *left -= 1,
                        None => {}
                    }
                    self.disk.write(&changes);
                }
                Effect::KeepKey(licence, _) => {
                    self.disk.keys.insert(licence);
                }
                Effect::DestroyKey(licence) => {
                    self.disk.keys.remove(&licence);
                }
                Effect::DropPackage(package) => {
                    self.disk.packages.remove(&package);
                }
                Effect::Erase(licence, package) => {
                    self.disk.keys.remove(&licence);
                    if let Some(package) = package {
                        self.disk.packages.remove(&package);
                    }
                    self.input(Input::Erased(licence, Ok(())));
                }
                Effect::Ask(ask, request) => self.asks.push_back((ask, request)),
                Effect::Report(mut report, receipts) => {
                    report.receipts = receipts.iter().map(unsigned).collect();
                    self.asks.push_back((Ask::Report, DeviceRequest::Report(report)));
                }
                Effect::Compact => self.compacted += 1,
                Effect::StartTransfer(order) => self.transfer = Some(order),
                Effect::StopTransfer(_) => self.transfer = None,
                Effect::RunJob(job) => self.jobs.push_back(*job),
                Effect::StopJob(job) => self.jobs.retain(|run| run.job != job),
                Effect::Deliver(result) => {
                    self.disk.delivered.insert(result.job);
                    self.disk.spool.remove(&result.job);
                    match &mut self.deliveries {
                        Some(deliveries) => deliveries.push_back(result.job),
                        None => self.input(Input::Delivered(result.job, Ok(()))),
                    }
                }
                Effect::TakeIn(job, sent) => {
                    let lies = self.disk.sent.contains(&sent) || self.disk.spool.contains_key(&job);
                    self.disk.sent.retain(|other| *other != sent);
                    if lies {
                        self.disk.spool.insert(job, sent);
                    }
                    let outcome = if lies { Ok(()) } else { Err(JobFault::DocumentUnreadable) };
                    self.input(Input::TakenIn(job, outcome));
                }
                Effect::PutAside(job, _) => self.aside.extend(self.disk.spool.remove(&job)),
                Effect::SweepSpool(kept) => {
                    let gone: Vec<JobId> = self.disk.spool.keys().filter(|id| !kept.contains(id)).copied().collect();
                    self.aside.extend(gone.into_iter().filter_map(|id| self.disk.spool.remove(&id)));
                }
                Effect::Describe(option) => self.input(Input::Described(option.manifest.digest(), Ok(Vec::new()))),
                Effect::ListDocuments => self.input(Input::Documents(Vec::new())),
                Effect::Enrol(_) => {}
                Effect::Renew => self.renewals += 1,
            }
        }
    }

    /// The vendor hears the oldest question and its answer arrives.
    pub(super) fn answer_one(&mut self) {
        if let Some((ask, request)) = self.asks.pop_front() {
            let reply = Reply { now: self.vendor_now, outcome: self.vendor.answer(&request, self.vendor_now) };
            self.input(Input::Answer(ask, Ok(reply)));
        }
    }

    /// The vendor turns the oldest question down without looking at it.
    pub(super) fn refuse_one(&mut self, code: RefusalCode) {
        if let Some((ask, _)) = self.asks.pop_front() {
            let reply = Reply { now: self.vendor_now, outcome: Err(code.into()) };
            self.input(Input::Answer(ask, Ok(reply)));
        }
    }

    /// The oldest question, or its answer, is lost.
    pub(super) fn lose_one(&mut self, vendor_hears: bool) {
        if let Some((ask, request)) = self.asks.pop_front() {
            if vendor_hears {
                let _ = self.vendor.answer(&request, self.vendor_now);
            }
            self.input(Input::Answer(ask, Err(LinkFault::Lost)));
        }
    }

    /// The transfer that runs ends well on both sides.
    pub(super) fn finish_transfer(&mut self) {
        if let Some(order) = self.transfer.take() {
            let bytes = order.manifest.stored_bytes();
            self.disk.packages.insert(order.manifest.digest());
            self.input(Input::Transfer(order.order, TransferEvent::Durable { bytes }));
            if self.vendor.apply(order.order, OrderEvent::Sent(order.manifest.digest())).is_ok() {
                self.input(Input::Transfer(order.order, TransferEvent::Ended));
            }
        }
    }

    /// The job that was begun first is read, worked on and done.
    pub(super) fn finish_job(&mut self) {
        if let Some(run) = self.jobs.pop_front() {
            self.input(Input::JobRead(run.job, 1));
            self.input(Input::JobDone(run.job, Ok(made(&run))));
        }
    }

    /// Every job that can be done is done, and time passes.
    pub(super) fn finish_all_jobs(&mut self) {
        for _ in 0..200 {
            self.settle();
            if self.jobs.is_empty() {
                return;
            }
            self.finish_job();
        }
        panic!("jobs without end: {:?}", self.view().jobs);
    }

    /// A file comes to a watched folder.
    pub(super) fn send(&mut self, folder: Folder, name: &str) {
        self.disk.sent.push(SentFile { folder, name: name.to_owned() });
        self.input(Input::Arrived(folder, name.to_owned()));
    }

    /// Lets the network and time work until nothing moves.
    pub(super) fn settle(&mut self) {
        for _ in 0..200 {
            if !self.asks.is_empty() {
                self.answer_one();
            } else if self.transfer.is_some() {
                self.finish_transfer();
            } else if let Some(due_ms) = self.core.poll_timeout().filter(|ms| *ms < self.uptime_ms + 120_000) {
                self.pass_ms(due_ms.saturating_sub(self.uptime_ms).max(1));
            } else {
                return;
            }
        }
        panic!("the device never comes to rest: {:?}", self.screen());
    }

    pub(super) fn pass_ms(&mut self, ms: u64) {
        self.uptime_ms += ms;
        self.wall = self.wall.plus_ms(ms);
        self.vendor_now = self.vendor_now.plus_ms(ms);
        self.input(Input::Tick);
    }

    pub(super) fn view(&self) -> View {
        self.core.view()
    }

    pub(super) fn screen(&self) -> Screen {
        self.view().screen
    }

    /// From the store to the Choose screen or, with one offer, to the end.
    pub(super) fn order(&mut self, id: &str) {
        self.command(Command::OpenOffer(option(id)));
        self.settle();
        self.command(Command::Confirm);
        self.settle();
    }

    pub(super) fn buy(&mut self, id: &str, f: &str) {
        self.order(id);
        self.command(Command::Choose(form(f)));
        self.settle();
    }

    /// From now on this is for sale, too.
    pub(super) fn sell(&mut self, id: &str, offers: &[(&str, u64)]) {
        let offer = |(f, price): &(&str, u64)| Offer { form: form(f), price: Yen::new(*price).unwrap(), trial: false };
        self.vendor.offers.insert(option(id), OfferList::new(offers.iter().map(offer).collect()).unwrap());
        self.vendor.catalogue_version += 1;
        self.command(Command::Refresh);
        self.settle();
    }

    /// What is left of all living licences by count of an option.
    pub(super) fn uses_left(&self, id: &str) -> Option<u32> {
        let licences = self.disk.loaded.licences.iter();
        let living = licences.filter(|l| l.option.id == option(id) && l.state == LicenceState::Active);
        living.filter_map(|l| l.uses_left).reduce(|a, b| a + b)
    }

    /// What must hold whenever the power is on.
    pub(super) fn check(&self) {
        let mut paid: Vec<OrderId> = self.vendor.charges.iter().map(|(id, _)| *id).collect();
        paid.dedup();
        assert_eq!(paid.len(), self.vendor.charges.len(), "charged twice");
        assert!(!self.vendor.books.flagged, "an honest device was taken for a copy");
        for licence in &self.disk.loaded.licences {
            let order = OrderId::from(licence.id);
            assert!(paid.contains(&order), "a licence that nobody paid for");
            let charged = self.vendor.books.used(licence.id);
            assert!(licence.metering.is_none_or(|m| m.used >= charged), "charged for a use that is not durable");
            let package = licence.manifest.digest();
            match licence.state {
                LicenceState::Active => {
                    assert!(self.disk.keys.contains(&licence.id), "a living licence without a key");
                    let locked = || {
                        let installed = self.view().installed;
                        let row = installed.iter().find(|row| row.licence == licence.id);
                        row.is_none_or(|row| matches!(row.left, LicenceNote::Locked(_)))
                    };
                    assert!(self.disk.packages.contains(&package) || locked(), "usable without its package");
                }
                LicenceState::Ending(..) => {}
                LicenceState::Ended(..) => assert!(!self.disk.keys.contains(&licence.id), "a key outlived its licence"),
            }
        }
        for order in &paid {
            let known = self.disk.loaded.orders.iter().any(|o| o.id == *order);
            assert!(known || self.store_replaced, "charged for an order that the device has forgotten");
        }
    }

    /// What must hold when nothing is under way any more.
    pub(super) fn check_at_rest(&self) {
        self.check();
        let licences = &self.disk.loaded.licences;
        for (order, _) in &self.vendor.charges {
            let there = licences.iter().any(|l| l.id == LicenceId::from(*order));
            let over = || self.store_replaced && !self.vendor.books.is_living(LicenceId::from(*order));
            assert!(there || over(), "charged without a licence");
        }
        for licence in licences {
            let charged = self.vendor.books.used(licence.id);
            assert!(licence.metering.is_none_or(|m| m.used == charged), "uses that are not charged, or charged twice");
        }
        let living: BTreeSet<Digest> =
            licences.iter().filter(|l| l.state == LicenceState::Active).map(|l| l.manifest.digest()).collect();
        assert_eq!(self.disk.packages, living, "packages without a living licence, or the other way round");
        assert!(!licences.iter().any(|l| matches!(l.state, LicenceState::Ending(..))), "erasing was not completed");
    }
}

/// What a job makes in these tests.
pub(super) fn made(run: &JobRun) -> JobOutput {
    let stem = run.document.rsplit_once('.').map_or(run.document.as_str(), |(stem, _)| stem).to_owned();
    JobOutput { files: vec![MadeFile { stem, extension: "pdf".to_owned(), bytes: "result".into() }] }
}

/// A job on `letter.png`.
pub(super) fn order(kind: JobKind, with: &[&str]) -> JobOrder {
    let task = with.iter().fold(JobTask::plain(kind), |task, id| task.with(option(id)));
    JobOrder { task, source: JobSource::Glass(vec!["letter.png".to_owned()]) }
}

fn moment(wall: Timestamp, uptime_ms: u64, random: u128) -> Moment {
    Moment { wall, uptime_ms, random: random.to_le_bytes() }
}
