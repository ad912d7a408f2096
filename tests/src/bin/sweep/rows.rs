//! Which sweeps meet which faults at which calls, and the table of what came of it.

use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};
use std::time::{Duration, Instant};

use e2e::process::say;
use nix::errno::Errno;

use crate::server;
use crate::sweeps::{SWEEPS, Sweep, below, is_free};
use crate::tracer::{self, FDATASYNC, FSYNC, Fault, KINDS, Kind, Plan, RENAME, TRUNCATE, Traced, WRITE};
use crate::world::World;

const FAULTS: [(Kind, Fault); 12] = [
    (FDATASYNC, Fault::Kill),
    (FSYNC, Fault::Kill),
    (WRITE, Fault::Kill),
    (TRUNCATE, Fault::Kill),
    (RENAME, Fault::Kill),
    (FDATASYNC, Fault::Error(Errno::EIO)),
    (FDATASYNC, Fault::ErrorFromNowOn(Errno::EIO)),
    (FSYNC, Fault::Error(Errno::EIO)),
    (FSYNC, Fault::ErrorFromNowOn(Errno::EIO)),
    (WRITE, Fault::Error(Errno::ENOSPC)),
    (WRITE, Fault::ErrorFromNowOn(Errno::ENOSPC)),
    (TRUNCATE, Fault::ErrorFromNowOn(Errno::ENOSPC)),
];
const SERVER: &str = "server";
/// A panel forgets its oldest ended licences after a hundred, and then it has fewer than were charged.
const POINTS_A_WORLD: u64 = 60;

/// What came of a row.
#[derive(Default)]
struct Outcome {
    points: u64,
    good: u64,
    first_bad: Option<String>,
}

