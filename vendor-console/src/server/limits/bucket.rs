//! A token bucket that is one instant: the *generic cell rate algorithm* (ITU-T I.371), exact and without a timer.

use std::time::Duration;

use tokio::time::Instant;

/// What a bucket allows.
#[derive(Debug, Clone, Copy)]
pub(super) struct Rate {
    /// Tokens a second in the long run.
    pub(super) per_second: u32,
    /// Tokens at once, after a pause.
    pub(super) burst: u32,
}

/// A bucket, full at first.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Bucket {
    /// When the bucket will be full again; `None` if it has never been used.
    full_at: Option<Instant>,
}

impl Bucket {
    /// Takes a token, if there is one.
    pub(super) fn take(&mut self, now: Instant, rate: Rate) -> bool {
        let is_there = self.has(now, rate);
        if is_there {
            self.charge(now, rate);
        }
        is_there
    }

    /// Whether there is a token.
    pub(super) fn has(&self, now: Instant, rate: Rate) -> bool {
        let debt = self.full_at.map_or(Duration::ZERO, |at| at.saturating_duration_since(now));
        debt + interval(rate) <= interval(rate) * rate.burst.max(1)
    }

    /// Takes a token, whether there is one or not.
    pub(super) fn charge(&mut self, now: Instant, rate: Rate) {
        let begin = self.full_at.map_or(now, |at| at.max(now));
        self.full_at = Some(begin + interval(rate));
    }

    /// Whether it says nothing that a new bucket would not say.
    pub(super) fn is_full(&self, now: Instant) -> bool {
        self.full_at.is_none_or(|at| at <= now)
    }
}

fn interval(rate: Rate) -> Duration {
    Duration::from_secs(1) / rate.per_second.max(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    const RATE: Rate = Rate { per_second: 10, burst: 3 };

    fn taken(bucket: &mut Bucket, now: Instant) -> usize {
        (0..100).take_while(|_| bucket.take(now, RATE)).count()
    }

    #[test]
    fn a_burst_is_granted_and_then_the_rate() {
        let (start, mut bucket) = (Instant::now(), Bucket::default());
        assert_eq!(taken(&mut bucket, start), 3);
        assert_eq!(taken(&mut bucket, start + Duration::from_millis(99)), 0);
        assert_eq!(taken(&mut bucket, start + Duration::from_millis(100)), 1);
        let granted: usize = (1..=1_000).map(|ms| taken(&mut bucket, start + Duration::from_millis(100 + ms))).sum();
        assert_eq!(granted, 10, "a second of asking every millisecond gets ten");
    }

    #[test]
    fn a_pause_fills_the_bucket_to_the_burst_and_no_further() {
        let (start, mut bucket) = (Instant::now(), Bucket::default());
        assert_eq!(taken(&mut bucket, start), 3);
        assert!(!bucket.is_full(start + Duration::from_millis(299)));
        assert!(bucket.is_full(start + Duration::from_millis(300)));
        assert_eq!(taken(&mut bucket, start + Duration::from_secs(3_600)), 3);
    }

    #[test]
    fn what_was_charged_beyond_the_burst_must_be_waited_for() {
        let (start, mut bucket) = (Instant::now(), Bucket::default());
        for _ in 0..5 {
            bucket.charge(start, RATE);
        }
        assert_eq!(taken(&mut bucket, start + Duration::from_millis(200)), 0);
        assert_eq!(taken(&mut bucket, start + Duration::from_millis(300)), 1);
    }

    #[test]
    fn a_clock_that_seems_to_go_back_grants_nothing() {
        let (start, mut bucket) = (Instant::now() + Duration::from_secs(60), Bucket::default());
        assert_eq!(taken(&mut bucket, start), 3);
        assert_eq!(taken(&mut bucket, start - Duration::from_secs(30)), 0);
    }
}
