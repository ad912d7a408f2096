//! Purchases as a user sees them.

use protocol::order::OrderState;
use protocol::{ContractUserId, Offer, OfferList, RefusalCode, Yen};

use super::world::{FONT, OCR, START, World, form, option};
use crate::core::{
    Ask, Command, Enrolled, Failure, FailureAdvice, Input, LicenceNote, LinkFault, Place, Progress, Screen, Stage,
    TransferEvent, TransferFault,
};

#[test]
fn the_store_lists_the_whole_catalogue() {
    let mut world = World::new();
    world.command(Command::Go(Place::Store));
    assert_eq!(world.screen(), Screen::Store(Progress::Loading));
    world.settle();
    let Screen::Store(Progress::Ready(rows)) = world.screen() else { panic!("{:?}", world.screen()) };
    assert_eq!(rows.iter().map(|row| row.option.id.as_str()).collect::<Vec<_>>(), [FONT, OCR]);
}

#[test]
fn an_option_with_several_offers_is_bought_in_the_form_that_is_chosen() {
    let mut world = World::new();
    world.order(OCR);
    let Screen::Choose { offers, .. } = world.screen() else { panic!("{:?}", world.screen()) };
    assert_eq!(offers.len(), 3);
    assert!(world.vendor.charges.is_empty(), "nothing is charged before the choice");
    world.command(Command::Choose(form("uses:3")));
    world.settle();
    let Screen::Done { offer, .. } = world.screen() else { panic!("{:?}", world.screen()) };
    assert_eq!(offer.price, Yen::new(2_000).unwrap());
    assert_eq!(world.view().installed[0].left, LicenceNote::Uses(3));
    world.check_at_rest();
}

#[test]
fn an_option_with_one_offer_needs_no_choice() {
    let mut world = World::new();
    world.order(FONT);
    assert!(matches!(world.screen(), Screen::Done { .. }), "{:?}", world.screen());
    assert_eq!(world.vendor.charges.len(), 1);
    world.check_at_rest();
}

#[test]
fn a_price_that_changed_since_the_offer_screen_is_shown_before_it_is_paid() {
    let mut world = World::new();
    world.command(Command::OpenOffer(option(FONT)));
    world.settle();
    let dearer = Offer::new(form("permanent"), Yen::new(9_000).unwrap());
    world.vendor.offers.insert(option(FONT), OfferList::new(vec![dearer]).unwrap());
    world.command(Command::Confirm);
    world.settle();
    let Screen::Choose { offers, .. } = world.screen() else { panic!("{:?}", world.screen()) };
    assert_eq!(offers, [dearer]);
    assert!(world.vendor.charges.is_empty());
}

#[test]
fn cancel_on_any_screen_leaves_nothing_behind_and_costs_nothing() {
    for steps in 0..8 {
        let mut world = World::new();
        world.command(Command::OpenOffer(option(OCR)));
        world.settle();
        let mut moves = 0;
        if steps > 0 {
            world.command(Command::Confirm);
        }
        while moves + 1 < steps && (!world.asks.is_empty() || world.transfer.is_some()) {
            if world.asks.is_empty() {
                world.finish_transfer()
            } else {
                world.answer_one()
            }
            moves += 1;
        }
        world.command(Command::Cancel);
        assert!(matches!(world.screen(), Screen::Store(_)), "after {steps} steps: {:?}", world.screen());
        world.settle();
        assert!(world.vendor.charges.is_empty());
        assert!(world.vendor.orders.values().all(|o| o.state == OrderState::Cancelled), "the vendor has heard of it");
        world.check_at_rest();
    }
}

#[test]
fn once_the_choice_is_on_its_way_there_is_nothing_to_cancel() {
    let mut world = World::new();
    world.order(OCR);
    world.command(Command::Choose(form("permanent")));
    world.command(Command::Cancel);
    assert!(matches!(world.screen(), Screen::Buying { .. }));
    world.settle();
    assert!(matches!(world.screen(), Screen::Done { .. }));
}

#[test]
fn a_device_without_a_customer_asks_for_the_contract_and_asks_again_after_a_typing_error() {
    let mut world = World::new();
    let (right, wrong) = (ContractUserId::from_body(1), ContractUserId::from_body(2));
    world.vendor.contract = Some(right.clone());
    world.order(FONT);
    assert!(matches!(world.screen(), Screen::ContractId { refused: None, .. }), "{:?}", world.screen());
    world.command(Command::EnterContract { contract: wrong, pin: None });
    world.settle();
    let Screen::ContractId { refused, .. } = world.screen() else { panic!("{:?}", world.screen()) };
    assert_eq!(refused, Some(RefusalCode::ContractRefused));
    world.command(Command::EnterContract { contract: right, pin: None });
    world.settle();
    assert!(matches!(world.screen(), Screen::Done { .. }), "{:?}", world.screen());
    assert_eq!(world.vendor.charges.len(), 1);
    world.check_at_rest();
}

