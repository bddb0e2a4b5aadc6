//! Who is in a group.

use std::collections::VecDeque;
use std::future::IntoFuture;
use std::marker::PhantomData;
use std::sync::Arc;

use futures_core::Stream;
use futures_util::{StreamExt, TryStreamExt, stream};
use serde::de::DeserializeOwned;

use super::joining::check_group;
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
        let reading = Reading { members: self, page: VecDeque::new(), next: Some(Cursor::start_of(0)) };
        stream::try_unfold(reading, Reading::step)
    }
}

impl<'a, T: DeserializeOwned + Send + 'a> IntoFuture for Members<'a, T> {
    type Output = Result<Vec<Member<T>>, StoreError>;
    type IntoFuture = BoxFuture<'a, Self::Output>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(self.stream().boxed().try_collect())
    }
}

/// How far a stream of members has come.
struct Reading<'a, T> {
    members: Members<'a, T>,
    page: VecDeque<Membership>,
    next: Option<Cursor>,
}

impl<T: DeserializeOwned> Reading<'_, T> {
    async fn step(mut self) -> Result<Option<(Member<T>, Self)>, StoreError> {
        loop {
            if let Some(membership) = self.page.pop_front() {
                return Ok(Some((typed(membership)?, self)));
            }
            let Some(cursor) = self.next.take() else {
                return Ok(None);
            };
            let Members { connections, group, consistent, .. } = &self.members;
            let page = connections.page_of(group, *consistent, Some(cursor)).await?;
            self.page = page.members.into();
            self.next = page.cursor;
        }
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
        self.within(self.shared.store.members(&query)).await
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
