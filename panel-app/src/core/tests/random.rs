//! Any order of events: users, networks and power cuts do not read the manual.

use proptest::prelude::*;

use super::world::{FONT, METERED, OCR, World, form, option, order};
use crate::core::{Command, Folder, Input, JobFault, JobKind, Place};

#[derive(Debug, Clone)]
enum Event {
    Command(Command),
    Answer,
    Lose { vendor_hears: bool },
    Transfer,
    Job,
    JobFails,
    CancelJob(usize),
    WithoutOption(usize),
    Sent(bool),
    Pass(u64),
    PowerCut,
    PowerFor(usize),
    WriteFails(usize),
    ReplaceStore,
}

fn event() -> impl Strategy<Value = Event> {
    let options = || prop_oneof![Just(OCR), Just(FONT), Just(METERED)].prop_map(option);
    let forms = || prop_oneof![Just("permanent"), Just("uses:3"), Just("days:30"), Just("metered")].prop_map(form);
    let kinds = || prop_oneof![Just(JobKind::Copy), Just(JobKind::Print), Just(JobKind::Scan), Just(JobKind::Fax)];
    let chains = || {
        let chains = [vec![OCR], vec![FONT], vec![METERED], vec![OCR, FONT], vec![METERED, OCR], vec![]];
        prop::sample::select(chains.to_vec())
    };
    let job = (kinds(), chains()).prop_map(|(kind, chain)| Command::Run(order(kind, &chain)));
    let command = prop_oneof![
        4 => options().prop_map(Command::OpenOffer),
        4 => Just(Command::Confirm),
        4 => forms().prop_map(Command::Choose),
        2 => (options(), forms()).prop_map(|(option, form)| Command::Buy { option, form, contract: None, pin: None }),
        1 => Just(Command::Cancel),
        2 => Just(Command::Retry),
        2 => Just(Command::Dismiss),
        6 => job,
        1 => Just(Command::Go(Place::Home)),
        1 => Just(Command::Go(Place::Store)),
    ];
    prop_oneof![
        10 => command.prop_map(Event::Command),
        10 => Just(Event::Answer),
        2 => any::<bool>().prop_map(|vendor_hears| Event::Lose { vendor_hears }),
        6 => Just(Event::Transfer),
        6 => Just(Event::Job),
        1 => Just(Event::JobFails),
        1 => (0_usize..4).prop_map(Event::CancelJob),
        1 => (0_usize..4).prop_map(Event::WithoutOption),
        1 => any::<bool>().prop_map(Event::Sent),
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
        let (mut world, mut sent) = (World::with_metered(), 0);
        for event in events {
            match event {
                Event::Command(command) => world.command(command),
                Event::Answer => world.answer_one(),
                Event::Lose { vendor_hears } => world.lose_one(vendor_hears),
                Event::Transfer => world.finish_transfer(),
                Event::Job => world.finish_job(),
                Event::JobFails => {
                    if let Some(run) = world.jobs.pop_front() {
                        world.input(Input::JobDone(run.job, Err(JobFault::ProgramFailed)));
                    }
                }
                Event::CancelJob(at) => {
                    let row = world.view().jobs.get(at).map(|row| row.job);
                    row.into_iter().for_each(|job| world.command(Command::CancelJob(job)));
                }
                Event::WithoutOption(at) => {
                    let row = world.view().jobs.get(at).map(|row| row.job);
                    row.into_iter().for_each(|job| world.command(Command::GoOnWithout(job)));
                }
                Event::Sent(fax) => {
                    sent += 1;
                    let folder = if fax { Folder::FaxIn } else { Folder::Queue };
                    world.send(folder, &format!("{sent}.txt"));
                }
                Event::Pass(ms) => world.pass_ms(ms),
                Event::PowerCut => world.power_on(),
                Event::PowerFor(effects) => world.power_for = Some(effects),
                Event::WriteFails(writes) => world.write_fails_after = Some(writes),
                Event::ReplaceStore => world.replace_store(),
            }
            world.check();
        }
        (world.power_for, world.write_fails_after) = (None, None);
        world.finish_all_jobs();
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
        world.finish_all_jobs();
        for row in world.view().jobs {
            world.command(Command::CancelJob(row.job));
        }
        world.settle();
        world.check_at_rest();
        assert!(world.disk.loaded.jobs.is_empty() && world.disk.spool.is_empty());
    }
}
