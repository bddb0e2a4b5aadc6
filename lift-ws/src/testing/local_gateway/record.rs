//! What a gateway told about itself.

use crate::testing::refusal::{reason_of, reason_of_fault};
use lift_ws_local::GatewayEvent;
use serde_json::Value;
use std::fmt;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::sync::Notify;
use tokio::time::{Instant, timeout_at};

/// Lines that a panic repeats.
const LAST_WORDS: usize = 20;

#[derive(Debug, Default)]
pub(super) struct Record {
    events: Mutex<Vec<GatewayEvent>>,
    changed: Notify,
}

impl Record {
    pub(super) fn add(&self, event: GatewayEvent) {
        self.lock().push(event);
        self.changed.notify_waiters();
    }

    pub(super) fn events(&self) -> Vec<GatewayEvent> {
        self.lock().clone()
    }

    pub(super) fn lines(&self) -> Vec<String> {
        self.lock().iter().filter_map(line).collect()
    }

    /// Why a handshake was refused, of which this is the answer's body: it names the connection that there would have been,
    /// and the gateway tells of its events before it answers.
    pub(super) fn reason_of_refusal(&self, body: &str) -> Option<String> {
        let body: Value = serde_json::from_str(body).ok()?;
        let connection = body["connectionId"].as_str()?;
        self.lock().iter().rev().find_map(|event| match event {
            GatewayEvent::Finished(finished) if finished.connection.as_str() == connection => {
                reason_of(finished)
            }
            GatewayEvent::Fault(fault)
                if fault.connection.as_ref().is_some_and(|id| id.as_str() == connection) =>
            {
                Some(reason_of_fault(fault))
            }
            _ => None,
        })
    }

    /// What `look` finds, now or later.
    pub(super) async fn wait_for<T>(
        &self,
        patience: Duration,
        look: impl Fn(&Self) -> Option<T>,
    ) -> Option<T> {
        let deadline = Instant::now() + patience;
        loop {
            let changed = self.changed.notified();
            let found = look(self);
            if found.is_some() || timeout_at(deadline, changed).await.is_err() {
                return found;
            }
        }
    }

    // Each operation leaves the list whole, so a poisoned lock is as good as new.
    fn lock(&self) -> MutexGuard<'_, Vec<GatewayEvent>> {
        self.events.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn line(event: &GatewayEvent) -> Option<String> {
    match event {
        GatewayEvent::Output { line, .. } => Some(line.clone()),
        _ => None,
    }
}

/// The end of what the program wrote, and what became of its environments.
impl fmt::Display for Record {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let events = self.lock();
        let told: Vec<String> = events.iter().filter_map(told).collect();
        if told.is_empty() {
            return f.write_str("the program has written nothing");
        }
        f.write_str("the last that the program wrote:")?;
        told.iter().skip(told.len().saturating_sub(LAST_WORDS)).try_for_each(|line| write!(f, "\n  {line}"))
    }
}

fn told(event: &GatewayEvent) -> Option<String> {
    Some(match event {
        GatewayEvent::Output { line, .. } => line.clone(),
        GatewayEvent::InitFailed { reason, .. } => format!("(it did not start: {reason})"),
        GatewayEvent::EnvironmentCrashed { how, .. } => format!("(its process ended: {how})"),
        GatewayEvent::EnvironmentKilled { limit, .. } => {
            format!("(it took longer than {limit:?}, and was killed)")
        }
        _ => return None,
    })
}
