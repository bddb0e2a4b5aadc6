//! Who is here: people rather than connections.

use std::collections::HashMap;
use std::pin::pin;

use futures_util::StreamExt;
use serde::Serialize;
use serde::de::{DeserializeOwned, IgnoredAny};

use super::{Connections, Member, Record};
use crate::store::{StoreError, StoreErrorKind};

/// Who is in a group, as people: a user with several devices counts once. See [`Connections::presence`].
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Presence<T> {
    /// The users, in the order of their oldest connections.
    pub users: Vec<Present<T>>,
    /// Connections without a user: each counts as a person. Oldest first.
    pub anonymous: Vec<Member<T>>,
}

/// A user who is in a group.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Present<T> {
    /// Who it is.
    pub user: String,
    /// The user's connections in the group, at least one, oldest first, each with the value it joined with.
    pub connections: Vec<Member<T>>,
}

impl<T> Presence<T> {
    /// How many people are here.
    #[must_use]
    pub fn people(&self) -> usize {
        self.users.len() + self.anonymous.len()
    }

    /// How many connections they have.
    #[must_use]
    pub fn connections(&self) -> usize {
        self.anonymous.len() + self.users.iter().map(|present| present.connections.len()).sum::<usize>()
    }

    /// A user, if here.
    #[must_use]
    pub fn user(&self, user: &str) -> Option<&Present<T>> {
        self.users.iter().find(|present| present.user == user)
    }
}

impl Connections {
    /// Who is in a group, as people: the same user on several devices counts once, a connection without user as
    /// somebody.
    ///
    /// ```
    /// # use lift_ws::{connection::Connections, store::StoreError};
    /// # async fn handler(conns: Connections) -> Result<(), StoreError> {
    /// let presence = conns.presence::<String>("red").await?;
    /// for present in &presence.users {
    ///     println!("{} is here with {} devices", present.user, present.connections.len());
    /// }
    /// println!("{} people", presence.people());
    /// # Ok(()) }
    /// ```
    ///
    /// What is stored is the truth about presence: everybody is in it whose join was answered before, and nobody who
    /// has left or whose `$disconnect` has come. Who vanished without one is in it until a send finds the
    /// connection gone (one that is [handed over](super::Group::send_later) removes nobody: it could not announce the
    /// departure), and for two hours at most.
    ///
    /// It reads the group as [`members`](Self::members) does, a read unit for some 25 members, and keeps all of them
    /// in memory.
    ///
    /// # Errors
    ///
    /// When the store cannot be read, or a value is not of this type.
    ///
    /// # Cancel safety
    ///
    /// It changes nothing and may be dropped.
    pub async fn presence<T>(&self, group: impl AsRef<str>) -> Result<Presence<T>, StoreError>
    where
        T: DeserializeOwned + Send,
    {
        let mut presence = Presence { users: Vec::new(), anonymous: Vec::new() };
        let mut places: HashMap<String, usize> = HashMap::new();
        let mut members = pin!(self.members::<T>(group).stream());
        while let Some(member) = members.next().await {
            let member = member?;
            let Some(user) = member.user.clone() else {
                presence.anonymous.push(member);
                continue;
            };
            let place = *places.entry(user.clone()).or_insert(presence.users.len());
            if place == presence.users.len() {
                presence.users.push(Present { user, connections: Vec::new() });
            }
            presence.users[place].connections.push(member);
        }
        // Shards are read one after the other; within each the oldest comes first.
        let age = |member: &Member<T>| (member.connected_at, member.connection_id.clone());
        presence.users.iter_mut().for_each(|present| present.connections.sort_by_cached_key(age));
        presence.users.sort_by_cached_key(|present| present.connections.first().map(age));
        presence.anonymous.sort_by_cached_key(age);
        Ok(presence)
    }

