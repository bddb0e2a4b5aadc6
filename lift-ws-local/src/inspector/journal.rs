//! The journal: a bounded ring of what has happened. It belongs to the task that owns the gateway, which writes it through the
//! [`Recorder`](super::recorder::Recorder).

use std::cell::OnceCell;
use std::collections::{BTreeMap, VecDeque};

use bytes::Bytes;
use serde::Serialize;

use super::ask::Ask;
use super::connections::to_bytes;
use super::detail::Detail;
use super::entry::{Delivered, End, Ended, Entry, EntryId, Invocation, Line, What};
use super::lease::Lease;
use super::problem::{self, end_bytes};
use super::summary::Summary;
use super::watchers::Watchers;
use crate::core::{ConnectionId, InvocationId, Moment, Outcome, Verdict};
use crate::environments::{EnvironmentId, RequestId, Work};
use crate::event::OutputStream;

/// How much is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Bounds {
    pub(super) entries: usize,
    pub(super) bytes: usize,
}

/// While nobody looks, beside what is on the tape.
pub(super) const UNWATCHED: Bounds = Bounds { entries: 1_000, bytes: 4 << 20 };
/// While somebody does.
const WATCHED: Bounds = Bounds { entries: 20_000, bytes: 48 << 20 };
/// Entries in which the invocation that has written a line is looked for.
const RECENT: usize = 2_000;
/// New entries that one answer has: as many as a page can take in ten times a second.
const BATCH: usize = 500;
/// Entries that the page has seen before, and that one answer has as they are now.
const CHANGED: usize = 2_000;
/// Entries that a page begins with.
const FIRST_BATCH: usize = 2_000;
/// Invocations of one environment that a line may belong to.
const CANDIDATES: usize = 32;

#[derive(Debug)]
pub(super) struct Journal {
    /// In the order of their numbers, without gaps.
    entries: VecDeque<Entry>,
    next: u64,
    gateway: u64,
    version: u64,
    bytes: usize,
    /// The invocations that are under way.
    open: BTreeMap<Work, EntryId>,
    /// What has just ended, while that is being acted upon.
    concluded: Option<EntryId>,
    /// No page knows what was before this number, as it was forgotten.
    begins: u64,
    last_replay: u64,
    watchers: Watchers,
}

impl Journal {
    /// `secret` tells this gateway from others.
    pub(super) fn new(secret: u64) -> Self {
        Self {
            gateway: secret >> 11,
            entries: VecDeque::new(),
            next: 1,
            version: 0,
            bytes: 0,
            open: BTreeMap::new(),
            concluded: None,
            begins: 1,
            last_replay: 0,
            watchers: Watchers::default(),
        }
    }

    /// Whether somebody looks.
    pub(super) fn is_watched(&self) -> bool {
        self.watchers.are_there()
    }

    /// Answers the page, as far as the journal alone can.
    pub(super) fn answer(&mut self, request: Ask, app: &str) {
        match request {
            Ask::Come { owner, reply } => {
                self.watchers.come();
                let _ = reply.send(Lease::new(owner, self.watchers.changed()));
            }
            Ask::Go => {
                self.watchers.go();
                self.shrink();
                if !self.is_watched() {
                    self.entries.shrink_to(UNWATCHED.entries);
                }
            }
            Ask::Changes { since, reply } => {
                let changes = self.changes(since, if since.is_some() { BATCH } else { FIRST_BATCH });
                let is_news = changes.is_reset || since != Some(changes.cursor);
                let _ = reply.send(is_news.then(|| changes.to_bytes()));
            }
            Ask::Entry { id, reply } => {
                let _ = reply.send(self.entry(id).map(|entry| to_bytes(&Detail::of(entry))));
            }
            Ask::TestSource { id, reply } => drop(reply.send(self.test_source(id, app))),
            // The driver's to answer.
            Ask::Overview { .. }
            | Ask::Connections { .. }
            | Ask::Replay { .. }
            | Ask::Disconnect { .. }
            | Ask::Wrote { .. } => {}
        }
    }

