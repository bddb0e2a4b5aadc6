//! Whose connections there are: a user's, a tenant's, everybody's; and the groups of one.

use std::borrow::Cow;
use std::future::IntoFuture;

use futures_core::Stream;
use futures_util::future::try_join_all;
use futures_util::{StreamExt, TryStreamExt, stream};

use super::Connections;
use super::clock::millis;
use super::settings::MAX_CONNECTION_DURATION;
use super::tally::TableCall;
use crate::store::{
    BoxFuture, ConnectionsPage, ConnectionsQuery, Cursor, Listed, MAX_NAME_BYTES, StoreError, StoreErrorKind,
    Whom,
};

/// In how many segments everybody is counted at the same time.
const COUNTED_AT_ONCE: u16 = 4;

/// Connections of a user, of a tenant, or all: await it for a list, read it as a stream, or [`count`](Self::count).
///
/// Oldest connections first within a user, or a tenant's shard. It is read from an index: a connection may be missing
/// for a moment after its handshake, and be listed for a moment after it closed.
///
/// ```
/// # use lift_ws::{connection::Connections, store::StoreError};
/// # async fn handler(conns: Connections) -> Result<(), StoreError> {
/// let devices = conns.find_user("ann").await?;
/// println!("ann is here with {} devices", devices.len());
/// # Ok(()) }
/// ```
#[derive(Debug, Clone)]
#[must_use = "nothing is read before it is awaited"]
pub struct Found<'a> {
    connections: &'a Connections,
    whom: Whose,
}

/// [`Whom`] with a name of its own.
#[derive(Debug, Clone)]
pub(super) enum Whose {
    User(String),
    Tenant(String),
    All,
}

impl Whose {
    pub(super) fn whom(&self) -> Whom<'_> {
        match self {
            Self::User(user) => Whom::User(user),
            Self::Tenant(tenant) => Whom::Tenant(tenant),
            Self::All => Whom::ALL,
        }
    }
}

impl<'a> Found<'a> {
    /// The connections one by one, read page by page: memory does not grow with their number.
    ///
    /// Each item is a connection, or why reading failed: then the stream ends.
    pub fn stream(self) -> impl Stream<Item = Result<Listed, StoreError>> + Send + 'a {
        let Self { connections, whom } = self;
        let start = whom.whom().start();
        let pages = connections.listed_pages(Cow::Owned(whom), start);
        pages.map_ok(|page| stream::iter(page.connections).map(Ok)).try_flatten()
    }

    /// The first of them, at most so many; the oldest of a user's. No more rows than that are read.
    ///
    /// ```
    /// # use lift_ws::{connection::Connections, store::StoreError};
    /// # async fn handler(conns: Connections) -> Result<(), StoreError> {
    /// let has_more_than_one = conns.find_user("ann").first(2).await?.len() > 1;
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    ///
    /// When the store cannot be read.
    ///
    /// # Cancel safety
    ///
    /// It changes nothing and may be dropped.
    pub async fn first(self, most: u32) -> Result<Vec<Listed>, StoreError> {
        let Self { connections, whom } = &self;
        let (mut first, mut next) = (Vec::new(), Some(whom.whom().start()));
        while let Some(cursor) = next.take() {
            let left = most.saturating_sub(u32::try_from(first.len()).unwrap_or(u32::MAX));
            if left > 0 {
                let page = connections.listed_page(whom.whom(), Some(cursor), Some(left)).await?;
                first.extend(page.connections);
                next = page.cursor;
            }
        }
        Ok(first)
    }

    /// How many there are, without reading them over the network one by one.
    ///
    /// It costs as much as listing them: half a read unit per 4 KB of index rows, which are some 150 bytes each.
    ///
    /// # Errors
    ///
    /// When the store cannot be read.
    ///
    /// # Cancel safety
    ///
    /// It changes nothing and may be dropped.
    pub async fn count(self) -> Result<u64, StoreError> {
        let Self { connections, whom } = &self;
        let whom = match whom.whom() {
            Whom::All { .. } => {
                let of = COUNTED_AT_ONCE;
                (0..of).map(|segment| Whom::All { segment, of }).collect()
            }
            one => vec![one],
        };
        let counts = whom.into_iter().map(|whom| connections.count_of(whom));
        Ok(try_join_all(counts).await?.into_iter().sum())
    }
}

impl<'a> IntoFuture for Found<'a> {
    type Output = Result<Vec<Listed>, StoreError>;
    type IntoFuture = BoxFuture<'a, Self::Output>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(self.stream().try_collect())
    }
}

