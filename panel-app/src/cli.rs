//! The commands. Their names, exit codes and JSON are a contract for scripts.

mod args;
mod buy;
mod enrol;
mod give_back;
mod job;
mod output;
mod programs;
mod restore;
mod show;
mod use_option;

use std::process::ExitCode;
use std::time::Duration;

use clap::Parser as _;

use args::Action;
pub use args::Args;
use output::{Fault, Output};

use crate::core::Resume;
use crate::service::{Clock, Service};

/// How long a command waits for the panel before it gives up: longer than the panel's own patience with the vendor.
const PATIENCE: Duration = Duration::from_secs(180);

/// Parses the process's arguments and does what they say.
pub fn main() -> ExitCode {
    match Args::try_parse() {
        Ok(args) => run(args),
        Err(error) => {
            // Help and version are no errors; clap prints each where it belongs.
            let _ = error.print();
            ExitCode::from(if error.use_stderr() { 2 } else { 0 })
        }
    }
}

/// Does what the arguments say; 0 only on success, 2 usage, 3 refused, 4 network, 5 storage.
pub fn run(args: Args) -> ExitCode {
    let out = Output::new(args.json);
    match perform(args, out) {
        Ok(()) => ExitCode::SUCCESS,
        Err(fault) => {
            out.fault(&fault);
            fault.exit_code()
        }
    }
}

fn perform(args: Args, out: Output) -> Result<(), Fault> {
    let open = |resume| Service::open(&args.data, resume, Clock::default()).map_err(|error| Fault::from(&error));
    match args.action.unwrap_or(Action::Gui(args.window)) {
        Action::Gui(window) => gui(open(Resume::Purchases)?, window),
        Action::Enrol(form) => enrol::enrol(&open(Resume::Nothing)?, form, out),
        Action::Catalogue => show::catalogue(&open(Resume::Nothing)?, out),
        Action::Options => show::options(&open(Resume::Nothing)?, out),
        Action::Orders => show::orders(&open(Resume::Nothing)?, out),
        Action::Buy { option, form, contract_id, pin_file } => {
            let pin = pin_file.as_deref().map(buy::read_pin).transpose()?;
            buy::buy(&open(Resume::Purchases)?, &option, form, contract_id, pin, out)
        }
        Action::Warn { uses, days } => show::warn(&open(Resume::Nothing)?, uses, days, out),
        Action::Cancel => buy::cancel(&open(Resume::Purchases)?, out),
        Action::Use { option, input, output } => {
            use_option::use_option(&open(Resume::Nothing)?, &option, &input, &output, out)
        }
        Action::Restore => restore::restore(&open(Resume::Licences)?, out),
        Action::Job(job) => job::job(&open(Resume::Nothing)?, job, out),
        Action::Jobs { cancel } => job::jobs(&open(Resume::Nothing)?, cancel, out),
        Action::Return { option } => give_back::give_back(&open(Resume::Nothing)?, &option, out),
        Action::Remove { option } => use_option::remove(&open(Resume::Nothing)?, &option, out),
    }
}

#[cfg(feature = "gui")]
fn gui(service: Service, window: args::Window) -> Result<(), Fault> {
    if let Some(language) = window.lang {
        service.apply(crate::core::Command::SetLanguage(language.into()));
    }
    let options = crate::ui::WindowOptions { fullscreen: window.fullscreen };
    crate::ui::run(service, options).map_err(|error| Fault::window(&error))
}

#[cfg(not(feature = "gui"))]
fn gui(_: Service, _: args::Window) -> Result<(), Fault> {
    Err(Fault::usage("no-window", "this build has no window; see --help for the commands"))
}
