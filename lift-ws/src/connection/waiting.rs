//! Recipients between being read and having their turn, and what became of those who had it.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use tokio::sync::Notify;

use super::recipients::Recipient;
use super::turn::Outcome;
use super::{BroadcastReport, Record, SendError};
use crate::ambient;
use crate::store::{BroadcastCounts, Cursor, StoreError};

/// With fewer recipients waiting than this, the next page is read: a page's worth.
const AHEAD: usize = 1_000;

/// Turns start one after the other, in the order of reading: so one cursor tells who has had one.
#[derive(Debug)]
pub(super) struct Waiting {
    state: Mutex<State>,
    /// Told when another page is wanted.
    low: Notify,
}

#[derive(Debug)]
struct State {
    report: BroadcastReport,
    counts: BroadcastCounts,
    /// Read and not yet started: a page, and the next one if it came early.
    pages: VecDeque<Page>,
    left: usize,
    /// How many of those that wait have somebody who is about to start them.
    claimed: usize,
    /// Everyone up to here has had a turn.
    reached: Reached,
    failure: Option<StoreError>,
    time_is_up: bool,
}

#[derive(Debug)]
struct Page {
    recipients: Arc<Vec<Recipient>>,
    next: usize,
}

#[derive(Debug)]
enum Reached {
    Start(Cursor),
    Turn(Turn),
}

/// One recipient of a page. It borrows nothing and copies nothing.
#[derive(Debug, Clone)]
pub(super) struct Turn {
    page: Arc<Vec<Recipient>>,
    index: usize,
}

impl Turn {
    pub(super) fn recipient(&self) -> &Recipient {
        &self.page[self.index]
    }
}

impl Waiting {
    pub(super) fn new(start: Cursor, report: BroadcastReport) -> Self {
        let state = State {
            report,
            counts: BroadcastCounts::default(),
            pages: VecDeque::new(),
            left: 0,
            claimed: 0,
            reached: Reached::Start(start),
            failure: None,
            time_is_up: false,
        };
        Self { state: Mutex::new(state), low: Notify::new() }
    }

    /// How many wait whom nobody has claimed.
    pub(super) fn unclaimed(&self) -> usize {
        let state = self.lock();
        if state.time_is_up { 0 } else { state.left - state.claimed }
    }

    /// Promises to start one of those who wait. False if there is nobody left to be started.
    pub(super) fn claim(&self) -> bool {
        let mut state = self.lock();
        let is_one_left = !state.time_is_up && state.left > state.claimed;
        state.claimed += usize::from(is_one_left);
        is_one_left
    }

    /// Starts the next one, who was claimed.
    pub(super) fn start(&self) -> Option<Turn> {
        let mut state = self.lock();
        let turn = state.next()?;
        state.left -= 1;
        state.claimed -= 1;
        state.reached = Reached::Turn(turn.clone());
        if state.left + 1 == AHEAD {
            self.low.notify_one();
        }
        Some(turn)
    }

    /// Nobody is started any more, not even who was claimed.
    pub(super) fn time_is_up(&self) {
        self.lock().time_is_up = true;
    }

    pub(super) fn is_time_up(&self) -> bool {
        self.lock().time_is_up
    }

    pub(super) fn count(&self, outcome: Outcome, departed: Option<Box<Record>>) {
        let mut state = self.lock();
        outcome.count_in(&mut state.counts);
        state.report.departed.extend(departed.map(|record| *record));
    }

    /// Waits until another page is wanted: while the last one read is being sent, and no earlier.
    pub(super) async fn runs_low(&self) {
        loop {
            let told = self.low.notified();
            if self.lock().left < AHEAD {
                return;
            }
            told.await;
        }
    }

    /// Takes a page in.
    pub(super) fn append(&self, mut recipients: Vec<Recipient>, except: &[String]) {
        if !except.is_empty() {
            recipients.retain(|recipient| !except.iter().any(|id| id == recipient.connection_id()));
        }
        let mut state = self.lock();
        state.left += recipients.len();
        state.pages.push_back(Page { recipients: Arc::new(recipients), next: 0 });
    }

    /// The recipients can no longer be read.
    pub(super) fn fail(&self, error: StoreError, deadline: Option<Instant>) {
        let mut state = self.lock();
        if deadline.is_some_and(|deadline| deadline <= ambient::now()) {
            state.time_is_up = true;
        } else {
            state.failure = Some(error);
        }
    }

    pub(super) fn end(self) -> Result<BroadcastReport, SendError> {
        let State { report, counts, left, reached, failure, time_is_up, .. } =
            self.state.into_inner().unwrap_or_else(PoisonError::into_inner);
        let mut report = BroadcastReport { unsent: left, ..report.with_counts(counts) };
        if time_is_up || failure.is_some() {
            report.cursor = Some(match reached {
                Reached::Start(cursor) => cursor,
                Reached::Turn(turn) => turn.recipient().cursor(),
            });
        }
        match failure {
            None => Ok(report),
            Some(error) => Err(SendError::from(error).after(report)),
        }
    }

    // Each operation leaves the state whole, so a poisoned lock is as good as new.
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn next(&mut self) -> Option<Turn> {
        loop {
            let page = self.pages.front_mut()?;
            if page.next < page.recipients.len() {
                let turn = Turn { page: Arc::clone(&page.recipients), index: page.next };
                page.next += 1;
                return Some(turn);
            }
            self.pages.pop_front();
        }
    }
}
