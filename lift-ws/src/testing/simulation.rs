//! Virtual time and seeded chance for one thread: a whole day of waits passes in no time, and the same seed gives the
//! same run again.
//!
//! While a [`Simulation`] lives, everything of this crate that runs on its thread takes the time of day, waits, time
//! limits and the jitter of retries from it. The test polls its futures in an order of its own choice, as [`Tasks`] for
//! example, and moves the time on when all of them wait. `tests/tests/schedules` of this repository is such a test, and
//! `TestGateway` is made of it.

mod tasks;

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::marker::PhantomData;
use std::pin::{Pin, pin};
use std::task::{Context, Poll, Waker};
use std::time::{Duration, Instant, SystemTime};

use futures_util::future::{Either, select};

pub use self::tasks::{TaskId, Tasks};
use crate::ambient::Elapsed;

thread_local! {
    static WORLD: RefCell<Option<World>> = const { RefCell::new(None) };
}

#[derive(Debug)]
struct World {
    started: Instant,
    passed: Duration,
    epoch: SystemTime,
    lots: u64,
    next_timer: u64,
    /// By the time they are due, then in the order in which they were set.
    timers: BTreeMap<(Instant, u64), Timer>,
}

#[derive(Debug)]
struct Timer {
    waker: Waker,
    /// It only ends a wait for something else.
    is_limit: bool,
}

/// Virtual time on this thread, until it is dropped.
///
/// ```
/// # use std::time::Duration;
/// # use std::task::{Context, Poll, Waker};
/// # use lift_ws::testing::simulation::{self, Simulation};
/// let simulation = Simulation::start(7, Duration::from_secs(1_767_268_800));
/// let mut night = std::pin::pin!(simulation::sleep(Duration::from_secs(8 * 60 * 60)));
/// let mut cx = Context::from_waker(Waker::noop());
/// assert!(night.as_mut().poll(&mut cx).is_pending());
/// assert!(simulation.advance_to_next_timer());
/// assert!(night.as_mut().poll(&mut cx).is_ready());
/// assert_eq!(simulation.passed(), Duration::from_secs(8 * 60 * 60));
/// # use std::future::Future;
/// ```
#[derive(Debug)]
pub struct Simulation {
    /// It belongs to its thread.
    thread: PhantomData<*const ()>,
}

impl Simulation {
    /// Takes the time of this thread over: it begins so long after the epoch, and chance follows the seed.
    ///
    /// # Panics
    ///
    /// If there is one on this thread already.
    #[must_use]
    pub fn start(seed: u64, since_epoch: Duration) -> Self {
        WORLD.with_borrow_mut(|world| {
            assert!(world.is_none(), "a thread has one simulation at a time");
            *world = Some(World {
                started: Instant::now(),
                passed: Duration::ZERO,
                epoch: SystemTime::UNIX_EPOCH + since_epoch,
                lots: seed,
                next_timer: 0,
                timers: BTreeMap::new(),
            });
        });
        Self { thread: PhantomData }
    }

    /// How much virtual time has passed.
    #[must_use]
    pub fn passed(&self) -> Duration {
        with(|world| world.passed).unwrap_or_default()
    }

    /// How much virtual time will have passed when the next wait ends.
    #[must_use]
    pub fn next_timer(&self) -> Option<Duration> {
        let due = |world: &mut World| {
            let (due, _) = *world.timers.first_key_value()?.0;
            Some(due.saturating_duration_since(world.started).max(world.passed))
        };
        with(due).flatten()
    }

    /// Does something wait for virtual time to pass, not counting time limits of what waits for something else?
    #[cfg(feature = "test-gateway")]
    pub(crate) fn is_awaited(&self) -> bool {
        with(|world| world.timers.values().any(|timer| !timer.is_limit)).unwrap_or(false)
    }

    /// Moves the time on until so much of it has passed, and wakes all whose waits end by then. It never goes back.
    ///
    /// What waits sees the time that was moved to, so move in steps no longer than [`next_timer`](Self::next_timer).
    pub fn advance_to(&self, passed: Duration) {
        let due = with(|world| {
            world.passed = world.passed.max(passed);
            let now = world.started + world.passed;
            let mut due = Vec::new();
            while let Some(first) = world.timers.first_entry()
                && first.key().0 <= now
            {
                due.push(first.remove().waker);
            }
            due
        });
        due.into_iter().flatten().for_each(Waker::wake);
    }

    /// Moves the time to the next moment for which something waits, and wakes it; `false` if nothing waits.
    pub fn advance_to_next_timer(&self) -> bool {
        let woken = with(|world| {
            let ((due, _), Timer { waker, .. }) = world.timers.pop_first()?;
            world.passed = world.passed.max(due.saturating_duration_since(world.started));
            Some(waker)
        });
        match woken.flatten() {
            Some(waker) => {
                waker.wake();
                true
            }
            None => false,
        }
    }
}

impl Drop for Simulation {
    fn drop(&mut self) {
        WORLD.take();
    }
}

/// Waits in virtual time.
///
/// # Panics
///
/// If there is no simulation on this thread.
pub async fn sleep(time: Duration) {
    let now = now().expect("a simulation runs on this thread");
    until(now + time).await;
}

