//! The whole server over real loopback connections, with a small device and a member of staff played by the test.

mod ordering;
mod play;
