//! An entry as one row of the page.

use serde::Serialize;

use super::entry::{ClosedBy, End, Entry, Invocation, What};
use super::peek::{Peek, peek};
use crate::core::{EventType, Verdict};
use crate::sqs::BatchVerdict;

/// Characters of a text that a row carries; the whole of it is asked for by the entry's number.
const TEXT_CHARACTERS: usize = 300;

/// What a page shows of an entry until it is opened. Durations are microseconds, times milliseconds.
#[derive(Debug, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Summary<'e> {
    id: u64,
    at: u64,
    kind: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    connection: Option<&'e str>,
    #[serde(skip_serializing_if = "str::is_empty")]
    route: &'e str,
    #[serde(skip_serializing_if = "String::is_empty")]
    text: String,
    /// Bytes of the text, if the row has not all of it.
    #[serde(skip_serializing_if = "Option::is_none")]
    whole: Option<usize>,
    #[serde(skip_serializing_if = "Option::is_none")]
    environment: Option<u32>,
    /// How long it waited for an environment.
    #[serde(skip_serializing_if = "Option::is_none")]
    waited: Option<u64>,
    /// How long the function had it.
    #[serde(skip_serializing_if = "Option::is_none")]
    took: Option<u64>,
    #[serde(skip_serializing_if = "is_false")]
    open: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    status: Option<String>,
    #[serde(skip_serializing_if = "is_false")]
    failed: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    problem: Option<String>,
    #[serde(skip_serializing_if = "is_zero")]
    logs: usize,
    #[serde(skip_serializing_if = "Option::is_none")]
    replay_of: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    reply_to: Option<u64>,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde hands references in")]
fn is_false(value: &bool) -> bool {
    !value
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde hands references in")]
fn is_zero(value: &usize) -> bool {
    *value == 0
}

impl<'e> Summary<'e> {
    pub(super) fn of(entry: &'e Entry) -> Self {
        let row = Self {
            id: entry.id.0,
            at: entry.at.as_millis(),
            connection: entry.connection.as_ref().map(AsRef::as_ref),
            ..Self::default()
        };
        match &entry.what {
            What::Invocation(invocation) => row.invocation(invocation),
            What::TurnedAway { event_type, route, text, left_out, verdict } => {
                let judged = judged(verdict);
                let text = text.as_deref().unwrap_or_default();
                let row = Self { kind: kind_of(*event_type), route, ..row }.saying(text).judged(judged);
                let whole = if *left_out > 0 { Some(text.len() + left_out) } else { row.whole };
                Self { whole, ..row }
            }
            What::Sent { text, reply_to } => {
                Self { kind: "sent", reply_to: reply_to.map(|id| id.0), ..row }.saying(text)
            }
            What::Management { method, body, status } => {
                // Whether a connection is there is a question, and that it is not an answer.
                let failed = *status >= 400 && !(&**method == "GET" && *status == 410);
                let kind = match &**method {
                    "POST" => "post",
                    "DELETE" => "delete",
                    _ => "get",
                };
                let row = Self { kind, status: Some(status.to_string()), failed, ..row };
                row.saying(&String::from_utf8_lossy(body))
            }
            What::Opened { subprotocol } => {
                Self { kind: "opened", ..row }.saying(subprotocol.as_deref().unwrap_or_default())
            }
            What::Closed { by, code, reason } => {
                let by = match by {
                    ClosedBy::Client => "by the client",
                    ClosedBy::Gateway => "by the gateway",
                    ClosedBy::Nobody => "without a close frame",
                };
                let text = if reason.is_empty() { by.to_owned() } else { format!("{by}: {reason}") };
                Self { kind: "closed", status: code.map(|code| code.to_string()), ..row }.saying(&text)
            }
            What::Refused { status, target, .. } => {
                Self { kind: "refused", status: Some(status.to_string()), failed: true, ..row }
                    .saying(path_of(target))
            }
            What::Environment { environment, text, is_problem, details } => Self {
                kind: "environment",
                environment: Some(environment.0),
                failed: *is_problem,
                logs: details.len(),
                ..row
            }
            .saying(text),
            What::Output { environment, line } => {
                Self { kind: "output", environment: Some(environment.0), ..row }.saying(&line.text)
            }
            What::Note { text, is_problem } => Self { kind: "note", failed: *is_problem, ..row }.saying(text),
        }
    }

    fn invocation(self, invocation: &'e Invocation) -> Self {
        let peek = peek(&invocation.event);
        let kind = kind_of_event(&peek);
        let end = invocation.ended.as_ref();
        let until = end.map(|end| end.at);
        let delivered = invocation.delivered.as_ref();
        let begun = delivered.map(|delivered| delivered.at).or(until);
        let row = Self {
            kind,
            route: &invocation.route,
            environment: delivered.map(|delivered| delivered.environment.0),
            waited: begun.map(|begun| begun.saturating_sub(invocation.began)),
            took: delivered.zip(until).map(|(delivered, until)| until.saturating_sub(delivered.at)),
            open: end.is_none(),
            logs: invocation.lines.len() + invocation.lines_left_out,
            replay_of: invocation.replay_of.map(|id| id.0),
            ..self
        }
        .saying(&peek.body);
        match end {
            Some(end) => row.judged(of_end(&end.end)),
            None => row,
        }
    }

    fn saying(mut self, text: &str) -> Self {
        match text.char_indices().nth(TEXT_CHARACTERS) {
            Some((end, _)) => {
                text[..end].clone_into(&mut self.text);
                self.whole = Some(text.len());
            }
            None => text.clone_into(&mut self.text),
        }
        self
    }

    fn judged(mut self, Judged { status, failed, problem }: Judged) -> Self {
        (self.status, self.failed, self.problem) = (Some(status), failed, problem);
        self
    }
}

/// A target without its query, where tokens stand.
fn path_of(target: &str) -> &str {
    target.split('?').next().unwrap_or(target)
}

pub(super) fn kind_of_event(peek: &Peek<'_>) -> &'static str {
    match (&*peek.r#type, &*peek.request_context.event_type) {
        ("REQUEST", _) => "authorizer",
        (_, "CONNECT") => "connect",
        (_, "MESSAGE") => "message",
        (_, "DISCONNECT") => "disconnect",
        _ => "batch",
    }
}

fn kind_of(event_type: EventType) -> &'static str {
    match event_type {
        EventType::Authorizer => "authorizer",
        EventType::Connect => "connect",
        EventType::Message => "message",
        EventType::Disconnect => "disconnect",
    }
}

/// What came of an event, in few words.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Judged {
    pub(super) status: String,
    pub(super) failed: bool,
    pub(super) problem: Option<String>,
}

