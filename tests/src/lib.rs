//! A vendor and its devices on loopback, over real QUIC, with clocks that tests can move.

#![allow(clippy::unwrap_used, clippy::panic)] // for tests: what fails here fails the test

mod device;
mod folder;
pub mod fuzz;
pub mod invariants;
pub mod peer;
pub mod process;
mod relay;
pub mod rogue;
mod vendor;

pub use device::{Device, Next};
pub use relay::Relay;
pub use vendor::{OptionSpec, Vendor, package_content, package_file};

use std::time::Duration;

/// How long a test waits for something that must happen: far longer than it ever takes.
pub const PATIENCE: Duration = Duration::from_secs(60);
