//! The panel's time. Three witnesses tell it: a clock of this process that cannot be set, the vendor, and the system
//! clock, which anybody can set.
//!
//! - What the process's own clock and the vendor say is **certain**, and never goes back.
//! - The system clock is believed when it is ahead, because only it knows how long the machine was switched off, but by
//!   [`BELIEVED_MS`] at a time: machines are switched off over holidays. If it is further ahead, time is **in doubt**:
//!   it goes on as if the jump had not been, and the vendor is asked.
//! - A system clock that is behind gains nothing. Time that passes on it still counts, so a machine whose clock was set
//!   back and that is switched off every night does not get the nights for nothing.
//! - The vendor's word takes back what was only believed, and tells by how much the system clock is wrong, so that a
//!   clock that stays wrong does no harm from then on.

use protocol::Timestamp;
use protocol::time::{DAY_MS, MINUTE_MS};
use serde::{Deserialize, Serialize};

use super::effect::Moment;

/// A jump of the system clock that is believed: a week.
const BELIEVED_MS: u64 = 7 * DAY_MS;
/// Clocks are corrected by minutes all the time; what is more than this was set back.
const SET_BACK_MIN_MS: u64 = 10 * MINUTE_MS;
/// An answer takes its time to arrive; what is less than this refutes nothing.
const REFUTED_MIN_MS: u64 = MINUTE_MS;

/// What is kept of the time over a restart.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ClockRecord {
    /// The panel's time.
    pub now: Timestamp,
    /// The part of it that does not rest on the system clock.
    pub certain: Timestamp,
    /// What the system clock said.
    pub wall: Timestamp,
    /// By how many milliseconds the system clock was ahead of the vendor's when the vendor last told it.
    pub wall_ahead_ms: i64,
    /// Whether the vendor has ever told its time.
    pub confirmed: bool,
}

/// The panel's time.
#[derive(Debug, Clone, Copy)]
pub(super) struct Clock {
    kept: ClockRecord,
    uptime_ms: u64,
    /// What the system clock claims, if it is further ahead than is believed.
    doubt: Option<Timestamp>,
    /// How far the system clock is behind.
    behind_ms: u64,
    set_back_ms: Option<u64>,
    jumped_ms: Option<u64>,
}

impl Clock {
    /// Continues from what was kept.
    pub(super) fn new(kept: Option<ClockRecord>, moment: Moment) -> Self {
        let (wall, uptime_ms) = (moment.wall, moment.uptime_ms);
        let first = ClockRecord { now: wall, certain: wall, wall, ..ClockRecord::default() };
        let mut clock = Self {
            kept: kept.unwrap_or(first),
            uptime_ms,
            doubt: None,
            behind_ms: 0,
            set_back_ms: None,
            jumped_ms: None,
        };
        let latest = clock.readings(clock.kept.wall).into_iter().max().unwrap_or_default();
        clock.behind_ms = clock.kept.now.ms_since(latest);
        clock.advance(moment);
        clock
    }

    /// The two things that the system clock may mean: what it says, and that less its known error.
    fn readings(&self, wall: Timestamp) -> [Timestamp; 2] {
        let ms = wall.as_ms().saturating_add_signed(self.kept.wall_ahead_ms.saturating_neg());
        [wall, Timestamp::from_ms(ms)]
    }

    /// Goes on to the present.
    pub(super) fn advance(&mut self, moment: Moment) {
        let passed_ms = moment.uptime_ms.saturating_sub(self.uptime_ms);
        self.uptime_ms = self.uptime_ms.max(moment.uptime_ms);
        let wall = moment.wall;
        if !self.kept.confirmed {
            // Nothing rests on it yet, and nothing else is known.
            self.kept = ClockRecord { now: wall, certain: wall, wall, ..self.kept };
            return;
        }
        let least = self.kept.now.plus_ms(passed_ms);
        self.kept.certain = self.kept.certain.plus_ms(passed_ms);
        let readings = self.readings(wall);
        // Two clocks never agree to the millisecond: a reading that is a little late is not behind.
        let ahead = readings.into_iter().filter(|reading| reading.plus_ms(SET_BACK_MIN_MS) >= least).min();
        let ahead = ahead.map(|reading| reading.max(least));
        let claim = ahead.unwrap_or_else(|| self.kept.now.plus_ms(passed_ms.max(wall.ms_since(self.kept.wall))));
        let jump_ms = claim.ms_since(least);
        if jump_ms > BELIEVED_MS {
            if self.doubt.is_none() {
                self.jumped_ms = Some(jump_ms);
            }
            self.doubt = Some(claim);
            self.kept.now = least;
            // The jump stays to be judged.
            self.kept.wall = self.kept.wall.plus_ms(passed_ms);
        } else {
            self.doubt = None;
            self.kept.now = claim;
            self.kept.wall = wall;
        }
        let latest = readings.into_iter().max().unwrap_or_default();
        let behind_ms = if ahead.is_some() { 0 } else { least.ms_since(latest) };
        if behind_ms > self.behind_ms.saturating_add(SET_BACK_MIN_MS) {
            self.set_back_ms = Some(behind_ms - self.behind_ms);
        }
        self.behind_ms = behind_ms;
    }

