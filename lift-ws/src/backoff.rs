//! Waiting between tries: longer each time, and never in step with others.

use std::hash::{BuildHasher, RandomState};
use std::time::Duration;

/// Exponential backoff with full jitter.
#[derive(Debug)]
pub(crate) struct Backoff {
    next: Duration,
    most: Duration,
}

impl Backoff {
    pub(crate) fn new(first: Duration, most: Duration) -> Self {
        Self { next: first, most }
    }

    /// The next wait: a random part of a span that doubles.
    pub(crate) fn pause(&mut self) -> Duration {
        let span = self.next;
        self.next = (span * 2).min(self.most);
        span.mul_f64(fraction())
    }

    #[cfg(feature = "aws")]
    pub(crate) async fn wait(&mut self) {
        tokio::time::sleep(self.pause()).await;
    }
}

/// A random number from 0 to 1. Each `RandomState` has other keys, which is random enough to spread retries.
fn fraction() -> f64 {
    let bits = RandomState::new().hash_one(0_u8) >> 32;
    f64::from(u32::try_from(bits).unwrap_or(0)) / f64::from(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pause_stays_within_a_span_that_doubles_up_to_its_most() {
        let mut backoff = Backoff::new(Duration::from_millis(10), Duration::from_millis(25));
        for most in [10, 20, 25, 25] {
            assert!(backoff.pause() <= Duration::from_millis(most));
        }
    }

    #[test]
    fn fractions_differ() {
        let fractions: Vec<u64> = (0..10).map(|_| (fraction() * 1e9) as u64).collect();
        assert!(fractions.iter().any(|other| *other != fractions[0]), "{fractions:?}");
    }
}
