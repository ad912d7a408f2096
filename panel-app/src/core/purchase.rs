//! A purchase, from OK on the Offer screen to the licence.
//!
//! The order's stage is durable before the request that belongs to it is sent, so a restart asks for the same step again
//! and gets the same answer.

mod transfer;

use protocol::message::device::{AbandonReason, DeviceReply, DeviceRequest};
use protocol::refusal::Retry;
use protocol::time::MINUTE_MS;
use protocol::{
    ContractPin, ContractUserId, FailureCode, LicenceId, OrderId, Refusal, RefusalCode, Timestamp, UsageForm,
};
use uuid::Uuid;

use super::Core;
use super::effect::{Ask, Effect, LinkFault, Moment, OrderStep, StorageFault};
use super::meter::Meter;
use super::outcome::Outcome;
use super::present::Page;
use super::record::{Abandoned, Change, JobId, OrderRecord, Stage};
use super::view::{Failure, FailureAdvice, OptionSummary};

/// Waits before the attempts after the first.
const RETRY_AFTER_MS: [u64; 4] = [500, 1_500, 4_000, 8_000];
/// In the background nobody waits, and nobody gives up.
const BACKGROUND_RETRY_MS: u64 = 30_000;
/// Finished orders that are kept to be looked at.
const FINISHED_ORDERS_MAX: usize = 200;
/// Orders that were given up and that the vendor is still to be told of. One more, and the oldest runs out there by
/// itself, uncharged.
const ABANDONING_MAX: usize = 50;

/// The purchase on the screen.
#[derive(Debug, Clone)]
pub(super) struct Purchase {
    pub(super) order: OrderId,
    /// The job that opened the Offer screen.
    pub(super) wanted_by: Option<JobId>,
    /// The form that a script asked for.
    pub(super) preselected: Option<UsageForm>,
    pub(super) wait: Wait,
    pub(super) done_bytes: u64,
    pub(super) meter: Meter,
    /// What was typed, for as long as the vendor may have to be asked again.
    pin: Option<ContractPin>,
    failed_attempts: usize,
}

/// Who pays, as it was typed.
#[derive(Debug, Clone)]
pub(super) struct Payer {
    pub(super) id: ContractUserId,
    pub(super) pin: Option<ContractPin>,
}

/// What the purchase on the screen waits for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Wait {
    /// An answer of the customer service.
    Vendor,
    /// Chunks.
    Transfer,
    /// The user.
    User,
    /// The next attempt, at this uptime in milliseconds.
    Retry { at_ms: u64, failure: Failure },
    /// The user, because it does not go on by itself.
    Stopped { failure: Failure, advice: FailureAdvice },
}

/// An order that goes on without the user.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Background {
    at_ms: Option<u64>,
}

impl Purchase {
    pub(super) fn new(order: OrderId, wanted_by: Option<JobId>, preselected: Option<UsageForm>) -> Self {
        let (wait, meter) = (Wait::Vendor, Meter::default());
        Self { order, wanted_by, preselected, wait, done_bytes: 0, meter, pin: None, failed_attempts: 0 }
    }
}

impl Core {
    /// Starts a new order for `option` and asks the vendor.
    pub(super) fn start_order(
        &mut self,
        option: OptionSummary,
        payer: Option<Payer>,
        purchase: impl FnOnce(OrderId) -> Purchase,
        moment: Moment,
        out: &mut Outcome,
    ) {
        let Some(shown_offers) = self.shop.offers(&option.id).filter(|_| self.purchase.is_none()) else { return };
        let Some(vendor) = self.vendor() else { return };
        let (contract, pin) = payer.map_or((None, None), |payer| (Some(payer.id), payer.pin));
        let with_pin = pin.is_some();
        let mut random = [0; 10];
        random.copy_from_slice(&moment.random[..10]);
        let created_at = self.clock.now();
        let id = OrderId(uuid::Builder::from_unix_timestamp_millis(created_at.as_ms(), &random).into_uuid());
        let stage = Stage::Requested;
        let authorised = None;
        let order = OrderRecord { id, option, shown_offers, vendor, contract, with_pin, created_at, stage, authorised };
        out.change(Change::Order(order.clone().into()));
        self.orders.insert(id, order);
        self.forget_old_orders(out);
        self.purchase = Some(Purchase { pin, ..purchase(id) });
        self.page = Page::Purchase;
        self.ask_order(id, out);
    }