    /// The vendor has told its time. It `refutes` what was only believed, unless it is another vendor than the one whose
    /// licences run out: anybody can be a vendor, with a clock that stands still.
    pub(super) fn learn(&mut self, vendor: Timestamp, wall: Timestamp, refutes: bool) {
        if self.kept.confirmed {
            self.kept.certain = self.kept.certain.max(vendor);
            let refuted = refutes && self.kept.now.ms_since(vendor) > REFUTED_MIN_MS;
            self.kept.now = if refuted { self.kept.certain } else { self.kept.now.max(self.kept.certain) };
        } else {
            (self.kept.now, self.kept.certain, self.kept.confirmed) = (vendor, vendor, true);
        }
        self.kept.wall = wall;
        let ahead_ms = i128::from(wall.as_ms()) - i128::from(self.kept.now.as_ms());
        self.kept.wall_ahead_ms = i64::try_from(ahead_ms).unwrap_or(0);
        self.doubt = None;
        self.behind_ms = 0;
    }

    pub(super) const fn now(&self) -> Timestamp {
        self.kept.now
    }

    pub(super) const fn uptime_ms(&self) -> u64 {
        self.uptime_ms
    }

    /// What is to be kept over a restart.
    pub(super) const fn kept(&self) -> ClockRecord {
        self.kept
    }

    /// What the system clock claims, if that is further ahead than is believed.
    pub(super) const fn doubt(&self) -> Option<Timestamp> {
        self.doubt
    }

    /// The time that is certainly past; `None` before the vendor has told its own.
    pub(super) fn certain(&self) -> Option<Timestamp> {
        self.kept.confirmed.then_some(self.kept.certain)
    }

    /// By how much the system clock was set back, once for each time.
    pub(super) const fn take_set_back_ms(&mut self) -> Option<u64> {
        self.set_back_ms.take()
    }

    /// By how much the system clock has jumped ahead of what is believed, once for each time.
    pub(super) const fn take_jumped_ms(&mut self) -> Option<u64> {
        self.jumped_ms.take()
    }
}

#[cfg(test)]
mod tests {
    use protocol::time::HOUR_MS;

    use super::*;

    const START_MS: u64 = 1_795_000_000_000;
    const YEAR_MS: u64 = 365 * DAY_MS;

    fn moment(wall_ms: u64, uptime_ms: u64) -> Moment {
        Moment { wall: Timestamp::from_ms(wall_ms), uptime_ms, random: [0; 16] }
    }

    /// A clock that the vendor has confirmed at `START_MS`, when the system clock said `wall_ms`.
    fn confirmed(wall_ms: u64) -> Clock {
        let mut clock = Clock::new(None, moment(wall_ms, 0));
        clock.learn(Timestamp::from_ms(START_MS), Timestamp::from_ms(wall_ms), true);
        clock
    }

    fn passed_ms(clock: &Clock) -> u64 {
        clock.now().as_ms() - START_MS
    }

    #[test]
    fn turning_the_system_clock_back_gains_no_second_and_is_noticed_once() {
        for back_ms in [HOUR_MS, 25 * HOUR_MS, 400 * DAY_MS, START_MS] {
            let mut clock = confirmed(START_MS);
            clock.advance(moment(START_MS + 1_000, 1_000));
            clock.advance(moment(START_MS + 2_000 - back_ms.min(START_MS), 2_000));
            assert_eq!(passed_ms(&clock), 2_000);
            let noticed = clock.take_set_back_ms().unwrap();
            assert!(back_ms.abs_diff(noticed) < 5_000, "{noticed}");
            clock.advance(moment(START_MS + 9_000 - back_ms.min(START_MS), 9_000));
            assert_eq!((passed_ms(&clock), clock.take_set_back_ms()), (9_000, None));
            // And a restart goes on from there.
            let again = Clock::new(Some(clock.kept()), moment(START_MS + 9_000 - back_ms.min(START_MS), 0));
            assert_eq!(passed_ms(&again), 9_000);
        }
    }

    #[test]
    fn nights_count_on_a_clock_that_was_set_back() {
        let back = |ms: u64| START_MS - 400 * DAY_MS + ms;
        let mut clock = confirmed(START_MS);
        clock.advance(moment(back(1_000), 1_000));
        for night in 1..=10 {
            let wall_ms = back(1_000 + night * 16 * HOUR_MS);
            clock = Clock::new(Some(clock.kept()), moment(wall_ms, 0));
            assert_eq!(passed_ms(&clock), 1_000 + night * 16 * HOUR_MS);
        }
    }

