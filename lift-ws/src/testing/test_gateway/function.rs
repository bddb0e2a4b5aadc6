//! The function: an app's service, whose invocations are tasks.

use super::hub::{Hub, Start};
use super::queue::TimedQueue;
use crate::queue::memory::{Delivery, MemoryQueue};
use crate::{App, Error, Invocation, Service, ambient};
use lift_ws_local::core::Outcome;
use serde_json::Value;
use std::fmt;
use std::pin::Pin;
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
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Error(error) => error.fmt(f),
            Self::TimedOut(limit) => {
                write!(f, "the function ran longer than its timeout, {} s", limit.as_secs_f64())
            }
        }
    }
}

/// The service with Lambda's timeout.
pub(super) struct AppFunction<A: App> {
    pub(super) service: Arc<Service<A>>,
    pub(super) hub: Arc<Hub>,
    pub(super) timeout: Duration,
}

impl<A: App> Function for AppFunction<A> {
    fn run(&self, payload: Vec<u8>, number: u64) -> Pin<Box<dyn Future<Output = Result<Vec<u8>, Failure>>>> {
        let (service, hub, timeout) = (Arc::clone(&self.service), Arc::clone(&self.hub), self.timeout);
        Box::pin(async move {
            let request_id = format!("00000000-0000-4000-8000-{number:012}");
            let deadline_ms = hub.now().after(timeout).as_millis();
            let invocation = Invocation { request_id: &request_id, deadline_ms, ..Invocation::default() };
            let mut answer = Vec::new();
            let due = ambient::now() + timeout;
            match ambient::timeout_at(due, service.respond(&payload, invocation, &mut answer)).await {
                Ok(Ok(())) => Ok(answer),
                Ok(Err(error)) => Err(Failure::Error(error)),
                Err(_) => Err(Failure::TimedOut(timeout)),
            }
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
