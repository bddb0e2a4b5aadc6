//! So many in a time.

use std::time::Duration;

/// No bucket takes longer to be full, in nanoseconds: some 146 years, with which one can still count.
const LONGEST: u64 = 1 << 62;

/// So many in a time, and so many at once.
///
/// ```
/// use lift_ws::limit::Rate;
/// use std::time::Duration;
///
/// let ten_a_second = Rate::new(10, Duration::from_secs(1));
/// let twenty_at_once = ten_a_second.burst(20);
/// ```
///
/// In memory it is a token bucket: it holds `burst` tokens and gets `count` new ones every `per`, so in any stretch of time
/// no more than `burst + count × time / per` come through. In a store it is a counter in windows: see
/// [`RateLimits::exact`](super::RateLimits::exact).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rate {
    /// How long one token takes, in nanoseconds; rounded up, so that there are never more than was said.
    interval: u64,
    burst: u32,
}

impl Rate {
    /// `count` every `per`, and as many at once. Zero counts as one.
    #[must_use]
    pub fn new(count: u32, per: Duration) -> Self {
        let count = count.max(1);
        let interval = per.as_nanos().div_ceil(u128::from(count)).max(1);
        Self { interval: u64::try_from(interval).unwrap_or(u64::MAX).min(LONGEST), burst: count }
    }

    /// So many a second.
    #[must_use]
    pub fn per_second(count: u32) -> Self {
        Self::new(count, Duration::from_secs(1))
    }

    /// So many a minute.
    #[must_use]
    pub fn per_minute(count: u32) -> Self {
        Self::new(count, Duration::from_secs(60))
    }

    /// How many may come at once after a quiet time; `count` if nothing is said. Zero counts as one.
    #[must_use]
    pub fn burst(mut self, most: u32) -> Self {
        self.burst = most.max(1);
        self
    }

    /// When a bucket is full again that has given a token, and was to be full at `full_at`; or how long to wait, if it is
    /// empty. All in nanoseconds.
    pub(super) fn take(self, full_at: u64, now: u64) -> Result<u64, Duration> {
        let then = full_at.max(now).saturating_add(self.interval);
        match then.checked_sub(now.saturating_add(self.filling())) {
            None | Some(0) => Ok(then),
            Some(wait) => Err(Duration::from_nanos(wait)),
        }
    }

    /// How long an empty bucket takes to be full, in nanoseconds.
    fn filling(self) -> u64 {
        self.interval.saturating_mul(self.burst.into()).min(LONGEST)
    }

    /// The window of a counter that lets as many through in the long run, in milliseconds.
    pub(super) fn window(self) -> u64 {
        self.filling().div_ceil(1_000_000).max(1)
    }

    /// How many a window lets through.
    pub(super) const fn in_a_window(self) -> u32 {
        self.burst
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const SECOND: u64 = 1_000_000_000;

    #[test]
    fn a_full_bucket_gives_its_burst_and_then_says_how_long_to_wait() {
        let rate = Rate::per_second(10).burst(3);
        let mut full_at = 0;
        for _ in 0..3 {
            full_at = rate.take(full_at, 5 * SECOND).unwrap();
        }
        assert_eq!(rate.take(full_at, 5 * SECOND), Err(Duration::from_millis(100)));
        assert_eq!(rate.take(full_at, 5 * SECOND + SECOND / 20), Err(Duration::from_millis(50)));
        assert!(rate.take(full_at, 5 * SECOND + SECOND / 10).is_ok());
    }

    #[test]
    fn what_is_said_too_small_or_too_large_is_a_rate_all_the_same() {
        let never = Rate::new(0, Duration::MAX).burst(0);
        let full_at = never.take(0, 1).unwrap();
        assert!(never.take(full_at, 1_000 * SECOND).is_err());
        assert!(Rate::new(u32::MAX, Duration::ZERO).take(0, 0).is_ok());
        assert_eq!(Rate::new(1, Duration::ZERO).window(), 1);
    }

    #[test]
    fn a_window_lasts_as_long_as_a_bucket_fills() {
        assert_eq!((Rate::per_minute(30).window(), Rate::per_minute(30).in_a_window()), (60_000, 30));
        assert_eq!(Rate::per_second(10).burst(20).window(), 2_000);
    }

    proptest! {
        #[test]
        fn in_no_stretch_of_time_more_come_through_than_burst_and_rate_allow(
            count in 1_u32..50, per in 1_u64..100, burst in 1_u32..50,
            pauses in proptest::collection::vec(0_u64..20_000_000, 1..300),
        ) {
            let rate = Rate::new(count, Duration::from_millis(per)).burst(burst);
            let (mut now, mut full_at, mut admitted) = (SECOND, 0, Vec::new());
            for pause in pauses {
                now += pause;
                if let Ok(then) = rate.take(full_at, now) {
                    full_at = then;
                    admitted.push(now);
                }
            }
            for (first, from) in admitted.iter().enumerate() {
                for (last, to) in admitted.iter().enumerate().skip(first) {
                    let most = f64::from(burst) + f64::from(count) * (to - from) as f64 / (per as f64 * 1e6);
                    prop_assert!((last - first + 1) as f64 <= most + 1e-6, "{} in {} ns", last - first + 1, to - from);
                }
            }
        }

        #[test]
        fn who_waits_as_long_as_was_said_comes_through(
            count in 1_u32..50, burst in 1_u32..50, pauses in proptest::collection::vec(0_u64..5_000_000, 1..200),
        ) {
            let rate = Rate::per_second(count).burst(burst);
            let (mut now, mut full_at) = (SECOND, 0);
            for pause in pauses {
                now += pause;
                match rate.take(full_at, now) {
                    Ok(then) => full_at = then,
                    Err(wait) => {
                        let wait = wait.as_nanos() as u64;
                        prop_assert!(rate.take(full_at, now + wait - 1).is_err());
                        prop_assert!(rate.take(full_at, now + wait).is_ok());
                    }
                }
            }
        }
    }
}
