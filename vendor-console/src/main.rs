//! `vendor-console`: the staff window and the staff commands.

use std::process::ExitCode;

fn main() -> ExitCode {
    vendor_console::cli::main_with_args(std::env::args_os())
}