    /// Goes on with the purchase on the screen from where its stage says.
    pub(super) fn go_on(&mut self, out: &mut Outcome) {
        let Some(order) = self.purchase.as_ref().map(|p| p.order) else { return };
        match self.orders.get(&order).map(|o| o.stage) {
            Some(Stage::Downloading) => self.start_transfer(order, out),
            Some(Stage::Choosing) => self.set_wait(Wait::User),
            Some(_) => self.ask_order(order, out),
            None => self.purchase = None,
        }
    }

    pub(super) fn ask_order(&mut self, id: OrderId, out: &mut Outcome) {
        let Some((step, request)) = self.request_for(id) else { return };
        if self.is_on_screen(id) {
            self.set_wait(Wait::Vendor);
        }
        if self.asked.insert(id) {
            out.then(Effect::Ask(Ask::Order(id, step), request));
        }
    }

    pub(super) fn order_answered(
        &mut self,
        id: OrderId,
        step: OrderStep,
        answer: Result<Result<DeviceReply, Refusal>, LinkFault>,
        out: &mut Outcome,
    ) {
        self.asked.remove(&id);
        if self.request_for(id).map(|(step, _)| step) != Some(step) {
            // The stage has moved on while the vendor was being asked: the answer is to an old question.
            self.ask_order(id, out);
            return;
        }
        match answer {
            Err(LinkFault::Lost) => self.try_again(id, Failure::Fault(FailureCode::LinkLost)),
            Err(LinkFault::Distrust) => self.stop(id, Failure::Distrust, FailureAdvice::Continue),
            Err(LinkFault::Garbled) => self.stop(id, Failure::NotGenuine, FailureAdvice::Continue),
            Err(LinkFault::Expired) => self.stop(id, Failure::CertificateExpired, FailureAdvice::Continue),
            Ok(Err(refusal)) if step == OrderStep::Abandon && refusal.code.retry() != Retry::Later => {
                self.abandoned(id, out);
            }
            Ok(Err(refusal)) => self.refused(id, &refusal, out),
            Ok(Ok(reply)) => self.granted(id, step, reply, out),
        }
    }

    fn granted(&mut self, id: OrderId, step: OrderStep, reply: DeviceReply, out: &mut Outcome) {
        match (step, reply) {
            (OrderStep::Authorise, DeviceReply::Authorised(authorised)) => self.authorised(id, &authorised, out),
            (OrderStep::Authorise, DeviceReply::Status(_)) if self.lacks_pin(id) => self.vendor_knows(id, out),
            (OrderStep::Confirm, DeviceReply::Delivered) => self.delivery_confirmed(id, out),
            (OrderStep::Choose, DeviceReply::Licensed(licence)) => self.licensed(id, &licence, out),
            (OrderStep::Abandon, DeviceReply::Abandoned) => self.abandoned(id, out),
            _ => self.stop(id, Failure::NotGenuine, FailureAdvice::Continue),
        }
    }

    fn delivery_confirmed(&mut self, id: OrderId, out: &mut Outcome) {
        let preselected = self.on_screen(id).and_then(|purchase| {
            purchase.failed_attempts = 0;
            purchase.preselected
        });
        let Some(order) = self.orders.get(&id) else { return };
        let Some(offers) = order.authorised.as_ref().map(|a| &a.offers) else { return };
        // Whoever said OK to one price has chosen it; a price that has changed since has to be seen first.
        let only = offers.only().filter(|offer| order.shown_offers.only() == Some(*offer));
        let preselected = preselected.filter(|form| offers.find(*form) == order.shown_offers.find(*form));
        match preselected.or(only.map(|offer| offer.form)) {
            Some(form) => self.set_stage(id, Stage::Buying(form), out),
            None => self.set_stage(id, Stage::Choosing, out),
        }
        if self.is_on_screen(id) {
            self.go_on(out);
        }
    }

