//! Sending to the members of a group.

use bytes::Bytes;
use serde::Serialize;

use super::broadcast::Broadcast;
use super::send::{sized, to_json};
use super::{BroadcastReport, Connections, SendError};
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
    pub(super) connections: &'a Connections,
    pub(super) name: String,
    pub(super) except: Vec<String>,
    pub(super) cursor: Option<Cursor>,
    pub(super) consistent: bool,
}

impl<'a> Group<'a> {
    pub(super) fn new(connections: &'a Connections, name: &str) -> Self {
        Self { connections, name: name.to_owned(), except: Vec::new(), cursor: None, consistent: true }
    }

    pub(super) fn connections(&self) -> &'a Connections {
        self.connections
    }

    /// The group's name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Leaves a connection out. May be called several times.
    pub fn except(mut self, connection_id: impl AsRef<str>) -> Self {
        self.except.push(connection_id.as_ref().to_owned());
        self
    }

    /// Reads the members at half the cost, and may miss who joined in the last second.
    pub fn eventually_consistent(mut self) -> Self {
        self.consistent = false;
        self
    }

    /// Goes on where an earlier send had to stop: see [`BroadcastReport::cursor`].
    pub fn resume(mut self, cursor: Cursor) -> Self {
        self.cursor = Some(cursor);
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
        let message = to_json(message)?;
        self.send_raw(message).await
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
        let message = sized(message.into())?;
        let url = self.connections.url()?;
        let broadcast = Broadcast {
            connections: self.connections,
            url,
            group: &self.name,
            except: &self.except,
            consistent: self.consistent,
            message,
        };
        broadcast.run(self.cursor).await
    }
}
