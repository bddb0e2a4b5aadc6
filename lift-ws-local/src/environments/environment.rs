//! One environment as the pool sees it.

use std::collections::VecDeque;
use std::fmt;

use tokio::sync::oneshot;

use super::invocation::Delivery;
use super::request_id::RequestId;
use crate::core::Moment;

/// The number of an environment, counted from 1 and never used twice.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct EnvironmentId(pub u32);

impl fmt::Display for EnvironmentId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)
    }
}

/// Where an environment is in its life.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum State {
    Starting {
        deadline: Moment,
    },
    Ready,
    /// Takes no more events and ends when the last is answered.
    Retiring,
    /// Asked to end; nothing of it is of interest any more.
    Ending,
}

/// A process, its open polls and the events that it has.
#[derive(Debug)]
pub(super) struct Environment {
    pub(super) id: EnvironmentId,
    pub(super) state: State,
    pub(super) polls: VecDeque<oneshot::Sender<Delivery>>,
    pub(super) in_flight: Vec<RequestId>,
    pub(super) last_answered: Option<RequestId>,
    pub(super) last_used: u64,
    /// Until when its next poll is expected, after an answer.
    pub(super) poll_expected_until: Moment,
}

impl Environment {
    pub(super) fn starting(id: EnvironmentId, deadline: Moment) -> Self {
        Self {
            id,
            state: State::Starting { deadline },
            polls: VecDeque::new(),
            in_flight: Vec::new(),
            last_answered: None,
            last_used: 0,
            poll_expected_until: Moment::default(),
        }
    }

    /// Whether it has answered and will poll in a moment, so that nothing need be started for an event that
    /// comes in between.
    pub(super) fn is_about_to_poll(&self, now: Moment, concurrency: usize) -> bool {
        self.state == State::Ready && self.in_flight.len() < concurrency && self.poll_expected_until > now
    }

    pub(super) fn is_free(&self, concurrency: usize) -> bool {
        self.state == State::Ready && self.in_flight.len() < concurrency && !self.polls.is_empty()
    }
}
