//! The only place that reads the time.
//!
//! Everything else is told what time it is, so that tests run hours in milliseconds.

use std::fmt::Debug;
use std::future::Future;
use std::pin::Pin;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use tokio::sync::watch;

use crate::core::Moment;

/// A future that ends when a moment of a [`Clock`] has come.
pub type Sleep = Pin<Box<dyn Future<Output = ()> + Send>>;

/// Tells the time and waits for it.
pub trait Clock: Debug + Send + Sync + 'static {
    /// What time is it?
    fn now(&self) -> Moment;

    /// Microseconds since the Unix epoch, in step with [`now`](Self::now) and finer where it can be told, for people who
    /// look at durations.
    fn micros(&self) -> u64 {
        self.now().as_millis().saturating_mul(1000)
    }

    /// Ends when [`now`](Self::now) is `deadline` or later.
    ///
    /// # Cancel safety
    ///
    /// The future may be dropped at any time.
    fn sleep_until(&self, deadline: Moment) -> Sleep;
}

/// The time of the machine. It never goes backwards, even if somebody sets the machine's clock.
#[derive(Debug, Clone)]
pub struct SystemClock {
    started: Instant,
    at_start: Moment,
}

impl SystemClock {
    /// A clock that agrees with the machine's now.
    #[must_use]
    pub fn new() -> Self {
        let epoch = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        let at_start = Moment::from_millis(0).after(epoch);
        Self { started: Instant::now(), at_start }
    }
}

impl Default for SystemClock {
    fn default() -> Self {
        Self::new()
    }
}

impl Clock for SystemClock {
    fn now(&self) -> Moment {
        self.at_start.after(self.started.elapsed())
    }

    fn micros(&self) -> u64 {
        let elapsed = u64::try_from(self.started.elapsed().as_micros()).unwrap_or(u64::MAX);
        self.at_start.as_millis().saturating_mul(1000).saturating_add(elapsed)
    }

    fn sleep_until(&self, deadline: Moment) -> Sleep {
        let instant = self.started + deadline.since(self.at_start);
        Box::pin(tokio::time::sleep_until(instant.into()))
    }
}

/// A clock that stands still until a test moves it.
///
/// # Examples
///
/// ```
/// use lift_ws_local::clock::{Clock, ManualClock};
/// use lift_ws_local::core::Moment;
/// use std::time::Duration;
///
/// let clock = ManualClock::starting_at(Moment::from_millis(1_000));
/// clock.advance(Duration::from_secs(600));
/// assert_eq!(clock.now(), Moment::from_millis(601_000));
/// ```
#[derive(Debug, Clone)]
pub struct ManualClock {
    now: watch::Sender<Moment>,
}

impl ManualClock {
    /// A clock that says `now` until it is moved.
    #[must_use]
    pub fn starting_at(now: Moment) -> Self {
        Self { now: watch::Sender::new(now) }
    }

    /// Moves the clock forwards and wakes whoever waited for that.
    pub fn advance(&self, by: Duration) {
        self.now.send_modify(|now| *now = now.after(by));
    }
}

impl Clock for ManualClock {
    fn now(&self) -> Moment {
        *self.now.borrow()
    }

    fn sleep_until(&self, deadline: Moment) -> Sleep {
        let mut now = self.now.subscribe();
        let keep = self.now.clone();
        Box::pin(async move {
            // The sender is kept alive here, so waiting cannot fail.
            let _ = now.wait_for(|now| *now >= deadline).await;
            drop(keep);
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures_util::FutureExt;

    #[test]
    fn a_manual_clock_wakes_a_sleeper_when_its_time_has_come_and_not_before() {
        let clock = ManualClock::starting_at(Moment::default());
        let mut sleep = clock.sleep_until(Moment::from_millis(10));
        assert!((&mut sleep).now_or_never().is_none());
        clock.advance(Duration::from_millis(9));
        assert!((&mut sleep).now_or_never().is_none());
        clock.advance(Duration::from_millis(1));
        assert!((&mut sleep).now_or_never().is_some());
    }

    #[test]
    fn microseconds_agree_with_the_moment() {
        let clock = ManualClock::starting_at(Moment::from_millis(1_234));
        assert_eq!(clock.micros(), 1_234_000);
        let system = SystemClock::new();
        let (before, micros, after) = (system.now(), system.micros(), system.now());
        assert!((before.as_millis()..=after.as_millis()).contains(&(micros / 1_000)));
    }

    #[tokio::test]
    async fn the_system_clock_does_not_end_a_sleep_early() {
        let clock = SystemClock::new();
        let deadline = clock.now().after(Duration::from_millis(2));
        clock.sleep_until(deadline).await;
        assert!(clock.now() >= deadline);
    }
}