    #[test]
    fn a_machine_that_was_switched_off_over_a_holiday_is_believed() {
        let clock = Clock::new(Some(confirmed(START_MS).kept()), moment(START_MS + 6 * DAY_MS, 0));
        assert_eq!((passed_ms(&clock), clock.doubt()), (6 * DAY_MS, None));
    }

    #[test]
    fn ten_years_ahead_are_in_doubt_and_the_vendors_word_refutes_them_for_good() {
        let wrong = |ms: u64| START_MS + 10 * YEAR_MS + ms;
        let mut clock = confirmed(START_MS);
        clock.advance(moment(wrong(1_000), 1_000));
        clock.advance(moment(wrong(2_000), 2_000));
        assert_eq!(passed_ms(&clock), 2_000);
        assert_eq!(clock.doubt().unwrap().as_ms(), wrong(2_000));
        assert_eq!((clock.take_jumped_ms(), clock.take_jumped_ms()), (Some(10 * YEAR_MS), None));
        clock = Clock::new(Some(clock.kept()), moment(wrong(3_000), 0));
        assert!(clock.doubt().is_some(), "a restart does not make it right");
        clock.learn(Timestamp::from_ms(START_MS + 3_000), Timestamp::from_ms(wrong(3_000)), true);
        assert_eq!((passed_ms(&clock), clock.doubt()), (3_000, None));
        clock.advance(moment(wrong(5_000), 2_000));
        assert_eq!((passed_ms(&clock), clock.doubt()), (5_000, None));
        clock = Clock::new(Some(clock.kept()), moment(wrong(8 * HOUR_MS), 0));
        assert_eq!((passed_ms(&clock), clock.doubt()), (8 * HOUR_MS, None), "the known error is taken off");
        // Somebody sets it right.
        clock.advance(moment(START_MS + 9 * HOUR_MS, HOUR_MS));
        assert_eq!((passed_ms(&clock), clock.doubt()), (9 * HOUR_MS, None));
    }

    #[test]
    fn a_system_clock_of_known_error_may_lag_a_little_behind_the_machines_own() {
        let wrong = |ms: u64| START_MS + 10 * YEAR_MS + ms;
        let mut clock = confirmed(wrong(0));
        clock.advance(moment(wrong(999), 1_000));
        assert_eq!((passed_ms(&clock), clock.doubt()), (1_000, None));
        clock = Clock::new(Some(clock.kept()), moment(wrong(998), 0));
        assert_eq!((passed_ms(&clock), clock.doubt(), clock.take_set_back_ms()), (1_000, None, None));
    }

    #[test]
    fn the_vendors_word_confirms_a_long_time_without_power() {
        let mut clock = Clock::new(Some(confirmed(START_MS).kept()), moment(START_MS + 90 * DAY_MS, 0));
        assert_eq!((passed_ms(&clock), clock.doubt().is_some()), (0, true));
        clock.learn(Timestamp::from_ms(START_MS + 90 * DAY_MS), Timestamp::from_ms(START_MS + 90 * DAY_MS), true);
        assert_eq!((passed_ms(&clock), clock.doubt()), (90 * DAY_MS, None));
    }

    #[test]
    fn what_was_only_believed_is_taken_back_and_what_is_certain_is_not() {
        let mut clock = confirmed(START_MS);
        clock.advance(moment(START_MS + 5 * DAY_MS + HOUR_MS, HOUR_MS));
        assert_eq!(passed_ms(&clock), 5 * DAY_MS + HOUR_MS);
        clock.learn(Timestamp::from_ms(START_MS), Timestamp::from_ms(START_MS + 5 * DAY_MS + HOUR_MS), true);
        assert_eq!(passed_ms(&clock), HOUR_MS, "the hour has passed on this machine's own clock");
        // An answer that was on its way for a while takes nothing back.
        clock.advance(moment(START_MS + HOUR_MS + 10_000, HOUR_MS + 10_000));
        clock.learn(Timestamp::from_ms(START_MS + HOUR_MS), Timestamp::from_ms(START_MS + HOUR_MS + 10_000), true);
        assert_eq!(passed_ms(&clock), HOUR_MS + 10_000);
    }

    #[test]
    fn a_machine_that_starts_in_1970_or_2036_takes_the_vendors_time_as_its_first() {
        for wall_ms in [0, START_MS + 10 * YEAR_MS] {
            let mut clock = Clock::new(None, moment(wall_ms, 0));
            assert_eq!(clock.certain(), None);
            clock.learn(Timestamp::from_ms(START_MS), Timestamp::from_ms(wall_ms), true);
            clock.advance(moment(wall_ms + 1_000, 1_000));
            assert_eq!((passed_ms(&clock), clock.doubt(), clock.take_set_back_ms()), (1_000, None, None));
            let again = Clock::new(Some(clock.kept()), moment(wall_ms + HOUR_MS, 0));
            assert_eq!(passed_ms(&again), HOUR_MS);
        }
    }
}
