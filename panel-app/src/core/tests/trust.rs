//! Keys come and go, and a vendor's server that is in wrong hands tries what it can without them.

use protocol::message::Reply;
use protocol::message::device::{DeviceReply, DeviceRequest};
use protocol::signed::SigningKey;
use protocol::{KeyList, ReleaseVersion, Signed};

use super::world::{FONT, OCR, World, form, key_list, option, root};
use crate::core::{
    Ask, Command, Enrolled, Failure, FailureAdvice, Input, LinkFault, OrderStep, Place, Progress, Screen, Stage,
};

const DAY_MS: u64 = 24 * 3_600_000;

fn open_store(world: &mut World) -> Screen {
    world.command(Command::Go(Place::Home));
    world.command(Command::Go(Place::Store));
    world.settle();
    world.screen()
}

fn is_open(screen: &Screen) -> bool {
    matches!(screen, Screen::Store(Progress::Ready(rows)) if rows.len() == 2)
}

fn failed(failure: Failure) -> Screen {
    Screen::Store(Progress::Failed(failure))
}

/// The vendor signs releases with the key of this seed from now on.
fn rotate(world: &mut World, list: KeyList, seed: u8) {
    world.vendor.key_list = list;
    world.vendor.release_key = SigningKey::from_seed(&[seed; 32]);
}

/// How often the vendor is asked this while the world comes to rest.
fn count(world: &mut World, is_it: impl Fn(&DeviceRequest) -> bool) -> usize {
    let mut asked = 0;
    while let Some((_, request)) = world.asks.front() {
        asked += usize::from(is_it(request));
        world.answer_one();
    }
    world.settle();
    asked
}

#[test]
fn a_new_key_is_learnt_from_the_answer_that_it_signed_and_remembered() {
    let mut world = World::new();
    assert!(is_open(&open_store(&mut world)));
    rotate(&mut world, key_list(2, &[1, 11], &[]), 11);
    world.command(Command::Refresh);
    assert_eq!(count(&mut world, |request| *request == DeviceRequest::Keys), 1);
    assert!(is_open(&world.screen()));
    world.power_on();
    world.command(Command::Go(Place::Store));
    assert_eq!(count(&mut world, |request| *request == DeviceRequest::Keys), 0, "it is in the store");
    assert!(is_open(&world.screen()));
}

#[test]
fn a_purchase_goes_on_across_a_rotation_of_every_key() {
    let mut world = World::new();
    world.order(OCR);
    rotate(&mut world, key_list(2, &[11], &[1]), 11);
    world.command(Command::Choose(form("permanent")));
    world.settle();
    assert!(matches!(world.screen(), Screen::Done { .. }), "{:?}", world.screen());
    world.command(Command::Dismiss);
    world.order(FONT);
    assert!(matches!(world.screen(), Screen::Done { .. }), "{:?}", world.screen());
    world.check_at_rest();
}

#[test]
fn a_key_that_no_list_knows_is_asked_about_once_for_each_answer_and_not_believed() {
    let mut world = World::new();
    world.vendor.release_key = SigningKey::from_seed(&[66; 32]);
    world.command(Command::Go(Place::Store));
    assert_eq!(count(&mut world, |request| *request == DeviceRequest::Keys), 1);
    assert_eq!(world.screen(), failed(Failure::NotGenuine));
    world.pass_ms(60_000);
    assert_eq!(count(&mut world, |request| *request == DeviceRequest::Keys), 0, "and it does not ask for ever");
}

#[test]
fn a_revoked_key_is_refused_without_a_question_even_if_the_server_goes_on_using_it() {
    let mut world = World::new();
    world.vendor.key_list = key_list(2, &[11], &[1]);
    world.power_on();
    world.settle();
    let kept = world.disk.loaded.key_list.clone().unwrap().verify(&root().root_key()).unwrap();
    assert_eq!(kept.version(), 2, "Hello has told of it");
    world.command(Command::Go(Place::Store));
    assert_eq!(count(&mut world, |request| *request == DeviceRequest::Keys), 0);
    assert_eq!(world.screen(), failed(Failure::NotGenuine));
}

