//! How many posts may be under way, and how many may start in a second.

use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use tokio::sync::{Semaphore, SemaphorePermit};

use crate::ambient;

/// How many posts may start at once after a quiet time, as a part of the rate: a tenth of a second's worth.
const BURST: u32 = 10;

/// Lets posts through: a bounded number at once, a bounded number a second. All clones of a handle share it.
#[derive(Debug)]
pub(crate) struct Gate {
    places: Semaphore,
    interval: Duration,
    burst: Duration,
    /// When the bucket is full again: the virtual time of the next post at the steady rate.
    next: Mutex<Instant>,
}

impl Gate {
    pub(crate) fn new(concurrency: usize, per_second: u32) -> Self {
        let second = Duration::from_secs(1);
        Self {
            places: Semaphore::new(concurrency.clamp(1, Semaphore::MAX_PERMITS)),
            interval: second / per_second.max(1),
            burst: second / BURST,
            next: Mutex::new(ambient::now()),
        }
    }

    /// Waits for a place and for the rate. `None` if that would last beyond the deadline; nothing is taken then.
    pub(crate) async fn enter(&self, deadline: Option<Instant>) -> Option<SemaphorePermit<'_>> {
        let place = self.place(deadline).await?;
        let wait = self.reserve(ambient::now(), deadline)?;
        if !wait.is_zero() {
            ambient::sleep(wait).await;
        }
        Some(place)
    }

    async fn place(&self, deadline: Option<Instant>) -> Option<SemaphorePermit<'_>> {
        // The semaphore is never closed, so acquiring fails for want of time only.
        match deadline {
            None => self.places.acquire().await.ok(),
            Some(deadline) => ambient::timeout_at(deadline, self.places.acquire()).await.ok()?.ok(),
        }
    }

    /// Takes one token and says how long to wait for it.
    fn reserve(&self, now: Instant, deadline: Option<Instant>) -> Option<Duration> {
        let mut next = self.next.lock().unwrap_or_else(PoisonError::into_inner);
        let earliest = now.checked_sub(self.burst).unwrap_or(now);
        let mine = (*next).max(earliest);
        if deadline.is_some_and(|deadline| mine.max(now) >= deadline) {
            return None;
        }
        *next = mine + self.interval;
        Some(mine.saturating_duration_since(now))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn after_a_quiet_time(rate: u32) -> (Gate, Instant) {
        (Gate::new(1, rate), Instant::now() + Duration::from_secs(10))
    }

    #[test]
    fn a_burst_is_let_through_and_then_the_rate_holds() {
        let (gate, now) = after_a_quiet_time(1_000);
        let waits: Vec<Duration> = (0..1_101).filter_map(|_| gate.reserve(now, None)).collect();
        assert!(waits[..=100].iter().all(Duration::is_zero));
        assert_eq!(waits[1_100], Duration::from_secs(1));
    }

    #[test]
    fn nobody_waits_beyond_the_deadline_and_no_token_is_lost_to_it() {
        let (gate, now) = after_a_quiet_time(10);
        let soon = Some(now + Duration::from_millis(50));
        assert!(gate.reserve(now, soon).is_some());
        assert!(gate.reserve(now, soon).is_some(), "the burst of a tenth of a second");
        assert!(gate.reserve(now, soon).is_none());
        assert_eq!(gate.reserve(now, None), Some(Duration::from_millis(100)));
    }

    #[tokio::test]
    async fn places_are_bounded() {
        let gate = Gate::new(1, 1_000_000);
        let first = gate.enter(None).await.unwrap();
        assert!(gate.enter(Some(Instant::now())).await.is_none());
        drop(first);
        assert!(gate.enter(None).await.is_some());
    }
}
