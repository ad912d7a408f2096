//! A minimum rate: in every window so many bytes must move, or whoever moves them is too slow.

use std::time::Duration;

use tokio::time::Instant;

/// The pace of one transfer.
#[derive(Debug, Clone)]
pub(in crate::server) struct Pace {
    window: Duration,
    /// Bytes that must move in each window.
    wanted_bytes: u64,
    since: Instant,
    moved_bytes: u64,
}

impl Pace {
    /// From `now` on.
    pub(in crate::server) fn new(now: Instant, bytes_per_second: u32, window_ms: u32) -> Self {
        let window = Duration::from_millis(window_ms.into());
        let wanted_bytes = (u64::from(bytes_per_second) * u64::from(window_ms) / 1_000).max(1);
        Self { window, wanted_bytes, since: now, moved_bytes: 0 }
    }

    /// So many bytes have moved.
    pub(in crate::server) fn moved(&mut self, now: Instant, bytes: u64) {
        self.moved_bytes += bytes;
        if self.moved_bytes >= self.wanted_bytes {
            (self.since, self.moved_bytes) = (now, 0);
        }
    }

    /// If nothing more moves until then, it was too slow.
    pub(in crate::server) fn deadline(&self) -> Instant {
        self.since + self.window
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn survives(bytes: u64, every_ms: u64) -> bool {
        let start = Instant::now();
        let mut pace = Pace::new(start, 1_000, 10_000);
        (1..=20_000).all(|step| {
            let now = start + Duration::from_millis(step * every_ms);
            let in_time = now <= pace.deadline();
            pace.moved(now, bytes);
            in_time
        })
    }

    #[test]
    fn who_keeps_the_rate_goes_on_for_ever_and_who_does_not_is_ended() {
        assert!(survives(1_000, 1_000));
        assert!(survives(10_000, 10_000), "one full window at a time is a rate as well");
        assert!(survives(1_000_000, 9_999));
        assert!(!survives(900, 1_000));
        assert!(!survives(1, 2), "fewer bytes, however steadily they come");
        assert!(!survives(1_000_000, 10_001), "a pause longer than the window");
    }
}
