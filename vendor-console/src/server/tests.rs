//! The whole server over real loopback connections, with a small device and a member of staff played by the test.

mod abuse;
mod enrolment;
mod fetching;
mod folder;
mod guessing;
mod keys;
mod ordering;
mod play;
mod settling;
mod split;
mod staffing;
mod team;
