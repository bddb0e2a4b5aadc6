//! Sending to the members of a group.

use bytes::Bytes;
use serde::Serialize;

use super::sending::Sending;
use super::{Audience, BroadcastReport, Connections, SendError};
use crate::store::Cursor;

/// The members of a group, to be sent to: see [`Connections::group`].
///
/// # Delivery
///
/// Every member whose join was answered before has one turn; nobody has two. Who joins or leaves meanwhile may
/// or may not be reached.
#[derive(Debug, Clone)]
#[must_use = "nothing is sent before `send`"]
pub struct Group<'a> {
    pub(super) name: String,
    pub(super) sending: Sending<'a>,
    pub(super) consistent: bool,
}

impl<'a> Group<'a> {
    pub(super) fn new(connections: &'a Connections, name: &str) -> Self {
        Self { name: name.to_owned(), sending: Sending::new(connections), consistent: true }
    }

    pub(super) fn connections(&self) -> &'a Connections {
        self.sending.connections
    }

    /// The group's name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Leaves a connection out. May be called several times.
    pub fn except(mut self, connection_id: impl AsRef<str>) -> Self {
        self.sending.except(connection_id.as_ref());
        self
    }

    /// Reads the members at half the cost, and may miss who joined in the last second.
    pub fn eventually_consistent(mut self) -> Self {
        self.consistent = false;
        self
    }

    /// Goes on where an earlier send had to stop: see [`BroadcastReport::cursor`].
    pub fn resume(mut self, cursor: Cursor) -> Self {
        self.sending.cursor = Some(cursor);
        self
    }

    /// Sends again what may have arrived, too: a post without an answer, and one that the gateway failed at.
    ///
    /// A member may then get the message twice. So [`send`](Self::send) puts a random `"messageId"` first into the
    /// message, which has to be a JSON object; a receiver that remembers the ids of the last minutes knows the second
    /// copy. A message that has that field keeps it, and [`send_raw`](Self::send_raw) changes nothing: what you send
    /// needs an id of yours then.
    ///
    /// It makes up for unknown outcomes, as long as tries and time last; it does not reach who is not there.
    ///
    /// ```
    /// # use lift_ws::connection::{Connections, SendError};
    /// # #[derive(serde::Serialize)] struct Paid<'a> { r#type: &'a str, invoice: u32 }
    /// # async fn handler(conns: Connections) -> Result<(), SendError> {
    /// // {"messageId":"6b0c…","type":"paid","invoice":7}
    /// conns.group("accounting").at_least_once().send(&Paid { r#type: "paid", invoice: 7 }).await?;
    /// # Ok(()) }
    /// ```
    pub fn at_least_once(mut self) -> Self {
        self.sending.at_least_once();
        self
    }

    /// As [`at_least_once`](Self::at_least_once), with an id of yours: when a send is [resumed](Self::resume) or a
    /// whole job is repeated, receivers know the message by the same id.
    pub fn message_id(mut self, id: impl Into<String>) -> Self {
        self.sending.message_id(id.into());
        self
    }

    /// Sends a message, as JSON, to each member. It is serialised once.
    ///
    /// It ends before the handle's deadline; the report's cursor then says where to go on.
    ///
    /// # Errors
    ///
    /// If nothing can be sent at all, or the members can no longer be read: the error then holds the report of
    /// what was sent, [`SendError::report`]. What single members answer is counted, and no error.
    ///
    /// # Cancel safety
    ///
    /// Dropped before it ends, it has reached some members, and nobody knows which. Of connections that were found
    /// gone, the records are lost: nobody announces those departures.
    pub async fn send<T: Serialize + ?Sized>(self, message: &T) -> Result<BroadcastReport, SendError> {
        let message = self.sending.json(message)?;
        Audience::from(self).send_bytes(message).await
    }

    /// Sends bytes to each member as they are.
    ///
    /// # Errors
    ///
    /// As [`send`](Self::send).
    ///
    /// # Cancel safety
    ///
    /// As [`send`](Self::send).
    pub async fn send_raw(self, message: impl Into<Bytes>) -> Result<BroadcastReport, SendError> {
        Audience::from(self).send_bytes(message.into()).await
    }
}
