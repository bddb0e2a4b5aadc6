//! One segment of a broadcast, in an invocation of its own: it goes on where it was, and writes down how far it came.

use std::sync::atomic::AtomicBool;
use std::time::{Duration, Instant};

use bytes::Bytes;

use super::page;
use super::plan::{Plan, Range};
use super::turns::{Given, Turns};
use crate::connection::deliver::Repeat;
use crate::connection::gate::Gate;
use crate::connection::recipients::Page;
use crate::connection::tally::TableCall;
use crate::connection::turn::{LAST_POST, Letter};
use crate::connection::{CallbackUrl, Connections, SendError, millis};
use crate::queue::QueueMessage;
use crate::queue::body::{Body, BroadcastBody};
use crate::random::token;
use crate::store::{
    BroadcastCounts, BroadcastStore, Claim, Claimed, Cursor, SegmentState, StoreError, StoreErrorKind,
    StoredBroadcast,
};
use crate::{Error, ambient};

/// What is kept back of an invocation's time for the last checkpoint and the continuation.
const RESERVE: Duration = Duration::from_secs(2);

/// How often those are tried again at the end whom the gateway asked to slow down for.
const ROUNDS: u32 = 3;

/// The work on one segment in one invocation.
struct Work<'a> {
    connections: &'a Connections,
    store: &'a dyn BroadcastStore,
    scope: &'a str,
    body: &'a BroadcastBody<'a>,
    /// What this invocation is called in the claim.
    owner: String,
    plan: Plan,
    range: Range,
    state: SegmentState,
}

/// Runs a segment until everyone had a turn, or the time is up: then a continuation is enqueued.
///
/// # Errors
/// If the message is to be delivered again: the segment could not be worked on, or has not moved.
pub(crate) async fn run(
    connections: &Connections,
    body: &BroadcastBody<'_>,
    attempt: u32,
) -> Result<(), Error> {
    let scope = connections.scope_key()?;
    let store = connections.broadcasts()?;
    let times = Times::of(connections.deadline());
    let Some(stored) = connections.ask(TableCall::Broadcast, store.load(scope, &body.id)).await? else {
        return Err(Error::internal(format!(
            "there is no broadcast `{}`: it has expired, or its table is another",
            body.id
        )));
    };
    if body.segment >= stored.segments {
        let why =
            format!("broadcast `{}` has {} segments, and none of this number", body.id, stored.segments);
        return Err(Error::internal(why));
    }
    // what cannot be worked on is not claimed
    let url = connections.url()?;
    let plan: Plan = serde_json::from_str(&stored.plan)
        .map_err(|error| Error::internal(format!("the broadcast's plan cannot be read: {error}")))?;
    let range = plan.range(body.segment);
    let owner = token();
    let claim = claim(connections, body, &owner, &stored);
    let state = match connections
        .ask(TableCall::Broadcast, store.claim(scope, &body.id, body.segment, &claim))
        .await?
    {
        Claimed::Yours(state) if !state.done => state,
        Claimed::Yours(_) | Claimed::Done | Claimed::Passed => return Ok(()),
        Claimed::Busy { until } => {
            return Err(Error::internal(format!(
                "another invocation is at work on this segment, until {until} at the latest; the message comes again"
            )));
        }
    };
    let mut work = Work { connections, store, scope, body, owner, plan, range, state };
    work.run(stored.message, url, &times, attempt).await
}

/// Who takes the segment, and for how long: as long as this invocation can live.
fn claim<'a>(
    connections: &Connections,
    body: &BroadcastBody<'_>,
    owner: &'a str,
    stored: &StoredBroadcast,
) -> Claim<'a> {
    let now = connections.shared.clock.now();
    let left = connections.deadline().map_or(LONGEST, |due| due.saturating_duration_since(ambient::now()));
    let until = now.saturating_add(millis(left));
    Claim::new(owner, body.turn, now, until, stored.expires_at)
}

/// How long an invocation lives that has no deadline.
const LONGEST: Duration = Duration::from_secs(15 * 60);

/// What has to happen until when.
struct Times {
    /// The last post begins: so long before the reserve.
    last_post: Instant,
    /// The last post ends.
    posts_end: Instant,
}

impl Times {
    fn of(deadline: Option<Instant>) -> Self {
        let now = ambient::now();
        let left = deadline.map_or(LONGEST, |deadline| deadline.saturating_duration_since(now));
        let posts = left.saturating_sub(RESERVE.min(left / 4));
        Times { last_post: now + posts.saturating_sub(LAST_POST.min(left / 4)), posts_end: now + posts }
    }
}

/// Why the work on a page ended.
enum Ended {
    PageDone,
    TimeIsUp,
}

/// How far a segment has come: what has not moved since is not worth a message of its own.
#[derive(PartialEq, Eq)]
struct Mark {
    cursor: Option<Cursor>,
    counts: BroadcastCounts,
}

impl Mark {
    fn of(state: &SegmentState) -> Self {
        Self { cursor: state.cursor.clone(), counts: state.counts }
    }
}

/// Why a segment that has not moved is delivered again, and in the end a dead letter.
fn unmoved(turns_had: usize) -> Error {
    Error::internal(match turns_had {
        0 => "the time was up before anybody had a turn",
        _ => {
            "the time was up, and everybody who had a turn was throttled or not reached, as in the invocation before"
        }
    })
}

