//! Runs futures in an order that chance decides, in virtual time, on one thread.

use std::cell::RefCell;
use std::future::Future;
use std::pin::Pin;

use lift_ws::testing::simulation::{Simulation, Tasks};

pub(crate) use lift_ws::testing::simulation::TaskId;

use super::lots::Lots;

type Task = Pin<Box<dyn Future<Output = ()>>>;

/// Far more than any schedule takes: what needs more goes round in circles.
const MOST_STEPS: usize = 400_000;

thread_local! {
    /// What was started while another task had its turn; ids are given in order, as [`Tasks`] gives them.
    static STARTED: RefCell<(TaskId, Vec<Task>)> = const { RefCell::new((0, Vec::new())) };
    static DROPPED: RefCell<Vec<TaskId>> = const { RefCell::new(Vec::new()) };
    static CURRENT: RefCell<Option<TaskId>> = const { RefCell::new(None) };
}

/// Starts a task beside the one that has its turn.
pub(crate) fn spawn(task: impl Future<Output = ()> + 'static) -> TaskId {
    STARTED.with_borrow_mut(|(last, started)| {
        *last += 1;
        started.push(Box::pin(task));
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
    let mut tasks = Tasks::new();
    let outcome = 'run: {
        for _ in 0..MOST_STEPS {
            take_in(&mut tasks);
            if is_over() {
                break 'run Ok(());
            }
            let Some(id) = tasks.next(|waiting| lots.index(waiting)) else {
                if simulation.advance_to_next_timer() {
                    continue;
                }
                if tasks.is_empty() {
                    break 'run Ok(());
                }
                break 'run Err(format!("{} tasks wait for something that never comes", tasks.len()));
            };
            CURRENT.set(Some(id));
            tasks.poll(id);
            CURRENT.set(None);
        }
        Err(format!("it does not end: {MOST_STEPS} steps"))
    };
    drop(tasks);
    STARTED.take();
    DROPPED.take();
    outcome
}

fn take_in(tasks: &mut Tasks) {
    let started = STARTED.with_borrow_mut(|(_, started)| std::mem::take(started));
    for task in started {
        tasks.spawn(task);
    }
    for id in DROPPED.take() {
        tasks.stop(id);
    }
}
