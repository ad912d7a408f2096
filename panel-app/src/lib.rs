//! The office machine's side of Kobai: it buys options, keeps them, meters their use and erases them.

pub mod core;
pub mod data;
pub mod identity;
pub mod link;
pub mod store;
pub mod vault;
