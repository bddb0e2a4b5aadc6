//! Sending to one connection in another way than usual.

use bytes::Bytes;
use serde::Serialize;

use super::deliver::Repeat;
use super::message_id;
use super::send::to_json;
use super::{Connections, SendError};
use crate::random::token;

/// One connection to be sent to: see [`Connections::to`].
#[derive(Debug, Clone)]
#[must_use = "nothing is sent before `send`"]
pub struct To<'a> {
    connections: &'a Connections,
    connection_id: String,
    message_id: Option<String>,
}

impl Connections {
    /// One connection, to be sent to in another way than [`send`](Self::send) does.
    ///
    /// ```
    /// # use lift_ws::connection::{Connections, SendError};
    /// # #[derive(serde::Serialize)] struct Paid<'a> { r#type: &'a str, invoice: u32 }
    /// # async fn handler(conns: Connections) -> Result<(), SendError> {
    /// conns.to("AbC=").at_least_once().send(&Paid { r#type: "paid", invoice: 7 }).await?;
    /// # Ok(()) }
    /// ```
    pub fn to(&self, connection_id: impl Into<String>) -> To<'_> {
        To { connections: self, connection_id: connection_id.into(), message_id: None }
    }
}

impl To<'_> {
    /// Sends again what may have arrived, too: see [`Group::at_least_once`](super::Group::at_least_once).
    pub fn at_least_once(mut self) -> Self {
        self.message_id.get_or_insert_with(token);
        self
    }

    /// As [`at_least_once`](Self::at_least_once), with an id of yours.
    pub fn message_id(mut self, id: impl Into<String>) -> Self {
        self.message_id = Some(id.into());
        self
    }

    /// Sends a message, as JSON.
    ///
    /// # Errors
    ///
    /// As [`Connections::send`].
    ///
    /// # Cancel safety
    ///
    /// As [`Connections::send`].
    pub async fn send<T: Serialize + ?Sized>(self, message: &T) -> Result<(), SendError> {
        let message = message_id::add(to_json(message)?, self.message_id.as_deref())?;
        self.send_raw(message).await
    }

    /// Sends bytes as they are.
    ///
    /// # Errors
    ///
    /// As [`Connections::send`].
    ///
    /// # Cancel safety
    ///
    /// As [`Connections::send`].
    pub async fn send_raw(self, message: impl Into<Bytes>) -> Result<(), SendError> {
        let repeat = Repeat::with(self.message_id.as_deref());
        self.connections.send_bytes(&self.connection_id, message.into(), repeat).await
    }
}