impl Connections {
    /// The connections of a user, on all their devices.
    pub fn find_user(&self, user: impl Into<String>) -> Found<'_> {
        Found { connections: self, whom: Whose::User(user.into()) }
    }

    /// The connections of a tenant.
    pub fn find_tenant(&self, tenant: impl Into<String>) -> Found<'_> {
        Found { connections: self, whom: Whose::Tenant(tenant.into()) }
    }

    /// All connections of the API's stage.
    ///
    /// It reads the whole index, in which other stages on the same table stand too.
    pub fn find_all(&self) -> Found<'_> {
        Found { connections: self, whom: Whose::All }
    }

    /// How many connections the API's stage has: [`find_all`](Self::find_all), counted.
    ///
    /// No counter is kept: one item that every handshake writes would be the slowest part of all.
    ///
    /// ```
    /// # use lift_ws::{connection::Connections, store::StoreError};
    /// # async fn handler(conns: Connections) -> Result<(), StoreError> {
    /// println!("{} are here", conns.count().await?);
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    ///
    /// When the store cannot be read.
    ///
    /// # Cancel safety
    ///
    /// It changes nothing and may be dropped.
    pub async fn count(&self) -> Result<u64, StoreError> {
        self.find_all().count().await
    }

    /// The groups that a connection is in now, in alphabetical order: from its record, read past the cache.
    ///
    /// What it joined them with: [`Record::member`](super::Record::member) of [`fresh`](Self::fresh).
    ///
    /// # Errors
    ///
    /// [`StoreErrorKind::UnknownConnection`] if there is no record; when the store cannot be read.
    ///
    /// # Cancel safety
    ///
    /// It changes nothing stored and may be dropped.
    pub async fn groups_of(&self, connection_id: impl AsRef<str>) -> Result<Vec<String>, StoreError> {
        let id = connection_id.as_ref();
        match self.fresh(id).await? {
            Some(record) => Ok(record.groups().map(str::to_owned).collect()),
            None => Err(StoreError::new(StoreErrorKind::UnknownConnection).about(id)),
        }
    }

    /// The pages of somebody's living connections: each is read when it is asked for, and not ahead.
    pub(super) fn listed_pages<'a>(
        &'a self,
        whose: Cow<'a, Whose>,
        start: Cursor,
    ) -> impl Stream<Item = Result<ConnectionsPage, StoreError>> + Send + 'a {
        stream::try_unfold((whose, Some(start)), move |(whose, next)| async move {
            let Some(cursor) = next else { return Ok(None) };
            let mut page = self.listed_page(whose.whom(), Some(cursor), None).await?;
            let next = page.cursor.take();
            Ok(Some((page, (whose, next))))
        })
    }

    /// One page of somebody's living connections, of so many rows if that is said.
    pub(super) async fn listed_page(
        &self,
        whom: Whom<'_>,
        cursor: Option<Cursor>,
        most: Option<u32>,
    ) -> Result<ConnectionsPage, StoreError> {
        check_named(whom)?;
        let query = ConnectionsQuery::new(self.scope_key()?, whom);
        let mut query = query.connected_since(self.oldest_living()).after(cursor);
        query.limit = most.unwrap_or(query.limit);
        self.ask(TableCall::List, self.shared.store.connections(&query)).await
    }

    async fn count_of(&self, whom: Whom<'_>) -> Result<u64, StoreError> {
        check_named(whom)?;
        let query = ConnectionsQuery::new(self.scope_key()?, whom).connected_since(self.oldest_living());
        self.ask(TableCall::Count, self.shared.store.count(&query)).await
    }

    /// When the oldest connection that can still be open was made. A connection lasts two hours at most, so older
    /// rows are of the dead: no heartbeat is needed to know.
    pub(super) fn oldest_living(&self) -> u64 {
        let longest = millis(MAX_CONNECTION_DURATION);
        self.shared.clock.now().saturating_sub(longest)
    }
}

/// In a store the empty tenant is everybody without one. Who sends to it has mostly lost a name on the way, and would
/// reach people who are strangers to each other. Nobody has a name that is too long, and it may be no key of the table.
pub(super) fn check_named(whom: Whom<'_>) -> Result<(), StoreError> {
    match whom {
        Whom::User("") | Whom::Tenant("") => Err(StoreErrorKind::EmptyName.into()),
        Whom::User(name) | Whom::Tenant(name) if name.len() > MAX_NAME_BYTES => {
            Err(StoreErrorKind::NameTooLong.into())
        }
        _ => Ok(()),
    }
}
