//! Licences of one option after one another: topped up, renewed, bought for good, tried.

use protocol::time::DAY_MS;
use protocol::{EndReason, LicenceId, Offer, OfferList, RefusalCode, UsageForm};

use super::world::{FONT, OCR, World, form, option, order};
use crate::core::{Command, Failure, FailureAdvice, JobKind, LicenceNote, LicenceState, More, Place, Screen};

fn buy(world: &mut World, form: &str) {
    world.buy(OCR, form);
    world.command(Command::Dismiss);
    world.settle();
}

fn use_once(world: &mut World) -> Option<LicenceNote> {
    let job = order(JobKind::Scan, &[OCR]);
    world.command(Command::Run(job));
    assert!(!world.jobs.is_empty(), "{:?}", world.screen());
    world.finish_job();
    let left = match world.screen() {
        Screen::Job(job) => match job.state {
            crate::core::JobState::Finished { left, .. } => left,
            other => panic!("{other:?}"),
        },
        other => panic!("{other:?}"),
    };
    world.command(Command::Dismiss);
    left
}

fn left(world: &World) -> LicenceNote {
    let installed = world.view().installed;
    assert_eq!(installed.len(), 1, "one row: {installed:?}");
    installed[0].left
}

fn ended(world: &mut World) -> Vec<EndReason> {
    world.command(Command::Go(Place::MyOptions));
    match world.screen() {
        Screen::MyOptions { ended } => ended.iter().map(|option| option.reason).collect(),
        other => panic!("{other:?}"),
    }
}

fn newest(world: &World) -> LicenceId {
    world.disk.loaded.licences.iter().map(|l| l.id).max().unwrap()
}

#[test]
fn uses_that_are_bought_before_the_end_are_added_to_what_is_left_and_the_oldest_go_first() {
    let mut world = World::new();
    buy(&mut world, "uses:3");
    use_once(&mut world);
    buy(&mut world, "uses:3");
    assert_eq!(left(&world), LicenceNote::Uses(5));
    assert_eq!(world.view().installed[0].more, Some(More::TopUp));
    for expected in [4, 3] {
        assert_eq!(use_once(&mut world), Some(LicenceNote::Uses(expected)));
    }
    world.settle();
    assert_eq!(world.disk.keys.len(), 1, "the first licence is used up and erased");
    assert_eq!(world.disk.packages.len(), 1, "and its package serves the second");
    assert_eq!(world.vendor.books.receipts.len(), 1);
    for expected in [2, 1, 0] {
        assert_eq!(use_once(&mut world), Some(LicenceNote::Uses(expected)));
    }
    world.settle();
    world.check_at_rest();
    assert_eq!((world.vendor.charges.len(), world.disk.delivered.len()), (2, 6));
}

#[test]
fn topping_up_what_is_stored_fetches_nothing() {
    let mut world = World::new();
    buy(&mut world, "uses:3");
    let stored = world.disk.packages.clone();
    world.order(OCR);
    assert_eq!(
        world.disk.packages, stored,
        "the same package: the link asks for what is missing of it, which is nothing"
    );
    world.command(Command::Choose(form("uses:3")));
    world.settle();
    assert_eq!(left(&world), LicenceNote::Uses(6));
}

#[test]
fn a_renewed_period_begins_when_the_one_that_runs_is_over_and_loses_no_day() {
    let mut world = World::new();
    buy(&mut world, "days:30");
    world.pass_ms(10 * DAY_MS);
    world.settle();
    let LicenceNote::Time(before_ms) = left(&world) else { panic!() };
    assert_eq!(world.view().installed[0].more, Some(More::Renew));
    buy(&mut world, "days:30");
    let LicenceNote::Time(after_ms) = left(&world) else { panic!() };
    assert!((before_ms + 30 * DAY_MS).abs_diff(after_ms) < 60_000, "{before_ms} {after_ms}");
    world.pass_ms(before_ms + 1_000);
    world.settle();
    assert_eq!(ended(&mut world), [EndReason::PeriodOver]);
    let LicenceNote::Time(left_ms) = left(&world) else { panic!() };
    assert!(left_ms.abs_diff(30 * DAY_MS) < 300_000, "the second one has just begun: {left_ms}");
    use_once(&mut world);
    world.check_at_rest();
    world.power_on();
    world.pass_ms(30 * DAY_MS);
    world.settle();
    assert!(world.view().installed.is_empty() && world.disk.keys.is_empty() && world.disk.packages.is_empty());
    world.check_at_rest();
}

#[test]
fn a_period_that_has_not_begun_cannot_be_used() {
    let mut world = World::new();
    buy(&mut world, "days:30");
    let first = newest(&world);
    buy(&mut world, "days:30");
    world.vendor.books.revoked.insert(first);
    world.pass_ms(3_600_000);
    world.settle();
    assert!(!world.disk.keys.contains(&first));
    let job = order(JobKind::Scan, &[OCR]);
    world.command(Command::Run(job));
    assert!(world.jobs.is_empty(), "the one that ran was taken back");
}

#[test]
fn what_was_temporary_ends_with_a_receipt_once_the_option_is_bought_for_good() {
    let mut world = World::new();
    buy(&mut world, "uses:3");
    use_once(&mut world);
    buy(&mut world, "days:30");
    assert!(matches!(left(&world), LicenceNote::TimeAndUses(_, 2)));
    let temporary: Vec<LicenceId> = world.disk.loaded.licences.iter().map(|l| l.id).collect();
    buy(&mut world, "permanent");
    assert_eq!((left(&world), world.view().installed[0].more), (LicenceNote::Unlimited, None));
    assert_eq!((world.disk.keys.len(), world.disk.packages.len()), (1, 1));
    assert_eq!(ended(&mut world), [EndReason::Replaced; 2]);
    for licence in temporary {
        assert_eq!(world.vendor.books.receipts[&licence].reason, EndReason::Replaced);
    }
    use_once(&mut world);
    world.check_at_rest();
}

