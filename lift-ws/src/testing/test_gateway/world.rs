//! Everything of a gateway under test on one thread: tasks, and the time in which they run.

use super::function::{self, Function};
use super::hub::{Hub, State};
use super::queue::TimedQueue;
use crate::testing::simulation::{self, Simulation, Tasks};
use futures_util::FutureExt;
use lift_ws_local::core::Input;
use std::cell::{Cell, RefCell};
use std::fmt;
use std::future::poll_fn;
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll, Wake, Waker};
use std::time::{Duration, Instant};
use tokio::runtime::Handle;

/// Messages in a batch, as the local gateway has it by default.
const BATCH: usize = 10;

/// Turns without any time passing: what needs more goes round in circles.
const MOST_TURNS: u32 = 10_000_000;

/// How often other tasks of the runtime get a turn before all is said to rest.
const YIELDS: u32 = 4;

/// How long something outside the virtual clock is waited for.
const OUTSIDE: Duration = Duration::from_secs(2);

pub(super) struct World {
    pub(super) hub: Arc<Hub>,
    pub(super) queue: Arc<TimedQueue>,
    pub(super) takes_batches: bool,
    pub(super) function: Box<dyn Function>,
    pub(super) is_shuffled: bool,
    pub(super) batches: Cell<u64>,
    pub(super) tasks: RefCell<Tasks>,
    /// Dropped last: the tasks' waits belong to it.
    pub(super) simulation: Simulation,
}

impl World {
    /// Runs what can run until nothing can without time passing.
    pub(super) async fn settle(&self) {
        let mut yields = 0;
        loop {
            if self.run_ready() {
                yields = 0;
            } else if yields == YIELDS {
                return;
            }
            // what handlers have spawned runs in the runtime
            yields += 1;
            tokio::task::yield_now().await;
        }
    }

    /// Lets time pass, from one thing that happens to the next.
    pub(super) async fn advance(&self, by: Duration) {
        let end = self.simulation.passed() + by;
        loop {
            self.settle().await;
            if self.simulation.passed() >= end {
                return;
            }
            self.step(Some(end), &|| false).await;
        }
    }

    /// Lets time pass until `look` finds what it looks for, at most so much of it.
    pub(super) async fn until<T>(
        &self,
        within: Duration,
        mut look: impl FnMut(&mut State) -> Option<T>,
    ) -> Option<T> {
        let end = self.simulation.passed() + within;
        loop {
            self.settle().await;
            let found = look(&mut self.hub.lock());
            if found.is_some() {
                return found;
            }
            if self.outside().await {
                continue;
            }
            if self.simulation.passed() >= end {
                return None;
            }
            self.step(Some(end), &|| false).await;
        }
    }

    /// Runs a future of the test beside the handlers, and lets time pass while all wait.
    pub(super) async fn run<F: Future>(&self, future: F) -> F::Output {
        let mut future = pin!(future);
        let woken = Arc::new(Woken {
            is_woken: AtomicBool::new(true),
            outer: poll_fn(|cx| Poll::Ready(cx.waker().clone())).await,
        });
        let waker = Waker::from(Arc::clone(&woken));
        loop {
            while woken.is_woken.swap(false, Ordering::AcqRel) {
                if let Poll::Ready(output) = future.as_mut().poll(&mut Context::from_waker(&waker)) {
                    return output;
                }
            }
            self.settle().await;
            let is_woken = || woken.is_woken.load(Ordering::Acquire);
            if is_woken() || self.outside().await || is_woken() || self.step(None, &is_woken).await {
                continue;
            }
            poll_fn(|cx| match is_woken() || self.tasks.borrow().is_ready(cx.waker()) {
                true => Poll::Ready(()),
                false => Poll::Pending,
            })
            .await;
        }
    }

    /// Moves the time to the next thing that happens, or to `end` if that is first; `false` if nothing will happen.
    async fn step(&self, end: Option<Duration>, is_woken: &dyn Fn() -> bool) -> bool {
        let next = [self.simulation.next_timer(), self.hub.next_wakeup(), self.queue.next_due(), end];
        let Some(next) = next.into_iter().flatten().min() else { return false };
        self.pass_to(next, is_woken).await;
        self.hub.tell(Input::Tick);
        true
    }

