//! The core with virtual time.
