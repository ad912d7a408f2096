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
    /// How long the system had been up then, sleep included, if it tells.
    up_ms: Option<u64>,
    wall_shift_ms: Arc<AtomicI64>,
    uptime_shift_ms: Arc<AtomicU64>,
}

impl Default for Clock {
    fn default() -> Self {
        let started = Instant::now();
        Self { started, up_ms: system_up_ms(), wall_shift_ms: Arc::default(), uptime_shift_ms: Arc::default() }
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
        let awake_ms = u64::try_from(self.started.elapsed().as_millis()).unwrap_or(u64::MAX);
        passed_ms(awake_ms, self.up_ms.zip(system_up_ms())).saturating_add(self.uptime_shift_ms.load(Ordering::Relaxed))
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

/// What has passed: the time that the process's clock has counted, or what the system tells, which counts sleep too.
fn passed_ms(awake_ms: u64, up_ms: Option<(u64, u64)>) -> u64 {
    up_ms.map_or(awake_ms, |(then, now)| awake_ms.max(now.saturating_sub(then)))
}

/// How long the system has been up, sleep included: Linux tells it in seconds with two decimals.
fn system_up_ms() -> Option<u64> {
    let text = std::fs::read_to_string("/proc/uptime").ok()?;
    up_ms(&text)
}

fn up_ms(text: &str) -> Option<u64> {
    let (seconds, hundredths) = text.split_whitespace().next()?.split_once('.')?;
    let seconds: u64 = seconds.parse().ok()?;
    let hundredths: u64 = hundredths.parse().ok().filter(|_| hundredths.len() == 2)?;
    seconds.checked_mul(1_000)?.checked_add(hundredths * 10)
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn time_in_which_the_machine_slept_has_passed() {
        assert_eq!(passed_ms(5_000, Some((60_000, 65_010))), 5_010);
        assert_eq!(passed_ms(5_000, Some((60_000, 8 * 3_600_000))), 8 * 3_600_000 - 60_000);
        assert_eq!((passed_ms(5_000, Some((60_000, 64_990))), passed_ms(5_000, None)), (5_000, 5_000));
        assert_eq!((passed_ms(5_000, Some((60_000, 0)))), 5_000, "no system goes back");
    }

    #[test]
    fn how_long_linux_has_been_up_is_read_to_the_hundredth() {
        assert_eq!(up_ms("350735.47 234388.90\n"), Some(350_735_470));
        for other in ["", "12", "12.5 1.00", "x.00 1.00", "99999999999999999999.00"] {
            assert_eq!(up_ms(other), None, "{other}");
        }
    }
}