/// From a licence by count to a permanent one, whatever the power does.
fn buy_for_good(world: &mut World) {
    for _ in 0..20 {
        world.settle();
        match world.screen() {
            Screen::Choose { .. } => world.command(Command::Choose(UsageForm::Permanent)),
            Screen::Failed { option: Some(_), .. } => world.command(Command::Retry),
            Screen::Failed { option: None, .. } => world.command(Command::Dismiss),
            Screen::Offer { .. } => world.command(Command::Confirm),
            _ if world.view().installed.iter().any(|row| row.left == LicenceNote::Unlimited) => return,
            _ => world.command(Command::OpenOffer(option(OCR))),
        }
    }
    panic!("never bought: {:?}", world.screen());
}

#[test]
fn a_power_cut_after_any_effect_of_buying_for_good_leaves_a_right_and_one_charge() {
    let mut world = World::new();
    buy(&mut world, "uses:3");
    world.power_for = Some(usize::MAX);
    buy_for_good(&mut world);
    let effects = usize::MAX - world.power_for.unwrap();
    for cut in 0..effects {
        let mut world = World::new();
        buy(&mut world, "uses:3");
        world.power_for = Some(cut);
        buy_for_good(&mut world);
        world.power_for = None;
        world.settle();
        assert_eq!(world.vendor.charges.len(), 2, "cut after {cut} effects");
        assert_eq!((world.disk.keys.len(), left(&world)), (1, LicenceNote::Unlimited), "cut after {cut} effects");
        assert_eq!(world.vendor.books.receipts.len(), 1, "cut after {cut} effects");
        world.check_at_rest();
    }
}

#[test]
fn a_job_that_runs_with_a_temporary_right_finishes_before_that_is_erased() {
    let mut world = World::new();
    buy(&mut world, "uses:3");
    world.order(OCR);
    world.command(Command::Choose(UsageForm::Permanent));
    let job = order(JobKind::Scan, &[OCR]);
    world.command(Command::Run(job));
    assert!(world.jobs.is_empty(), "not while something is bought");
    world.settle();
    world.check_at_rest();
}

fn with_trial(price: Option<u64>) -> World {
    let mut world = World::new();
    let mut offers = vec![Offer::trial(form("uses:1"))];
    offers.extend(price.map(|price| Offer::new(form("uses:3"), protocol::Yen::new(price).unwrap())));
    world.vendor.offers.insert(option(OCR), OfferList::new(offers).unwrap());
    world.vendor.catalogue_version += 1;
    world.command(Command::Go(Place::Store));
    world.settle();
    world
}

#[test]
fn a_trial_that_was_used_is_not_offered_again_and_nothing_else_is_bought_in_its_place() {
    let mut world = with_trial(Some(2_000));
    world.order(OCR);
    let Screen::Choose { offers, .. } = world.screen() else { panic!("{:?}", world.screen()) };
    assert!(offers[0].trial);
    world.command(Command::Choose(form("uses:1")));
    world.settle();
    world.command(Command::Dismiss);
    use_once(&mut world);
    world.order(OCR);
    let Screen::Choose { offers, .. } = world.screen() else { panic!("{:?}", world.screen()) };
    assert_eq!(offers.len(), 1, "only what costs something, and not bought unasked");
    world.command(Command::Choose(form("uses:3")));
    world.settle();
    assert_eq!(world.vendor.charges.iter().map(|(_, price)| price.amount()).collect::<Vec<_>>(), [0, 2_000]);
}

#[test]
fn a_trial_that_was_granted_to_another_order_meanwhile_leaves_the_other_forms() {
    for price in [Some(2_000), None] {
        let mut world = with_trial(price);
        world.command(Command::Buy { option: option(OCR), form: form("uses:1"), contract: None, pin: None });
        world.answer_one();
        world.vendor.tried.insert(option(OCR));
        world.settle();
        match (price, world.screen()) {
            (Some(_), Screen::Choose { offers, .. }) => assert!(offers.iter().all(|offer| !offer.trial)),
            (None, Screen::Failed { failure, advice, .. }) => {
                assert_eq!(failure, Failure::Refused(RefusalCode::TrialUsed));
                assert_eq!(advice, FailureAdvice::GiveUp);
                world.command(Command::Dismiss);
            }
            (_, other) => panic!("{other:?}"),
        }
        assert!(world.vendor.charges.is_empty());
    }
}

#[test]
fn a_script_that_wants_a_used_trial_hears_that() {
    let mut world = with_trial(Some(2_000));
    world.vendor.tried.insert(option(OCR));
    world.command(Command::Buy { option: option(OCR), form: form("uses:1"), contract: None, pin: None });
    world.settle();
    let Screen::Failed { failure, .. } = world.screen() else { panic!("{:?}", world.screen()) };
    assert_eq!(failure, Failure::Refused(RefusalCode::TrialUsed));
    assert!(world.vendor.charges.is_empty());
}

#[test]
fn a_licence_of_another_option_is_not_replaced() {
    let mut world = World::new();
    buy(&mut world, "uses:3");
    world.buy(FONT, "permanent");
    world.command(Command::Dismiss);
    assert!(world.disk.loaded.licences.iter().all(|licence| licence.state == LicenceState::Active));
}
