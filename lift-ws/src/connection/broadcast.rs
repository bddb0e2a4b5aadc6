//! One message to many: pages are read while posts are under way.

use std::collections::VecDeque;
use std::pin::pin;
use std::time::Instant;

use bytes::Bytes;
use futures_util::FutureExt;
use futures_util::StreamExt;
use futures_util::future::Fuse;
use futures_util::stream::FuturesUnordered;
use tokio::sync::SemaphorePermit;

use super::{BroadcastReport, CallbackUrl, Connections, Record, SendError};
use crate::ambient;
use crate::push::PostErrorKind;
use crate::store::{Cursor, GoneOutcome, Membership, MembershipPage, StoreError};

/// With fewer recipients waiting than this, the next page is read: a page's worth.
const AHEAD: usize = 1_000;

/// A message on its way to the members of a group.
#[derive(Debug)]
pub(super) struct Broadcast<'a> {
    pub(super) connections: &'a Connections,
    pub(super) url: &'a CallbackUrl,
    pub(super) group: &'a str,
    pub(super) except: &'a [String],
    pub(super) consistent: bool,
    pub(super) message: Bytes,
}

/// What became of one recipient.
#[derive(Debug)]
enum Outcome {
    Delivered,
    /// With the record, if this broadcast removed it and so has to hand it on.
    Gone(Option<Box<Record>>),
    Connecting,
    Throttled,
    Unknown,
    Failed,
}

/// A recipient, and where reading goes on after it.
#[derive(Debug)]
struct Recipient {
    shard: u16,
    membership: Membership,
}

/// What is known about the way so far.
#[derive(Debug)]
struct Progress {
    report: BroadcastReport,
    /// Read and not yet started: a page, and the next one if it came early.
    waiting: VecDeque<Recipient>,
    /// Everyone up to here has had a turn.
    reached: Cursor,
    failure: Option<StoreError>,
    time_is_up: bool,
}

impl Broadcast<'_> {
    /// Gives each member a turn, in order, with as many posts under way as the gate lets through.
    ///
    /// Turns start one after the other, so one cursor tells who has had one.
    pub(super) async fn run(&self, start: Option<Cursor>) -> Result<BroadcastReport, SendError> {
        let start = start.unwrap_or_else(|| Cursor::start_of(0));
        let gate = &self.connections.shared.gate;
        let deadline = self.connections.deadline();
        let mut progress = Progress::new(start.clone());
        let mut under_way = FuturesUnordered::new();
        let mut reading = pin!(self.read(start).fuse());
        let mut entering = pin!(Fuse::terminated());
        let mut is_reading = true;
        let mut is_entering = false;
        loop {
            if !is_entering
                && progress.has_next()
                && under_way.len() < self.connections.shared.settings.concurrency
            {
                entering.set(gate.enter(deadline).fuse());
                is_entering = true;
            }
            tokio::select! {
                biased;
                Some(outcome) = under_way.next(), if !under_way.is_empty() => progress.count(outcome),
                place = &mut entering, if is_entering => {
                    is_entering = false;
                    match place {
                        Some(place) => if let Some(recipient) = progress.start() {
                            under_way.push(self.turn(recipient, place));
                        },
                        None => progress.time_is_up = true,
                    }
                }
                page = &mut reading, if is_reading && progress.wants_more() => {
                    is_reading = false;
                    if let Some(next) = progress.take(page, self.except, deadline) {
                        reading.set(self.read(next).fuse());
                        is_reading = true;
                    }
                }
                else => break,
            }
        }
        progress.end()
    }

    async fn read(&self, cursor: Cursor) -> Result<MembershipPage, StoreError> {
        self.connections.page_of(self.group, self.consistent, Some(cursor)).await
    }

    async fn turn(&self, recipient: Recipient, place: SemaphorePermit<'_>) -> Outcome {
        let Membership { connection_id, connected_at, .. } = &recipient.membership;
        let post = self.connections.deliver(self.url, connection_id, self.message.clone(), Some(place));
        match post.await.map_err(|error| error.kind()) {
            Ok(()) => Outcome::Delivered,
            Err(PostErrorKind::Gone) => self.gone(connection_id, *connected_at).await,
            Err(PostErrorKind::Throttled) => Outcome::Throttled,
            Err(PostErrorKind::UnknownOutcome) => Outcome::Unknown,
            Err(_) => Outcome::Failed,
        }
    }

    async fn gone(&self, connection_id: &str, connected_at: u64) -> Outcome {
        if connected_at >= self.connections.connected_before() {
            return Outcome::Connecting;
        }
        let record = match self.connections.remove_gone(connection_id).await {
            Ok(GoneOutcome::Removed(record)) => Some(record),
            _ => None,
        };
        // The record names the group, unless it was cut short; without record only this row is known.
        if !record.as_ref().is_some_and(|record| record.is_in(self.group)) {
            self.connections.forget_groups(connection_id, connected_at, &[self.group]).await;
        }
        Outcome::Gone(record)
    }
}

impl Progress {
    fn new(start: Cursor) -> Self {
        Self {
            report: BroadcastReport::default(),
            waiting: VecDeque::new(),
            reached: start,
            failure: None,
            time_is_up: false,
        }
    }

    fn has_next(&self) -> bool {
        !self.time_is_up && !self.waiting.is_empty()
    }

    /// The next page is asked for while this one is being sent, and no further one: memory stays bounded.
    fn wants_more(&self) -> bool {
        !self.time_is_up && self.waiting.len() < AHEAD
    }

    fn start(&mut self) -> Option<Recipient> {
        let recipient = self.waiting.pop_front()?;
        let Membership { connection_id, connected_at, .. } = &recipient.membership;
        self.reached = Cursor::after(recipient.shard, *connected_at, connection_id.clone());
        Some(recipient)
    }

    fn count(&mut self, outcome: Outcome) {
        let report = &mut self.report;
        *match outcome {
            Outcome::Delivered => &mut report.delivered,
            Outcome::Gone(record) => {
                report.departed.extend(record.map(|record| *record));
                &mut report.gone
            }
            Outcome::Connecting => &mut report.connecting,
            Outcome::Throttled => &mut report.throttled,
            Outcome::Unknown => &mut report.unknown,
            Outcome::Failed => &mut report.failed,
        } += 1;
    }

    /// Takes a page in and says where the next one starts.
    fn take(
        &mut self,
        page: Result<MembershipPage, StoreError>,
        except: &[String],
        deadline: Option<Instant>,
    ) -> Option<Cursor> {
        match page {
            Ok(page) => {
                let shard = page.shard;
                let members = page.members.into_iter();
                let wanted = members.filter(|member| !except.contains(&member.connection_id));
                self.waiting.extend(wanted.map(|membership| Recipient { shard, membership }));
                page.cursor
            }
            Err(_) if deadline.is_some_and(|deadline| deadline <= ambient::now()) => {
                self.time_is_up = true;
                None
            }
            Err(error) => {
                self.failure = Some(error);
                None
            }
        }
    }

    fn end(mut self) -> Result<BroadcastReport, SendError> {
        self.report.unsent = self.waiting.len();
        if self.time_is_up || self.failure.is_some() {
            self.report.cursor = Some(self.reached);
        }
        match self.failure {
            None => Ok(self.report),
            Some(error) => Err(SendError::from(error).after(self.report)),
        }
    }
}