    /// The vendor has turned the present step down.
    fn refused(&mut self, id: OrderId, refusal: &Refusal, out: &mut Outcome) {
        let code = refusal.code;
        let stage = self.orders.get(&id).map(|o| o.stage);
        match (stage, code) {
            // The distribution service's report was lost: exchange the end of the transfer again.
            (Some(Stage::Confirming), RefusalCode::NotDelivered) => {
                self.set_stage(id, Stage::Downloading, out);
                self.try_again(id, Failure::Refused(code));
            }
            (Some(Stage::Buying(_)), RefusalCode::NotDelivered) => {
                self.set_stage(id, Stage::Confirming, out);
                self.try_again(id, Failure::Refused(code));
            }
            (Some(Stage::Buying(_)), code)
                if code == RefusalCode::OfferNotAvailable
                    || (code == RefusalCode::TrialUsed && self.forget_trial(id)) =>
            {
                if let Some(purchase) = self.on_screen(id) {
                    purchase.preselected = None;
                }
                self.set_stage(id, Stage::Choosing, out);
                self.set_wait(Wait::User);
            }
            (Some(Stage::Requested), RefusalCode::TooManyAttempts) => {
                self.set_stage(id, Stage::Refused(code), out);
                let wait_ms = refusal.wait_ms().unwrap_or(MINUTE_MS);
                self.ask_for_contract(id, Some(code), Some(self.clock.now().plus_ms(wait_ms)));
            }
            // The vendor has never heard of it, and the PIN is gone with the power.
            (Some(Stage::Requested), RefusalCode::UnknownOrder) if self.lacks_pin(id) => {
                self.set_stage(id, Stage::Refused(RefusalCode::ContractRequired), out);
                self.ask_for_contract(id, None, None);
            }
            (_, code) if code.retry() == Retry::Later => self.try_again(id, Failure::Refused(code)),
            // Only a closed order and a trial that is refused are certainly not charged, and only a licence that has
            // ended is certainly of no use. Anything else may hide a licence that is paid for.
            (Some(Stage::Buying(_)), code)
                if !matches!(code, RefusalCode::OrderClosed | RefusalCode::LicenceEnded | RefusalCode::TrialUsed) =>
            {
                self.stop(id, Failure::Refused(code), FailureAdvice::Continue);
            }
            (Some(Stage::Requested), RefusalCode::ContractRequired | RefusalCode::ContractRefused) => {
                self.set_stage(id, Stage::Refused(code), out);
                let was_typed = self.orders.get(&id).is_some_and(|order| order.contract.is_some());
                self.ask_for_contract(id, Some(code).filter(|_| was_typed), None);
            }
            _ => self.refused_for_good(id, code, out),
        }
    }

    fn ask_for_contract(&mut self, id: OrderId, refused: Option<RefusalCode>, blocked_until: Option<Timestamp>) {
        let Some(purchase) = self.purchase.take_if(|p| p.order == id) else { return };
        let Some(order) = self.orders.get(&id) else { return };
        let (option, wanted_by, preselected) = (order.option.clone(), purchase.wanted_by, purchase.preselected);
        self.page = Page::ContractId { option, wanted_by, preselected, refused, blocked_until };
    }

    /// Whether the order was begun with a PIN that the power has taken away.
    fn lacks_pin(&self, id: OrderId) -> bool {
        let has_pin = self.purchase.as_ref().is_some_and(|p| p.order == id && p.pin.is_some());
        !has_pin && self.orders.get(&id).is_some_and(|order| order.with_pin)
    }

    /// The vendor has the order on file, so it needs no PIN to be answered.
    fn vendor_knows(&mut self, id: OrderId, out: &mut Outcome) {
        if let Some(order) = self.orders.get_mut(&id) {
            order.with_pin = false;
            out.change(Change::Order(order.clone().into()));
        }
        self.ask_order(id, out);
    }

    fn refused_for_good(&mut self, id: OrderId, code: RefusalCode, out: &mut Outcome) {
        let package = self.package_of(id);
        self.set_stage(id, Stage::Refused(code), out);
        if let Some(package) = package {
            self.drop_package_if_unused(package, out);
        }
        self.background.remove(&id);
        let advice = match code.retry() {
            Retry::Never => FailureAdvice::GiveUp,
            Retry::Later | Retry::Corrected => FailureAdvice::StartAgain,
        };
        self.stop(id, Failure::Refused(code), advice);
    }

