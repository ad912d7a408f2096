//! Vendor and devices on loopback, over real QUIC. One binary, so that it is linked once.

#![allow(clippy::unwrap_used, clippy::panic)] // what fails here fails the test

mod identity;
mod interruptions;
mod jobs;
mod licences;
mod life;
mod power;
mod purchases;
mod restore;
mod shop;
