//! Kills the real programs at their k-th system call of a kind, or lets that call fail, for every k; starts them again
//! without any fault; and looks whether everything is whole: `cargo run -p e2e --bin sweep -- [SWEEP..] [--seconds N]`.
//! It builds the programs, or takes those in the folder that `--programs DIR` names.

#![allow(clippy::unwrap_used, clippy::panic)] // what fails here fails the sweep

#[cfg(all(target_os = "linux", target_arch = "x86_64"))]
mod rows;
#[cfg(all(target_os = "linux", target_arch = "x86_64"))]
mod server;
#[cfg(all(target_os = "linux", target_arch = "x86_64"))]
mod sweeps;
#[cfg(all(target_os = "linux", target_arch = "x86_64"))]
mod tracer;
#[cfg(all(target_os = "linux", target_arch = "x86_64"))]
mod world;

use std::process::ExitCode;

#[cfg(all(target_os = "linux", target_arch = "x86_64"))]
fn main() -> ExitCode {
    tracer::play_tracee();
    rows::main()
}

#[cfg(not(all(target_os = "linux", target_arch = "x86_64")))]
fn main() -> ExitCode {
    e2e::process::say("sweep: needs Linux on x86-64, because it steps into system calls");
    ExitCode::from(2)
}
