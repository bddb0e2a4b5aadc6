//! The environments of the function: each with a cache of its own, over one store and one gateway.

use std::cell::RefCell;
use std::pin::pin;
use std::rc::Rc;
use std::sync::Arc;
use std::time::{Duration, Instant};

use futures_util::future::{Either, select};
use lift_ws::Service;
use lift_ws::connection::{Connections, Settings};
use lift_ws::queue::memory::MemoryQueue;
use lift_ws::testing::simulation::{self, sleep};
use serde_json::Value;
use tokio::sync::oneshot;

use super::app::Schedule;
use super::executor::{self, TaskId};
use super::gateway::ModelGateway;
use super::promises::{CACHE_LIFE, Promise, TRIES};
use super::store::FaultyStore;
use super::world::{Invocation, SCOPES, now, scope_key, world};

/// What is to be run, and for whom.
pub(crate) struct Call {
    pub(crate) payload: Vec<u8>,
    pub(crate) what: &'static str,
    pub(crate) about: String,
    /// When Lambda ends it, in milliseconds since the epoch.
    pub(crate) deadline: u64,
}

struct Environment {
    id: u64,
    service: Rc<Service<Schedule>>,
    running: Vec<TaskId>,
}

/// All environments that live.
#[derive(Clone)]
pub(crate) struct Environments {
    store: FaultyStore,
    pub(crate) queue: Arc<MemoryQueue>,
    living: Rc<RefCell<(u64, Vec<Environment>)>>,
}

impl Environments {
    pub(crate) fn new(store: FaultyStore) -> Self {
        let queue = Arc::new(MemoryQueue::new().with_max_receives(u32::MAX));
        Self { store, queue, living: Rc::default() }
    }

    /// Runs an event in an environment that is free, and then tells what came of it; `None` if it crashed.
    pub(crate) fn invoke(&self, call: Call, then: impl FnOnce(Option<Value>) + 'static) {
        let (id, service) = self.free();
        let this = self.clone();
        // Who waits for the answer outlives the environment: a crash drops the sender.
        let (sender, answer) = oneshot::channel();
        let task = executor::spawn(async move {
            let task = executor::current().expect("it has its turn");
            begin(task, id, &call);
            let mut answer = Vec::new();
            let invocation = lift_ws::Invocation { deadline_ms: call.deadline, ..Default::default() };
            let left = Duration::from_millis(call.deadline.saturating_sub(now()));
            let is_done = {
                let work = pin!(service.respond(&call.payload, invocation, &mut answer));
                matches!(select(work, pin!(sleep(left))).await, Either::Left((Ok(()), _)))
            };
            if !is_done {
                return this.crash(id);
            }
            let value: Value = serde_json::from_slice(&answer).expect("an answer is JSON");
            let status = value["statusCode"].as_u64().unwrap_or(0);
            if call.what == "$connect" && status == 503 {
                this.left_nothing(&call.about);
            }
            world(|w| {
                w.note(|| format!("{} of {} answered {status}", call.what, call.about));
                w.within_budget(status);
                w.invocations.remove(&task);
            });
            this.done(id, task);
            let _ = sender.send(value);
        });
        self.with(id, |environment| environment.running.push(task));
        executor::spawn(async move { then(answer.await.ok()) });
    }

    /// An environment that is idle, or a new one; where events come several at once, any.
    fn free(&self) -> (u64, Rc<Service<Schedule>>) {
        let mut living = self.living.borrow_mut();
        let (concurrent, start) = world(|w| (w.plan.concurrent, w.lots.permille(60)));
        let mut free: Vec<usize> =
            (0..living.1.len()).filter(|n| concurrent || living.1[*n].running.is_empty()).collect();
        if living.1.len() < 2 || free.is_empty() || start && living.1.len() < 5 {
            living.0 += 1;
            let environment = Environment {
                id: living.0,
                service: Rc::new(Service::new(()).with_connections(self.connections())),
                running: Vec::new(),
            };
            free = vec![living.1.len()];
            living.1.push(environment);
        }
        let n = world(|w| w.lots.pick(&free));
        (living.1[n].id, Rc::clone(&living.1[n].service))
    }

    /// A handle as a new environment makes it.
    pub(crate) fn connections(&self) -> Connections {
        let concurrency = world(|w| w.lots.pick(&[1, 2, 8]));
        let settings = Settings::default()
            .with_concurrency(concurrency)
            .with_rate(u32::MAX)
            .with_tries(TRIES)
            .with_broadcast_rate(u32::MAX)
            .with_broadcast_segments(2)
            .with_cache_life(Duration::from_millis(CACHE_LIFE));
        Connections::builder(self.store.clone(), ModelGateway)
            .region("eu-central-1")
            .queue(Arc::clone(&self.queue))
            .settings(settings)
            .build()
    }

    /// Ends an environment and everything that runs in it.
    pub(crate) fn crash(&self, id: u64) {
        let Some(environment) = self.take(id) else { return };
        for task in environment.running {
            world(|w| w.crashed(task));
            executor::kill(task);
        }
    }

    /// An environment that has something to do.
    pub(crate) fn crash_a_busy_one(&self) {
        let busy: Vec<u64> = {
            let living = self.living.borrow();
            living.1.iter().filter(|e| !e.running.is_empty()).map(|e| e.id).collect()
        };
        if !busy.is_empty() {
            self.crash(world(|w| w.lots.pick(&busy)));
        }
    }

    fn take(&self, id: u64) -> Option<Environment> {
        let mut living = self.living.borrow_mut();
        let at = living.1.iter().position(|environment| environment.id == id)?;
        Some(living.1.remove(at))
    }

    /// The save of a handshake has failed: it was taken back, unless that failed too.
    fn left_nothing(&self, id: &str) {
        let (scope, excused) = world(|w| {
            let scope = scope_key(w.connections[id].scope);
            (scope, w.invocation().is_some_and(|invocation| invocation.withdrawal_failed))
        });
        if !excused && self.store.record(&scope, id).is_some() {
            world(|w| {
                w.broken(Promise::FailedSaveLeavesNothing, || {
                    format!("{id} was refused with 503 and has a record")
                });
            });
        }
    }

    fn done(&self, id: u64, task: TaskId) {
        self.with(id, |environment| environment.running.retain(|running| *running != task));
    }

    fn with(&self, id: u64, f: impl FnOnce(&mut Environment)) {
        let mut living = self.living.borrow_mut();
        if let Some(environment) = living.1.iter_mut().find(|environment| environment.id == id) {
            f(environment);
        }
    }
}

/// The callback URL of a scope.
pub(crate) fn url_of(scope: usize) -> String {
    let (api, stage) = SCOPES[scope];
    format!("https://{api}.execute-api.eu-central-1.amazonaws.com/{stage}")
}

/// The deadline of a program that has time.
pub(crate) fn in_a_minute() -> Instant {
    simulation::now().expect("a schedule runs") + Duration::from_secs(60)
}

/// Notes that an invocation has begun.
pub(crate) fn begin(task: TaskId, environment: u64, call: &Call) {
    world(|w| {
        w.note(|| format!("{} of {} begins in environment {environment}", call.what, call.about));
        let invocation = Invocation {
            environment,
            what: call.what,
            about: call.about.clone(),
            started: now(),
            calls: Vec::new(),
            faults: 0,
            withdrawal_failed: false,
            touched: std::collections::BTreeSet::new(),
        };
        w.invocations.insert(task, invocation);
    });
}
