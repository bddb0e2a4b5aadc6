//! What else the journal is told: the ends and beginnings of connections and environments, posts, batches.

use bytes::Bytes;

use super::entry::{ClosedBy, End, What};
use super::journal::Time;
use super::problem::{batch_verdict, shortened};
use super::recorder::Recorder;
use crate::core::{ConnectionId, Input, ManagementRequest, Moment, url};
use crate::environments::{EnvironmentId, Work};
use crate::event::GatewayEvent;
use crate::sqs::FinishedBatch;

impl Recorder {
    pub(crate) fn opened(&mut self, now: Moment, connection: &ConnectionId, subprotocol: Option<&str>) {
        let what = What::Opened { subprotocol: subprotocol.map(Into::into) };
        self.push(now, Some(connection.clone()), what);
    }

    /// A client closed, or went away.
    pub(crate) fn client_happened(&mut self, now: Moment, input: &Input) {
        match input {
            Input::Closed { connection, code, reason } => {
                let what = What::Closed { by: ClosedBy::Client, code: *code, reason: reason.as_str().into() };
                self.push(now, Some(connection.clone()), what);
            }
            Input::Lost { connection } => {
                let what = What::Closed { by: ClosedBy::Nobody, code: None, reason: "".into() };
                self.push(now, Some(connection.clone()), what);
            }
            Input::Fault(fault) => self.note(now, format!("fault waits for its occasion: {fault:?}"), false),
            _ => {}
        }
    }

    pub(crate) fn gateway_closed(&mut self, now: Moment, connection: &ConnectionId, code: u16, reason: &str) {
        let what = What::Closed { by: ClosedBy::Gateway, code: Some(code), reason: reason.into() };
        self.push(now, Some(connection.clone()), what);
    }

    pub(crate) fn refused(&mut self, now: Moment, target: &str, status: u16, body: &Bytes) {
        let what = What::Refused { status, target: target.into(), body: body.clone() };
        self.enter(what.bytes(), move |journal| {
            let connection = journal.concluded_connection().cloned();
            journal.push(now, connection, what);
        });
    }

    /// A request to `@connections` was answered.
    pub(crate) fn managed(&mut self, now: Moment, request: &Managed, status: u16) {
        let what =
            What::Management { method: request.method.as_str().into(), body: request.body.clone(), status };
        self.push(now, request.connection(), what);
    }

    pub(crate) fn batch_finished(&mut self, time: Time, work: Work, finished: &FinishedBatch) {
        let queue = finished.queue.clone();
        self.call(queue.len(), move |journal| journal.name_queue(work, &queue));
        self.end(time, work, End::Batch(batch_verdict(&finished.verdict)));
    }

    /// What the terminal is told too.
    pub(crate) fn told(&mut self, now: Moment, event: &GatewayEvent) {
        match event {
            GatewayEvent::EnvironmentStarted { environment, function, pid } => {
                let text = format!("of {function} started (pid {pid})");
                self.environment(now, *environment, text, Vec::new(), false);
            }
            GatewayEvent::InitFailed { environment, reason, stderr } => {
                let text = format!("never became ready: {reason}");
                self.environment(now, *environment, text, stderr.clone(), true);
            }
            GatewayEvent::EnvironmentCrashed { environment, how, events } => {
                let text = format!("{how}, and {events} events with it");
                self.environment(now, *environment, text, Vec::new(), true);
            }
            GatewayEvent::EnvironmentKilled { environment, limit, setting } => {
                let text = format!("killed after {} s ({setting})", limit.as_secs_f64());
                self.environment(now, *environment, text, Vec::new(), true);
            }
            GatewayEvent::Fault(met) => {
                let what = What::Note { text: format!("fault on demand: {met}").into(), is_problem: true };
                self.push(now, met.connection.clone(), what);
            }
            GatewayEvent::DeadLettered(letter) => {
                let reason = letter.reason.as_deref().unwrap_or("no reason was given");
                let text = format!(
                    "message {} of {} is a dead letter after {} deliveries: {reason}",
                    letter.message_id, letter.queue, letter.receives
                );
                self.note(now, text, true);
            }
            _ => {}
        }
    }

    pub(crate) fn environment_ended(&mut self, now: Moment, environment: EnvironmentId, how: &str) {
        self.environment(now, environment, how.to_owned(), Vec::new(), false);
    }

    fn environment(
        &mut self,
        now: Moment,
        environment: EnvironmentId,
        text: String,
        details: Vec<String>,
        is_problem: bool,
    ) {
        let text = shortened(&text).into();
        self.push(now, None, What::Environment { environment, text, details, is_problem });
    }

    pub(crate) fn note(&mut self, now: Moment, text: String, is_problem: bool) {
        self.push(now, None, What::Note { text: shortened(&text).into(), is_problem });
    }
}

/// What is kept of a request to `@connections` until its answer is known.
#[derive(Debug)]
pub(crate) struct Managed {
    method: String,
    path: String,
    body: Bytes,
}

impl Managed {
    pub(crate) fn of(request: &ManagementRequest) -> Self {
        Self { method: request.method.clone(), path: request.path.clone(), body: request.body.clone() }
    }

    fn connection(&self) -> Option<ConnectionId> {
        let id = self.path.rsplit('/').next()?;
        Some(url::decode(id).as_str().into())
    }
}
