//! Closing connections by force: in the table, at the gateway, and in the caches of all environments.

use std::sync::Arc;
use std::time::{Duration, Instant};

use futures_util::{StreamExt, stream};
use tokio::sync::Mutex;

use super::clock::millis;
use super::deliver::{REMOVAL, between_tries};
use super::recipients::{Pages, Recipient};
use super::tally::TableCall;
use super::{Audience, CallbackUrl, Connections, Record, SendError};
use crate::ambient;
use crate::push::{PostError, PostErrorKind};
use crate::store::{Cursor, MembersQuery, Membership, StoreError};

/// How many are closed at the same time.
const AT_ONCE: usize = 16;

/// How many are removed before the gateway is told to close them.
const CHUNK: usize = 64;

/// How far the clocks of two environments may be apart.
const CLOCKS_APART: Duration = Duration::from_secs(30);

/// The group in which a removed connection is noted, in a scope that has nothing else.
const NOTES: &str = "closed";

/// What became of connections that were closed by force: see [`Audience::disconnect`].
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct DisconnectReport {
    /// How many the gateway closed, or had closed already.
    pub closed: usize,
    /// The records that were removed, each as it was. No `$disconnect` handler will see them: where others are told
    /// who left, this caller tells them.
    pub departed: Vec<Record>,
    /// The ids of those of which it is not certain that they are closed, that their records are gone, or that other
    /// environments come to know. Ask again: `conns.ids(report.failed).disconnect()`.
    pub failed: Vec<String>,
    /// Where to go on with what is left; `None` when everyone had a turn.
    pub cursor: Option<Cursor>,
}

impl DisconnectReport {
    /// Is everyone closed and removed?
    #[must_use]
    pub fn is_complete(&self) -> bool {
        self.failed.is_empty() && self.cursor.is_none()
    }

    /// Nobody has had a turn, so nothing is lost without it.
    fn is_empty(&self) -> bool {
        self.closed == 0 && self.departed.is_empty() && self.failed.is_empty()
    }
}

impl Audience<'_> {
    /// Closes these connections by force: their records are removed, and then the gateway closes them.
    ///
    /// ```
    /// # use lift_ws::connection::{Connections, SendError};
    /// # async fn handler(conns: Connections) -> Result<(), SendError> {
    /// let report = conns.user("ann").disconnect().await?;              // log ann out, on all her devices
    /// let others = conns.user("ann").except("AbC=").disconnect().await?; // on all but this one
    /// # Ok(()) }
    /// ```
    ///
    /// A route that needs the record refuses what such a connection still says. An environment that has the record in
    /// its cache finds out by [`heed_logouts`](Connections::heed_logouts), which
    /// [`check_session`](crate::auth::check_session) calls; without it, when the cache's life is over. What is not
    /// removed is the right to connect again: take that from the user first, where tokens and tickets come from.
    ///
    /// Users, tenants and all are read from an index: who connected in the last second may be missing.
    ///
    /// It costs the removal of each record, and 7 write units for a note to the other environments.
    ///
    /// # Errors
    ///
    /// A handle that belongs to no API; when the list cannot be read before anybody was closed. Later its cursor tells
    /// where reading ended, as it does when the time is up. What fails for single connections is in the report.
    ///
    /// # Cancel safety
    ///
    /// Dropped before it ends, some are closed and others not, and some may be open without a record. It may be called
    /// again.
    pub async fn disconnect(self) -> Result<DisconnectReport, SendError> {
        let Self { mut whom, sending } = self;
        let connections = sending.connections;
        let closing =
            Closing { connections, url: connections.url()?, notes: notes_of(connections.scope_key()?) };
        let start = sending.cursor.clone().unwrap_or_else(|| Cursor::start_of(0));
        let (pages, _) = whom.read(connections, &start);
        closing.run(pages, start, &sending.except).await
    }
}

struct Closing<'a> {
    connections: &'a Connections,
    url: &'a CallbackUrl,
    notes: String,
}

/// What became of one.
struct Closed {
    id: String,
    record: Option<Record>,
    is_certain: bool,
}

