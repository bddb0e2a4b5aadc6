//! The ways to hand a broadcast over, as methods of what is sent to.

use std::time::Duration;

use bytes::Bytes;
use serde::Serialize;

use super::give::Handover;
use crate::ambient;
use crate::connection::sending::Sending;
use crate::connection::{Audience, BroadcastId, BroadcastReport, Connections, Group, SendError};

/// What handing over keeps back of the time, at most.
const RESERVE: Duration = Duration::from_secs(1);

/// A send to many that is handed over to the queue when its time is up: see [`Group::handing_over`].
#[derive(Debug)]
#[must_use = "nothing is sent before `send`"]
pub struct HandingOver<'a>(Audience<'a>);

impl<'a> Group<'a> {
    /// Sends as far as the time of this invocation allows, and hands the rest over to the queue:
    /// [`BroadcastReport::handed_over`] then takes the place of the cursor.
    ///
    /// ```
    /// # use lift_ws::connection::{Connections, SendError};
    /// # async fn handler(conns: Connections) -> Result<(), SendError> {
    /// let report = conns.group("news").handing_over().send("good morning").await?;
    /// if let Some(id) = report.handed_over {
    ///     println!("{} reached, the others get it from another invocation: {id}", report.delivered);
    /// }
    /// # Ok(()) }
    /// ```
    pub fn handing_over(self) -> HandingOver<'a> {
        HandingOver(self.into())
    }

    /// Hands the whole broadcast over to the queue, in segments that run at the same time, and returns at once.
    ///
    /// The message is stored once. [`Connections::broadcast`] tells how far it has come.
    ///
    /// # Delivery
    ///
    /// Every member whose join was answered before has a turn. Where an invocation dies, the page of members that it
    /// was sending to (1,000 of them at most) may get the message again; nobody else does. Records of connections that
    /// turn out to be gone stay for whoever can announce the departure: their `$disconnect`, or the next `send`.
    ///
    /// # Errors
    ///
    /// If the message cannot be sent to anybody, or the store or the queue does not take it
    /// ([`SendErrorKind::Queue`](crate::connection::SendErrorKind::Queue)): some segments may be on their way then, and
    /// sending again sends to some twice.
    ///
    /// # Cancel safety
    ///
    /// Dropped before it ends, some segments may be on their way, and nobody knows which.
    pub async fn send_later<T: Serialize + ?Sized>(self, message: &T) -> Result<BroadcastId, SendError> {
        let message = self.sending.json(message)?;
        Audience::from(self).hand_over(message).await
    }

    /// The same for bytes as they are.
    ///
    /// # Errors
    ///
    /// As [`send_later`](Self::send_later).
    ///
    /// # Cancel safety
    ///
    /// As [`send_later`](Self::send_later).
    pub async fn send_raw_later(self, message: impl Into<Bytes>) -> Result<BroadcastId, SendError> {
        Audience::from(self).hand_over(message.into()).await
    }
}

impl<'a> Audience<'a> {
    /// Sends as far as the time of this invocation allows, and hands the rest over to the queue: see
    /// [`Group::handing_over`]. What is left of a stream of ids cannot be handed over, and stays behind the cursor.
    pub fn handing_over(self) -> HandingOver<'a> {
        HandingOver(self)
    }

    /// Hands the whole broadcast over to the queue, and returns at once: see [`Group::send_later`].
    ///
    /// ```
    /// # use lift_ws::connection::{Connections, SendError};
    /// # async fn handler(conns: Connections) -> Result<(), SendError> {
    /// let id = conns.all().send_later("we are back in five minutes").await?;
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    ///
    /// As [`Group::send_later`]; always for a stream of ids, which only this invocation knows.
    ///
    /// # Cancel safety
    ///
    /// As [`Group::send_later`].
    pub async fn send_later<T: Serialize + ?Sized>(self, message: &T) -> Result<BroadcastId, SendError> {
        let message = self.sending.json(message)?;
        self.hand_over(message).await
    }

    /// The same for bytes as they are.
    ///
    /// # Errors
    ///
    /// As [`send_later`](Self::send_later).
    ///
    /// # Cancel safety
    ///
    /// As [`send_later`](Self::send_later).
    pub async fn send_raw_later(self, message: impl Into<Bytes>) -> Result<BroadcastId, SendError> {
        self.hand_over(message.into()).await
    }

    async fn hand_over(self, message: Bytes) -> Result<BroadcastId, SendError> {
        Handover::new(self)?.give(message).await
    }
}

impl HandingOver<'_> {
    /// Sends a message, as JSON, to each of them.
    ///
    /// # Delivery
    ///
    /// Until the time is up as [`Group::send`], after that as [`Group::send_later`].
    ///
    /// # Errors
    ///
    /// As [`Group::send`]; with kind [`Queue`](crate::connection::SendErrorKind::Queue) if the rest could not be handed
    /// over: the report in the error then has the cursor. The queue may have taken some of the segments all the same,
    /// and they run: who sends again from the cursor sends to some of them twice.
    ///
    /// # Cancel safety
    ///
    /// As [`Group::send`]; the rest may have been handed over or not.
    pub async fn send<T: Serialize + ?Sized>(self, message: &T) -> Result<BroadcastReport, SendError> {
        let message = self.0.sending.json(message)?;
        self.send_bytes(message).await
    }

    /// The same for bytes as they are.
    ///
    /// # Errors
    ///
    /// As [`send`](Self::send).
    ///
    /// # Cancel safety
    ///
    /// As [`send`](Self::send).
    pub async fn send_raw(self, message: impl Into<Bytes>) -> Result<BroadcastReport, SendError> {
        self.send_bytes(message.into()).await
    }

    async fn send_bytes(self, message: Bytes) -> Result<BroadcastReport, SendError> {
        let Some(whom) = self.0.whom.again() else { return self.0.send_bytes(message).await };
        let sending = &self.0.sending;
        let early = early(sending.connections);
        let first = Audience { whom, sending: over(sending, &early) };
        let report = first.send_bytes(message.clone()).await?;
        hand_rest(report, self.0, message).await
    }
}

/// The same over another handle.
fn over<'b>(sending: &Sending<'_>, connections: &'b Connections) -> Sending<'b> {
    Sending {
        connections,
        cursor: sending.cursor.clone(),
        except: sending.except.clone(),
        message_id: sending.message_id.clone(),
    }
}

/// Hands over what is behind the report's cursor.
async fn hand_rest(
    mut report: BroadcastReport,
    audience: Audience<'_>,
    message: Bytes,
) -> Result<BroadcastReport, SendError> {
    let Some(from) = report.cursor.clone() else { return Ok(report) };
    match audience.resume(from).hand_over(message).await {
        Ok(id) => {
            (report.handed_over, report.cursor, report.unsent) = (Some(id), None, 0);
            Ok(report)
        }
        Err(error) => Err(error.after(report)),
    }
}

/// The handle with a deadline that leaves time for handing over.
fn early(connections: &Connections) -> Connections {
    let early = connections.clone();
    match connections.deadline() {
        Some(deadline) => {
            let left = deadline.saturating_duration_since(ambient::now());
            let reserve = RESERVE.min(left / 4);
            early.with_deadline(deadline.checked_sub(reserve).unwrap_or(deadline))
        }
        None => early,
    }
}
