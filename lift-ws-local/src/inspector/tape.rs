//! The tape: what is noted while nobody looks. The gateway writes several notes for each message, and mostly nobody ever
//! reads them, so that writing has to cost next to nothing.
//!
//! A note is a few numbers in one list, and its texts are copied into another; both lists are used again and again, and nothing
//! is allocated for a message and its reply. The journal is made of it when somebody asks.

use bytes::Bytes;

use super::journal::{Journal, Time, UNWATCHED};
use crate::core::{InvocationId, Moment, Outcome, Verdict};
use crate::environments::{EnvironmentId, RequestId, Work};
use crate::event::OutputStream;

/// What a side has room for. All that the journal keeps while nobody looks is on one side or begins on the other.
const ENTRIES: usize = UNWATCHED.entries;
/// An entry is made of some five notes, and of its lines.
const NOTES: usize = 16 * ENTRIES;
/// Of texts, in bytes; the last may have any length.
pub(super) const BYTES: usize = 2 << 20;

/// Two sides: what is on the one is there until the other is full.
#[derive(Debug, Default)]
pub(super) struct Tape {
    written: Side,
    full: Side,
    /// Whether anything was thrown away since the tape was played.
    has_lost: bool,
}

#[derive(Debug, Default)]
pub(super) struct Side {
    notes: Vec<Note>,
    texts: Vec<u8>,
    rare: Vec<Rare>,
    /// Bytes that the rare ones keep.
    elsewhere: usize,
    /// Entries that its notes make.
    entries: usize,
}

/// A place in the texts of the same side.
#[derive(Clone, Copy, Debug)]
pub(super) struct Text {
    start: u32,
    end: u32,
}

/// A call of the journal's method of that name. It is nothing but numbers, so that a side is cleared at once.
#[derive(Clone, Copy, Debug)]
pub(super) enum Note {
    Invoked {
        now: Moment,
        function: u32,
        work: Work,
        connection: Option<Text>,
        route: Text,
        event: Text,
    },
    Delivered {
        now: Moment,
        work: Work,
        environment: EnvironmentId,
        request: RequestId,
    },
    Answered {
        now: Moment,
        work: Work,
        returned: Text,
    },
    Concluded {
        now: Moment,
        invocation: InvocationId,
        status: u16,
    },
    Sent {
        now: Moment,
        connection: Text,
        text: Text,
    },
    PageTurned,
    Wrote {
        now: Moment,
        environment: EnvironmentId,
        stream: OutputStream,
        text: Text,
    },
    /// Lines that were not written here, as there were too many.
    LinesLeftOut {
        environment: EnvironmentId,
        count: usize,
    },
    /// The next of what is rare.
    Rare {
        makes_entry: bool,
    },
}

/// Whatever does not happen with every message.
pub(super) struct Rare(Box<dyn FnOnce(&mut Journal) + Send>);

impl std::fmt::Debug for Rare {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Rare")
    }
}

impl Tape {
    pub(super) fn write(&mut self, note: impl FnOnce(&mut Side) -> Note) {
        if self.written.is_full() {
            self.turn_over();
        }
        let note = note(&mut self.written);
        self.written.entries += usize::from(note.makes_entry());
        self.written.notes.push(note);
    }

    /// Writes a call with all that it needs, which is about so many bytes.
    pub(super) fn write_call(&mut self, bytes: usize, call: impl FnOnce(&mut Journal) + Send + 'static) {
        self.write(|side| side.rare(bytes, call, false));
    }

    /// The same of a call that makes an entry.
    pub(super) fn write_entry(&mut self, bytes: usize, call: impl FnOnce(&mut Journal) + Send + 'static) {
        self.write(|side| side.rare(bytes, call, true));
    }

    #[cold]
    fn turn_over(&mut self) {
        std::mem::swap(&mut self.written, &mut self.full);
        self.has_lost |= !self.written.notes.is_empty();
        self.written.clear();
    }

    pub(super) fn is_empty(&self) -> bool {
        self.written.notes.is_empty()
    }

    /// What it takes in memory, roughly.
    #[cfg(test)]
    pub(super) fn bytes(&self) -> usize {
        let of =
            |side: &Side| side.notes.capacity() * size_of::<Note>() + side.texts.capacity() + side.elsewhere;
        of(&self.written) + of(&self.full)
    }

    /// Plays to the journal all that there is. What it has from before is forgotten if there is a gap in between.
    pub(super) fn play(&mut self, journal: &mut Journal) {
        let Self { written, full, has_lost } = std::mem::take(self);
        if has_lost {
            journal.forget();
        }
        for Side { notes, texts, rare, .. } in [full, written] {
            let mut rare = rare.into_iter();
            notes.into_iter().for_each(|note| note.play(&texts, &mut rare, journal));
        }
    }
}

impl Side {
    pub(super) fn text(&mut self, text: &[u8]) -> Text {
        // No text comes near to four gigabytes.
        let end = |texts: &Vec<u8>| u32::try_from(texts.len()).unwrap_or(u32::MAX);
        let start = end(&self.texts);
        self.texts.extend_from_slice(text);
        Text { start, end: end(&self.texts) }
    }

    fn rare(
        &mut self,
        bytes: usize,
        call: impl FnOnce(&mut Journal) + Send + 'static,
        makes_entry: bool,
    ) -> Note {
        self.elsewhere += bytes;
        self.rare.push(Rare(Box::new(call)));
        Note::Rare { makes_entry }
    }

    fn is_full(&self) -> bool {
        self.entries == ENTRIES || self.notes.len() == NOTES || self.texts.len() + self.elsewhere > BYTES
    }

    fn clear(&mut self) {
        self.notes.clear();
        self.texts.clear();
        self.rare.clear();
        // The last text may have been of any length.
        self.texts.shrink_to(2 * BYTES);
        (self.elsewhere, self.entries) = (0, 0);
    }
}

impl Note {
    fn makes_entry(self) -> bool {
        matches!(self, Self::Invoked { .. } | Self::Sent { .. } | Self::Rare { makes_entry: true })
    }

    fn play(self, texts: &[u8], rare: &mut impl Iterator<Item = Rare>, journal: &mut Journal) {
        let bytes = |text: Text| texts.get(text.start as usize..text.end as usize).unwrap_or_default();
        let words = |text: Text| String::from_utf8_lossy(bytes(text)).into_owned();
        match self {
            Self::Invoked { now, function, work, connection, route, event } => {
                let connection = connection.map(|connection| words(connection).as_str().into());
                let event = Bytes::copy_from_slice(bytes(event));
                let work = (function as usize, work);
                journal.invoked(Time::of(now), work, connection, words(route), event);
            }
            Self::Delivered { now, work, environment, request } => {
                journal.delivered(Time::of(now), work, environment, request);
            }
            Self::Answered { now, work, returned } => {
                let outcome = Outcome::Returned(Bytes::copy_from_slice(bytes(returned)));
                journal.answered(Time::of(now), work, &outcome);
            }
            Self::Concluded { now, invocation, status } => {
                journal.concluded(Time::of(now), invocation, Verdict::Status(status));
            }
            Self::Sent { now, connection, text } => {
                journal.sent(now, &words(connection).as_str().into(), &words(text));
            }
            Self::PageTurned => journal.turn_page(),
            Self::Wrote { now, environment, stream, text } => {
                journal.wrote(now, environment, stream, words(text));
            }
            Self::LinesLeftOut { environment, count } => journal.leave_out_lines(environment, count),
            Self::Rare { .. } => {
                if let Some(Rare(call)) = rare.next() {
                    call(journal);
                }
            }
        }
    }
}
