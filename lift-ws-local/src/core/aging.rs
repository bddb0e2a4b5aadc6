//! Connections that are made older than they are, so that nobody waits ten minutes or two hours for their limits.
//!
//! The clock itself stays as it is: functions live on the machine's time, and what they are told of it must be true.

use std::time::Duration;

use super::gateway::{Gateway, Turn};
use super::moment::Moment;
use super::timers::Timer;

/// How much older a connection is, in the eyes of its limits, than by its times.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Aged {
    age: Duration,
    idle: Duration,
}

impl Aged {
    fn by(&mut self, by: Duration) {
        self.age = self.age.saturating_add(by);
        self.idle = self.idle.saturating_add(by);
    }

    /// A message ends the idle time, also the one that was made up.
    pub(super) fn note_activity(&mut self) {
        self.idle = Duration::ZERO;
    }

    pub(super) fn when_idle(self, limit: Moment) -> Moment {
        before(limit, self.idle)
    }

    pub(super) fn when_old(self, limit: Moment) -> Moment {
        before(limit, self.age)
    }
}

fn before(moment: Moment, by: Duration) -> Moment {
    let millis = u64::try_from(by.as_millis()).unwrap_or(u64::MAX);
    Moment::from_millis(moment.as_millis().saturating_sub(millis))
}

impl Gateway {
    /// Makes all connections older, and ends those that are too old now.
    pub(super) fn age(&mut self, turn: &mut Turn<'_>, by: Duration) {
        for (id, connection) in &mut self.connections {
            connection.aged.by(by);
            let due = connection.due(&self.api.limits);
            self.timers.clear(connection.due, Timer::Connection(id.clone()));
            self.timers.set(due, Timer::Connection(id.clone()));
            connection.due = due;
        }
        self.fire_timers(turn);
    }
}
