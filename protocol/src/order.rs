//! The life of an order, as one pure state machine: the vendor runs it, devices and consoles show it.
//!
//! ```text
//!             ┌────────────── send fails: the attempt is undone ─────────────┐
//!             ▼                                                              │
//! request ─▶ Authorised ──sent──▶ Sent ──────received──▶ Delivered ──choose──▶ Licensed
//!   │           └──received──▶ Received ──sent──────────────▲   │
//!   ▼           └──────────── abandon / expire, at any of them ─┴─▶ Cancelled | Failed | Expired
//! Refused
//! ```
//!
//! A charge is born with the licence, on the way from `Delivered` to `Licensed`, and nowhere else.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::time::DAY_MS;
use crate::{Digest, Offer, OfferList, RefusalCode, UsageForm};

/// How long an order that nobody finishes stays open.
pub const ORDER_LIFE_MS: u64 = 30 * DAY_MS;

/// Where an order stands. Append-only: the position is the wire format.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum OrderState {
    /// A legitimate purchase by a legitimate customer; the transfer may run.
    Authorised,
    /// The distribution service has sent everything; the device has not confirmed.
    Sent,
    /// The device has everything; the distribution service has not reported.
    Received,
    /// Both ends agree. A usage form can be chosen.
    Delivered,
    /// Licence and charge exist. Final.
    Licensed,
    /// Turned down. Final.
    Refused(RefusalCode),
    /// Given up by the device after a fault. Final.
    Failed(FailureCode),
    /// Given up by the user. Final.
    Cancelled,
    /// Never finished. Final.
    Expired,
}

impl OrderState {
    /// Whether anything can still happen to the order.
    pub const fn is_open(self) -> bool {
        matches!(self, Self::Authorised | Self::Sent | Self::Received | Self::Delivered)
    }

    /// The stable name for scripts, without the reason.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Authorised => "authorised",
            Self::Sent => "sent",
            Self::Received => "received",
            Self::Delivered => "delivered",
            Self::Licensed => "licensed",
            Self::Refused(_) => "refused",
            Self::Failed(_) => "failed",
            Self::Cancelled => "cancelled",
            Self::Expired => "expired",
        }
    }
}

/// What went wrong with a delivery. Append-only: the position is the wire format.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum FailureCode {
    /// The connection broke or could not be made.
    LinkLost,
    /// Nothing arrived for too long.
    Timeout,
    /// A chunk's hash was not the manifest's.
    WrongContent,
    /// The device's disk is full.
    DiskFull,
    /// The device's store failed.
    Storage,
}

impl FailureCode {
    /// Every code, in wire order.
    pub const ALL: &'static [Self] =
        &[Self::LinkLost, Self::Timeout, Self::WrongContent, Self::DiskFull, Self::Storage];

    /// The stable code for scripts and support.
    pub const fn code(self) -> &'static str {
        match self {
            Self::LinkLost => "link-lost",
            Self::Timeout => "timeout",
            Self::WrongContent => "wrong-content",
            Self::DiskFull => "disk-full",
            Self::Storage => "storage",
        }
    }
}

impl fmt::Display for FailureCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.code())
    }
}

/// What can happen to an authorised order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OrderEvent {
    /// The distribution service has sent every chunk and the device acknowledged the end of the transfer.
    Sent(Digest),
    /// A transfer broke off; the order can be continued.
    SendFailed,
    /// The device has stored and verified every chunk.
    Received(Digest),
    /// The user chose how to buy.
    Choose(UsageForm),
    /// The user gave up.
    Cancel,
    /// The device gave up.
    Fail(FailureCode),
    /// [`ORDER_LIFE_MS`] have passed.
    Expire,
}

/// What an event does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Transition {
    /// A repetition: give the same answer again.
    Unchanged,
    /// Write the new state.
    To(OrderState),
    /// Write `Licensed`, the licence and the charge for this offer, in one transaction.
    License(Offer),
}

/// An order as far as its life is concerned.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Order {
    /// Where it stands.
    pub state: OrderState,
    /// The package that was authorised.
    pub package: Digest,
    /// The offers as they were when the order was authorised; later changes of price do not touch it.
    pub offers: OfferList,
    /// The form that was chosen; set if and only if the state is `Licensed`.
    pub chosen: Option<UsageForm>,
}

