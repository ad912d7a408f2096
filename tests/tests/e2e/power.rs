//! The power fails, or the server is killed, at each moment of a purchase, of the uses and of a removal. Whatever is left
//! in the device's folder and in the vendor's books must be whole, and everything comes to its end all the same.

use std::cell::Cell;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use e2e::invariants::at_rest;
use e2e::{Device, Next, Vendor};
use panel_app::core::{Command, FileJob, FilePlace, JobKind, JobState, JobTask, Progress, Screen, View};
use panel_app::service::Power;
use protocol::OptionId;

use crate::shop::{OCR, STAMP, vendor};

/// A supply that fails after so many moments, and how many are left.
fn battery(moments: usize) -> (Power, Arc<AtomicUsize>) {
    let left = Arc::new(AtomicUsize::new(moments));
    let counted = left.clone();
    let lasts = move || counted.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |left| left.checked_sub(1)).is_ok();
    (Power::that(lasts), left)
}

/// Tries every number of moments, from none to as many as `trial` does not use up; how many that were.
fn at_every_moment(mut trial: impl FnMut(usize, Power)) -> usize {
    for moments in 0.. {
        let (power, left) = battery(moments);
        trial(moments, power);
        if left.load(Ordering::SeqCst) > 0 {
            return moments;
        }
    }
    unreachable!("some number is large enough")
}

/// Buys, and is over once the option is installed.
fn buys<'a>(option: &'a str, form: &'a str) -> impl Fn(&View) -> Next + 'a {
    let id: OptionId = option.parse().unwrap();
    move |view| match &view.screen {
        Screen::Offer { .. } => Next::Do(Command::Confirm),
        Screen::Choose { .. } => Next::Do(Command::Choose(form.parse().unwrap())),
        Screen::Failed { option: Some(_), .. } => Next::Do(Command::Retry),
        Screen::Failed { option: None, .. } | Screen::Done { .. } => Next::Do(Command::Dismiss),
        Screen::Requesting { .. } | Screen::Downloading { .. } | Screen::Buying { .. } => Next::Wait,
        _ if view.installed.iter().any(|installed| installed.option.id == id) => Next::Over,
        Screen::Store(Progress::Loading) => Next::Wait,
        _ => Next::Do(Command::OpenOffer(id.clone())),
    }
}

fn removes(view: &View) -> Next {
    match (&view.screen, view.installed.first()) {
        (Screen::Done { .. }, _) => Next::Do(Command::Dismiss),
        (_, Some(installed)) => Next::Do(Command::Remove(installed.licence)),
        (_, None) => Next::Over,
    }
}

/// Switches the device off and compares what it holds with the vendor's books.
fn check_at_rest(device: &mut Device, vendor: &Vendor) {
    // A stop is a moment, too: what was to be done then is done at the next start.
    device.switch_on();
    at_rest(&device.on_disk(), vendor).unwrap();
}

fn purchases_with_power_cuts(option: &str, form: &str) {
    let vendor = vendor();
    let customer = vendor.customer("青空設計");
    let mut device = Device::enrolled(&vendor, "HK-320-0001", Some(&customer));
    let moments = at_every_moment(|moments, power| {
        device.switch_on_with(power);
        device.live(buys(option, form));
        check_at_rest(&mut device, &vendor);
        assert_eq!(vendor.charges().len(), moments + 1, "cut after {moments} moments");
        device.switch_on();
        device.live(removes);
    });
    assert!(moments > 15, "{moments}");
}

#[test]
fn a_purchase_without_a_choice_survives_a_power_cut_at_every_moment() {
    purchases_with_power_cuts(STAMP, "permanent");
}

#[test]
fn a_purchase_with_a_choice_survives_a_power_cut_at_every_moment() {
    purchases_with_power_cuts(OCR, "uses:3");
}

#[test]
fn uses_up_to_the_last_survive_a_power_cut_at_every_moment() {
    let vendor = vendor();
    let customer = vendor.customer("青空設計");
    let mut device = Device::enrolled(&vendor, "HK-320-0001", Some(&customer));
    let input = device.path("letter.txt");
    std::fs::write(&input, "1OO yen").unwrap();
    let moments = at_every_moment(|moments, power| {
        device.switch_on();
        device.live(buys(OCR, "uses:3"));
        let results = device.path(&format!("results-{moments}"));
        std::fs::create_dir(&results).unwrap();
        device.switch_on_with(power);
        let tries = Cell::new(0);
        device.live(|view| match &view.screen {
            Screen::Job(job) if matches!(job.state, JobState::Running { .. } | JobState::Waiting { .. }) => Next::Wait,
            Screen::Job(job) if job.state != JobState::Idle => Next::Do(Command::Dismiss),
            _ if view.installed.is_empty() => Next::Over,
            _ => {
                tries.set(tries.get() + 1);
                let output = results.join(tries.get().to_string());
                let task = JobTask::plain(JobKind::Scan).with(OCR.parse().unwrap());
                let (inputs, place) = (vec![input.clone()], FilePlace::File(output));
                Next::Do(Command::RunFiles(FileJob { task, inputs, place, offer: false }))
            }
        });
        check_at_rest(&mut device, &vendor);
        let made: Vec<_> = std::fs::read_dir(&results).unwrap().map(|file| file.unwrap().path()).collect();
        assert_eq!(made.len(), 3, "uses spent, results delivered; cut after {moments} moments");
        assert!(made.iter().all(|file| std::fs::read(file).unwrap() == b"100 yen"));
    });
    assert!(moments > 15, "{moments}");
}

#[test]
fn a_removal_survives_a_power_cut_at_every_moment() {
    let vendor = vendor();
    let customer = vendor.customer("青空設計");
    let mut device = Device::enrolled(&vendor, "HK-320-0001", Some(&customer));
    at_every_moment(|moments, power| {
        device.switch_on();
        device.live(buys(STAMP, "permanent"));
        device.switch_on_with(power);
        device.live(removes);
        check_at_rest(&mut device, &vendor);
        assert_eq!(vendor.charges().len(), moments + 1);
    });
}

#[test]
fn a_server_killed_at_every_moment_of_a_purchase_charges_once() {
    let vendor = vendor();
    let customer = vendor.customer("青空設計");
    let mut device = Device::enrolled(&vendor, "HK-320-0001", Some(&customer));
    let vendor = Arc::new(Mutex::new(vendor));
    let mut bought = 0;
    at_every_moment(|moments, mut battery| {
        let (server, killed) = (vendor.clone(), Cell::new(false));
        // The device's power never fails; the server's does, and comes back.
        device.switch_on_with(Power::that(move || {
            if !killed.get() && !battery.lasts() {
                killed.set(true);
                let mut server = server.lock().unwrap();
                server.kill();
                server.start_again();
            }
            true
        }));
        device.live(buys(OCR, "permanent"));
        bought += 1;
        // The last moment is that of the stop.
        device.switch_off();
        let vendor = vendor.lock().unwrap();
        check_at_rest(&mut device, &vendor);
        assert_eq!(vendor.charges().len(), bought, "killed after {moments} moments");
        drop(vendor);
        device.switch_on();
        device.live(removes);
    });
}