pub(crate) fn main() -> ExitCode {
    let (mut seconds, mut programs) = (None, None);
    let mut wanted = Vec::new();
    let mut args = std::env::args().skip(1);
    while let Some(arg) = args.next() {
        match arg.as_str() {
            "--seconds" => seconds = args.next().and_then(|seconds| seconds.parse::<u64>().ok()),
            "--programs" => programs = args.next().map(PathBuf::from),
            "all" => {}
            name if name == SERVER || SWEEPS.iter().any(|sweep| sweep.name == name) => wanted.push(arg),
            other => {
                say(&format!("sweep: there is no {other}; there are {} and server", names().join(", ")));
                return ExitCode::from(2);
            }
        }
    }
    let programs = programs.unwrap_or_else(build);
    let is_wanted = |name: &str| wanted.is_empty() || wanted.iter().any(|wanted| wanted == name);
    let sweeps = names().into_iter().chain([SERVER]).filter(|name| is_wanted(name));
    let sweeps: Vec<&str> = sweeps.collect();
    let end = seconds.map(|seconds| Instant::now() + Duration::from_secs(seconds));
    say("| sweep | system call | fault | points | good |\n|---|---|---|---|---|");
    let mut all_good = true;
    for (done, name) in sweeps.iter().enumerate() {
        let end = end.map(|end| share(end, sweeps.len() - done));
        match sweep(name, &programs, end) {
            Ok(good) => all_good &= good,
            Err(bad) => {
                say(&format!("| {name} | | none | | {bad} |"));
                all_good = false;
            }
        }
    }
    if all_good { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// When the first of `parts` has used up its part of the time.
fn share(end: Instant, parts: usize) -> Instant {
    let now = Instant::now();
    now + end.saturating_duration_since(now) / u32::try_from(parts).unwrap_or(u32::MAX)
}

fn names() -> Vec<&'static str> {
    SWEEPS.iter().map(|sweep| sweep.name).collect()
}

fn fault_name(fault: Fault) -> String {
    match fault {
        Fault::Kill => "killed".to_owned(),
        Fault::Error(errno) => format!("{errno:?} once"),
        Fault::ErrorFromNowOn(errno) => format!("{errno:?} from then on"),
    }
}

/// Builds the programs and returns their folder.
fn build() -> PathBuf {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let mut command = Command::new(cargo);
    command.args(["build", "--quiet", "--bins", "--no-default-features", "-p", "panel-app", "-p", "vendor-console"]);
    if !cfg!(debug_assertions) {
        command.arg("--release");
    }
    assert!(command.status().unwrap().success(), "the programs cannot be built");
    std::env::current_exe().unwrap().parent().unwrap().to_owned()
}

/// All rows of a sweep; whether every point was good.
fn sweep(name: &str, programs: &Path, end: Option<Instant>) -> Result<bool, String> {
    let mut world = World::new(programs);
    let calls = point(name, &mut world, FDATASYNC, Fault::Kill, 0)?.calls;
    let count = |kind: Kind| KINDS.iter().position(|other| *other == kind).map_or(0, |at| calls[at]);
    let rows: Vec<_> = FAULTS.into_iter().filter(|(kind, _)| count(*kind) > 0).collect();
    let (mut all_good, mut tried) = (true, 0);
    for (done, (kind, fault)) in rows.iter().copied().enumerate() {
        let end = end.map(|end| share(end, rows.len() - done));
        let mut row = Outcome::default();
        for at in evenly(count(kind)) {
            if row.points > 0 && end.is_some_and(|end| Instant::now() > end) {
                break;
            }
            row.points += 1;
            tried += 1;
            if tried % POINTS_A_WORLD == 0 {
                world = World::new(programs);
            }
            match point(name, &mut world, kind, fault, at) {
                Ok(_) => row.good += 1,
                Err(bad) => {
                    row.first_bad.get_or_insert(format!("at {at}: {bad}"));
                    // What is broken must not spoil the points after it.
                    world = World::new(programs);
                }
            }
        }
        let (points, good, of) = (row.points, row.good, count(kind));
        let mark = row.first_bad.as_deref().map(|bad| format!(": {bad}")).unwrap_or_default();
        all_good &= row.first_bad.is_none();
        let (call, fault) = (kind.name, fault_name(fault));
        say(&format!("| {name} | {call} | {fault} | {points} of {of} | {good} of {points}{mark} |"));
    }
    Ok(all_good)
}

/// 1 to `n`, so that the beginning is spread as evenly as the whole (van der Corput).
fn evenly(n: u64) -> impl Iterator<Item = u64> {
    let bits = u64::BITS - n.leading_zeros();
    let reversed = move |i: u64| if bits == 0 { 0 } else { i.reverse_bits() >> (u64::BITS - bits) };
    (0..1_u64 << bits).map(reversed).filter(move |i| (1..=n).contains(i))
}

fn point(name: &str, world: &mut World, kind: Kind, fault: Fault, at: u64) -> Result<Traced, String> {
    world.point += 1;
    let Some(sweep) = SWEEPS.iter().find(|sweep| sweep.name == name) else {
        let plan = Plan { kind, fault, at, below: world.vendor.data() };
        let traced = server::serve_a_purchase(world, &plan)?;
        server::after(world)?;
        return Ok(traced);
    };
    let traced = command(sweep, world, kind, fault, at)?;
    (sweep.after)(world)?;
    Ok(traced)
}

fn command(sweep: &Sweep, world: &mut World, kind: Kind, fault: Fault, at: u64) -> Result<Traced, String> {
    (sweep.before)(world)?;
    let plan = Plan { kind, fault, at, below: below(sweep, world) };
    let traced = tracer::run(&(sweep.command)(world), &plan, &world.vendor.data().join("output"), None);
    let traced = traced.map_err(|error| error.to_string())?;
    if at == 0 && traced.exit != Some(0) {
        return Err(std::fs::read_to_string(world.vendor.data().join("output")).unwrap_or_default());
    }
    if sweep.name != "init" && !is_free(world) {
        return Err("the data folder does not open".to_owned());
    }
    Ok(traced)
}