impl Judged {
    fn fine(status: impl Into<String>) -> Self {
        Self { status: status.into(), failed: false, problem: None }
    }

    fn failed(status: impl Into<String>, problem: Option<String>) -> Self {
        Self { status: status.into(), failed: true, problem }
    }
}

pub(super) fn of_end(end: &End) -> Judged {
    match end {
        End::Event(verdict) => judged(verdict),
        End::Batch(verdict) => of_batch(verdict),
        End::Replay { error: None } => Judged::fine("answered"),
        End::Replay { error: Some(error) } => Judged::failed("error", Some(error.clone())),
    }
}

fn judged(verdict: &Verdict) -> Judged {
    match verdict {
        Verdict::Status(status) if *status < 400 => Judged::fine(status.to_string()),
        Verdict::Status(status) => Judged::failed(status.to_string(), None),
        Verdict::Authorized => Judged::fine("allowed"),
        Verdict::Refused { status, reason } => Judged::failed(status.to_string(), Some(reason.clone())),
        Verdict::Malformed { problem } => Judged::failed("malformed", Some(problem.clone())),
        Verdict::FunctionError { message } => Judged::failed("error", Some(message.clone())),
        Verdict::Unavailable { message } => Judged::failed("unavailable", Some(message.clone())),
        Verdict::TimedOut { limit } => {
            let problem = format!("the gateway waits {} s for an answer", limit.as_secs_f64());
            Judged::failed("timed out", Some(problem))
        }
        Verdict::Fault(fault) => Judged::failed("fault", Some(format!("as asked: {fault:?}"))),
        Verdict::NoRoute(reason) => Judged::failed("no route", Some(reason.to_string())),
    }
}

fn of_batch(verdict: &BatchVerdict) -> Judged {
    match verdict {
        BatchVerdict::Succeeded => Judged::fine("succeeded"),
        BatchVerdict::PartlyFailed => Judged::failed("partly failed", None),
        BatchVerdict::Malformed { problem } => Judged::failed("malformed", Some(problem.clone())),
        BatchVerdict::FunctionError { message } => Judged::failed("error", Some(message.clone())),
        BatchVerdict::Unavailable { message } => Judged::failed("unavailable", Some(message.clone())),
    }
}
