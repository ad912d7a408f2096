//! How long whoever has made wrong entries must wait: the same rule for contract user IDs, PINs and activation codes.

use protocol::time::{DAY_MS, HOUR_MS};

/// Wrong entries without a wait.
pub(crate) const FREE_TRIES: u64 = 5;
/// The first wait; each further wrong entry doubles it.
const FIRST_WAIT_MS: u64 = 30_000;
const LONGEST_WAIT_MS: u64 = HOUR_MS;
/// For how long a wrong entry counts.
pub(crate) const MEMORY_MS: u64 = DAY_MS;

/// The wait after this many wrong entries, from the last one on.
pub(crate) const fn wait_ms(wrong: u64) -> u64 {
    if wrong < FREE_TRIES {
        return 0;
    }
    let doublings = wrong - FREE_TRIES;
    // Seven doublings are more than an hour.
    let wait_ms = if doublings < 7 { FIRST_WAIT_MS << doublings } else { LONGEST_WAIT_MS };
    if wait_ms < LONGEST_WAIT_MS { wait_ms } else { LONGEST_WAIT_MS }
}

/// What is left of that wait; `None` if it is over. A clock that was set back makes nobody wait for longer.
pub(crate) fn left_ms(wrong: u64, last_ms: u64, now_ms: u64) -> Option<u64> {
    let wait_ms = wait_ms(wrong);
    let left_ms = last_ms.saturating_add(wait_ms).saturating_sub(now_ms).min(wait_ms);
    (left_ms > 0).then_some(left_ms)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn five_are_free_then_the_wait_doubles_up_to_an_hour() {
        let waits_s: Vec<u64> = (4..15).map(|wrong| wait_ms(wrong) / 1_000).collect();
        assert_eq!(waits_s, [0, 30, 60, 120, 240, 480, 960, 1_920, 3_600, 3_600, 3_600]);
        assert_eq!(wait_ms(u64::MAX), LONGEST_WAIT_MS);
    }

    #[test]
    fn a_wait_is_over_at_its_end_and_never_longer_because_the_clock_was_set_back() {
        assert_eq!(left_ms(5, 1_000, 30_999), Some(1));
        assert_eq!(left_ms(5, 1_000, 31_000), None);
        assert_eq!(left_ms(5, 10 * DAY_MS, 0), Some(30_000));
        assert_eq!(left_ms(4, 1_000, 1_000), None);
    }
}