impl Closing<'_> {
    async fn run(
        &self,
        mut pages: Pages<'_>,
        start: Cursor,
        except: &[String],
    ) -> Result<DisconnectReport, SendError> {
        let (mut report, mut reached) = (DisconnectReport::default(), start);
        loop {
            let page = match self.connections.within(async { pages.next().await.transpose() }).await {
                Ok(Some(page)) => page,
                Ok(None) => return Ok(report),
                Err(error) if report.is_empty() => return Err(error.into()),
                Err(error) => {
                    let error = &error as &dyn std::error::Error;
                    tracing::warn!(error, "not all connections that are to be closed could be listed");
                    report.cursor = Some(reached);
                    return Ok(report);
                }
            };
            for chunk in page.chunks(CHUNK) {
                if !self.connections.has_time_for(REMOVAL) {
                    report.cursor = Some(reached);
                    return Ok(report);
                }
                self.close_chunk(chunk, except, &mut report).await;
                reached = chunk.last().map_or(reached, Recipient::cursor);
            }
        }
    }

    /// All of a chunk are out of the table, and that is noted, before the first is closed: the gateway's closing is what
    /// makes a client come back.
    async fn close_chunk(&self, chunk: &[Recipient], except: &[String], report: &mut DisconnectReport) {
        let ids = chunk.iter().map(Recipient::connection_id);
        let ids: Vec<_> = ids.filter(|id| except.iter().all(|out| out != id)).map(str::to_owned).collect();
        let removing = stream::iter(ids).map(|id| self.remove(id));
        let removed: Vec<Closed> = removing.buffer_unordered(AT_ONCE).collect().await;
        let mut closing = stream::iter(removed).map(|removed| self.close(removed)).buffer_unordered(AT_ONCE);
        while let Some(closed) = closing.next().await {
            match closed.is_certain {
                true => report.closed += 1,
                false => report.failed.push(closed.id),
            }
            report.departed.extend(closed.record);
        }
    }

    async fn remove(&self, id: String) -> Closed {
        if !self.connections.has_time_for(REMOVAL) {
            return Closed { id, record: None, is_certain: false };
        }
        let removed = self.connections.departed(&id).await;
        let noted = self.note(&id).await;
        let failure = removed.as_ref().err().or(noted.as_ref().err());
        if let Some(error) = failure {
            let error = error as &dyn std::error::Error;
            tracing::error!(
                connection_id = id,
                error,
                "a connection that is to be closed could not be removed"
            );
        }
        let is_certain = failure.is_none();
        Closed { id, record: removed.ok().flatten(), is_certain }
    }

    /// A row in a group that environments read: by operations that every store has.
    async fn note(&self, id: &str) -> Result<(), StoreError> {
        let (store, now) = (&self.connections.shared.store, self.connections.shared.clock.now());
        let life = self.connections.shared.settings.cache_life + CLOCKS_APART;
        let expires_at = (now + millis(life)) / 1_000 + 60;
        let (record, place) = (Record::new(id, now, expires_at), Membership::new(id, now, expires_at));
        self.connections.ask(TableCall::Put, store.put(&self.notes, &record)).await?;
        self.connections.ask(TableCall::Join, store.join(&self.notes, NOTES, &place)).await
    }

    async fn close(&self, removed: Closed) -> Closed {
        let young = removed
            .record
            .as_ref()
            .is_some_and(|it| it.connected_at() >= self.connections.connected_before());
        match self.tell_gateway(&removed.id, young).await {
            Ok(()) => removed,
            Err(error) => {
                let error = &error as &dyn std::error::Error;
                tracing::error!(connection_id = removed.id, error, "a connection could not be closed");
                Closed { is_certain: false, ..removed }
            }
        }
    }

    /// Closing twice is as good as once, so whatever may help is tried again: also a 410 of a young connection, which
    /// may be in its handshake.
    async fn tell_gateway(&self, id: &str, young: bool) -> Result<(), PostError> {
        let shared = &self.connections.shared;
        let mut backoff = between_tries();
        let mut tries = shared.settings.tries;
        loop {
            let call = shared.poster.disconnect(self.url.as_str(), id);
            let error = match self.connections.bounded(call).await {
                Err(error) if error.kind() == PostErrorKind::Gone && !young => return Ok(()),
                Err(error) => error,
                Ok(()) => return Ok(()),
            };
            tries = tries.saturating_sub(1);
            let pause = backoff.pause();
            if tries == 0 || !may_help(error.kind()) || !self.connections.has_time_for(pause) {
                return Err(error);
            }
            ambient::sleep(pause).await;
        }
    }
}

fn may_help(failure: PostErrorKind) -> bool {
    use PostErrorKind::{Gone, Throttled, UnknownOutcome, Unreachable};
    matches!(failure, Gone | Throttled | Unreachable | UnknownOutcome)
}

/// Beside the scope, which has no `!`: API ids and stages have none.
fn notes_of(scope: &str) -> String {
    format!("{scope}!closed")
}

/// Until when this environment has read the notes of a scope.
#[derive(Debug, Default)]
pub(super) struct Heeded(Mutex<Vec<(Arc<str>, Instant)>>);

impl Connections {
    /// Takes out of this environment's cache whom another one has closed by force, unless it has looked within this time.
    ///
    /// So nobody who was logged out is taken for a user for longer than `within`, at the price of one consistent read
    /// per `within` and environment instead of one per message. [`check_session`](crate::auth::check_session) calls it.
    ///
    /// # Errors
    ///
    /// When the store cannot be read.
    ///
    /// # Cancel safety
    ///
    /// It may be dropped; the next call reads again.
    pub async fn heed_logouts(&self, within: Duration) -> Result<(), StoreError> {
        let scope = self.scope_key()?;
        // Held while reading: whoever comes meanwhile must not go on with what this reading would tell them.
        let mut heeded = self.shared.heeded.0.lock().await;
        let now = ambient::now();
        let place = heeded.iter().position(|(known, _)| known == scope);
        let last = place.map(|place| heeded[place].1);
        if last.is_some_and(|last| now.duration_since(last) < within) {
            return Ok(());
        }
        let life = self.shared.settings.cache_life;
        let unread = last.map_or(life, |last| now.duration_since(last).min(life)) + CLOCKS_APART;
        self.forget_noted(&notes_of(scope), self.shared.clock.now().saturating_sub(millis(unread))).await?;
        match place {
            Some(place) => heeded[place].1 = now,
            None => heeded.push((Arc::clone(scope), now)),
        }
        Ok(())
    }

    async fn forget_noted(&self, notes: &str, since: u64) -> Result<(), StoreError> {
        let mut query = MembersQuery::new(notes, NOTES).connected_since(since).consistent(true);
        loop {
            let page = self.ask(TableCall::Members, self.shared.store.members(&query)).await?;
            for noted in &page.members {
                self.shared.cache.remove(&noted.connection_id);
            }
            match page.cursor {
                Some(cursor) => query.cursor = Some(cursor),
                None => return Ok(()),
            }
        }
    }
}
