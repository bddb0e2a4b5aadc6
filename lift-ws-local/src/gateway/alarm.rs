//! When the owner wakes although nothing has happened.

use std::future::poll_fn;
use std::task::Poll;

use crate::clock::{Clock, Sleep};
use crate::core::Moment;

/// Rings once, at the latest when it was set to.
#[derive(Default)]
pub(super) struct Alarm(Option<(Moment, Sleep)>);

impl Alarm {
    /// Makes sure that it rings at `due` or before. Ringing too early does no harm, so it is set anew only if
    /// it would ring too late: what is due next changes with nearly every event, and mostly to later.
    pub(super) fn set(&mut self, due: Moment, clock: &dyn Clock) {
        if self.0.as_ref().is_none_or(|(at, _)| *at > due) {
            self.0 = Some((due, clock.sleep_until(due)));
        }
    }

    /// Ends when it rings; never, if it is not set.
    ///
    /// # Cancel safety
    ///
    /// It stays set until it has rung.
    pub(super) async fn ring(&mut self) {
        poll_fn(|cx| match &mut self.0 {
            Some((_, sleep)) => sleep.as_mut().poll(cx),
            None => Poll::Pending,
        })
        .await;
        self.0 = None;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::ManualClock;
    use futures_util::FutureExt;
    use std::time::Duration;

    #[test]
    fn the_earliest_moment_counts_and_it_rings_once() {
        let clock = ManualClock::starting_at(Moment::from_millis(0));
        let mut alarm = Alarm::default();
        alarm.set(Moment::from_millis(50), &clock);
        alarm.set(Moment::from_millis(20), &clock);
        alarm.set(Moment::from_millis(90), &clock);
        clock.advance(Duration::from_millis(19));
        assert!(alarm.ring().now_or_never().is_none());
        clock.advance(Duration::from_millis(1));
        assert!(alarm.ring().now_or_never().is_some());
        clock.advance(Duration::from_millis(100));
        assert!(alarm.ring().now_or_never().is_none());
    }
}
