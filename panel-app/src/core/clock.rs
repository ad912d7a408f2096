//! The panel's time: the latest of the system clock, the last time written and the last time that the vendor told. While
//! the process runs it goes on by a clock that cannot be set, so turning the system clock back gains nothing. A system
//! clock that is far ahead of everything known is not believed until the vendor says so too: once written, a wrong year
//! would stay for ever.

use protocol::Timestamp;
use protocol::time::DAY_MS;

use super::effect::Moment;

/// A system clock that is further ahead than this is taken for wrong. Machines are switched off for months, not for years.
const AHEAD_MAX_MS: u64 = 400 * DAY_MS;

/// Time that never runs backward.
#[derive(Debug, Clone, Copy)]
pub(super) struct Clock {
    now: Timestamp,
    uptime_ms: u64,
}

impl Clock {
    /// Continues from the last time written.
    pub(super) fn new(written: Timestamp, moment: Moment) -> Self {
        let known = written.as_ms() > 0;
        let now = if known { latest(written, moment.wall) } else { moment.wall };
        Self { now, uptime_ms: moment.uptime_ms }
    }

    /// Goes on to the present.
    pub(super) fn advance(&mut self, moment: Moment) -> Timestamp {
        let passed_ms = moment.uptime_ms.saturating_sub(self.uptime_ms);
        self.now = latest(self.now.plus_ms(passed_ms), moment.wall);
        self.uptime_ms = self.uptime_ms.max(moment.uptime_ms);
        self.now
    }

    /// The vendor has told its time.
    pub(super) fn learn(&mut self, vendor: Timestamp) {
        self.now = self.now.max(vendor);
    }

    pub(super) const fn now(&self) -> Timestamp {
        self.now
    }

    pub(super) const fn uptime_ms(&self) -> u64 {
        self.uptime_ms
    }
}

fn latest(known: Timestamp, wall: Timestamp) -> Timestamp {
    if wall.ms_since(known) > AHEAD_MAX_MS { known } else { known.max(wall) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn moment(wall_ms: u64, uptime_ms: u64) -> Moment {
        Moment { wall: Timestamp::from_ms(wall_ms), uptime_ms, random: [0; 16] }
    }

    #[test]
    fn turning_the_system_clock_back_gains_no_time() {
        let mut clock = Clock::new(Timestamp::from_ms(0), moment(10_000, 0));
        assert_eq!(clock.advance(moment(11_000, 1_000)).as_ms(), 11_000);
        // Back to 1970, five seconds pass all the same.
        assert_eq!(clock.advance(moment(0, 6_000)).as_ms(), 16_000);
        assert_eq!(clock.advance(moment(5_000, 11_000)).as_ms(), 21_000);
    }

    #[test]
    fn a_restart_goes_on_from_the_last_time_written() {
        let mut clock = Clock::new(Timestamp::from_ms(50_000), moment(7, 0));
        assert_eq!(clock.now().as_ms(), 50_000);
        assert_eq!(clock.advance(moment(8, 1_000)).as_ms(), 51_000);
    }

    #[test]
    fn the_vendors_time_pulls_a_slow_clock_forward_and_never_back() {
        let mut clock = Clock::new(Timestamp::from_ms(0), moment(1_000, 0));
        clock.learn(Timestamp::from_ms(9_000));
        assert_eq!(clock.now().as_ms(), 9_000);
        clock.learn(Timestamp::from_ms(2_000));
        assert_eq!(clock.advance(moment(1_500, 500)).as_ms(), 9_500);
    }

    #[test]
    fn a_year_that_cannot_be_is_not_believed_until_the_vendor_says_so() {
        let now = 1_795_000_000_000;
        let mut clock = Clock::new(Timestamp::from_ms(0), moment(now, 0));
        let wrong = now + 30 * 365 * DAY_MS;
        assert_eq!(clock.advance(moment(wrong, 1_000)).as_ms(), now + 1_000);
        assert_eq!(Clock::new(Timestamp::from_ms(now), moment(wrong, 0)).now().as_ms(), now);
        // Switched off over a long holiday, it is believed.
        assert_eq!(clock.advance(moment(now + 100 * DAY_MS, 2_000)).as_ms(), now + 100 * DAY_MS);
        clock.learn(Timestamp::from_ms(wrong));
        assert_eq!(clock.now().as_ms(), wrong);
    }
}
