//! End-to-end tests: vendor and devices on loopback.
