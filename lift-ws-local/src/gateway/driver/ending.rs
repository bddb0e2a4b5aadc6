//! How a gateway ends.

use std::time::Duration;

use tokio::sync::mpsc;
use tokio::time::timeout;

use super::Driver;
use crate::core::Input;
use crate::event::EventSink;
use crate::owner::Command;

/// How long the last events may take when the gateway ends.
const LAST_EVENTS: Duration = Duration::from_secs(2);
/// How long environments may take to end: SIGTERM, the grace of a process, SIGKILL.
const LAST_ENVIRONMENTS: Duration = Duration::from_secs(4);
/// How a connection learns that the gateway ends.
const GOING_AWAY: (u16, &str) = (1001, "Going away");

impl Driver {
    /// Takes nothing more from the queue, closes every connection, lets `$disconnect` run, and ends the
    /// environments. Batches that are not done with by then have failed.
    pub(super) async fn finish(&mut self, commands: &mut mpsc::UnboundedReceiver<Command>) {
        self.sqs.stop(self.clock.now());
        let (code, reason) = GOING_AWAY;
        for (connection, outbox) in std::mem::take(&mut self.connections) {
            outbox.close(code, reason.to_owned());
            self.inputs.push_back(Input::Closed { connection, code: Some(code), reason: reason.to_owned() });
        }
        self.settle(self.clock.now());
        let _ = timeout(LAST_EVENTS, self.work_while(commands, |driver| driver.functions.is_busy())).await;
        self.functions.stop(self.clock.now(), &mut self.pool_actions);
        self.settle(self.clock.now());
        for process in self.processes.values() {
            process.stop();
        }
        let _ = timeout(LAST_ENVIRONMENTS, self.work_while(commands, |driver| !driver.processes.is_empty()))
            .await;
    }

    /// Closes every connection, and waits for the ends of environments that are being killed, so that their
    /// ids are given back. Nobody hears of it.
    pub(super) async fn abandon(&mut self, commands: &mut mpsc::UnboundedReceiver<Command>) {
        self.sink = EventSink::none();
        self.sqs.stop(self.clock.now());
        let (code, reason) = GOING_AWAY;
        for (_, outbox) in std::mem::take(&mut self.connections) {
            outbox.close(code, reason.to_owned());
        }
        self.functions.stop(self.clock.now(), &mut self.pool_actions);
        self.settle(self.clock.now());
        let _ = timeout(LAST_ENVIRONMENTS, self.work_while(commands, |driver| !driver.processes.is_empty()))
            .await;
    }

    async fn work_while(
        &mut self,
        commands: &mut mpsc::UnboundedReceiver<Command>,
        condition: impl Fn(&Self) -> bool,
    ) {
        while condition(self) {
            self.step(commands).await;
        }
    }
}
