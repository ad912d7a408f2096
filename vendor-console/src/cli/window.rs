//! Starts the window from the command line, or says what to use instead.

use std::process::ExitCode;

use super::output::print_note;
use super::{ConnectArgs, WindowArgs};

pub(super) fn open(args: &WindowArgs) -> ExitCode {
    print_note(&format!("no window in this build; vendor-server --data {} does the same", args.data.display()));
    ExitCode::FAILURE
}

pub(super) fn connect(args: &ConnectArgs) -> ExitCode {
    print_note(&format!(
        "no window in this build; see vendor-console customer list --server {} --as {}",
        args.server,
        args.certificate.display()
    ));
    ExitCode::FAILURE
}
