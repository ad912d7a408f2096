//! `panel-app`: the office machine's panel.

use std::process::ExitCode;

fn main() -> ExitCode {
    panel_app::main()
}