    pub(super) fn choose(&mut self, form: UsageForm, out: &mut Outcome) {
        let Some(id) = self.purchase.as_ref().filter(|p| p.wait == Wait::User).map(|p| p.order) else { return };
        let Some(order) = self.orders.get(&id).filter(|o| o.stage == Stage::Choosing) else { return };
        if order.authorised.as_ref().is_some_and(|a| a.offers.find(form).is_some()) {
            self.set_stage(id, Stage::Buying(form), out);
            self.ask_order(id, out);
        }
    }

    /// Cancel on one of the purchase's screens. Once the choice is on its way there is nothing to cancel.
    pub(super) fn cancel_purchase(&mut self, out: &mut Outcome) {
        let Some(id) = self.purchase.as_ref().map(|p| p.order) else { return };
        if matches!(self.orders.get(&id).map(|o| o.stage), Some(Stage::Buying(_))) {
            return;
        }
        self.abandon(id, Abandoned::Cancelled, out);
        self.leave_purchase();
    }

    /// Gives an order up. Durable first, then the package goes, then the vendor is told until it has heard.
    pub(super) fn abandon(&mut self, id: OrderId, why: Abandoned, out: &mut Outcome) {
        if self.orders.get(&id).is_none_or(|o| o.stage.is_final()) {
            return;
        }
        if self.transferring == Some(id) {
            self.transferring = None;
            out.then(Effect::StopTransfer(id));
        }
        self.set_stage(id, Stage::Abandoning(why), out);
        if let Some(package) = self.package_of(id) {
            self.drop_package_if_unused(package, out);
        }
        self.background.insert(id, Background::default());
        self.ask_order(id, out);
        self.stop_telling(out);
    }

    fn stop_telling(&mut self, out: &mut Outcome) {
        let abandoning = self.orders.values().filter_map(|order| match order.stage {
            Stage::Abandoning(why) => Some((order.id, why)),
            _ => None,
        });
        let abandoning: Vec<(OrderId, Abandoned)> = abandoning.collect();
        for (id, why) in abandoning.iter().take(abandoning.len().saturating_sub(ABANDONING_MAX)) {
            self.background.remove(id);
            self.set_stage(*id, Stage::Abandoned(*why), out);
        }
    }

    fn abandoned(&mut self, id: OrderId, out: &mut Outcome) {
        self.background.remove(&id);
        if let Some(Stage::Abandoning(why)) = self.orders.get(&id).map(|o| o.stage) {
            self.set_stage(id, Stage::Abandoned(why), out);
        }
    }

    /// What the vendor has to be asked about this order; nothing if it is another vendor's.
    fn request_for(&self, id: OrderId) -> Option<(OrderStep, DeviceRequest)> {
        let order = self.orders.get(&id).filter(|order| self.vendor() == Some(order.vendor))?;
        let pin = self.purchase.as_ref().filter(|p| p.order == id).and_then(|p| p.pin.as_ref());
        request_for(order, pin, || self.last_period(&order.option.id))
    }

    /// The trial is no longer offered; whether there is anything else to choose.
    fn forget_trial(&mut self, id: OrderId) -> bool {
        let authorised = self.orders.get_mut(&id).and_then(|order| order.authorised.as_mut());
        let rest = authorised.as_ref().and_then(|authorised| authorised.offers.without_trial());
        if let (Some(authorised), Some(rest)) = (authorised, &rest) {
            authorised.offers = rest.clone();
        }
        rest.is_some()
    }

    /// Retry on the Failed screen.
    pub(super) fn retry_purchase(&mut self, moment: Moment, out: &mut Outcome) {
        let Some(purchase) = &mut self.purchase else { return };
        let Wait::Stopped { advice, .. } = purchase.wait else { return };
        purchase.failed_attempts = 0;
        match advice {
            FailureAdvice::Continue => self.go_on(out),
            FailureAdvice::StartAgain => {
                let Some(purchase) = self.purchase.take() else { return };
                let Some(order) = self.orders.get(&purchase.order) else { return };
                let (option, pin) = (order.option.clone(), purchase.pin);
                let payer = order.contract.clone().map(|id| Payer { id, pin });
                let again = |id| Purchase::new(id, purchase.wanted_by, purchase.preselected);
                self.start_order(option, payer, again, moment, out);
            }
            FailureAdvice::GiveUp => {}
        }
    }

