//! The wire on loopback, with real QUIC endpoints: frames, and who is let in.

// Helpers of tests fail as tests do.
#![allow(clippy::unwrap_used, clippy::panic)]

mod net {
    mod bulk;
    mod frames;
    mod peers;
    mod trust;
}
