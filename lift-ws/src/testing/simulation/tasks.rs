//! Futures that take turns in an order of the test's choice.

use std::collections::{BTreeMap, VecDeque};
use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Wake, Waker};

/// The number of a task, counted from 1.
pub type TaskId = u64;

/// Futures on one thread, each polled when the test says so.
///
/// Nothing runs by itself: a task that was woken waits in a line until [`next`](Self::next) takes it out, at the place
/// that the caller chooses, and [`poll`](Self::poll) gives it its turn. Always the first is the order of waking; a place
/// drawn by lot finds what depends on it.
///
/// ```
/// use lift_ws::testing::simulation::Tasks;
/// use std::sync::{Arc, Mutex};
///
/// let said = Arc::new(Mutex::new(Vec::new()));
/// let mut tasks = Tasks::new();
/// for word in ["hello", "world"] {
///     let said = Arc::clone(&said);
///     tasks.spawn(async move { said.lock().unwrap().push(word) });
/// }
/// while let Some(task) = tasks.next(|waiting| waiting - 1) { // the last of the line first
///     tasks.poll(task);
/// }
/// assert_eq!(*said.lock().unwrap(), ["world", "hello"]);
/// assert!(tasks.is_empty());
/// ```
#[derive(Default)]
pub struct Tasks {
    tasks: BTreeMap<TaskId, (Task, Arc<Woken>)>,
    last: TaskId,
    line: Arc<Line>,
}

type Task = Pin<Box<dyn Future<Output = ()>>>;

/// The tasks that may have something to do.
#[derive(Debug, Default)]
struct Line(Mutex<Waiting>);

#[derive(Debug, Default)]
struct Waiting {
    tasks: VecDeque<TaskId>,
    /// Who wants to know when there is one more.
    observers: Vec<Waker>,
}

impl Line {
    // Each operation leaves the line whole, so a poisoned lock is as good as new.
    fn lock(&self) -> MutexGuard<'_, Waiting> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn enter(&self, id: TaskId) {
        let observers = {
            let mut waiting = self.lock();
            waiting.tasks.push_back(id);
            std::mem::take(&mut waiting.observers)
        };
        observers.into_iter().for_each(Waker::wake);
    }
}

#[derive(Debug)]
struct Woken {
    id: TaskId,
    is_in_line: AtomicBool,
    line: Arc<Line>,
}

impl Wake for Woken {
    fn wake(self: Arc<Self>) {
        if !self.is_in_line.swap(true, Ordering::AcqRel) {
            self.line.enter(self.id);
        }
    }
}

impl Tasks {
    /// Without any.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a task, at the end of the line.
    pub fn spawn(&mut self, task: impl Future<Output = ()> + 'static) -> TaskId {
        self.last += 1;
        let woken = Arc::new(Woken {
            id: self.last,
            is_in_line: AtomicBool::new(false),
            line: Arc::clone(&self.line),
        });
        // Many turns may be taken in one turn of a runtime's task, whose budget is not theirs.
        self.tasks.insert(self.last, (Box::pin(tokio::task::unconstrained(task)), Arc::clone(&woken)));
        woken.wake();
        self.last
    }

    /// Drops a task where it stands; `false` if it has ended before.
    pub fn stop(&mut self, id: TaskId) -> bool {
        self.tasks.remove(&id).is_some()
    }

    /// Takes a task out of the line: `choose` gets its length and returns a place.
    ///
    /// # Panics
    /// If there is no such place.
    pub fn next(&mut self, mut choose: impl FnMut(usize) -> usize) -> Option<TaskId> {
        let mut waiting = self.line.lock();
        loop {
            let length = waiting.tasks.len();
            let place = if length == 0 { return None } else { choose(length) };
            let id = waiting.tasks.remove(place);
            let id = id.unwrap_or_else(|| panic!("place {place} was chosen in a line of {length}"));
            // else it has ended since it was woken
            if self.tasks.contains_key(&id) {
                return Some(id);
            }
        }
    }

    /// Gives a task its turn; `true` if it has ended, now or before.
    pub fn poll(&mut self, id: TaskId) -> bool {
        let Some((task, woken)) = self.tasks.get_mut(&id) else { return true };
        woken.is_in_line.store(false, Ordering::Release);
        let waker = Waker::from(Arc::clone(woken));
        let has_ended = task.as_mut().poll(&mut Context::from_waker(&waker)) == Poll::Ready(());
        if has_ended {
            self.tasks.remove(&id);
        }
        has_ended
    }

    /// How many have not ended.
    #[must_use]
    pub fn len(&self) -> usize {
        self.tasks.len()
    }

    /// Have all ended?
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.tasks.is_empty()
    }

    /// Is one of them in the line? If not, `waker` is woken when one is.
    pub fn is_ready(&self, waker: &Waker) -> bool {
        let mut waiting = self.line.lock();
        waiting.tasks.retain(|id| self.tasks.contains_key(id));
        let is_ready = !waiting.tasks.is_empty();
        if !is_ready && !waiting.observers.iter().any(|known| known.will_wake(waker)) {
            waiting.observers.push(waker.clone());
        }
        is_ready
    }
}

impl fmt::Debug for Tasks {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Tasks").field("tasks", &self.tasks.len()).field("line", &self.line).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::AtomicUsize;

    #[test]
    fn a_task_that_is_woken_twice_has_one_turn() {
        let polls = Arc::new(AtomicUsize::new(0));
        let counted = Arc::clone(&polls);
        let mut tasks = Tasks::new();
        tasks.spawn(std::future::poll_fn(move |cx| {
            if counted.fetch_add(1, Ordering::Relaxed) == 0 {
                cx.waker().wake_by_ref();
                cx.waker().wake_by_ref();
            }
            Poll::Pending
        }));
        while let Some(id) = tasks.next(|_| 0) {
            assert!(!tasks.poll(id));
        }
        assert_eq!((polls.load(Ordering::Relaxed), tasks.len()), (2, 1));
    }

    #[test]
    fn a_stopped_task_is_dropped_and_has_no_turn() {
        let alive = Arc::new(());
        let held = Arc::clone(&alive);
        let mut tasks = Tasks::new();
        let id = tasks.spawn(async move {
            let _held = held;
            std::future::pending::<()>().await;
        });
        assert!(tasks.stop(id) && !tasks.stop(id));
        assert_eq!((Arc::strong_count(&alive), tasks.next(|_| 0)), (1, None));
    }
}