#[test]
fn a_broken_link_is_tried_again_and_then_waits_for_the_user() {
    let mut world = World::new();
    world.command(Command::OpenOffer(option(OCR)));
    world.settle();
    world.command(Command::Confirm);
    world.answer_one();
    let mut attempts = 0;
    while let Some(transfer) = world.transfer.take() {
        attempts += 1;
        let lost = TransferEvent::Failed(TransferFault::Link(LinkFault::Lost));
        world.input(Input::Transfer(transfer.order, lost));
        let Screen::Downloading { download, .. } = world.screen() else { break };
        assert!(download.reconnecting);
        while world.transfer.is_none() {
            let due_ms = world.core.poll_timeout().unwrap();
            world.pass_ms(due_ms - world.uptime_ms);
        }
    }
    assert_eq!(attempts, 5);
    let Screen::Failed { failure, advice, .. } = world.screen() else { panic!("{:?}", world.screen()) };
    assert_eq!((failure.code(), advice), ("link-lost", FailureAdvice::Continue));

    let order = world.core.orders().next().unwrap().id;
    world.command(Command::Retry);
    world.settle();
    assert!(matches!(world.screen(), Screen::Choose { .. }), "{:?}", world.screen());
    assert_eq!(world.core.orders().map(|o| o.id).collect::<Vec<_>>(), [order], "the same order goes on");
}

#[test]
fn giving_up_on_a_broken_download_tells_the_vendor_why() {
    let mut world = World::new();
    world.command(Command::OpenOffer(option(OCR)));
    world.settle();
    world.command(Command::Confirm);
    world.answer_one();
    let order = world.transfer.take().unwrap().order;
    world.input(Input::Transfer(
        order,
        TransferEvent::Failed(TransferFault::Storage(crate::core::StorageFault::DiskFull)),
    ));
    assert!(matches!(world.screen(), Screen::Failed { advice: FailureAdvice::Continue, .. }));
    world.command(Command::Dismiss);
    world.settle();
    assert_eq!(world.vendor.orders[&order].state, OrderState::Failed(protocol::FailureCode::DiskFull));
    world.check_at_rest();
}

#[test]
fn a_ticket_that_ran_out_is_replaced_without_a_new_order() {
    let mut world = World::new();
    world.command(Command::OpenOffer(option(FONT)));
    world.settle();
    world.command(Command::Confirm);
    world.answer_one();
    let order = world.transfer.take().unwrap().order;
    let expired = TransferFault::Refused(RefusalCode::TicketExpired);
    world.input(Input::Transfer(order, TransferEvent::Failed(expired)));
    world.settle();
    assert!(matches!(world.screen(), Screen::Done { .. }), "{:?}", world.screen());
    assert_eq!(world.vendor.orders.len(), 1);
}

#[test]
fn a_licence_that_may_be_paid_for_is_fetched_even_after_the_user_has_closed_the_screen() {
    let mut world = World::new();
    world.order(OCR);
    world.command(Command::Choose(form("permanent")));
    while !matches!(world.screen(), Screen::Failed { .. }) {
        world.lose_one(true);
        if let Some(due_ms) = world.core.poll_timeout() {
            world.pass_ms(due_ms.saturating_sub(world.uptime_ms).max(1));
        }
    }
    assert_eq!(world.vendor.charges.len(), 1, "the vendor has heard, the device has not");
    world.command(Command::Dismiss);
    assert!(world.view().installed.is_empty());
    world.settle();
    assert_eq!(world.view().installed.len(), 1);
    world.check_at_rest();
}

#[test]
fn what_another_key_has_signed_is_not_taken_in() {
    let mut world = World::new();
    let mut other = World::new();
    other.vendor.licence_key = protocol::signed::SigningKey::from_seed(&[9; 32]);
    for (world, genuine) in [(&mut world, true), (&mut other, false)] {
        world.command(Command::OpenOffer(option(FONT)));
        world.settle();
        world.command(Command::Confirm);
        world.settle();
        let done = matches!(world.screen(), Screen::Done { .. });
        let refused = matches!(world.screen(), Screen::Failed { failure: Failure::NotGenuine, .. });
        assert_eq!((done, refused), (genuine, !genuine), "{:?}", world.screen());
    }
    assert!(other.vendor.charges.is_empty());
}

