//! The core with virtual time, against a vendor that lives in the same test.

mod crash;
mod identity;
mod jobs;
mod purchase;
mod random;
mod trust;
mod world;
