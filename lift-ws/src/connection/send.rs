//! What is asked of the gateway about one connection.

use bytes::Bytes;
use serde::Serialize;

use super::connection_id::can_be;
use super::deliver::Repeat;
use super::{ConnectionInfo, Connections, MAX_MESSAGE_BYTES, SendError, SendErrorKind};
use crate::push::{PostError, PostErrorKind};

impl Connections {
    /// Sends a message, as JSON, to one connection.
    ///
    /// # Errors
    ///
    /// A [`SendError`] whose kind says what became of the message. What is stored about a connection that is
    /// gone has been removed, unless it is so young that its handshake may still be going on.
    ///
    /// # Delivery
    ///
    /// Success means that the gateway took the message. Only a throttled message is sent again by itself.
    ///
    /// # Cancel safety
    ///
    /// Dropped before it ends, it may have delivered the message or not. A connection that was found gone may have
    /// been removed, and its record is then lost: nobody announces the departure.
    pub async fn send<T>(&self, connection_id: impl AsRef<str>, message: &T) -> Result<(), SendError>
    where
        T: Serialize + ?Sized,
    {
        self.send_raw(connection_id, to_json(message)?).await
    }

    /// Sends bytes to one connection as they are. The gateway delivers them as a text frame.
    ///
    /// # Errors
    ///
    /// As [`send`](Self::send).
    ///
    /// # Cancel safety
    ///
    /// As [`send`](Self::send).
    pub async fn send_raw(
        &self,
        connection_id: impl AsRef<str>,
        message: impl Into<Bytes>,
    ) -> Result<(), SendError> {
        self.send_bytes(connection_id.as_ref(), message.into(), Repeat::NotArrived).await
    }

    pub(super) async fn send_bytes(&self, id: &str, message: Bytes, repeat: Repeat) -> Result<(), SendError> {
        let (message, url) = (sized(message)?, self.url()?);
        let outcome = match self.deliver(url, id, message, repeat, None).await {
            Ok(()) => Ok(()),
            Err(error) => Err(self.failed(id, error).await),
        };
        self.count_send(&outcome);
        outcome
    }

    /// Posts once and neither retries nor cleans up: for what the run time posts by itself.
    pub(crate) async fn post_once(&self, connection_id: &str, message: Bytes) -> Result<(), SendError> {
        let url = self.url()?;
        let outcome = self.attempt(url, connection_id, sized(message)?, None).await;
        let outcome = outcome.map_err(|error| SendError::from_post(error).to(connection_id).at(url));
        self.count_send(&outcome);
        outcome
    }

    fn count_send(&self, outcome: &Result<(), SendError>) {
        self.shared.tally.sent(outcome.as_ref().copied().map_err(SendError::kind));
    }

    /// Closes a connection. The client sees 1000; the gateway takes no other code and no reason.
    ///
    /// The gateway answers with a `$disconnect` event, which removes what is stored.
    ///
    /// # Errors
    ///
    /// As [`send`](Self::send): [`SendErrorKind::Gone`] if it is closed already.
    ///
    /// # Cancel safety
    ///
    /// Dropped before it ends, it may have closed the connection or not. It may be called again.
    pub async fn disconnect(&self, connection_id: impl AsRef<str>) -> Result<(), SendError> {
        let (url, id) = (self.url()?, connection_id.as_ref());
        let call = self.shared.poster.disconnect(url.as_str(), id);
        match self.about(id, call).await {
            Ok(()) => Ok(()),
            Err(error) => Err(self.failed(id, error).await),
        }
    }

    /// Closes a connection after a last error frame. Who cannot be told is closed all the same.
    pub(crate) async fn dismiss(
        &self,
        connection_id: &str,
        code: &str,
        message: &str,
    ) -> Result<(), SendError> {
        #[derive(Serialize)]
        struct Farewell<'f> {
            r#type: &'static str,
            code: &'f str,
            message: &'f str,
        }
        let _ = self.send(connection_id, &Farewell { r#type: "error", code, message }).await;
        self.disconnect(connection_id).await
    }

    /// Asks the gateway what it knows about a connection.
    ///
    /// # Errors
    ///
    /// As [`send`](Self::send).
    ///
    /// # Cancel safety
    ///
    /// It changes nothing and may be dropped.
    pub async fn info(&self, connection_id: impl AsRef<str>) -> Result<ConnectionInfo, SendError> {
        let (url, id) = (self.url()?, connection_id.as_ref());
        let call = self.shared.poster.info(url.as_str(), id);
        self.about(id, call).await.map_err(|error| SendError::from_post(error).to(id).at(url))
    }

    /// A call about one connection, if that can be one.
    async fn about<T>(
        &self,
        id: &str,
        call: impl Future<Output = Result<T, PostError>>,
    ) -> Result<T, PostError> {
        if !can_be(id) {
            return Err(PostError::new(PostErrorKind::Gone));
        }
        self.bounded(call).await
    }
}

pub(super) fn to_json<T: Serialize + ?Sized>(message: &T) -> Result<Bytes, SendError> {
    let json = serde_json::to_vec(message);
    json.map(Bytes::from).map_err(|error| SendError::new(SendErrorKind::Json).because(error))
}

/// Refuses before the wire what the gateway would refuse behind it.
pub(super) fn sized(message: Bytes) -> Result<Bytes, SendError> {
    if message.len() <= MAX_MESSAGE_BYTES {
        return Ok(message);
    }
    Err(SendError::new(SendErrorKind::TooLarge).because(format!("it has {} bytes", message.len())))
}