/// Why a segment is delivered again that could reach nobody: later it may.
fn unreached() -> Error {
    Error::internal("the management API could not be reached or called; the message comes again")
}

impl Work<'_> {
    async fn run(
        &mut self,
        message: Bytes,
        url: &CallbackUrl,
        times: &Times,
        attempt: u32,
    ) -> Result<(), Error> {
        // reading ends with the posts: what comes later would leave no time for the checkpoint
        let posting = self.connections.clone().with_deadline(times.posts_end);
        let settings = &self.connections.shared.settings;
        let pace = Gate::new(settings.concurrency, self.plan.rate);
        let letter = Letter {
            connections: &posting,
            url,
            message,
            repeat: Repeat::with(self.plan.message_id.as_deref()),
            has_warned: AtomicBool::new(false),
        };
        let turns = Turns { letter, pace: &pace, until: times.last_post };
        let before = Mark::of(&self.state);
        let start = self.state.cursor.clone().unwrap_or_else(|| self.range.start.clone());
        let mut page = match self.read(&posting, start).await {
            Ok(page) => page,
            Err(error) => return self.give_back(error).await,
        };
        let (mut rounds, mut turns_had) = (ROUNDS, 0);
        loop {
            // the next page is read while this one is being sent
            let next = page.next.clone();
            let reading = async {
                match next {
                    Some(next) => self.read(&posting, next).await.map(Some),
                    None => Ok(None),
                }
            };
            let mut state = self.state.clone();
            let ((ended, given), following) = tokio::join!(self.page(&turns, &page, &mut state), reading);
            if given.reached_nobody() {
                // whoever had a turn has it again: nothing has moved
                return self.give_back(unreached()).await;
            }
            self.state = state;
            turns_had += given.had;
            let is_over = matches!(ended, Ended::TimeIsUp);
            let has_moved = Mark::of(&self.state) != before;
            match (is_over, following) {
                (false, Ok(None)) if rounds > 0 && !self.state.postponed.is_empty() => {
                    rounds -= 1;
                    self.checkpoint(false).await?;
                    page = Page::default();
                }
                (false, Ok(None)) if given.unreached == 0 => return self.done().await,
                (false, Ok(None)) if has_moved => return self.hand_on().await,
                (false, Ok(None)) => return self.give_back(unreached()).await,
                // delivered before and never ended: a fresh message, so that what moves is never a dead letter
                (false, Ok(Some(_))) if attempt > 1 && has_moved => return self.hand_on().await,
                (false, Ok(Some(following))) => {
                    self.checkpoint(false).await?;
                    page = following;
                }
                (_, _) if has_moved => return self.hand_on().await,
                (false, Err(error)) => return self.give_back(error).await,
                (true, _) => return self.give_back(unmoved(turns_had)).await,
            }
        }
    }

    async fn read(&self, connections: &Connections, after: Cursor) -> Result<Page, StoreError> {
        page::read(connections, &self.plan, &self.range, after).await
    }

    /// One page of turns, and what became of them. The state then says how far it came.
    async fn page(&self, turns: &Turns<'_>, page: &Page, state: &mut SegmentState) -> (Ended, Given) {
        let postponed = std::mem::take(&mut state.postponed);
        let given = turns.give(&postponed, &page.recipients, state).await;
        let had = given.had;
        let last = had.checked_sub(postponed.len() + 1).and_then(|last| page.recipients.get(last));
        if let Some(last) = last {
            state.cursor = Some(last.cursor());
        }
        if had < postponed.len() + page.recipients.len() {
            state.postponed.extend(postponed.into_iter().skip(had));
            return (Ended::TimeIsUp, given);
        }
        if let Some(next) = &page.next {
            state.cursor = Some(next.clone());
        }
        (Ended::PageDone, given)
    }

    async fn done(&mut self) -> Result<(), Error> {
        self.state.counts.throttled += self.state.postponed.len() as u64;
        self.state.postponed.clear();
        self.state.done = true;
        self.checkpoint(true).await
    }

    /// Leaves the segment to the message that comes again, which need not wait for the claim to end.
    async fn give_back(&self, why: impl Into<Error>) -> Result<(), Error> {
        self.checkpoint(true).await?;
        Err(why.into())
    }

    /// First the checkpoint, then the message that goes on from it: if the invocation ends between the two, this
    /// message comes again and goes on itself.
    async fn hand_on(&self) -> Result<(), Error> {
        self.checkpoint(true).await?;
        let next = BroadcastBody { turn: self.body.turn.saturating_add(1), ..self.body.clone() };
        let json = Body::broadcast(self.connections, next).to_json()?;
        self.connections.enqueue(QueueMessage::new(json)).await?;
        Ok(())
    }

    async fn checkpoint(&self, release: bool) -> Result<(), Error> {
        let BroadcastBody { id, segment, .. } = self.body;
        let call = self.store.checkpoint(self.scope, id, *segment, &self.owner, &self.state, release);
        if self.connections.ask(TableCall::Broadcast, call).await? {
            return Ok(());
        }
        Err(Error::internal("another invocation has taken this segment over"))
    }
}

impl Connections {
    pub(super) fn broadcasts(&self) -> Result<&dyn BroadcastStore, SendError> {
        let store = self.shared.store.broadcasts();
        store.ok_or_else(|| SendError::from(StoreError::new(StoreErrorKind::NoBroadcasts)))
    }
}