    /// Whether a user has a connection in a group.
    ///
    /// It reads the group until it finds one: all of it, as [`presence`](Self::presence) does, if there is none.
    ///
    /// # Errors
    ///
    /// When the store cannot be read.
    ///
    /// # Cancel safety
    ///
    /// It changes nothing and may be dropped.
    pub async fn is_here(&self, user: &str, group: impl AsRef<str>) -> Result<bool, StoreError> {
        self.is_here_besides(user, group.as_ref(), None).await
    }

    /// Joins a group, and says whether the person was not in it before: then the others may be told who has
    /// *entered*. A second device of the same user gives `false`, joining again too; without user every connection
    /// is a person of its own.
    ///
    /// ```
    /// # use lift_ws::connection::{Connections, SendError};
    /// # async fn handler(conns: Connections) -> Result<(), lift_ws::Error> {
    /// if conns.enter("AbC=", "red", "Ann").await? {
    ///     conns.group("red").except("AbC=").send(&("entered", "Ann")).await?;
    /// }
    /// # Ok(()) }
    /// ```
    ///
    /// The hint is a hint: two devices that come in the same moment may both be told `true`, never both `false`, and
    /// a join that has to be repeated after a failure gives `false` if the first try came through.
    /// [`presence`](Self::presence) is what counts.
    ///
    /// Costs what [`join`](Self::join) costs, and reading the group until the user is found; without user, reading the
    /// record anew if it was here as far as this environment knows.
    ///
    /// # Errors
    ///
    /// As [`join`](Self::join).
    ///
    /// # Cancel safety
    ///
    /// As [`join`](Self::join).
    pub async fn enter<M>(
        &self,
        connection_id: impl AsRef<str>,
        group: impl AsRef<str>,
        member: &M,
    ) -> Result<bool, StoreError>
    where
        M: Serialize + ?Sized,
    {
        let (id, group) = (connection_id.as_ref(), group.as_ref());
        let Some(record) = self.record(id).await? else {
            return Err(StoreError::new(StoreErrorKind::UnknownConnection).about(id));
        };
        // Before the join: of two that come at once, both then miss the other, and both are told of.
        let was_here = match record.user() {
            Some(user) => self.is_here(user, group).await?,
            // It may have left by another environment since this one has read it.
            None => record.is_in(group) && self.fresh(id).await?.is_some_and(|record| record.is_in(group)),
        };
        self.join(id, group, member).await?;
        Ok(!was_here)
    }

    /// Whether the person is no longer in a group that its connection has left or departed from: then the others may
    /// be told who has *left*. `false` as long as the same user has another connection in the group.
    ///
    /// To be asked after the removal: with the record that a `$disconnect` handler or a report gives, or the
    /// one that a handler has, after [`leave`](Self::leave).
    ///
    /// ```
    /// # use lift_ws::prelude::*;
    /// #[ws_route("$disconnect")]
    /// async fn bye(conns: Connections, me: Connection<'_>) -> Result<(), Error> {
    ///     for group in me.groups() {
    ///         if conns.has_left(&me, group).await? {
    ///             conns.group(group).send(&("left", me.user())).await?;
    ///         }
    ///     }
    ///     Ok(())
    /// }
    /// ```
    ///
    /// Two devices that go in the same moment may both be told `true`, never both `false`.
    ///
    /// # Errors
    ///
    /// When the store cannot be read.
    ///
    /// # Cancel safety
    ///
    /// It changes nothing and may be dropped.
    pub async fn has_left(&self, record: &Record, group: impl AsRef<str>) -> Result<bool, StoreError> {
        match record.user() {
            None => Ok(true),
            Some(user) => {
                let here = self.is_here_besides(user, group.as_ref(), Some(record.connection_id())).await?;
                Ok(!here)
            }
        }
    }

    async fn is_here_besides(
        &self,
        user: &str,
        group: &str,
        besides: Option<&str>,
    ) -> Result<bool, StoreError> {
        let mut members = pin!(self.members::<IgnoredAny>(group).stream());
        while let Some(member) = members.next().await {
            let member = member?;
            if member.user.as_deref() == Some(user) && besides != Some(&*member.connection_id) {
                return Ok(true);
            }
        }
        Ok(false)
    }
}