    /// Close on the Failed screen.
    pub(super) fn dismiss_purchase(&mut self, out: &mut Outcome) {
        let Some(purchase) = &self.purchase else { return };
        let Wait::Stopped { failure, .. } = purchase.wait else { return };
        let id = purchase.order;
        match self.orders.get(&id).map(|o| o.stage) {
            // It may be paid for already: the licence is fetched as soon as the vendor can be reached.
            Some(Stage::Buying(_)) => {
                self.background.insert(id, Background { at_ms: Some(self.clock.uptime_ms() + BACKGROUND_RETRY_MS) });
            }
            _ => self.abandon(id, Abandoned::Failed(failure_code(failure)), out),
        }
        self.leave_purchase();
    }

    pub(super) fn leave_purchase(&mut self) {
        self.purchase = None;
        self.page = if self.shop.is_known() { Page::Store } else { Page::Home };
    }

    /// What goes on without the user is tried again after a while.
    pub(super) fn put_background_off(&mut self) {
        let uptime_ms = self.clock.uptime_ms();
        for background in self.background.values_mut() {
            if background.at_ms.is_some_and(|at_ms| at_ms <= uptime_ms) {
                background.at_ms = Some(uptime_ms + BACKGROUND_RETRY_MS);
            }
        }
    }

    /// Tries again after a while, or stops if that was often enough.
    fn try_again(&mut self, id: OrderId, failure: Failure) {
        let uptime_ms = self.clock.uptime_ms();
        if let Some(background) = self.background.get_mut(&id) {
            background.at_ms = Some(uptime_ms + BACKGROUND_RETRY_MS);
        }
        let Some(purchase) = self.on_screen(id) else { return };
        purchase.wait = match RETRY_AFTER_MS.get(purchase.failed_attempts) {
            Some(after_ms) => Wait::Retry { at_ms: uptime_ms + after_ms, failure },
            None => Wait::Stopped { failure, advice: FailureAdvice::Continue },
        };
        purchase.failed_attempts += 1;
    }

    /// Does not go on by itself.
    pub(super) fn stop(&mut self, id: OrderId, failure: Failure, advice: FailureAdvice) {
        if let Some(background) = self.background.get_mut(&id) {
            background.at_ms = Some(self.clock.uptime_ms() + BACKGROUND_RETRY_MS);
        }
        if let Some(purchase) = self.on_screen(id) {
            purchase.wait = Wait::Stopped { failure, advice };
        }
    }

    pub(super) fn next_retry_ms(&self) -> Option<u64> {
        let purchase = self.purchase.as_ref().and_then(|p| match p.wait {
            Wait::Retry { at_ms, .. } => Some(at_ms),
            _ => None,
        });
        let background = self.background.iter().filter(|(id, _)| !self.asked.contains(id));
        let licences = [self.erase_again_ms, self.next_hunt_ms(), self.next_restore_ms()].into_iter().flatten();
        background.filter_map(|(_, b)| b.at_ms).chain(purchase).chain(licences).min()
    }

    pub(super) fn retry_what_is_due(&mut self, out: &mut Outcome) {
        let uptime_ms = self.clock.uptime_ms();
        let due = |at_ms: &u64| *at_ms <= uptime_ms;
        if matches!(&self.purchase, Some(Purchase { wait: Wait::Retry { at_ms, .. }, .. }) if due(at_ms)) {
            self.go_on(out);
        }
        let orders: Vec<OrderId> =
            self.background.iter().filter(|(_, b)| b.at_ms.as_ref().is_some_and(due)).map(|(id, _)| *id).collect();
        for id in orders {
            if let Some(background) = self.background.get_mut(&id) {
                background.at_ms = None;
            }
            self.ask_order(id, out);
        }
        self.hunt_what_is_due(out);
        self.restore_what_is_due(out);
    }

