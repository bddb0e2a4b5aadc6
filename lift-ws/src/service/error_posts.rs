//! Frames that the run time posts by itself: errors on one-way routes, where the gateway discards the answer.
//!
//! Once and never retried, within the event's deadline, and not more than a connection may ask for: a client that
//! sends nonsense as fast as it can must not use up the account's request rate.

use crate::ambient;
use crate::buffer::Buffer;
use crate::connection::Connections;
use crate::event::Event;
use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::Instant;
use tokio::sync::OnceCell;

/// How many frames a connection may get at once, and how many a second after that.
const BURST: f64 = 20.0;
const PER_SECOND: f64 = 1.0;
/// How many connections are remembered.
const REMEMBERED: usize = 10_000;

#[derive(Debug, Default)]
pub(super) struct ErrorPosts {
    budgets: Mutex<HashMap<String, Budget>>,
    /// For apps that need no connections otherwise: made when the first frame is to be posted.
    made_late: OnceCell<Option<Connections>>,
    may_make: bool,
}

#[derive(Debug)]
struct Budget {
    left: f64,
    since: Instant,
}

impl Budget {
    fn refill(&mut self, now: Instant) {
        let passed = now.duration_since(self.since).as_secs_f64();
        self.left = (self.left + passed * PER_SECOND).min(BURST);
        self.since = now;
    }
}

impl ErrorPosts {
    /// May make connections from the environment when it needs them and the app has none.
    #[cfg(all(feature = "aws", feature = "lambda"))]
    pub(super) fn from_env() -> Self {
        ErrorPosts { may_make: true, ..ErrorPosts::default() }
    }

    pub(super) async fn connections(&self) -> Option<&Connections> {
        if !self.may_make {
            return None;
        }
        self.made_late.get_or_init(make).await.as_ref()
    }

    pub(super) async fn post(&self, connections: &Connections, event: &Event<'_>, frame: Buffer) {
        let (route, request_id) = (event.route_key(), event.request_id());
        if !self.allows(event.connection_id(), ambient::now()) {
            tracing::debug!(
                route,
                request_id,
                "a frame was not posted: this connection gets too many errors"
            );
            return;
        }
        let frame = frame.0.as_bytes().to_vec();
        if let Err(error) = connections.post_once(event.connection_id(), frame.into()).await {
            tracing::debug!(
                route,
                request_id,
                error = &error as &dyn std::error::Error,
                "a frame could not be posted"
            );
        }
    }

    fn allows(&self, connection_id: &str, now: Instant) -> bool {
        let mut budgets = self.budgets.lock().unwrap_or_else(PoisonError::into_inner);
        if budgets.len() >= REMEMBERED && !budgets.contains_key(connection_id) {
            forget(&mut budgets, now);
        }
        let budget = budgets.entry(connection_id.to_owned()).or_insert(Budget { left: BURST, since: now });
        budget.refill(now);
        let allowed = budget.left >= 1.0;
        if allowed {
            budget.left -= 1.0;
        }
        allowed
    }
}

/// Makes room: those whose budget is full again need no memory; if all are busy, everybody starts anew.
fn forget(budgets: &mut HashMap<String, Budget>, now: Instant) {
    budgets.retain(|_, budget| {
        budget.refill(now);
        budget.left < BURST
    });
    if budgets.len() >= REMEMBERED {
        budgets.clear();
    }
}

#[cfg(feature = "aws")]
async fn make() -> Option<Connections> {
    Some(Connections::from_env().await)
}

#[cfg(not(feature = "aws"))]
async fn make() -> Option<Connections> {
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    #[test]
    fn a_connection_gets_a_burst_and_then_one_a_second() {
        let (posts, start) = (ErrorPosts::default(), Instant::now());
        let allowed = (0..100).filter(|_| posts.allows("a", start)).count();
        assert_eq!(allowed, 20);
        assert!(posts.allows("b", start), "another connection has a budget of its own");
        assert!(!posts.allows("a", start + Duration::from_millis(900)));
        assert!(posts.allows("a", start + Duration::from_millis(1_100)));
        assert!(!posts.allows("a", start + Duration::from_millis(1_200)));
    }

    #[test]
    fn memory_is_bounded_whatever_ids_arrive() {
        let (posts, start) = (ErrorPosts::default(), Instant::now());
        for i in 0..3 * REMEMBERED {
            posts.allows(&i.to_string(), start);
        }
        assert!(posts.budgets.lock().unwrap().len() <= REMEMBERED);
    }
}
