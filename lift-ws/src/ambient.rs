//! Time and chance, as the process gives them.
//!
//! Everything that waits, looks at a clock or draws lots does it through here, so that a simulation can put a clock and
//! a seed of its own in their place: the feature `simulation`, off unless a test asks for it.

use std::time::{Duration, Instant, SystemTime};

#[cfg(feature = "simulation")]
use crate::testing::simulation;

/// The time was up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Elapsed;

/// Now, on the clock that is never set back.
#[inline]
pub(crate) fn now() -> Instant {
    #[cfg(feature = "simulation")]
    if let Some(now) = simulation::now() {
        return now;
    }
    Instant::now()
}

/// The time of day.
#[inline]
pub(crate) fn time_of_day() -> SystemTime {
    #[cfg(feature = "simulation")]
    if let Some(now) = simulation::time_of_day() {
        return now;
    }
    SystemTime::now()
}

/// A random number from 0 to 1.
pub(crate) fn fraction() -> f64 {
    #[cfg(feature = "simulation")]
    if let Some(fraction) = simulation::fraction() {
        return fraction;
    }
    random_fraction()
}

/// Each `RandomState` has other keys, which is random enough to spread retries.
fn random_fraction() -> f64 {
    use std::hash::{BuildHasher, RandomState};
    let bits = RandomState::new().hash_one(0_u8) >> 32;
    f64::from(u32::try_from(bits).unwrap_or(0)) / f64::from(u32::MAX)
}

pub(crate) async fn sleep(time: Duration) {
    #[cfg(feature = "simulation")]
    if let Some(now) = simulation::now() {
        return simulation::until(now + time).await;
    }
    tokio::time::sleep(time).await;
}

/// Waits for something, until the deadline; what is ready at once is never late.
pub(crate) async fn timeout_at<F: Future>(deadline: Instant, call: F) -> Result<F::Output, Elapsed> {
    #[cfg(feature = "simulation")]
    if simulation::now().is_some() {
        return simulation::timeout_at(deadline, call).await;
    }
    tokio::time::timeout_at(deadline.into(), call).await.map_err(|_| Elapsed)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fractions_differ() {
        let fractions: Vec<u64> = (0..10).map(|_| (fraction() * 1e9) as u64).collect();
        assert!(fractions.iter().any(|other| *other != fractions[0]), "{fractions:?}");
    }
}
