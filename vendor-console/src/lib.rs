//! The vendor side of Kobai: server and staff console.

pub mod cli;
pub mod client;
pub mod clock;
mod content;
mod private_file;
mod random;
pub mod server;
mod store;
#[cfg(feature = "gui")]
pub mod ui;
mod waits;
