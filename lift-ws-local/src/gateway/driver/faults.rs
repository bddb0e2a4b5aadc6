//! The driver's part in faults on demand: environments that start late, die, or are ended by order, and connections that
//! are made older.

use std::time::Duration;

use tokio::sync::oneshot;

use super::Driver;
use crate::core::{Fault, Input, Moment, Occasion};
use crate::environments::EnvironmentId;

/// Environments that will start, and when.
#[derive(Debug, Default)]
pub(super) struct LateStarts(Vec<(Moment, EnvironmentId)>);

impl LateStarts {
    pub(super) fn next(&self) -> Option<Moment> {
        self.0.iter().map(|(due, _)| *due).min()
    }

    fn take_due(&mut self, now: Moment) -> Option<EnvironmentId> {
        let place = self.0.iter().position(|(due, _)| *due <= now)?;
        Some(self.0.remove(place).1)
    }

    /// Whether it was here.
    fn remove(&mut self, environment: EnvironmentId) -> bool {
        let place = self.0.iter().position(|(_, waiting)| *waiting == environment);
        place.is_some_and(|place| self.0.remove(place).1 == environment)
    }
}

impl Driver {
    /// Starts an environment, unless a fault makes that take longer.
    pub(super) fn start_or_wait(&mut self, now: Moment, environment: EnvironmentId) {
        match self.faults.meet(Occasion::EnvironmentStart, None).map(|met| met.fault) {
            Some(Fault::ColdStart(by)) => {
                self.functions.of(environment).pool.postpone(environment, by);
                self.late_starts.0.push((now.after(by), environment));
            }
            _ => self.start(environment),
        }
    }

    pub(super) fn start_late(&mut self, now: Moment) {
        while let Some(environment) = self.late_starts.take_due(now) {
            self.start(environment);
        }
    }

    /// It is not needed any more before it has begun.
    pub(super) fn never_starts(&mut self, now: Moment, environment: EnvironmentId) {
        if self.late_starts.remove(environment) {
            let pool = &mut self.functions.of(environment).pool;
            pool.exited(now, environment, "was never started".to_owned(), &mut self.pool_actions);
        }
    }

    /// Whether a fault ends this environment now that it has done its work, so that nobody gets its answer.
    pub(super) fn dies_of_its_answer(&self, environment: EnvironmentId) -> bool {
        self.faults.meet(Occasion::EnvironmentAnswer, None).is_some() && self.kill(environment)
    }

    /// Ends an environment at once; its events fail. Whether there was one.
    pub(super) fn kill(&self, environment: EnvironmentId) -> bool {
        let process = self.processes.get(&environment);
        process.inspect(|process| process.kill()).is_some()
    }

    pub(super) fn environments(&self) -> Vec<EnvironmentId> {
        let mut environments: Vec<EnvironmentId> = self.processes.keys().copied().collect();
        environments.sort_unstable();
        environments
    }

    pub(super) fn age(&mut self, now: Moment, by: Duration, reply: oneshot::Sender<usize>) {
        // What is due comes first, so that nothing but the aging changes the count: a held answer may open a connection.
        self.inputs.push_back(Input::Tick);
        self.settle(now);
        let before = self.connections.len();
        self.inputs.push_back(Input::Aged(by));
        self.settle(now);
        let _ = reply.send(before.saturating_sub(self.connections.len()));
    }
}
