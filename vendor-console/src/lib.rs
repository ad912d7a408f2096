//! The vendor side of Kobai: server and staff console.

pub mod cli;
pub mod client;
