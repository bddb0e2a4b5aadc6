//! The ways to hand a broadcast over, as methods of what is sent to.

use std::time::Duration;

use bytes::Bytes;
use serde::Serialize;

use super::give::Handover;
use super::plan::Addressees;
use crate::ambient;
use crate::connection::audience::Recipients;
use crate::connection::sending::Sending;
use crate::connection::{
    Audience, BroadcastId, BroadcastReport, Connections, Group, SendError, SendErrorKind,
};

/// What handing over keeps back of the time, at most.
const RESERVE: Duration = Duration::from_secs(1);

/// A send to many that is handed over to the queue when its time is up: see [`Group::handing_over`].
#[derive(Debug)]
#[must_use = "nothing is sent before `send`"]
pub struct HandingOver<'a>(Kind<'a>);

#[derive(Debug)]
enum Kind<'a> {
    Group(Group<'a>),
    Audience(Audience<'a>),
}

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
        HandingOver(Kind::Group(self))
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
    /// ([`SendErrorKind::Queue`]): some segments may be on their way then.
    ///
    /// # Cancel safety
    ///
    /// Dropped before it ends, some segments may be on their way, and nobody knows which.
    pub async fn send_later<T: Serialize + ?Sized>(self, message: &T) -> Result<BroadcastId, SendError> {
        let message = self.sending.json(message)?;
        self.send_raw_later(message).await
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
        let from = self.sending.cursor.clone();
        handover_of_group(self).give(from, message.into()).await
    }
}

impl<'a> Audience<'a> {
    /// Sends as far as the time of this invocation allows, and hands the rest over to the queue: see
    /// [`Group::handing_over`]. What is left of a stream of ids cannot be handed over, and stays behind the cursor.
    pub fn handing_over(self) -> HandingOver<'a> {
        HandingOver(Kind::Audience(self))
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
        self.send_raw_later(message).await
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
        let Audience { whom, sending } = self;
        let Recipients::Listed(whose) = whom else {
            let why = "a stream of ids is known to this invocation only: put the connections into a group";
            return Err(SendError::new(SendErrorKind::Queue).because(why));
        };
        let from = sending.cursor.clone();
        Handover { to: whose.into(), sending, consistent: false }.give(from, message.into()).await
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
    /// As [`Group::send`]; with kind [`Queue`](SendErrorKind::Queue) if the rest could not be handed over: the report
    /// in the error then has the cursor.
    ///
    /// # Cancel safety
    ///
    /// As [`Group::send`]; the rest may have been handed over or not.
    pub async fn send<T: Serialize + ?Sized>(self, message: &T) -> Result<BroadcastReport, SendError> {
        let message = match &self.0 {
            Kind::Group(group) => group.sending.json(message)?,
            Kind::Audience(audience) => audience.sending.json(message)?,
        };
        self.send_raw(message).await
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
        let message = message.into();
        match self.0 {
            Kind::Group(group) => {
                let early = early(group.sending.connections);
                let first = Group {
                    name: group.name.clone(),
                    sending: over(&group.sending, &early),
                    consistent: group.consistent,
                };
                let report = first.send_raw(message.clone()).await?;
                hand_rest(report, handover_of_group(group), message).await
            }
            Kind::Audience(Audience { whom: Recipients::Listed(whose), sending }) => {
                let early = early(sending.connections);
                let whom = Recipients::Listed(whose.clone());
                let first = Audience { whom, sending: over(&sending, &early) };
                let report = first.send_raw(message.clone()).await?;
                hand_rest(report, Handover { to: whose.into(), sending, consistent: false }, message).await
            }
            Kind::Audience(ids) => ids.send_raw(message).await,
        }
    }
}

fn handover_of_group(group: Group<'_>) -> Handover<'_> {
    let Group { name, sending, consistent } = group;
    Handover { to: Addressees::Group(name), sending, consistent }
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
    handover: Handover<'_>,
    message: Bytes,
) -> Result<BroadcastReport, SendError> {
    let Some(from) = report.cursor.clone() else { return Ok(report) };
    match handover.give(Some(from), message).await {
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