fn with<T>(f: impl FnOnce(&mut World) -> T) -> Option<T> {
    WORLD.with_borrow_mut(|world| world.as_mut().map(f))
}

/// Now, in virtual time; `None` if there is no simulation on this thread. Deadlines are counted from it.
#[must_use]
pub fn now() -> Option<Instant> {
    with(|world| world.started + world.passed)
}

/// How much virtual time has passed.
#[cfg(feature = "test-gateway")]
pub(crate) fn passed() -> Option<Duration> {
    with(|world| world.passed)
}

pub(crate) fn time_of_day() -> Option<SystemTime> {
    with(|world| world.epoch + world.passed)
}

pub(crate) fn fraction() -> Option<f64> {
    with(|world| {
        // splitmix64: every seed gives another sequence, all of them evenly spread
        world.lots = world.lots.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut bits = world.lots;
        bits = (bits ^ (bits >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        bits = (bits ^ (bits >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        f64::from((bits >> 33) as u32) / f64::from(1_u32 << 31)
    })
}

pub(crate) fn until(due: Instant) -> Until {
    Until { due, timer: None, is_limit: false }
}

pub(crate) async fn timeout_at<F: Future>(deadline: Instant, call: F) -> Result<F::Output, Elapsed> {
    match select(pin!(call), Until { due: deadline, timer: None, is_limit: true }).await {
        Either::Left((output, _)) => Ok(output),
        Either::Right(_) => Err(Elapsed),
    }
}

/// A wait for a moment of virtual time.
#[derive(Debug)]
pub(crate) struct Until {
    due: Instant,
    timer: Option<u64>,
    is_limit: bool,
}

impl Future for Until {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        let due = self.due;
        let (timer, is_limit) = (self.timer, self.is_limit);
        let set = with(|world| {
            if world.started + world.passed >= due {
                return None;
            }
            let timer = timer.unwrap_or_else(|| {
                world.next_timer += 1;
                world.next_timer
            });
            world.timers.insert((due, timer), Timer { waker: cx.waker().clone(), is_limit });
            Some(timer)
        });
        match set.flatten() {
            Some(timer) => {
                self.timer = Some(timer);
                Poll::Pending
            }
            None => Poll::Ready(()),
        }
    }
}

impl Drop for Until {
    fn drop(&mut self) {
        if let Some(timer) = self.timer {
            with(|world| world.timers.remove(&(self.due, timer)));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOON: Duration = Duration::from_secs(1_767_268_800);

    #[test]
    fn waits_end_in_the_order_of_their_times() {
        let simulation = Simulation::start(1, NOON);
        let mut cx = Context::from_waker(Waker::noop());
        let (mut long, mut short) =
            (pin!(sleep(Duration::from_secs(2))), pin!(sleep(Duration::from_secs(1))));
        assert!(long.as_mut().poll(&mut cx).is_pending() && short.as_mut().poll(&mut cx).is_pending());
        assert!(simulation.advance_to_next_timer());
        assert!(long.as_mut().poll(&mut cx).is_pending() && short.as_mut().poll(&mut cx).is_ready());
        assert_eq!(time_of_day(), Some(SystemTime::UNIX_EPOCH + NOON + Duration::from_secs(1)));
    }

    #[test]
    fn a_move_wakes_what_is_due_by_then_and_nothing_else() {
        let simulation = Simulation::start(1, NOON);
        let mut cx = Context::from_waker(Waker::noop());
        let mut waits: Vec<_> = (1..=3).map(|s| Box::pin(sleep(Duration::from_secs(s)))).collect();
        assert!(waits.iter_mut().all(|wait| wait.as_mut().poll(&mut cx).is_pending()));
        assert_eq!(simulation.next_timer(), Some(Duration::from_secs(1)));
        simulation.advance_to(Duration::from_millis(2_500));
        let ended: Vec<bool> = waits.iter_mut().map(|wait| wait.as_mut().poll(&mut cx).is_ready()).collect();
        assert_eq!(ended, [true, true, false]);
        assert_eq!(simulation.next_timer(), Some(Duration::from_secs(3)));
        simulation.advance_to(Duration::ZERO);
        assert_eq!(simulation.passed(), Duration::from_millis(2_500));
    }

    #[test]
    fn a_wait_that_is_given_up_is_no_timer() {
        let simulation = Simulation::start(1, NOON);
        let mut cx = Context::from_waker(Waker::noop());
        {
            let mut wait = pin!(sleep(Duration::from_secs(1)));
            assert!(wait.as_mut().poll(&mut cx).is_pending());
        }
        assert!(!simulation.advance_to_next_timer());
    }

    #[test]
    fn the_same_seed_draws_the_same_lots() {
        let draw = |seed| {
            let _simulation = Simulation::start(seed, NOON);
            [fraction().unwrap(), fraction().unwrap(), fraction().unwrap()]
        };
        assert_eq!(draw(1), draw(1));
        assert_ne!(draw(1), draw(2));
        assert!(draw(3).iter().all(|lot| (0.0..1.0).contains(lot)));
    }
}
