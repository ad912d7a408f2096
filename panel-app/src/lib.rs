//! The office machine's side of Kobai: it buys options, keeps them, meters their use and erases them.

pub mod core;