    /// Lets the time go on, and tokio's with it if that stands still: then it may be less, if a handler waits for tokio, or
    /// the test does.
    async fn pass_to(&self, passed: Duration, is_woken: &dyn Fn() -> bool) {
        let before = self.simulation.passed();
        let (true, Some(wait)) = (is_tokio_paused(), passed.checked_sub(before)) else {
            return self.simulation.advance_to(passed);
        };
        let begun = tokio::time::Instant::now();
        let mut end = pin!(tokio::time::sleep_until(begun + wait));
        poll_fn(|cx| match is_woken() || self.tasks.borrow().is_ready(cx.waker()) {
            true => Poll::Ready(()),
            false => end.as_mut().poll(cx),
        })
        .await;
        // tokio counts whole milliseconds
        self.simulation.advance_to(passed.min(before + begun.elapsed()));
    }

    /// Gives every task its turn that can have one; `false` if there was none.
    fn run_ready(&self) -> bool {
        for turn in 0..MOST_TURNS {
            self.take_in();
            let next = self.tasks.borrow_mut().next(|waiting| self.choose(waiting));
            let Some(task) = next else { return turn > 0 };
            self.tasks.borrow_mut().poll(task);
        }
        let running = self.running();
        panic!("a handler is woken again and again and never waits for anything: one of {running}")
    }

    /// Makes tasks of events and of queue messages.
    fn take_in(&self) {
        for start in self.hub.take_starts() {
            let task = function::event(&*self.function, Arc::clone(&self.hub), start);
            self.tasks.borrow_mut().spawn(task);
        }
        if !self.takes_batches {
            return;
        }
        // a memory queue takes at once
        let _ = self.queue.release().now_or_never();
        loop {
            let batch = self.queue.memory().receive(BATCH);
            if batch.is_empty() {
                return;
            }
            self.batches.set(self.batches.get() + 1);
            // far from the numbers of events
            let number = 500_000_000_000 + self.batches.get();
            let task = function::batch(&*self.function, Arc::clone(&self.queue), batch, number);
            self.tasks.borrow_mut().spawn(task);
        }
    }

    fn choose(&self, waiting: usize) -> usize {
        if !self.is_shuffled {
            return 0;
        }
        let lot = simulation::fraction().unwrap_or_default();
        ((lot * waiting as f64) as usize).min(waiting - 1)
    }

    /// Waits a little in real time, if all that is under way waits for something else than the virtual clock; `true` if
    /// that has come.
    async fn outside(&self) -> bool {
        let waits_outside = !self.tasks.borrow().is_empty() && !self.simulation.is_awaited();
        if !waits_outside || Handle::try_current().is_err() || is_tokio_paused() {
            return false;
        }
        let woken = poll_fn(|cx| match self.tasks.borrow().is_ready(cx.waker()) {
            true => Poll::Ready(()),
            false => Poll::Pending,
        });
        tokio::time::timeout(OUTSIDE, woken).await.is_ok()
    }

    /// The routes whose handlers have not returned, for people.
    pub(super) fn running(&self) -> String {
        let state = self.hub.lock();
        let mut routes: Vec<String> = state.running().map(|route| format!("`{route}`")).collect();
        routes.dedup();
        routes.join(", ")
    }
}

impl fmt::Debug for World {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("World").field("passed", &self.simulation.passed()).finish_non_exhaustive()
    }
}

struct Woken {
    is_woken: AtomicBool,
    outer: Waker,
}

impl Wake for Woken {
    fn wake(self: Arc<Self>) {
        self.is_woken.store(true, Ordering::Release);
        self.outer.wake_by_ref();
    }
}

/// Does tokio's clock stand still, as under `#[tokio::test(start_paused = true)]`? There is no way to ask but to see
/// whether it moves while the machine's does.
fn is_tokio_paused() -> bool {
    if Handle::try_current().is_err() {
        return false;
    }
    let (tokio, real) = (tokio::time::Instant::now(), Instant::now());
    while Instant::now() == real {}
    tokio::time::Instant::now() == tokio
}