#[test]
fn an_older_catalogue_is_not_accepted() {
    let mut world = World::new();
    world.vendor.catalogue_version = 7;
    world.command(Command::Go(Place::Store));
    world.settle();
    world.vendor.catalogue_version = 6;
    world.vendor.offers.remove(&option(FONT));
    world.command(Command::Refresh);
    world.settle();
    assert_eq!(world.screen(), Screen::Store(Progress::Failed(Failure::Outdated)), "and it is noticed");
    world.power_on();
    world.command(Command::Go(Place::Store));
    world.settle();
    assert_eq!(world.disk.loaded.catalogue.as_ref().unwrap().marks[0].version, 7);
}

#[test]
fn a_script_buys_without_a_screen_and_continues_what_was_begun() {
    let mut world = World::new();
    let buy = || Command::Buy { option: option(OCR), form: form("days:30"), contract: None, pin: None };
    world.command(buy());
    world.settle();
    assert!(matches!(world.screen(), Screen::Done { .. }), "{:?}", world.screen());
    let days = 30 * 24 * 3_600 * 1_000;
    let LicenceNote::Time(left_ms) = world.view().installed[0].left else { panic!() };
    assert!(left_ms <= days && left_ms > days - 120_000);

    // Bought in another form half-way, then the power fails, then the script runs again.
    let mut world = World::new();
    world.order(OCR);
    world.power_on();
    world.settle();
    assert!(matches!(world.screen(), Screen::Choose { .. }));
    world.command(buy());
    world.settle();
    assert!(matches!(world.screen(), Screen::Done { .. }), "{:?}", world.screen());
    assert_eq!(world.vendor.orders.len(), 1);
}

#[test]
fn a_script_that_asks_for_what_is_not_sold_is_told_so() {
    let mut world = World::new();
    for (id, f, code) in [("no-such-thing", "permanent", "unknown-option"), (OCR, "uses:99", "offer-not-available")] {
        world.command(Command::Buy { option: option(id), form: form(f), contract: None, pin: None });
        world.settle();
        let Screen::Failed { failure, .. } = world.screen() else { panic!("{:?}", world.screen()) };
        assert_eq!(failure.code(), code);
        world.command(Command::Dismiss);
    }
    assert!(world.vendor.orders.is_empty());
}

#[test]
fn an_answer_to_an_old_question_changes_nothing() {
    let mut world = World::new();
    world.command(Command::OpenOffer(option(OCR)));
    world.settle();
    world.command(Command::Confirm);
    // Cancel while the vendor is being asked; then the Yes arrives.
    world.command(Command::Cancel);
    let (ask, _) = world.asks.front().cloned().unwrap();
    assert!(matches!(ask, Ask::Order(..)));
    world.answer_one();
    assert!(world.transfer.is_none(), "the Yes is not acted on");
    world.settle();
    assert!(matches!(world.core.orders().next().unwrap().stage, Stage::Abandoned(_)));
    world.check_at_rest();
}

#[test]
fn the_period_begins_with_the_licence_and_ends_offline() {
    let mut world = World::new();
    world.buy(OCR, "days:30");
    let day_ms = 24 * 3_600 * 1_000;
    world.wall = START;
    world.pass_ms(29 * day_ms);
    assert_eq!(world.view().installed.len(), 1);
    world.pass_ms(day_ms + 1);
    assert!(world.view().installed.is_empty());
    assert!(world.disk.keys.is_empty() && world.disk.packages.is_empty(), "erased");
    world.check_at_rest();
}

#[test]
fn setting_the_clock_back_prolongs_nothing() {
    let mut world = World::new();
    world.buy(OCR, "days:30");
    let day_ms = 24 * 3_600 * 1_000;
    for _ in 0..30 {
        world.uptime_ms += day_ms;
        world.wall = protocol::Timestamp::from_ms(0);
        world.input(Input::Tick);
    }
    assert!(world.view().installed.is_empty());
    world.power_on();
    assert!(world.view().installed.is_empty());
    assert!(world.view().now >= START.plus_days(30));
}

#[test]
fn an_enrolment_that_ends_late_does_not_take_the_screen_from_a_purchase() {
    let mut world = World::new();
    let again = world.disk.loaded.enrolment.clone().unwrap();
    let keys = world.vendor.signed_keys();
    world.command(Command::Go(Place::ServerAddress));
    world.command(Command::Enrol(crate::core::EnrolForm {
        vendor: "vendor:7443".parse().unwrap(),
        ca_fingerprint: again.ca_fingerprint,
        serial: again.serial.clone(),
        code: protocol::ActivationCode::from_random([1; 16]),
    }));
    world.command(Command::Go(Place::Home));
    world.order(OCR);
    world.input(Input::Enrolled(Ok(Enrolled { enrolment: again, keys })));
    assert!(matches!(world.screen(), Screen::Choose { .. }), "{:?}", world.screen());
    world.input(Input::Enrolled(Err(Failure::Distrust)));
    assert!(matches!(world.screen(), Screen::Choose { .. }), "{:?}", world.screen());
}
