//! What the driver tells of: into the journal while somebody looks, and else on the tape, of which the journal is made as
//! soon as somebody asks. Both ways the same entries come of it; only, from the tape they have no finer durations than
//! milliseconds, less of long texts, and there are not as many.

use std::collections::BTreeMap;

use bytes::Bytes;

use super::ask::Ask;
use super::entry::{End, EntryId, MAX_LINES, What};
use super::journal::{Journal, Replay, Time};
use super::problem::{self, end_bytes};
use super::tape::{Note, Tape};
use crate::core::{ConnectionId, EventType, Finished, Moment, Outcome, Verdict};
use crate::environments::{EnvironmentId, RequestId, Work};
use crate::event::OutputStream;

/// Of a message that becomes no invocation this much is kept while nobody looks.
const ARRIVING_BYTES: usize = 4 * 1024;

#[derive(Debug)]
pub(crate) struct Recorder {
    journal: Journal,
    tape: Tape,
    /// The message that is being taken in; the buffer is used again and again.
    arriving: String,
    /// Bytes of it that were not kept.
    arriving_left_out: usize,
    /// Whether what comes next may follow from what was concluded.
    is_page_open: bool,
    /// Lines of each environment since its last event; unless there were some, it is not here.
    lines: BTreeMap<EnvironmentId, usize>,
}

impl Recorder {
    /// `secret` tells this gateway from others.
    pub(crate) fn new(secret: u64) -> Self {
        Self {
            journal: Journal::new(secret),
            tape: Tape::default(),
            arriving: String::new(),
            arriving_left_out: 0,
            is_page_open: false,
            lines: BTreeMap::new(),
        }
    }

    /// Whether somebody looks.
    pub(crate) fn is_watched(&self) -> bool {
        self.journal.is_watched()
    }

    /// The journal, with all that has happened.
    fn played(&mut self) -> &mut Journal {
        for (environment, lines) in std::mem::take(&mut self.lines) {
            self.leave_out_lines(environment, lines);
        }
        if !self.tape.is_empty() {
            self.tape.play(&mut self.journal);
        }
        &mut self.journal
    }

    /// Answers the page, as far as the journal alone can.
    pub(crate) fn answer(&mut self, request: Ask, app: &str) {
        self.played().answer(request, app);
    }

    /// The event of an entry again, for the pool; `None` if the entry is gone or was no invocation.
    pub(crate) fn replay(&mut self, time: Time, of: EntryId) -> Option<Replay> {
        self.played().replay(time, of)
    }

    /// A client's message comes in. Should it become no invocation, this is all that is known of its text.
    pub(crate) fn message_arrives(&mut self, text: &str) {
        self.arriving.clear();
        let end = if self.is_watched() { text.len() } else { text.floor_char_boundary(ARRIVING_BYTES) };
        self.arriving.push_str(&text[..end]);
        self.arriving_left_out = text.len() - end;
    }

    /// An event is about to be given to the function of this number.
    pub(crate) fn invoked(
        &mut self,
        time: Time,
        (function, work): (usize, Work),
        connection: Option<&ConnectionId>,
        route: &str,
        event: &Bytes,
    ) {
        if self.is_watched() {
            let connection = connection.cloned();
            self.journal.invoked(time, (function, work), connection, route.to_owned(), event.clone());
            return;
        }
        let function = u32::try_from(function).unwrap_or(u32::MAX);
        self.tape.write(|side| {
            let connection = connection.map(|connection| side.text(connection.as_str().as_bytes()));
            let (route, event) = (side.text(route.as_bytes()), side.text(event));
            Note::Invoked { now: time.now, function, work, connection, route, event }
        });
    }

    pub(crate) fn delivered(
        &mut self,
        time: Time,
        work: Work,
        environment: EnvironmentId,
        request: RequestId,
    ) {
        if self.is_watched() {
            return self.journal.delivered(time, work, environment, request);
        }
        if let Some(lines) = self.lines.remove(&environment) {
            self.leave_out_lines(environment, lines);
        }
        self.tape.write(|_| Note::Delivered { now: time.now, work, environment, request });
    }

    /// The function has answered, or cannot any more; for an event [`concluded`](Self::concluded) follows.
    pub(crate) fn answered(&mut self, time: Time, work: Work, outcome: &Outcome) {
        if self.is_watched() {
            return self.journal.answered(time, work, outcome);
        }
        match outcome {
            Outcome::Returned(returned) => self.tape.write(|side| {
                let returned = side.text(returned);
                Note::Answered { now: time.now, work, returned }
            }),
            Outcome::FunctionError { message, .. } | Outcome::Unavailable { message } => {
                // Of an event the verdict says it.
                if let Work::Replay(_) = work {
                    let outcome = outcome.clone();
                    self.tape
                        .write_call(message.len(), move |journal| journal.answered(time, work, &outcome));
                }
            }
        }
    }