    /// An event is about to be given to the function of this number.
    pub(super) fn invoked(
        &mut self,
        time: Time,
        (function, work): (usize, Work),
        connection: Option<ConnectionId>,
        route: String,
        event: Bytes,
    ) -> EntryId {
        let invocation = Invocation {
            work,
            function,
            route,
            event,
            began: time.micros,
            delivered: None,
            returned: None,
            ended: None,
            lines: Vec::new(),
            lines_left_out: 0,
            replay_of: None,
            names: OnceCell::new(),
        };
        let id = self.push(time.now, connection, What::Invocation(invocation));
        self.open.insert(work, id);
        id
    }

    /// The event of an entry again, for the pool; `None` if the entry is gone or was no invocation.
    pub(super) fn replay(&mut self, time: Time, of: EntryId) -> Option<Replay> {
        let entry = self.entry(of)?;
        let What::Invocation(invocation) = &entry.what else { return None };
        let (connection, route) = (entry.connection.clone(), invocation.route.clone());
        let (function, event) = (invocation.function, invocation.event.clone());
        self.last_replay += 1;
        let work = Work::Replay(self.last_replay);
        let id = self.invoked(time, (function, work), connection.clone(), route, event.clone());
        if let Some(invocation) = self.invocation(id) {
            invocation.replay_of = Some(of);
        }
        Some(Replay { id, function, work, connection, event })
    }

    pub(super) fn delivered(
        &mut self,
        time: Time,
        work: Work,
        environment: EnvironmentId,
        request: RequestId,
    ) {
        let Some(&id) = self.open.get(&work) else { return };
        if let Some(invocation) = self.invocation(id) {
            invocation.delivered = Some(Delivered { at: time.micros, environment, request });
            self.touch(id);
        }
    }

    /// The function has answered, or cannot any more; for an event [`concluded`](Self::concluded) follows.
    pub(super) fn answered(&mut self, time: Time, work: Work, outcome: &Outcome) {
        let Some(&id) = self.open.get(&work) else { return };
        let Some(invocation) = self.invocation(id) else { return };
        if let Outcome::Returned(bytes) = outcome {
            invocation.returned = Some(bytes.clone());
            self.bytes += bytes.len();
        }
        if let Work::Replay(_) = work {
            let error = match outcome {
                Outcome::Returned(_) => None,
                Outcome::FunctionError { message, .. } | Outcome::Unavailable { message } => {
                    Some(problem::shortened(message))
                }
            };
            self.end(time, work, End::Replay { error });
        }
    }

    /// The event of an invocation is done with.
    pub(super) fn concluded(&mut self, time: Time, invocation: InvocationId, verdict: Verdict) {
        self.concluded = self.end(time, Work::Event(invocation), End::Event(verdict));
    }

    /// An event is done with that the function was never called for; of a message, what is kept of its text.
    pub(super) fn turned_away(&mut self, now: Moment, connection: ConnectionId, what: What) {
        self.concluded = Some(self.push(now, Some(connection), what));
    }

    /// The queue that a batch came from is known when it is done with.
    pub(super) fn name_queue(&mut self, work: Work, queue: &str) {
        let entry = self.open.get(&work).copied();
        if let Some(invocation) = entry.and_then(|id| self.invocation(id)) {
            queue.clone_into(&mut invocation.route);
        }
    }

    /// Ends the entry of an invocation.
    pub(super) fn end(&mut self, time: Time, work: Work, end: End) -> Option<EntryId> {
        let id = self.open.remove(&work)?;
        let bytes = end_bytes(&end);
        let invocation = self.invocation(id)?;
        invocation.ended = Some(Ended { at: time.micros, end });
        self.bytes += bytes;
        self.touch(id);
        Some(id)
    }

    /// A frame goes to a client that is not the post of a request to `@connections`.
    pub(super) fn sent(&mut self, now: Moment, connection: &ConnectionId, text: &str) {
        let reply_to = self.concluded.filter(|_| self.concluded_connection() == Some(connection));
        self.push(now, Some(connection.clone()), What::Sent { text: text.into(), reply_to });
    }

    /// The connection of what was concluded just now.
    pub(super) fn concluded_connection(&self) -> Option<&ConnectionId> {
        self.entry(self.concluded?)?.connection.as_ref()
    }

    /// What follows has nothing to do with what was concluded before.
    pub(super) fn turn_page(&mut self) {
        self.concluded = None;
    }

