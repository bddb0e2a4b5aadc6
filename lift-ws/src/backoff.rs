//! Waiting between tries: longer each time, and never in step with others.

use std::time::Duration;

use crate::ambient;

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
        span.mul_f64(ambient::fraction())
    }

    #[cfg(feature = "aws")]
    pub(crate) async fn wait(&mut self) {
        ambient::sleep(self.pause()).await;
    }
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
}
