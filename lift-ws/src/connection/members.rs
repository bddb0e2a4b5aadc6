//! Who is in a group.

use std::borrow::Cow;
use std::future::IntoFuture;
use std::marker::PhantomData;
use std::sync::Arc;

use futures_core::Stream;
use futures_util::stream::{self, BoxStream};
use futures_util::{StreamExt, TryStreamExt};
use serde::de::DeserializeOwned;

use super::joining::check_group;
use super::tally::TableCall;
use super::{Connections, Group};
use crate::store::{BoxFuture, Cursor, MembersQuery, Membership, MembershipPage, StoreError, StoreErrorKind};

/// One member of a group.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Member<T> {
    /// The connection.
    pub connection_id: String,
    /// When it connected, in milliseconds since the epoch.
    pub connected_at: u64,
    /// Whose connection it is, if known.
    pub user: Option<String>,
    /// The value it joined with.
    pub value: T,
}

/// Who is in a group, oldest connections first: await it for a list, or read it as a stream.
///
/// As sending does, it includes everyone whose join was answered before.
///
/// ```
/// # use lift_ws::{connection::Connections, store::StoreError};
/// # async fn handler(conns: Connections) -> Result<(), StoreError> {
/// let names: Vec<String> =
///     conns.members::<String>("red").await?.into_iter().map(|member| member.value).collect();
/// # Ok(()) }
/// ```
#[derive(Debug)]
#[must_use = "nothing is read before it is awaited"]
pub struct Members<'a, T> {
    connections: &'a Connections,
    group: String,
    consistent: bool,
    value: PhantomData<fn() -> T>,
}

impl<'a, T> Members<'a, T> {
    pub(super) fn new(connections: &'a Connections, group: &str) -> Self {
        Self { connections, group: group.to_owned(), consistent: true, value: PhantomData }
    }

    /// Includes everyone whose join was answered before now. It is the default, as it is for sending.
    pub fn consistent(mut self) -> Self {
        self.consistent = true;
        self
    }

    /// Reads at half the cost, and may miss who joined in the last second.
    pub fn eventually_consistent(mut self) -> Self {
        self.consistent = false;
        self
    }
}

impl<'a, T: DeserializeOwned + Send + 'a> Members<'a, T> {
    /// The members one by one, read page by page: memory does not grow with the group.
    ///
    /// Each item is the member, or why reading failed: then the stream ends.
    pub fn stream(self) -> impl Stream<Item = Result<Member<T>, StoreError>> + Send + 'a {
        let Self { connections, group, consistent, .. } = self;
        // a value that cannot be read ends it, as a page does
        stream::try_unfold(connections.memberships(group, consistent), |mut memberships| async move {
            let Some(membership) = memberships.try_next().await? else { return Ok(None) };
            Ok(Some((typed(membership)?, memberships)))
        })
    }
}

impl<'a, T: DeserializeOwned + Send + 'a> IntoFuture for Members<'a, T> {
    type Output = Result<Vec<Member<T>>, StoreError>;
    type IntoFuture = BoxFuture<'a, Self::Output>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(self.stream().try_collect())
    }
}

fn typed<T: DeserializeOwned>(membership: Membership) -> Result<Member<T>, StoreError> {
    let json = membership.member.as_deref().unwrap_or("null");
    let value = serde_json::from_str(json).map_err(|error| {
        StoreError::new(StoreErrorKind::Json).about(&membership.connection_id).with_source(error)
    })?;
    let Membership { connection_id, connected_at, user, .. } = membership;
    Ok(Member { connection_id, connected_at, user, value })
}

impl Connections {
    /// A group's living members, one by one.
    fn memberships(&self, group: String, consistent: bool) -> BoxStream<'_, Result<Membership, StoreError>> {
        let pages = self.member_pages(group.into(), consistent, Cursor::start_of(0));
        pages.map_ok(|page| stream::iter(page.members).map(Ok)).try_flatten().boxed()
    }

    /// The pages of a group's living members: each is read when it is asked for, and not ahead.
    pub(super) fn member_pages<'a>(
        &'a self,
        group: Cow<'a, str>,
        consistent: bool,
        start: Cursor,
    ) -> impl Stream<Item = Result<MembershipPage, StoreError>> + Send + 'a {
        stream::try_unfold((group, Some(start)), move |(group, next)| async move {
            let Some(cursor) = next else { return Ok(None) };
            let mut page = self.page_of(&group, consistent, Some(cursor)).await?;
            let next = page.cursor.take();
            Ok(Some((page, (group, next))))
        })
    }

    /// One page of a group's living members.
    pub(super) async fn page_of(
        &self,
        group: &str,
        consistent: bool,
        cursor: Option<Cursor>,
    ) -> Result<MembershipPage, StoreError> {
        check_group(group)?;
        let scope: &Arc<str> = self.scope_key()?;
        let since = self.oldest_living();
        let query =
            MembersQuery::new(scope, group).connected_since(since).consistent(consistent).after(cursor);
        self.ask(TableCall::Members, self.shared.store.members(&query)).await
    }
}

impl Group<'_> {
    /// Who is in it: see [`Connections::members`]. All of them, those too whom [`except`](Self::except) leaves out
    /// of the sending; read as [`eventually_consistent`](Self::eventually_consistent) says.
    pub fn members<T>(&self) -> Members<'_, T> {
        let members = Members::new(self.connections(), self.name());
        if self.consistent { members } else { members.eventually_consistent() }
    }
}
