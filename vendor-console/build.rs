//! Turns the texts in `locales/` into typed functions.

fn main() {}