    /// An event is done with.
    pub(crate) fn concluded(&mut self, time: Time, finished: &Finished) {
        self.is_page_open = true;
        match (finished.invocation, &finished.verdict) {
            (Some(invocation), verdict) if self.is_watched() => {
                self.journal.concluded(time, invocation, problem::verdict(verdict));
            }
            (Some(invocation), &Verdict::Status(status)) => {
                self.tape.write(|_| Note::Concluded { now: time.now, invocation, status });
            }
            (Some(invocation), verdict) => {
                let verdict = problem::verdict(verdict);
                self.tape.write_call(problem::verdict_bytes(&verdict), move |journal| {
                    journal.concluded(time, invocation, verdict);
                });
            }
            (None, verdict) => {
                let what = self.turned_away(finished, problem::verdict(verdict));
                let (now, connection) = (time.now, finished.connection.clone());
                self.enter(what.bytes(), move |journal| journal.turned_away(now, connection, what));
            }
        }
    }

    fn turned_away(&self, finished: &Finished, verdict: Verdict) -> What {
        let (text, left_out) = match finished.event_type {
            EventType::Message => (Some(self.arriving.as_str().into()), self.arriving_left_out),
            _ => (None, 0),
        };
        let (event_type, route) = (finished.event_type, finished.route_key.clone());
        What::TurnedAway { event_type, route, text, left_out, verdict }
    }

    /// A frame goes to a client that is not the post of a request to `@connections`.
    pub(crate) fn sent(&mut self, now: Moment, connection: &ConnectionId, text: &str) {
        if self.is_watched() {
            return self.journal.sent(now, connection, text);
        }
        self.tape.write(|side| {
            let connection = side.text(connection.as_str().as_bytes());
            Note::Sent { now, connection, text: side.text(text.as_bytes()) }
        });
    }

    /// What follows has nothing to do with what was concluded before.
    pub(crate) fn turn_page(&mut self) {
        if !std::mem::take(&mut self.is_page_open) {
            return;
        }
        match self.is_watched() {
            true => self.journal.turn_page(),
            false => self.tape.write(|_| Note::PageTurned),
        }
    }

    /// A line that an environment wrote.
    pub(crate) fn wrote(
        &mut self,
        now: Moment,
        environment: EnvironmentId,
        stream: OutputStream,
        text: String,
    ) {
        if self.is_watched() {
            return self.journal.wrote(now, environment, stream, text);
        }
        // As many as an invocation keeps; one that is at work on several events may write as many for each in turn.
        let lines = self.lines.entry(environment).or_default();
        *lines += 1;
        if *lines <= MAX_LINES {
            self.tape.write(|side| Note::Wrote {
                now,
                environment,
                stream,
                text: side.text(text.as_bytes()),
            });
        }
    }

    /// Of so many lines those that are too many were not written.
    fn leave_out_lines(&mut self, environment: EnvironmentId, lines: usize) {
        if let Some(count @ 1..) = lines.checked_sub(MAX_LINES) {
            self.tape.write(|_| Note::LinesLeftOut { environment, count });
        }
    }

    /// Ends the entry of an invocation that is no event.
    pub(super) fn end(&mut self, time: Time, work: Work, end: End) {
        self.call(end_bytes(&end), move |journal| {
            journal.end(time, work, end);
        });
    }

    pub(super) fn push(&mut self, now: Moment, connection: Option<ConnectionId>, what: What) {
        self.enter(what.bytes(), move |journal| {
            journal.push(now, connection, what);
        });
    }

    /// Makes an entry by this call, now or when the journal is asked for.
    pub(super) fn enter(&mut self, bytes: usize, call: impl FnOnce(&mut Journal) + Send + 'static) {
        match self.is_watched() {
            true => call(&mut self.journal),
            false => self.tape.write_entry(bytes, call),
        }
    }

    /// Changes an entry by this call.
    pub(super) fn call(&mut self, bytes: usize, call: impl FnOnce(&mut Journal) + Send + 'static) {
        match self.is_watched() {
            true => call(&mut self.journal),
            false => self.tape.write_call(bytes, call),
        }
    }
}

#[cfg(test)]
mod tests;
