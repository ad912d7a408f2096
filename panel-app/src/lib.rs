//! The office machine's side of Kobai: it buys options, keeps them, meters their use and erases them.

pub mod cancel;
pub mod cli;
pub mod core;
pub mod data;
pub mod documents;
pub mod formatter;
pub mod identity;
pub mod job;
pub mod link;
pub mod page;
pub mod program;
pub mod runtime;
pub mod service;
pub mod spool;
pub mod store;
pub mod tray;
#[cfg(feature = "gui")]
pub mod ui;
pub mod vault;

pub use cli::main;
