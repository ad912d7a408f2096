//! How fast a download is: bytes over the last few seconds.

use std::collections::VecDeque;

const WINDOW_MS: u64 = 4_000;
const SHORTEST_MS: u64 = 500;

/// Samples of a transfer's progress.
#[derive(Debug, Clone, Default)]
pub(super) struct Meter {
    samples: VecDeque<(u64, u64)>,
}

impl Meter {
    /// `bytes` are there at `uptime_ms`.
    pub(super) fn note(&mut self, uptime_ms: u64, bytes: u64) {
        self.samples.push_back((uptime_ms, bytes));
        while self.samples.len() > 2 && self.samples.front().is_some_and(|(at, _)| at + WINDOW_MS < uptime_ms) {
            self.samples.pop_front();
        }
    }

    /// A pause begins; what came before says nothing about what comes after.
    pub(super) fn pause(&mut self) {
        self.samples.clear();
    }

    /// Bytes per second, once there is enough to tell.
    pub(super) fn bytes_per_second(&self) -> Option<u64> {
        let ((first_ms, first), (last_ms, last)) = (*self.samples.front()?, *self.samples.back()?);
        let passed_ms = last_ms.saturating_sub(first_ms);
        (passed_ms >= SHORTEST_MS).then(|| last.saturating_sub(first).saturating_mul(1_000) / passed_ms)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn speed_is_that_of_the_last_seconds() {
        let mut meter = Meter::default();
        assert_eq!(meter.bytes_per_second(), None);
        meter.note(0, 0);
        meter.note(100, 1_000);
        assert_eq!(meter.bytes_per_second(), None, "too short to tell");
        for second in 1..=20_u64 {
            meter.note(second * 1_000, if second < 10 { 0 } else { (second - 9) * 2_000 });
        }
        assert_eq!(meter.bytes_per_second(), Some(2_000));
        meter.pause();
        assert_eq!(meter.bytes_per_second(), None);
    }
}
