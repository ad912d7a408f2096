//! The attack suite: every attack that we say we survive, what must come of it, and what came of it. One file a family;
//! the table is printed at the end. `cargo test -p e2e --test attacks -- clock` runs one family.

#![allow(clippy::unwrap_used, clippy::panic)] // an attack that succeeds must fail the test
#![allow(clippy::print_stdout)] // the table

mod clock;
mod delivery;
mod flood;
mod identity;
mod life;
mod metering;
mod signed;
mod staff;
mod store;

use std::sync::{Arc, Mutex, PoisonError};

use libtest_mimic::{Arguments, Failed, Trial};

/// One attack.
#[derive(Clone, Copy)]
pub(crate) struct Attack {
    /// In a few words, from the attacker's side.
    pub(crate) name: &'static str,
    /// What must come of it.
    pub(crate) expectation: &'static str,
    /// Carries it out, panics if it succeeds, and tells what came of it.
    pub(crate) run: fn() -> String,
}

/// Every family and its attacks.
const FAMILIES: [(&str, &[Attack]); 11] = [
    ("delivery", delivery::ATTACKS),
    ("signed", signed::ATTACKS),
    ("clock", clock::ATTACKS),
    ("store", store::ATTACKS),
    ("metering", metering::ATTACKS),
    ("flood", flood::connections::ATTACKS),
    ("flood", flood::requests::ATTACKS),
    ("flood", flood::transfers::ATTACKS),
    ("identity", identity::ATTACKS),
    ("staff", staff::ATTACKS),
    ("life", life::ATTACKS),
];

type Results = Arc<Mutex<Vec<(usize, String)>>>;

fn main() {
    let mut arguments = Arguments::from_args();
    // One after the other: some count connections or weigh the memory of the whole process.
    arguments.test_threads.get_or_insert(1);
    let results = Results::default();
    let attacks: Vec<(&str, Attack)> =
        FAMILIES.iter().flat_map(|(family, attacks)| attacks.iter().map(move |attack| (*family, *attack))).collect();
    let trial = |(index, (family, attack)): (usize, &(&'static str, Attack))| {
        let (results, run) = (results.clone(), attack.run);
        Trial::test(format!("{family}: {}", attack.name), move || {
            let outcome = std::panic::catch_unwind(run).map_err(|panic| {
                let said = panic.downcast_ref::<String>().cloned();
                said.or_else(|| panic.downcast_ref::<&str>().map(ToString::to_string)).unwrap_or_default()
            });
            let shown = match &outcome {
                Ok(result) => result.clone(),
                Err(said) => format!("SUCCEEDED: {said}"),
            };
            results.lock().unwrap_or_else(PoisonError::into_inner).push((index, shown));
            outcome.map(drop).map_err(Into::into)
        })
    };
    let mut trials: Vec<Trial> = attacks.iter().enumerate().map(trial).collect();
    let documented: Vec<String> = attacks.iter().map(|(family, attack)| documented_row(family, attack)).collect();
    trials.push(Trial::test("docs/attacks.md lists every attack and no other", move || compare_page(&documented)));
    let conclusion = libtest_mimic::run(&arguments, trials);
    print_table(&attacks, &results);
    conclusion.exit();
}

fn documented_row(family: &str, Attack { name, expectation, .. }: &Attack) -> String {
    format!("| {family} | {name} | {expectation} |")
}

/// The rows of the page, which are in the order of the families.
fn compare_page(rows: &[String]) -> Result<(), Failed> {
    let page = include_str!("../../../docs/attacks.md");
    let listed: Vec<&str> = page.lines().filter(|line| line.starts_with("| ")).skip(1).collect();
    if listed == rows {
        return Ok(());
    }
    Err(format!("docs/attacks.md should have:\n{}", rows.join("\n")).into())
}

fn print_table(attacks: &[(&str, Attack)], results: &Results) {
    let mut results = std::mem::take(&mut *results.lock().unwrap_or_else(PoisonError::into_inner));
    results.sort();
    if results.is_empty() {
        return;
    }
    println!("\n| family | attack | expectation | result |\n|---|---|---|---|");
    for (index, result) in results {
        let (family, Attack { name, expectation, .. }) = attacks[index];
        println!("| {family} | {name} | {expectation} | {result} |");
    }
}