impl Order {
    /// A newly authorised order.
    pub fn authorised(package: Digest, offers: OfferList) -> Self {
        Self { state: OrderState::Authorised, package, offers, chosen: None }
    }

    /// What `event` does to this order, or why it is refused. Refused events change nothing.
    pub fn decide(&self, event: OrderEvent) -> Result<Transition, RefusalCode> {
        use OrderState::{Authorised, Cancelled, Delivered, Expired, Failed, Licensed, Received, Refused, Sent};
        if let OrderEvent::Sent(digest) | OrderEvent::Received(digest) = event
            && digest != self.package
        {
            return Err(RefusalCode::DigestMismatch);
        }
        match (self.state, event) {
            (Authorised, OrderEvent::Sent(_)) => Ok(Transition::To(Sent)),
            (Authorised, OrderEvent::Received(_)) => Ok(Transition::To(Received)),
            (Received, OrderEvent::Sent(_)) | (Sent, OrderEvent::Received(_)) => Ok(Transition::To(Delivered)),
            (Sent, OrderEvent::Sent(_)) | (Received, OrderEvent::Received(_)) => Ok(Transition::Unchanged),
            (Delivered | Licensed, OrderEvent::Sent(_) | OrderEvent::Received(_)) => Ok(Transition::Unchanged),

            // What the distribution service claims to have sent is undone; what the device has confirmed is not.
            (Sent, OrderEvent::SendFailed) => Ok(Transition::To(Authorised)),
            (_, OrderEvent::SendFailed) => Ok(Transition::Unchanged),

            (Delivered, OrderEvent::Choose(form)) => match self.offers.find(form) {
                Some(offer) => Ok(Transition::License(offer)),
                None => Err(RefusalCode::OfferNotAvailable),
            },
            (Licensed, OrderEvent::Choose(form)) if self.chosen == Some(form) => Ok(Transition::Unchanged),
            (Licensed, OrderEvent::Choose(_)) => Err(RefusalCode::AlreadyChosen),
            (Authorised | Sent | Received, OrderEvent::Choose(_)) => Err(RefusalCode::NotDelivered),

            (Licensed, OrderEvent::Cancel | OrderEvent::Fail(_)) => Err(RefusalCode::AlreadyLicensed),
            (state, OrderEvent::Cancel) if state.is_open() => Ok(Transition::To(Cancelled)),
            (state, OrderEvent::Fail(code)) if state.is_open() => Ok(Transition::To(Failed(code))),
            // However it was closed: nothing was charged, and that is what giving up asks for.
            (_, OrderEvent::Cancel | OrderEvent::Fail(_)) => Ok(Transition::Unchanged),

            (state, OrderEvent::Expire) if state.is_open() => Ok(Transition::To(Expired)),
            (_, OrderEvent::Expire) => Ok(Transition::Unchanged),

            (Refused(code), _) => Err(code),
            (Failed(_) | Cancelled | Expired, _) => Err(RefusalCode::OrderClosed),
        }
    }

