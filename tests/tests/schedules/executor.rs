//! Runs futures in an order that chance decides, in virtual time, on one thread.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Wake, Waker};

use lift_ws::testing::simulation::Simulation;

use super::lots::Lots;

pub(crate) type TaskId = u64;
type Task = Pin<Box<dyn Future<Output = ()>>>;

/// Far more than any schedule takes: what needs more goes round in circles.
const MOST_STEPS: usize = 400_000;

thread_local! {
    /// What was started while another task had its turn; ids are given in order.
    static STARTED: RefCell<(TaskId, Vec<(TaskId, Task)>)> = const { RefCell::new((0, Vec::new())) };
    static DROPPED: RefCell<Vec<TaskId>> = const { RefCell::new(Vec::new()) };
    static CURRENT: RefCell<Option<TaskId>> = const { RefCell::new(None) };
}

type Ready = Arc<Mutex<Vec<TaskId>>>;

struct Woken {
    id: TaskId,
    ready: Ready,
}

impl Wake for Woken {
    fn wake(self: Arc<Self>) {
        let mut ready = self.ready.lock().unwrap();
        if !ready.contains(&self.id) {
            ready.push(self.id);
        }
    }
}

/// Starts a task beside the one that has its turn.
pub(crate) fn spawn(task: impl Future<Output = ()> + 'static) -> TaskId {
    STARTED.with_borrow_mut(|(last, started)| {
        *last += 1;
        started.push((*last, Box::pin(task)));
        *last
    })
}

/// Drops a task where it stands: its environment has crashed.
pub(crate) fn kill(id: TaskId) {
    DROPPED.with_borrow_mut(|dropped| dropped.push(id));
}

/// The task that has its turn.
pub(crate) fn current() -> Option<TaskId> {
    CURRENT.with_borrow(|current| *current)
}

/// Runs until nothing is left to do.
///
/// # Errors
///
/// If tasks are left that wait for nothing, or it does not end.
pub(crate) fn run(
    lots: &mut Lots,
    simulation: &Simulation,
    mut is_over: impl FnMut() -> bool,
) -> Result<(), String> {
    let mut tasks: BTreeMap<TaskId, (Task, Waker)> = BTreeMap::new();
    let ready: Ready = Ready::default();
    let outcome = 'run: {
        for _ in 0..MOST_STEPS {
            take_in(&mut tasks, &ready);
            if is_over() {
                break 'run Ok(());
            }
            let next = {
                let mut ready = ready.lock().unwrap();
                if ready.is_empty() {
                    None
                } else {
                    let n = lots.index(ready.len());
                    Some(ready.remove(n))
                }
            };
            let Some(id) = next else {
                if simulation.advance_to_next_timer() {
                    continue;
                }
                if tasks.is_empty() {
                    break 'run Ok(());
                }
                break 'run Err(format!("{} tasks wait for something that never comes", tasks.len()));
            };
            let Some((task, waker)) = tasks.get_mut(&id) else { continue };
            CURRENT.set(Some(id));
            let poll = task.as_mut().poll(&mut Context::from_waker(waker));
            if poll == Poll::Ready(()) {
                tasks.remove(&id);
            }
            CURRENT.set(None);
        }
        Err(format!("it does not end: {MOST_STEPS} steps"))
    };
    drop(tasks);
    STARTED.take();
    DROPPED.take();
    outcome
}

fn take_in(tasks: &mut BTreeMap<TaskId, (Task, Waker)>, ready: &Ready) {
    let started = STARTED.with_borrow_mut(|(_, started)| std::mem::take(started));
    for (id, task) in started {
        let waker = Waker::from(Arc::new(Woken { id, ready: Arc::clone(ready) }));
        tasks.insert(id, (task, waker));
        ready.lock().unwrap().push(id);
    }
    for id in DROPPED.take() {
        tasks.remove(&id);
    }
}
