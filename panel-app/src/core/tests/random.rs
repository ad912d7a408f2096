//! Any order of events: users, networks and power cuts do not read the manual.

use proptest::prelude::*;

use super::world::{FONT, OCR, World, form, option};
use crate::core::{Command, JobKind, JobOrder, Place};

#[derive(Debug, Clone)]
enum Event {
    Command(Command),
    Answer,
    Lose { vendor_hears: bool },
    Transfer,
    Job,
    Pass(u64),
    PowerCut,
    PowerFor(usize),
    WriteFails(usize),
    ReplaceStore,
}

fn event() -> impl Strategy<Value = Event> {
    let options = || prop_oneof![Just(OCR), Just(FONT)].prop_map(option);
    let forms = || prop_oneof![Just("permanent"), Just("uses:3"), Just("days:30")].prop_map(form);
    let scan = |o| Command::Run(JobOrder { kind: JobKind::Scan, document: "a.txt".to_owned(), option: Some(o) });
    let command = prop_oneof![
        4 => options().prop_map(Command::OpenOffer),
        4 => Just(Command::Confirm),
        4 => forms().prop_map(Command::Choose),
        2 => (options(), forms()).prop_map(|(option, form)| Command::Buy { option, form, contract: None, pin: None }),
        1 => Just(Command::Cancel),
        2 => Just(Command::Retry),
        2 => Just(Command::Dismiss),
        3 => options().prop_map(scan),
        1 => Just(Command::CancelJob),
        1 => Just(Command::Go(Place::Home)),
        1 => Just(Command::Go(Place::Store)),
    ];
    prop_oneof![
        10 => command.prop_map(Event::Command),
        10 => Just(Event::Answer),
        2 => any::<bool>().prop_map(|vendor_hears| Event::Lose { vendor_hears }),
        6 => Just(Event::Transfer),
        4 => Just(Event::Job),
        3 => (1_u64..20_000).prop_map(Event::Pass),
        1 => Just(Event::Pass(31 * 24 * 3_600 * 1_000)),
        1 => Just(Event::PowerCut),
        1 => (0_usize..6).prop_map(Event::PowerFor),
        1 => (0_usize..3).prop_map(Event::WriteFails),
        1 => Just(Event::ReplaceStore),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, ..ProptestConfig::default() })]
    #[test]
    fn any_order_of_events_charges_once_a_licence_and_ends_clean(events in prop::collection::vec(event(), 0..80)) {
        let mut world = World::new();
        for event in events {
            match event {
                Event::Command(command) => world.command(command),
                Event::Answer => world.answer_one(),
                Event::Lose { vendor_hears } => world.lose_one(vendor_hears),
                Event::Transfer => world.finish_transfer(),
                Event::Job => world.finish_job(),
                Event::Pass(ms) => world.pass_ms(ms),
                Event::PowerCut => world.power_on(),
                Event::PowerFor(effects) => world.power_for = Some(effects),
                Event::WriteFails(writes) => world.write_fails_after = Some(writes),
                Event::ReplaceStore => world.replace_store(),
            }
            world.check();
        }
        (world.power_for, world.write_fails_after) = (None, None);
        world.finish_job();
        world.settle();
        // Whatever is on the screen: go on, or give up.
        for command in [Command::Retry, Command::Dismiss, Command::Cancel] {
            world.command(command);
            world.settle();
        }
        // A restart completes whatever a failing disk has left.
        world.power_on();
        world.settle();
        for command in [Command::Retry, Command::Dismiss, Command::Cancel] {
            world.command(command);
            world.settle();
        }
        world.check_at_rest();
    }
}
