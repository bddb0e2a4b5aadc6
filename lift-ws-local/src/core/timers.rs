//! Everything that times out, in the order of time.

use std::collections::BTreeSet;

use super::ids::{ConnectionId, InvocationId};
use super::moment::Moment;

/// Something that times out. At the same moment, answers to a client come before the end of its connection.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Timer {
    /// Something that a fault holds back happens now.
    Held(u64),
    /// The gateway gives up on an invocation.
    Invocation(InvocationId),
    /// A connection was idle too long, or is too old.
    Connection(ConnectionId),
}

/// The running timers. Whoever sets one remembers its moment, since moving it needs both.
#[derive(Debug, Default)]
pub(super) struct Timers {
    queue: BTreeSet<(Moment, Timer)>,
}

impl Timers {
    pub(super) fn set(&mut self, at: Moment, timer: Timer) {
        self.queue.insert((at, timer));
    }

    pub(super) fn clear(&mut self, at: Moment, timer: Timer) {
        self.queue.remove(&(at, timer));
    }

    /// When the first timer fires.
    pub(super) fn next(&self) -> Option<Moment> {
        self.queue.first().map(|(at, _)| *at)
    }

    /// The first timer that is due, with the moment that it was set to; it runs no longer.
    pub(super) fn pop_due(&mut self, now: Moment) -> Option<(Moment, Timer)> {
        if self.next()? > now { None } else { self.queue.pop_first() }
    }
}
