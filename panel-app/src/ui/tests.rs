//! The real window against a device that only records: by accessible label, without a screen.

mod entry;
mod extreme;
mod layout;
mod screens;
mod stage;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use protocol::{FailureCode, RefusalCode};

use super::Panel;
use super::reasons::reason;
use super::samples;
use super::texts::Texts;
use crate::core::{Failure, JobFault, Language, Screen, View};
use stage::{Stage, stage};

const JOB_FAULTS: [JobFault; 15] = [
    JobFault::DocumentUnreadable,
    JobFault::DocumentUnsuitable,
    JobFault::DocumentTooLarge,
    JobFault::OptionDamaged,
    JobFault::NotInstalled,
    JobFault::Locked,
    JobFault::QueueFull,
    JobFault::TooManyPrograms,
    JobFault::NothingProvides,
    JobFault::SettingUnsuitable,
    JobFault::ProgramFailed,
    JobFault::ProgramTooGreedy,
    JobFault::NothingLeft,
    JobFault::TrayUnwritable,
    JobFault::ResultWaiting,
];

#[test]
fn every_failure_has_its_own_sentence_and_advice_in_both_languages() {
    let mut failures = vec![
        Failure::Distrust,
        Failure::NotGenuine,
        Failure::Outdated,
        Failure::NotEnrolled,
        Failure::CertificateExpired,
    ];
    failures.extend(RefusalCode::ALL.iter().copied().map(Failure::Refused));
    failures.extend(FailureCode::ALL.iter().copied().map(Failure::Fault));
    failures.extend(JOB_FAULTS.map(Failure::Job));
    for (language, end) in [(Language::Ja, '。'), (Language::En, '.')] {
        let texts = Texts::new(language, jiff::tz::TimeZone::UTC);
        let mut sentences = std::collections::HashSet::new();
        for failure in &failures {
            let reason = reason(&texts, *failure);
            for text in [&reason.sentence, &reason.advice] {
                assert!(text.ends_with(end), "{failure:?}: {text}");
                assert!(text.chars().count() <= 120, "{failure:?}: too long for the screen: {text}");
            }
            assert!(sentences.insert(reason.sentence.clone()), "{failure:?}: {} twice", reason.sentence);
        }
    }
}

#[test]
fn a_still_screen_asks_for_no_frame_before_the_next_minute() {
    for (name, view) in samples::all() {
        if ["loading", "requesting", "buying", "running", "busy", "job-waiting"]
            .iter()
            .any(|moving| name.contains(moving))
        {
            continue;
        }
        let mut harness = stage(view);
        harness.run();
        let delay = harness.output().viewport_output[&egui::ViewportId::ROOT].repaint_delay;
        assert!(delay >= Duration::from_secs(1), "{name} wants a frame after {delay:?}");
    }
}

#[test]
fn the_device_can_wake_the_window_from_its_own_thread() {
    let mut harness = stage(samples::view(Screen::Home));
    harness.run();
    let woken = Arc::new(AtomicBool::new(false));
    let heard = woken.clone();
    harness.ctx.set_request_repaint_callback(move |_| heard.store(true, Ordering::Relaxed));
    let device = harness.state().device.clone();
    device.show(samples::view(Screen::Settings));
    std::thread::spawn(move || device.wake()).join().unwrap();
    assert!(woken.load(Ordering::Relaxed));
    harness.run();
    assert!(Stage::sees(&harness, "表示言語"));
}

#[test]
fn the_language_follows_the_view_at_once() {
    let mut harness = stage(samples::view(Screen::Home));
    assert!(Stage::sees(&harness, "コピー"));
    let device = harness.state().device.clone();
    let mut view = View::clone(&device.view());
    view.language = Language::En;
    device.show(view);
    harness.run();
    assert!(Stage::sees(&harness, "Copy") && !Stage::sees(&harness, "コピー"));
}
