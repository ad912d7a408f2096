//! The one place that reads clocks and draws random bits.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::time::{Instant, SystemTime, UNIX_EPOCH};

use protocol::Timestamp;
use protocol::net::PastTime;
use ring::rand::SecureRandom as _;

use crate::core::Moment;

/// The system's clocks. Tests can move them; clones are moved together.
#[derive(Debug, Clone)]
pub struct Clock {
    started: Instant,
    wall_shift_ms: Arc<AtomicI64>,
    uptime_shift_ms: Arc<AtomicU64>,
}

impl Default for Clock {
    fn default() -> Self {
        let started = Instant::now();
        Self { started, wall_shift_ms: Arc::default(), uptime_shift_ms: Arc::default() }
    }
}

impl Clock {
    /// Moves the wall clock, forward or back, as somebody who sets it does.
    pub fn set_wall_by_ms(&self, ms: i64) {
        self.wall_shift_ms.fetch_add(ms, Ordering::Relaxed);
    }

    /// Lets time pass, for both clocks.
    pub fn pass_ms(&self, ms: u64) {
        self.uptime_shift_ms.fetch_add(ms, Ordering::Relaxed);
        self.set_wall_by_ms(i64::try_from(ms).unwrap_or(i64::MAX));
    }

    pub(super) fn uptime_ms(&self) -> u64 {
        let passed_ms = u64::try_from(self.started.elapsed().as_millis()).unwrap_or(u64::MAX);
        passed_ms.saturating_add(self.uptime_shift_ms.load(Ordering::Relaxed))
    }

    pub(super) fn moment(&self) -> Moment {
        #[allow(clippy::disallowed_methods)] // this is the clock
        let wall = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        let wall_ms = i64::try_from(wall.as_millis()).unwrap_or(i64::MAX);
        let wall_ms = wall_ms.saturating_add(self.wall_shift_ms.load(Ordering::Relaxed));
        let mut random = [0; 16];
        // Without random bits ids would repeat and orders would meet: better no panel than that.
        #[allow(clippy::expect_used)]
        ring::rand::SystemRandom::new().fill(&mut random).expect("the system has random bits");
        let wall = Timestamp::from_ms(u64::try_from(wall_ms).unwrap_or(0));
        Moment { wall, uptime_ms: self.uptime_ms(), random }
    }
}

/// The panel's time as the core last knew it, for judging certificates from any thread.
#[derive(Debug, Default)]
pub(super) struct TrustedTime(AtomicU64);

impl TrustedTime {
    pub(super) fn set(&self, certain: Option<Timestamp>) {
        self.0.store(certain.map_or(0, Timestamp::as_ms), Ordering::Relaxed);
    }
}

impl PastTime for TrustedTime {
    fn past(&self) -> Option<Timestamp> {
        Some(self.0.load(Ordering::Relaxed)).filter(|ms| *ms > 0).map(Timestamp::from_ms)
    }
}
