//! Opens the window from the command line, or says what is missing and which command does the same without it.

use std::process::ExitCode;

use super::output::print_note;
use super::{ConnectArgs, WindowArgs};
#[cfg(feature = "gui")]
use crate::server::SecondPerson;

/// What a window needs on a bare Debian.
#[cfg(feature = "gui")]
const DEBIAN_PACKAGES: &str = "libgl1 libgl1-mesa-dri libglx-mesa0 libx11-6 libx11-xcb1 libxcursor1 libxi6 \
                               libxrender1 libxkbcommon0 libxkbcommon-x11-0";

const STAFF_COMMANDS: &str = "vendor-console customer|device|option|order|charge|invoice|...";

pub(super) fn open(args: &WindowArgs) -> ExitCode {
    let data = args.data();
    let instead = format!(
        "Without a window, `vendor-server init --data {0}` (once) and `vendor-server --data {0} --listen {1}` run the \
         server, and `{STAFF_COMMANDS} ... --server HOST:PORT --as {0}/admin.pem` does what the window does.",
        data.display(),
        args.listen,
    );
    #[cfg(feature = "gui")]
    let second_person = if args.solo { SecondPerson::Solo } else { SecondPerson::Needed };
    #[cfg(feature = "gui")]
    return report(crate::ui::open(&data, second_person, args.listen, args.lang), &instead);
    #[cfg(not(feature = "gui"))]
    no_window(&instead)
}

pub(super) fn connect(args: &ConnectArgs) -> ExitCode {
    let instead = format!(
        "Without a window, `{STAFF_COMMANDS} ... --server {} --as {}` does the same.",
        args.server,
        args.certificate.display(),
    );
    #[cfg(feature = "gui")]
    return report(crate::ui::connect(&args.server, &args.certificate, args.lang), &instead);
    #[cfg(not(feature = "gui"))]
    no_window(&instead)
}

#[cfg(feature = "gui")]
fn report(shown: Result<(), crate::ui::StartError>, instead: &str) -> ExitCode {
    use super::CliError;
    use crate::ui::StartError;
    match shown {
        Ok(()) => ExitCode::SUCCESS,
        Err(StartError::Window(reason)) => {
            print_note(&format!("vendor-console: the window cannot be opened: {reason}"));
            print_note(&format!(
                "It needs a display (DISPLAY or WAYLAND_DISPLAY) and, on Debian, the packages {DEBIAN_PACKAGES}."
            ));
            print_note(instead);
            ExitCode::FAILURE
        }
        Err(StartError::Server(error)) => {
            print_note(&format!("vendor-console: {error} [{}]", error.code()));
            ExitCode::from(error.exit_status())
        }
        Err(StartError::Staff(error)) => {
            let error = CliError::Staff(error);
            super::output::print_error(&error);
            error.exit_code()
        }
        Err(error @ StartError::Machine(_)) => {
            print_note(&format!("vendor-console: {error}"));
            ExitCode::from(5)
        }
    }
}

#[cfg(not(feature = "gui"))]
fn no_window(instead: &str) -> ExitCode {
    print_note("vendor-console: this build has no window (it lacks the feature `gui`).");
    print_note(instead);
    ExitCode::FAILURE
}