#[test]
fn a_list_never_goes_back_and_never_comes_from_another_root() {
    let mut world = World::new();
    world.vendor.key_list = key_list(3, &[1], &[]);
    world.power_on();
    world.settle();
    let newest = world.disk.loaded.key_list.clone();
    let other = protocol::net::Root::generate(super::world::START).unwrap();
    let forged = other.key().sign(&key_list(9, &[66], &[1])).unwrap();
    let older = root().sign(&key_list(2, &[66], &[])).unwrap();
    for list in [forged, older] {
        let reply = Reply { now: world.wall, outcome: Ok(DeviceReply::Keys(list.clone())) };
        world.input(Input::Answer(Ask::Keys, Ok(reply)));
        // Nor by way of enrolling again.
        let enrolment = world.disk.loaded.enrolment.clone().unwrap();
        world.input(Input::Enrolled(Ok(Enrolled { enrolment, keys: list })));
        world.settle();
        assert_eq!(world.disk.loaded.key_list, newest);
    }
    assert!(is_open(&open_store(&mut world)));
}

#[test]
fn the_highest_version_holds_the_store_closed_only_until_the_key_that_signed_it_is_revoked() {
    let mut world = World::new();
    assert!(is_open(&open_store(&mut world)));
    // A thief with key 12, which counts, and the vendor's server.
    rotate(&mut world, key_list(2, &[1, 12], &[]), 12);
    world.vendor.catalogue_version = u64::MAX;
    assert!(is_open(&open_store(&mut world)));
    // The vendor is back.
    world.vendor.catalogue_version = 2;
    world.vendor.release_key = SigningKey::from_seed(&[1; 32]);
    assert_eq!(open_store(&mut world), failed(Failure::Outdated));
    world.power_on();
    world.settle();
    assert_eq!(open_store(&mut world), failed(Failure::Outdated), "also after a restart");
    world.vendor.key_list = key_list(3, &[1], &[12]);
    world.power_on();
    world.settle();
    assert!(is_open(&open_store(&mut world)), "and the way is free: {:?}", world.screen());
    // What the other key had reached still counts.
    world.vendor.catalogue_version = 1;
    assert_eq!(open_store(&mut world), failed(Failure::Outdated));
}

#[test]
fn an_old_catalogue_with_an_old_clock_is_noticed_when_it_should_have_been_renewed() {
    let mut world = World::new();
    let frozen: Signed<_> = world.vendor.catalogue(world.wall);
    let then = world.wall;
    assert!(is_open(&open_store(&mut world)));
    let replay = |world: &mut World| {
        world.command(Command::Refresh);
        while let Some((ask, _)) = world.asks.pop_front() {
            let answer = match ask {
                Ask::Catalogue => Ok(Reply { now: then, outcome: Ok(DeviceReply::Catalogue(frozen.clone())) }),
                _ => Err(LinkFault::Lost),
            };
            world.input(Input::Answer(ask, answer));
        }
        world.screen()
    };
    world.pass_ms(DAY_MS - 1_000);
    assert!(is_open(&replay(&mut world)), "still good");
    world.pass_ms(1_001);
    assert_eq!(replay(&mut world), failed(Failure::Outdated), "and not sold from");
    // After the power was off the panel knows at least when it last heard the vendor.
    let renewed = world.vendor.catalogue(world.wall);
    let reply = Reply { now: world.wall, outcome: Ok(DeviceReply::Catalogue(renewed)) };
    world.input(Input::Answer(Ask::Catalogue, Ok(reply)));
    assert!(is_open(&world.screen()));
    world.power_on();
    world.settle();
    world.command(Command::Go(Place::Store));
    assert_eq!(replay(&mut world), failed(Failure::Outdated));
}

#[test]
fn a_panel_whose_own_clock_is_set_wrong_can_still_shop() {
    let mut world = World::new();
    let vendor_now = world.wall;
    world.wall = world.wall.plus_days(300);
    world.input(Input::Tick);
    world.command(Command::Go(Place::Store));
    while let Some((ask, request)) = world.asks.pop_front() {
        let outcome = match request {
            DeviceRequest::Catalogue => Ok(DeviceReply::Catalogue(world.vendor.catalogue(vendor_now))),
            _ => Err(protocol::RefusalCode::Busy.into()),
        };
        world.input(Input::Answer(ask, Ok(Reply { now: vendor_now, outcome })));
    }
    assert!(is_open(&world.screen()), "{:?}", world.screen());
}

