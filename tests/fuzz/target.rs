//! One target; which one, the name of the binary says.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| (e2e::fuzz::target(env!("CARGO_BIN_NAME")).run)(bytes));