    /// Orders that go on without a screen after a restart.
    pub(super) fn resume_in_background(&mut self, id: OrderId, out: &mut Outcome) {
        self.background.insert(id, Background::default());
        self.ask_order(id, out);
    }

    pub(super) fn set_stage(&mut self, id: OrderId, stage: Stage, out: &mut Outcome) {
        if let Some(order) = self.orders.get_mut(&id)
            && order.stage != stage
        {
            order.stage = stage;
            // The list of chunks is large, and nobody asks a finished order for it.
            order.authorised = order.authorised.take().filter(|_| !stage.is_final());
            out.change(Change::Order(order.clone().into()));
        }
    }

    pub(super) fn set_wait(&mut self, wait: Wait) {
        if let Some(purchase) = &mut self.purchase {
            purchase.wait = wait;
        }
    }

    pub(super) fn on_screen(&mut self, id: OrderId) -> Option<&mut Purchase> {
        self.purchase.as_mut().filter(|p| p.order == id)
    }

    fn is_on_screen(&self, id: OrderId) -> bool {
        self.purchase.as_ref().is_some_and(|p| p.order == id)
    }

    pub(super) fn package_of(&self, id: OrderId) -> Option<protocol::Digest> {
        self.orders.get(&id).and_then(|o| o.authorised.as_ref()).map(|a| a.manifest.digest())
    }

    fn forget_old_orders(&mut self, out: &mut Outcome) {
        let finished: Vec<OrderId> = self.orders.values().filter(|o| o.stage.is_final()).map(|o| o.id).collect();
        for id in finished.iter().take(finished.len().saturating_sub(FINISHED_ORDERS_MAX)) {
            self.orders.remove(id);
            out.change(Change::ForgetOrder(*id));
        }
    }
}

/// What the vendor has to be asked at this stage. An order whose PIN is gone is asked after before it is sent again.
fn request_for(
    order: &OrderRecord,
    pin: Option<&ContractPin>,
    last_period: impl FnOnce() -> Option<LicenceId>,
) -> Option<(OrderStep, DeviceRequest)> {
    let id = order.id;
    match order.stage {
        Stage::Requested if order.with_pin && pin.is_none() => {
            Some((OrderStep::Authorise, DeviceRequest::Status { order: id }))
        }
        Stage::Requested => {
            let (option, contract, pin) = (order.option.id.clone(), order.contract.clone(), pin.cloned());
            Some((OrderStep::Authorise, DeviceRequest::Order { order: id, option, contract, pin }))
        }
        Stage::Confirming => {
            let package = order.authorised.as_ref()?.manifest.digest();
            Some((OrderStep::Confirm, DeviceRequest::Received { order: id, package }))
        }
        Stage::Buying(form) => {
            let follows = if matches!(form, UsageForm::Days(_)) { last_period() } else { None };
            Some((OrderStep::Choose, DeviceRequest::Choose { order: id, form, follows }))
        }
        Stage::Abandoning(why) => {
            let reason = match why {
                Abandoned::Cancelled => AbandonReason::Cancelled,
                Abandoned::Failed(code) => AbandonReason::Failed(code),
            };
            Some((OrderStep::Abandon, DeviceRequest::Abandon { order: id, reason }))
        }
        Stage::Downloading | Stage::Choosing | Stage::Done(..) | Stage::Refused(_) | Stage::Abandoned(_) => None,
    }
}

/// What a failing store looks like to the user.
pub(super) fn storage_failure(fault: StorageFault) -> Failure {
    Failure::Fault(fault.into())
}

/// What the vendor is told about a failure.
fn failure_code(failure: Failure) -> FailureCode {
    match failure {
        Failure::Fault(code) => code,
        Failure::NotGenuine | Failure::Outdated => FailureCode::WrongContent,
        Failure::Refused(_)
        | Failure::Distrust
        | Failure::NotEnrolled
        | Failure::CertificateExpired
        | Failure::Job(_) => FailureCode::LinkLost,
    }
}

/// A job's id from the same random bits as an order's; ids of different kinds never meet.
pub(super) fn job_uuid(moment: Moment) -> Uuid {
    uuid::Builder::from_random_bytes(moment.random).into_uuid()
}