#[test]
fn a_catalogue_on_the_screen_is_renewed_when_it_expires() {
    let mut world = World::new();
    assert!(is_open(&open_store(&mut world)));
    world.pass_ms(DAY_MS);
    assert!(world.asks.iter().any(|(ask, _)| *ask == Ask::Catalogue));
    world.settle();
    assert!(is_open(&world.screen()));
    assert!(world.asks.is_empty());
}

#[test]
fn a_release_that_is_older_than_the_one_on_the_screen_is_refused() {
    let mut world = World::new();
    world.vendor.version = ReleaseVersion(5);
    assert!(is_open(&open_store(&mut world)));
    world.command(Command::OpenOffer(option(OCR)));
    world.vendor.version = ReleaseVersion(4);
    world.command(Command::Confirm);
    world.settle();
    let Screen::Failed { failure, advice, .. } = world.screen() else { panic!("{:?}", world.screen()) };
    assert_eq!((failure, advice), (Failure::NotGenuine, FailureAdvice::GiveUp));
    assert!(world.transfer.is_none() && world.vendor.charges.is_empty());

    // A newer one is what an order is for.
    let mut world = World::new();
    assert!(is_open(&open_store(&mut world)));
    world.vendor.version = ReleaseVersion(6);
    world.order(FONT);
    assert!(matches!(world.screen(), Screen::Done { .. }), "{:?}", world.screen());
}

#[test]
fn an_order_that_is_answered_with_another_manifest_than_before_is_refused() {
    let mut world = World::new();
    world.command(Command::OpenOffer(option(OCR)));
    world.settle();
    world.command(Command::Confirm);
    world.answer_one();
    let order = world.transfer.clone().unwrap();
    // The ticket has run out, so the same order is asked for again.
    world.vendor.version = ReleaseVersion(2);
    let refused = crate::core::TransferFault::Refused(protocol::RefusalCode::TicketExpired);
    world.input(Input::Transfer(order.order, crate::core::TransferEvent::Failed(refused)));
    world.settle();
    assert!(matches!(world.screen(), Screen::Failed { failure: Failure::NotGenuine, .. }), "{:?}", world.screen());
}

#[test]
fn what_waited_for_a_list_that_could_not_be_had_or_kept_is_asked_for_again() {
    // The link is lost while the list is fetched.
    let mut world = World::new();
    world.order(OCR);
    world.vendor.licence_key = SigningKey::from_seed(&[22; 32]);
    world.command(Command::Choose(form("permanent")));
    world.answer_one();
    assert_eq!(world.asks.front().map(|(ask, _)| *ask), Some(Ask::Keys));
    world.lose_one(false);
    let stage = world.core.orders().next().unwrap().stage;
    assert_eq!(stage, Stage::Buying(form("permanent")), "it may be paid for");
    world.pass_ms(500);
    assert!(matches!(world.asks.front(), Some((Ask::Order(_, OrderStep::Choose), _))), "{:?}", world.asks);
    let mut list = key_list(2, &[1], &[]).keys().to_vec();
    list.push(protocol::keys::KeyEntry {
        key: world.vendor.licence_key.verify_key(),
        role: protocol::KeyRole::Licence,
    });
    world.vendor.key_list = KeyList::new(2, list, Vec::new()).unwrap();
    world.answer_one();
    // And now the disk is full for an instant.
    world.write_fails_after = Some(0);
    world.answer_one();
    assert!(matches!(world.screen(), Screen::Failed { .. }), "{:?}", world.screen());
    world.command(Command::Retry);
    world.settle();
    assert!(matches!(world.screen(), Screen::Done { .. }), "{:?}", world.screen());
    assert_eq!(world.vendor.charges.len(), 1);
    world.check_at_rest();
}
