//! Sending to a user, a tenant, everybody, or the ids of a stream.

use std::fmt;

use bytes::Bytes;
use futures_core::Stream;
use futures_util::StreamExt;
use futures_util::stream::{self, BoxStream};
use serde::Serialize;

use super::listing::Whose;
use super::recipients::{self, Pages};
use super::sending::Sending;
use super::{BroadcastReport, Connections, Group, SendError};
use crate::store::Cursor;

/// Connections to be sent to: see [`Connections::user`], [`tenant`](Connections::tenant), [`all`](Connections::all)
/// and [`stream`](Connections::stream).
///
/// # Delivery
///
/// Who is listed has one turn; nobody has two. Users, tenants and all are read from an index: who connected in the
/// last second may be missing. A [group](Connections::group) is where a member with its answer is certain to be reached.
///
/// The gateway takes the messages in any order, and so do clients.
#[derive(Debug)]
#[must_use = "nothing is sent before `send`"]
pub struct Audience<'a> {
    pub(super) whom: Recipients<'a>,
    pub(super) sending: Sending<'a>,
}

pub(super) enum Recipients<'a> {
    Group { name: String, consistent: bool },
    Listed(Whose),
    Ids(BoxStream<'a, String>),
}

impl Recipients<'_> {
    /// Their pages, and the group whose members they are.
    pub(super) fn read<'r>(
        &'r mut self,
        connections: &'r Connections,
        start: &Cursor,
    ) -> (Pages<'r>, Option<&'r str>) {
        match self {
            Self::Group { name, consistent } => {
                (recipients::members(connections, name, *consistent, start.clone()), Some(name))
            }
            Self::Listed(whose) => (recipients::listed(connections, whose, start.clone()), None),
            Self::Ids(ids) => (recipients::ids(ids, start), None),
        }
    }

    /// The same once more; `None` for a stream, which is read once.
    pub(super) fn again(&self) -> Option<Recipients<'static>> {
        match self {
            Self::Group { name, consistent } => {
                Some(Recipients::Group { name: name.clone(), consistent: *consistent })
            }
            Self::Listed(whose) => Some(Recipients::Listed(whose.clone())),
            Self::Ids(_) => None,
        }
    }
}

impl<'a> From<Group<'a>> for Audience<'a> {
    fn from(Group { name, sending, consistent }: Group<'a>) -> Self {
        Self { whom: Recipients::Group { name, consistent }, sending }
    }
}

impl fmt::Debug for Recipients<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Group { name, .. } => write!(f, "Group({name:?})"),
            Self::Listed(whose) => whose.fmt(f),
            Self::Ids(_) => f.write_str("Ids"),
        }
    }
}

impl Audience<'_> {
    /// Leaves a connection out. May be called several times.
    pub fn except(mut self, connection_id: impl AsRef<str>) -> Self {
        self.sending.except(connection_id.as_ref());
        self
    }

    /// Goes on where an earlier send had to stop: see [`BroadcastReport::cursor`]. A stream has to give the same ids
    /// in the same order again; those that had a turn are skipped.
    pub fn resume(mut self, cursor: Cursor) -> Self {
        self.sending.cursor = Some(cursor);
        self
    }

    /// Sends again what may have arrived, too: see [`Group::at_least_once`].
    pub fn at_least_once(mut self) -> Self {
        self.sending.at_least_once();
        self
    }

    /// As [`at_least_once`](Self::at_least_once), with an id of yours.
    pub fn message_id(mut self, id: impl Into<String>) -> Self {
        self.sending.message_id(id.into());
        self
    }

    /// Sends a message, as JSON, to each of them. It is serialised once.
    ///
    /// # Errors
    ///
    /// As [`Group::send`].
    ///
    /// # Cancel safety
    ///
    /// As [`Group::send`].
    pub async fn send<T: Serialize + ?Sized>(self, message: &T) -> Result<BroadcastReport, SendError> {
        let message = self.sending.json(message)?;
        self.send_bytes(message).await
    }

    /// Sends bytes to each of them as they are.
    ///
    /// # Errors
    ///
    /// As [`Group::send`].
    ///
    /// # Cancel safety
    ///
    /// As [`Group::send`].
    pub async fn send_raw(self, message: impl Into<Bytes>) -> Result<BroadcastReport, SendError> {
        self.send_bytes(message.into()).await
    }

    pub(super) async fn send_bytes(self, message: Bytes) -> Result<BroadcastReport, SendError> {
        let Self { mut whom, sending } = self;
        let start = sending.cursor.clone().unwrap_or_else(|| Cursor::start_of(0));
        let (pages, group) = whom.read(sending.connections, &start);
        sending.run(message, pages, start, group).await
    }
}

impl Connections {
    /// The connections of a user, on all their devices, to be sent to.
    ///
    /// ```
    /// # use lift_ws::connection::{Connections, SendError};
    /// # async fn handler(conns: Connections) -> Result<(), SendError> {
    /// let report = conns.user("ann").except("AbC=").send("you are logged in elsewhere").await?;
    /// # Ok(()) }
    /// ```
    pub fn user(&self, user: impl Into<String>) -> Audience<'_> {
        self.listed(Whose::User(user.into()))
    }

    /// The connections of a tenant, to be sent to.
    pub fn tenant(&self, tenant: impl Into<String>) -> Audience<'_> {
        self.listed(Whose::Tenant(tenant.into()))
    }

    /// All connections of the API's stage, to be sent to. It reads the whole index.
    pub fn all(&self) -> Audience<'_> {
        self.listed(Whose::All)
    }

    fn listed(&self, whose: Whose) -> Audience<'_> {
        Audience { whom: Recipients::Listed(whose), sending: Sending::new(self) }
    }

    /// The connections whose ids a stream gives, to be sent to. It is read as sending goes on: memory does not grow
    /// with it.
    ///
    /// ```
    /// # use lift_ws::connection::{Connections, SendError};
    /// # async fn handler(conns: Connections) -> Result<(), SendError> {
    /// let winners = ["AbC=".to_owned(), "DeF=".to_owned()];
    /// let report = conns.stream(futures_util::stream::iter(winners)).send("you have won").await?;
    /// # Ok(()) }
    /// ```
    pub fn stream<'a, S>(&'a self, ids: S) -> Audience<'a>
    where
        S: Stream<Item: Into<String>> + Send + 'a,
    {
        let ids = ids.map(Into::into).boxed();
        Audience { whom: Recipients::Ids(ids), sending: Sending::new(self) }
    }

    /// The connections with these ids, to be sent to: [`stream`](Self::stream) for ids that are there already.
    ///
    /// ```
    /// # use lift_ws::connection::{Connections, SendError};
    /// # async fn handler(conns: Connections) -> Result<(), SendError> {
    /// let report = conns.ids(["AbC=", "DeF="]).send("you have won").await?;
    /// # Ok(()) }
    /// ```
    pub fn ids<'a, I>(&'a self, ids: I) -> Audience<'a>
    where
        I: IntoIterator<Item: Into<String>, IntoIter: Send + 'a>,
    {
        self.stream(stream::iter(ids))
    }
}
