//! Vendor and devices on loopback, over real QUIC. One binary, so that it is linked once.

mod interruptions;
mod licences;
mod purchases;
mod shop;
