//! What the journal keeps: one entry per thing that happened.

use std::borrow::Cow;
use std::cell::OnceCell;

use bytes::Bytes;

use super::peek;
use super::problem::{end_bytes, verdict_bytes};
use crate::core::{ConnectionId, EventType, Moment, Verdict};
use crate::environments::{EnvironmentId, RequestId, Work};
use crate::event::OutputStream;
use crate::sqs::BatchVerdict;

/// The number of an entry, counted from 1 and never used twice.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct EntryId(pub(crate) u64);

/// Lines that are kept of one invocation; the rest is counted.
pub(super) const MAX_LINES: usize = 200;
/// What an entry takes beside its texts, roughly.
const ENTRY_BYTES: usize = 512;

#[derive(Debug)]
pub(super) struct Entry {
    pub(super) id: EntryId,
    /// Grows whenever any entry changes; see [`Journal::changes`](super::journal::Journal::changes).
    pub(super) version: u64,
    pub(super) at: Moment,
    pub(super) connection: Option<ConnectionId>,
    pub(super) what: What,
}

#[derive(Debug)]
pub(super) enum What {
    /// The function was called, or is about to be.
    Invocation(Invocation),
    /// A message or handshake that ended without a call of the function.
    TurnedAway {
        event_type: EventType,
        route: String,
        text: Option<Box<str>>,
        /// Bytes of the message that were not kept.
        left_out: usize,
        verdict: Verdict,
    },
    /// A frame to a client that was no post: a reply, or words of the gateway's own.
    Sent {
        text: Box<str>,
        reply_to: Option<EntryId>,
    },
    /// A request to `@connections`.
    Management {
        method: Box<str>,
        body: Bytes,
        status: u16,
    },
    Opened {
        subprotocol: Option<Box<str>>,
    },
    Closed {
        by: ClosedBy,
        code: Option<u16>,
        reason: Box<str>,
    },
    /// A handshake was answered with something else than 101.
    Refused {
        status: u16,
        target: Box<str>,
        body: Bytes,
    },
    /// Something in the life of an environment.
    Environment {
        environment: EnvironmentId,
        text: Box<str>,
        details: Vec<String>,
        is_problem: bool,
    },
    /// A line that an environment wrote when it had no event yet.
    Output {
        environment: EnvironmentId,
        line: Line,
    },
    /// Anything else that a person wants to see.
    Note {
        text: Box<str>,
        is_problem: bool,
    },
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum ClosedBy {
    Client,
    Gateway,
    /// TCP ended without a close frame.
    Nobody,
}

#[derive(Debug)]
pub(super) struct Invocation {
    pub(super) work: Work,
    /// The number of the function that it is for.
    pub(super) function: usize,
    pub(super) route: String,
    pub(super) event: Bytes,
    /// Microseconds, as are all times here that are subtracted from each other.
    pub(super) began: u64,
    pub(super) delivered: Option<Delivered>,
    /// What the function returned, word for word.
    pub(super) returned: Option<Bytes>,
    pub(super) ended: Option<Ended>,
    pub(super) lines: Vec<Line>,
    pub(super) lines_left_out: usize,
    pub(super) replay_of: Option<EntryId>,
    /// What is asked for with each line that names some invocation.
    pub(super) names: OnceCell<Box<Names>>,
}

#[derive(Debug)]
pub(super) struct Names {
    of_lambda: Option<String>,
    of_gateway: Option<String>,
}

#[derive(Clone, Copy, Debug)]
pub(super) struct Delivered {
    pub(super) at: u64,
    pub(super) environment: EnvironmentId,
    pub(super) request: RequestId,
}

#[derive(Debug)]
pub(super) struct Ended {
    pub(super) at: u64,
    pub(super) end: End,
}

#[derive(Clone, Debug)]
pub(super) enum End {
    Event(Verdict),
    Batch(BatchVerdict),
    /// The replay of an event: nobody is told what came of it.
    Replay {
        error: Option<String>,
    },
}

#[derive(Debug)]
pub(super) struct Line {
    pub(super) at: Moment,
    pub(super) stream: OutputStream,
    pub(super) text: Box<str>,
}

impl Invocation {
    /// Whether a line has the id under which Lambda or the gateway knows this invocation, which was delivered.
    pub(super) fn is_named_in(&self, line: &str) -> bool {
        let names = self.names.get_or_init(|| {
            let of_lambda = self.delivered.map(|delivered| delivered.request.to_string());
            Box::new(Names { of_lambda, of_gateway: peek::request_id(&self.event).map(Cow::into_owned) })
        });
        let is_named = |name: &Option<String>| name.as_deref().is_some_and(|name| line.contains(name));
        is_named(&names.of_lambda) || is_named(&names.of_gateway)
    }

    /// Takes a line; what it weighs.
    pub(super) fn write(&mut self, line: Line) -> usize {
        if self.lines.len() == MAX_LINES {
            self.lines_left_out += 1;
            return 0;
        }
        let bytes = line.bytes();
        self.lines.push(line);
        bytes
    }
}

impl Line {
    fn bytes(&self) -> usize {
        size_of::<Self>() + self.text.len()
    }
}

impl Entry {
    /// What it weighs in memory, roughly: bodies are shared with whoever works on them, but may be kept by this alone.
    pub(super) fn bytes(&self) -> usize {
        self.what.bytes()
    }
}

impl What {
    pub(super) fn bytes(&self) -> usize {
        ENTRY_BYTES
            + match self {
                Self::Invocation(invocation) => {
                    invocation.event.len()
                        + invocation.returned.as_ref().map_or(0, Bytes::len)
                        + invocation.ended.as_ref().map_or(0, |ended| end_bytes(&ended.end))
                        + invocation.lines.iter().map(Line::bytes).sum::<usize>()
                }
                Self::TurnedAway { text, verdict, .. } => {
                    text.as_ref().map_or(0, |text| text.len()) + verdict_bytes(verdict)
                }
                Self::Sent { text, .. } | Self::Note { text, .. } => text.len(),
                Self::Management { body, .. } => body.len(),
                Self::Refused { target, body, .. } => target.len() + body.len(),
                Self::Environment { text, details, .. } => {
                    text.len() + details.iter().map(String::len).sum::<usize>()
                }
                Self::Output { line, .. } => line.bytes(),
                Self::Opened { subprotocol } => subprotocol.as_ref().map_or(0, |name| name.len()),
                Self::Closed { reason, .. } => reason.len(),
            }
    }
}
