//! The function: an app's service, whose invocations are tasks.

use super::hub::{Hub, Start};
use super::queue::TimedQueue;
use crate::queue::memory::{Delivery, MemoryQueue};
use crate::{App, Error, Invocation, Service, ambient};
use lift_ws_local::core::{Fault, Occasion, Outcome};
use serde_json::Value;
use std::cell::Cell;
use std::fmt;
use std::pin::Pin;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

pub(super) type Task = Pin<Box<dyn Future<Output = ()>>>;

/// What an app does with payloads, without its type.
pub(super) trait Function {
    fn run(&self, payload: Vec<u8>, number: u64) -> Pin<Box<dyn Future<Output = Result<Vec<u8>, Failure>>>>;
}

/// An invocation failed, as Lambda sees it.
pub(super) enum Failure {
    Error(Error),
    TimedOut(Duration),
    Killed,
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Error(error) => error.fmt(f),
            Self::TimedOut(limit) => {
                write!(f, "the function ran longer than its timeout, {} s", limit.as_secs_f64())
            }
            Self::Killed => f.write_str("the environment was killed"),
        }
    }
}

/// The service with Lambda's timeout, and with environments that come and go.
pub(super) struct AppFunction<A: App> {
    pub(super) service: Arc<Service<A>>,
    pub(super) hub: Arc<Hub>,
    pub(super) timeout: Duration,
    pub(super) environments: Rc<Environments>,
}

/// Lambda's: each takes one event at a time, and another is started where none is free. Only faults tell the difference.
#[derive(Debug, Default)]
pub(super) struct Environments {
    idle: Cell<usize>,
}

impl Environments {
    /// Takes an idle environment; else one is started, which faults make slow.
    async fn take(&self, hub: &Hub) {
        if let Some(left) = self.idle.get().checked_sub(1) {
            return self.idle.set(left);
        }
        if let Some(Fault::ColdStart(time)) = hub.meet(Occasion::EnvironmentStart) {
            ambient::sleep(time).await;
        }
    }

    fn give_back(&self) {
        self.idle.set(self.idle.get() + 1);
    }
}

impl<A: App> Function for AppFunction<A> {
    fn run(&self, payload: Vec<u8>, number: u64) -> Pin<Box<dyn Future<Output = Result<Vec<u8>, Failure>>>> {
        let (service, hub, timeout) = (Arc::clone(&self.service), Arc::clone(&self.hub), self.timeout);
        let environments = Rc::clone(&self.environments);
        Box::pin(async move {
            environments.take(&hub).await;
            let request_id = format!("00000000-0000-4000-8000-{number:012}");
            let deadline_ms = hub.now().after(timeout).as_millis();
            let invocation = Invocation { request_id: &request_id, deadline_ms, ..Invocation::default() };
            let mut answer = Vec::new();
            let due = ambient::now() + timeout;
            let result = ambient::timeout_at(due, service.respond(&payload, invocation, &mut answer)).await;
            // It ends with its environment.
            let Ok(result) = result else { return Err(Failure::TimedOut(timeout)) };
            if hub.meet(Occasion::EnvironmentAnswer).is_some() {
                return Err(Failure::Killed);
            }
            environments.give_back();
            result.map(|()| answer).map_err(Failure::Error)
        })
    }
}

/// One event of the gateway.
pub(super) fn event(function: &dyn Function, hub: Arc<Hub>, start: Start) -> Task {
    let Start { invocation, event } = start;
    let run = function.run(event, invocation.0);
    Box::pin(async move {
        let outcome = match run.await {
            Ok(answer) => Outcome::Returned(answer.into()),
            Err(failure) => Outcome::FunctionError {
                message: failure.to_string(),
                // As Lambda tells it: an authorizer says `Unauthorized` by it (contract §4).
                error_message: Some(failure.to_string()),
            },
        };
        hub.invoked(invocation, outcome);
    })
}

/// One batch of the queue. Messages that fail come back when their visibility timeout is over.
pub(super) fn batch(
    function: &dyn Function,
    queue: Arc<TimedQueue>,
    batch: Vec<Delivery>,
    number: u64,
) -> Task {
    let run = function.run(MemoryQueue::event(&batch), number);
    Box::pin(async move {
        let begun = ambient::now();
        let answer = run.await.ok().and_then(|answer| serde_json::from_slice::<Value>(&answer).ok());
        let fails = match &answer {
            Some(answer) => {
                answer["batchItemFailures"].as_array().is_some_and(|failures| !failures.is_empty())
            }
            None => true,
        };
        if fails {
            ambient::sleep((begun + queue.visibility()).saturating_duration_since(ambient::now())).await;
        }
        match answer {
            Some(answer) => queue.memory().settle(batch, &answer),
            None => queue.memory().abandon(batch),
        }
    })
}
