//! The core with virtual time, against a vendor that lives in the same test.

mod books;
mod crash;
mod doubt;
mod identity;
mod jobs;
mod life;
mod locks;
mod metered;
mod purchase;
mod queue;
mod random;
mod restore;
mod returns;
mod trust;
mod world;
