//! The one place where the vendor's side reads the time, so that tests can own it.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use protocol::Timestamp;
use tokio::sync::watch;

/// Where the vendor's time comes from. Clones of one clock show the same time.
#[derive(Debug, Clone)]
pub enum Clock {
    /// The machine's.
    System,
    /// A clock that moves only when told to.
    Manual(watch::Sender<Timestamp>),
}

impl Clock {
    /// A clock that stands at `now`.
    pub fn manual(now: Timestamp) -> Self {
        Self::Manual(watch::Sender::new(now))
    }

    /// The time.
    pub fn now(&self) -> Timestamp {
        match self {
            Self::System => machine_time(),
            Self::Manual(now) => *now.borrow(),
        }
    }

    /// Moves a manual clock forward by `ms`; the machine's clock cannot be moved.
    pub fn advance_ms(&self, ms: u64) {
        if let Self::Manual(now) = self {
            now.send_modify(|now| *now = now.plus_ms(ms));
        }
    }

    /// The time for certificates. TLS compares them with the machine's clock, whatever the clock of the business says.
    pub(crate) fn certificate_time(&self) -> Timestamp {
        machine_time()
    }

    /// Waits until `ms` have passed on this clock.
    pub(crate) async fn sleep_ms(&self, ms: u64) {
        match self {
            Self::System => tokio::time::sleep(Duration::from_millis(ms)).await,
            Self::Manual(now) => {
                let end = self.now().plus_ms(ms);
                // This clock is itself a sender, so the channel stays open as long as anybody waits here.
                let _ = now.subscribe().wait_for(|now| *now >= end).await;
            }
        }
    }
}

#[allow(clippy::disallowed_methods)] // the one place
fn machine_time() -> Timestamp {
    let since_epoch = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    Timestamp::from_ms(u64::try_from(since_epoch.as_millis()).unwrap_or(u64::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_manual_clock_wakes_sleepers_when_it_is_moved_far_enough() {
        let clock = Clock::manual(Timestamp::from_ms(1_000));
        let sleeper = tokio::spawn({
            let clock = clock.clone();
            async move {
                clock.sleep_ms(500).await;
                clock.now()
            }
        });
        tokio::task::yield_now().await;
        clock.advance_ms(499);
        tokio::task::yield_now().await;
        assert!(!sleeper.is_finished());
        clock.advance_ms(1);
        assert_eq!(sleeper.await.unwrap(), Timestamp::from_ms(1_500));
    }
}