    /// A line that an environment wrote: it belongs to the invocation that it names, else to the one that the
    /// environment is at work on, else to its last, as a line and the answer after it may change places on their ways.
    pub(super) fn wrote(
        &mut self,
        now: Moment,
        environment: EnvironmentId,
        stream: OutputStream,
        text: String,
    ) {
        let owner = self.owner_of(environment, &text);
        let line = Line { at: now, stream, text: text.into() };
        let Some((id, invocation)) = owner.and_then(|id| Some((id, self.invocation(id)?))) else {
            self.push(now, None, What::Output { environment, line });
            return;
        };
        let bytes = invocation.write(line);
        self.bytes += bytes;
        self.touch(id);
    }

    /// So many lines more of an environment, whose texts nobody has kept.
    pub(super) fn leave_out_lines(&mut self, environment: EnvironmentId, count: usize) {
        let Some(id) = self.owner_of(environment, "") else { return };
        if let Some(invocation) = self.invocation(id) {
            invocation.lines_left_out += count;
            self.touch(id);
        }
    }

    pub(super) fn push(&mut self, at: Moment, connection: Option<ConnectionId>, what: What) -> EntryId {
        let id = EntryId(self.next);
        self.next += 1;
        self.version += 1;
        let entry = Entry { id, version: self.version, at, connection, what };
        self.bytes += entry.bytes();
        self.entries.push_back(entry);
        self.shrink();
        self.watchers.wake();
        id
    }

    /// Forgets all that there is, as what comes now does not follow from it. Pages begin anew.
    pub(super) fn forget(&mut self) {
        (self.bytes, self.concluded) = (0, None);
        self.next += 1;
        self.begins = self.next;
        self.entries.clear();
        self.open.clear();
    }

    /// The newest entry stays, however large it is.
    fn shrink(&mut self) {
        let bounds = if self.is_watched() { WATCHED } else { UNWATCHED };
        while self.entries.len() > 1 && (self.entries.len() > bounds.entries || self.bytes > bounds.bytes) {
            let Some(oldest) = self.entries.pop_front() else { return };
            self.bytes = self.bytes.saturating_sub(oldest.bytes());
            if let What::Invocation(Invocation { work, ended: None, .. }) = oldest.what {
                self.open.remove(&work);
            }
        }
    }

    fn touch(&mut self, id: EntryId) {
        self.version += 1;
        let version = self.version;
        if let Some(entry) = self.entry_mut(id) {
            entry.version = version;
        }
        self.watchers.wake();
    }

    fn first(&self) -> u64 {
        self.next - self.entries.len() as u64
    }

    fn place(&self, id: EntryId) -> Option<usize> {
        usize::try_from(id.0.checked_sub(self.first())?).ok()
    }

    pub(super) fn entry(&self, id: EntryId) -> Option<&Entry> {
        self.entries.get(self.place(id)?)
    }

    fn entry_mut(&mut self, id: EntryId) -> Option<&mut Entry> {
        let place = self.place(id)?;
        self.entries.get_mut(place)
    }

    fn invocation(&mut self, id: EntryId) -> Option<&mut Invocation> {
        match &mut self.entry_mut(id)?.what {
            What::Invocation(invocation) => Some(invocation),
            _ => None,
        }
    }

    /// The entries that are left, the newest first.
    pub(super) fn newest_first(&self) -> impl Iterator<Item = &Entry> {
        self.entries.iter().rev()
    }

    /// The entries that came after this one, the oldest first.
    pub(super) fn after(&self, id: EntryId) -> impl Iterator<Item = &Entry> {
        self.entries.iter().skip_while(move |entry| entry.id <= id)
    }

    /// What has changed since a cursor was handed out, in the order of the entries' numbers: all that the page has seen
    /// and is otherwise now, and of what is new the `limit` newest, as a page that does not keep up wants to see what is
    /// going on. Should even the former be more than [`CHANGED`], those that changed first come first, and the cursor
    /// stands where they end: the rest is the next answer, and then what is new.
    pub(super) fn changes(&self, since: Option<Cursor>, limit: usize) -> Changes<'_> {
        let since = since
            .filter(|since| since.gateway == self.gateway && (self.begins..=self.next).contains(&since.next));
        let (next, version) = since.map_or((0, 0), |since| (since.next, since.version));
        let is_reset = since.is_none();
        let first = EntryId(self.first());
        let seen = usize::try_from(next.saturating_sub(first.0)).unwrap_or_default().min(self.entries.len());

