//! The vendor side of Kobai: server and staff console.

pub mod client;