    /// Carries out what [`Order::decide`] decided.
    pub fn apply(&mut self, transition: Transition) {
        match transition {
            Transition::Unchanged => {}
            Transition::To(state) => self.state = state,
            Transition::License(offer) => {
                self.state = OrderState::Licensed;
                self.chosen = Some(offer.form);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::Yen;

    const PACKAGE: Digest = Digest([1; 32]);

    fn order() -> Order {
        let offers = vec![
            Offer::new(UsageForm::Permanent, Yen::new(20_000).unwrap()),
            Offer::new(UsageForm::uses(10).unwrap(), Yen::new(2_000).unwrap()),
        ];
        Order::authorised(PACKAGE, OfferList::new(offers).unwrap())
    }

    fn events() -> impl Strategy<Value = Vec<OrderEvent>> {
        let digest = prop_oneof![4 => Just(PACKAGE), 1 => Just(Digest([2; 32]))];
        let form = prop_oneof![
            Just(UsageForm::Permanent),
            Just(UsageForm::uses(10).unwrap()),
            Just(UsageForm::days(7).unwrap())
        ];
        let event = prop_oneof![
            3 => digest.clone().prop_map(OrderEvent::Sent),
            3 => digest.prop_map(OrderEvent::Received),
            3 => form.prop_map(OrderEvent::Choose),
            1 => Just(OrderEvent::SendFailed),
            1 => Just(OrderEvent::Cancel),
            1 => Just(OrderEvent::Fail(FailureCode::LinkLost)),
            1 => Just(OrderEvent::Expire),
        ];
        prop::collection::vec(event, 0..24)
    }

    proptest! {
        #[test]
        fn any_sequence_of_events_charges_at_most_once_and_only_what_both_ends_delivered(events in events()) {
            let mut order = order();
            let (mut sent, mut received, mut charges) = (false, false, 0);
            for event in events {
                let before = order.clone();
                match order.decide(event) {
                    Err(_) => prop_assert_eq!(&before, &order),
                    Ok(transition) => {
                        match (event, transition) {
                            (OrderEvent::Sent(digest), _) => sent |= digest == PACKAGE && before.state.is_open(),
                            (OrderEvent::Received(digest), _) => received |= digest == PACKAGE,
                            (OrderEvent::SendFailed, Transition::To(_)) => sent = false,
                            _ => {}
                        }
                        if let Transition::License(offer) = transition {
                            charges += 1;
                            prop_assert!(sent && received);
                            prop_assert_eq!(before.offers.find(offer.form), Some(offer));
                            prop_assert_eq!(event, OrderEvent::Choose(offer.form));
                        }
                        order.apply(transition);
                    }
                }
                prop_assert!(charges <= 1);
                prop_assert_eq!(order.state == OrderState::Licensed, charges == 1);
                prop_assert_eq!(order.chosen.is_some(), charges == 1);
                if !before.state.is_open() {
                    prop_assert_eq!(&before, &order, "a final state is final");
                }
            }
        }

        #[test]
        fn repeating_any_event_at_once_gives_the_same_answer_and_changes_nothing(events in events()) {
            let mut order = order();
            for event in events {
                let Ok(transition) = order.decide(event) else { continue };
                order.apply(transition);
                let once = order.clone();
                prop_assert_eq!(order.decide(event), Ok(Transition::Unchanged), "{:?}", event);
                order.apply(Transition::Unchanged);
                prop_assert_eq!(&once, &order);
            }
        }
    }

    #[test]
    fn the_two_reports_may_come_in_either_order() {
        for reports in [
            [OrderEvent::Sent(PACKAGE), OrderEvent::Received(PACKAGE)],
            [OrderEvent::Received(PACKAGE), OrderEvent::Sent(PACKAGE)],
        ] {
            let mut order = order();
            for report in reports {
                let transition = order.decide(report).unwrap();
                order.apply(transition);
            }
            assert_eq!(order.state, OrderState::Delivered);
        }
    }

    #[test]
    fn a_form_is_chosen_after_delivery_and_once() {
        let mut order = order();
        let permanent = OrderEvent::Choose(UsageForm::Permanent);
        assert_eq!(order.decide(permanent), Err(RefusalCode::NotDelivered));
        order.state = OrderState::Delivered;
        let never_offered = OrderEvent::Choose(UsageForm::days(7).unwrap());
        assert_eq!(order.decide(never_offered), Err(RefusalCode::OfferNotAvailable));
        let transition = order.decide(permanent).unwrap();
        order.apply(transition);
        assert_eq!(order.decide(permanent), Ok(Transition::Unchanged));
        assert_eq!(order.decide(OrderEvent::Choose(UsageForm::uses(10).unwrap())), Err(RefusalCode::AlreadyChosen));
        assert_eq!(order.decide(OrderEvent::Cancel), Err(RefusalCode::AlreadyLicensed));
    }

    #[test]
    fn a_closed_order_cannot_be_delivered_or_bought() {
        for state in [OrderState::Cancelled, OrderState::Expired, OrderState::Failed(FailureCode::DiskFull)] {
            let order = Order { state, ..order() };
            assert_eq!(order.decide(OrderEvent::Received(PACKAGE)), Err(RefusalCode::OrderClosed));
            assert_eq!(order.decide(OrderEvent::Choose(UsageForm::Permanent)), Err(RefusalCode::OrderClosed));
            assert_eq!(order.decide(OrderEvent::Cancel), Ok(Transition::Unchanged));
        }
    }
}