        let mut entries: Vec<&Entry> =
            self.entries.range(..seen).filter(|entry| entry.version > version).collect();
        if entries.len() > CHANGED {
            entries.sort_unstable_by_key(|entry| entry.version);
            entries.truncate(CHANGED);
            let version = entries.last().map_or(version, |entry| entry.version);
            entries.sort_unstable_by_key(|entry| entry.id);
            let cursor = Cursor { gateway: self.gateway, version, next };
            return Changes { is_reset, entries, missed: 0, first, cursor };
        }
        let new = self.entries.len() - seen;
        let told = new.min(limit);
        entries.extend(self.entries.range(self.entries.len() - told..));
        let missed = if is_reset { 0 } else { (self.next - next).saturating_sub(told as u64) };
        let cursor = Cursor { gateway: self.gateway, version: self.version, next: self.next };
        Changes { is_reset, entries, missed, first, cursor }
    }

    fn owner_of(&self, environment: EnvironmentId, text: &str) -> Option<EntryId> {
        let of_environment = |entry: &&Entry| match &entry.what {
            What::Invocation(invocation) => {
                invocation.delivered.is_some_and(|delivered| delivered.environment == environment)
            }
            _ => false,
        };
        let mut candidates =
            self.newest_first().take(RECENT).filter(of_environment).take(CANDIDATES).peekable();
        candidates.peek()?;
        let candidates: Vec<&Entry> = candidates.collect();
        let named = text.contains("equest").then(|| candidates.iter().find(|entry| is_named(entry, text)));
        let at_work = || candidates.iter().find(|entry| is_open(entry));
        named.flatten().or_else(at_work).or(candidates.first()).map(|entry| entry.id)
    }
}

fn is_open(entry: &Entry) -> bool {
    matches!(&entry.what, What::Invocation(Invocation { ended: None, .. }))
}

fn is_named(entry: &Entry, line: &str) -> bool {
    matches!(&entry.what, What::Invocation(invocation) if invocation.is_named_in(line))
}

/// A past event that is to be given to its function again.
#[derive(Debug)]
pub(crate) struct Replay {
    /// The new entry.
    pub(crate) id: EntryId,
    /// The number of that function.
    pub(crate) function: usize,
    pub(crate) work: Work,
    pub(crate) connection: Option<ConnectionId>,
    pub(crate) event: Bytes,
}

/// What time it is, twice: for people, and for durations.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Time {
    pub(crate) now: Moment,
    pub(crate) micros: u64,
}

impl Time {
    /// As exactly as the gateway's own clock has it.
    pub(crate) fn of(now: Moment) -> Self {
        Self { now, micros: now.as_millis().saturating_mul(1000) }
    }
}

/// How much of the journal a page has seen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Cursor {
    /// Tells gateways apart: a page outlives the one that it was served by. A browser's numbers have 53 bits.
    pub(super) gateway: u64,
    pub(super) version: u64,
    /// The number of the entry that comes next.
    pub(super) next: u64,
}

#[derive(Debug)]
pub(super) struct Changes<'j> {
    /// The page knows nothing yet, or things of another gateway.
    pub(super) is_reset: bool,
    pub(super) entries: Vec<&'j Entry>,
    /// New entries that are not among them.
    pub(super) missed: u64,
    /// The oldest that is still there.
    pub(super) first: EntryId,
    pub(super) cursor: Cursor,
}

impl Changes<'_> {
    fn to_bytes(&self) -> Bytes {
        #[derive(Serialize)]
        struct Shown<'e> {
            gateway: u64,
            version: u64,
            next: u64,
            first: u64,
            reset: bool,
            missed: u64,
            entries: Vec<Summary<'e>>,
        }
        to_bytes(&Shown {
            gateway: self.cursor.gateway,
            version: self.cursor.version,
            next: self.cursor.next,
            first: self.first.0,
            reset: self.is_reset,
            missed: self.missed,
            entries: self.entries.iter().map(|entry| Summary::of(entry)).collect(),
        })
    }
}

#[cfg(test)]
mod tests;
