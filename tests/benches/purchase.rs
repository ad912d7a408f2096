//! A purchase of an option of 1 MiB, from OK to usable, vendor and device in processes of their own; and how many times
//! each side waits for its disk (counted with strace, where there is one).

#![allow(clippy::unwrap_used, clippy::panic)] // a bench whose set-up fails has no figures

use std::path::Path;
use std::process::Command as Process;
use std::time::{Duration, Instant};

use e2e::process::{Actor, role, say, syncs, wait_for_end};
use e2e::{Device, OptionSpec, Vendor};
use panel_app::core::{Command, Screen};
use protocol::package::OptionKind;

const TIMED: usize = 100;
const COUNTED: usize = 10;

fn main() {
    match role() {
        None => bench(),
        Some((role, args)) => match role.as_str() {
            "vendor" => vendor(args[0].parse().unwrap()),
            "device" => device(&args),
            other => panic!("no role {other}"),
        },
    }
}

fn bench() {
    let mut times = purchases(TIMED, TIMED, None);
    times.sort();
    let at = |percent: usize| times[(times.len() - 1) * percent / 100].as_secs_f64() * 1_000.0;
    say(&format!("purchase of 1 MiB, OK to usable, {TIMED} times:"));
    say(&format!("  p50 {:.1} ms, p99 {:.1} ms", at(50), at(99)));
    if Process::new("strace").arg("-V").output().is_err() {
        say("  fsyncs: not counted, because there is no strace on this machine");
        return;
    }
    let dir = tempfile::tempdir().unwrap();
    let count = |bought| {
        purchases(COUNTED, bought, Some(dir.path()));
        [syncs(&dir.path().join("vendor")), syncs(&dir.path().join("device"))]
    };
    let (none, some) = (count(0), count(COUNTED));
    let each = |side: usize| (some[side].saturating_sub(none[side])) as f64 / COUNTED as f64;
    say(&format!("  fsyncs a purchase: vendor {:.1}, device {:.1}", each(0), each(1)));
}

/// Puts `on_sale` options on sale and buys the first `bought` of them.
fn purchases(on_sale: usize, bought: usize, tables: Option<&Path>) -> Vec<Duration> {
    let table = |side: &str| tables.map(|dir| dir.join(side));
    let mut vendor = Actor::start("vendor", &[on_sale.to_string()], table("vendor").as_deref());
    let mut args: Vec<String> = vendor.hear().split(' ').map(str::to_owned).collect();
    args.push(bought.to_string());
    let mut device = Actor::start("device", &args, table("device").as_deref());
    let times = (0..bought).map(|_| Duration::from_secs_f64(device.hear().parse().unwrap())).collect();
    device.end();
    vendor.end();
    times
}

fn vendor(on_sale: usize) {
    let vendor = Vendor::start();
    let mut content = vec![7; 1 << 20];
    for n in 0..on_sale {
        content[..8].copy_from_slice(&(n as u64).to_le_bytes());
        let id = format!("option-{n}");
        let offers = [("permanent", 1)];
        vendor.publish(&OptionSpec { id: &id, kind: OptionKind::Program, offers: &offers, content: &content });
    }
    let customer = vendor.customer("Bench");
    let code = vendor.register("BENCH-0", Some(&customer));
    say(&format!("{} {} {code}", vendor.addr(), vendor.ca_fingerprint()));
    wait_for_end();
}

fn device(args: &[String]) {
    let device = Device::new();
    device.enrol(args[0].parse().unwrap(), args[1].parse().unwrap(), "BENCH-0", &args[2].parse().unwrap());
    for n in 0..args[3].parse::<usize>().unwrap() {
        device.apply(Command::OpenOffer(format!("option-{n}").parse().unwrap()));
        device.wait_screen(|screen| matches!(screen, Screen::Offer { .. }));
        let started = Instant::now();
        device.apply(Command::Confirm);
        device.wait_screen(|screen| matches!(screen, Screen::Done { .. }));
        say(&started.elapsed().as_secs_f64().to_string());
        device.apply(Command::Dismiss);
    }
    wait_for_end();
}
