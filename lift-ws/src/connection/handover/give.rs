//! Handing a broadcast over to the queue.

use std::time::Duration;

use bytes::Bytes;
use serde::Serialize;

use super::plan::{Audience, Outline, Plan};
use crate::ambient;
use crate::connection::send::{sized, to_json};
use crate::connection::{BroadcastId, BroadcastReport, Connections, Group, SendError, SendErrorKind};
use crate::queue::body::{Body, BroadcastBody};
use crate::queue::{QueueError, QueueMessage};
use crate::store::{Cursor, StoredBroadcast};

/// How long a broadcast is kept, in seconds: a day.
const KEPT: u64 = 24 * 60 * 60;

/// What handing over keeps back of the time, at most.
const RESERVE: Duration = Duration::from_secs(1);

/// How often messages that the queue did not take are offered again.
const TRIES: usize = 3;

/// A send to a group that is handed over to the queue when its time is up: see [`Group::handing_over`].
#[derive(Debug, Clone)]
#[must_use = "nothing is sent before `send`"]
pub struct HandingOver<'a>(Group<'a>);

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
        HandingOver(self)
    }

    /// Hands the whole broadcast over to the queue, in segments that run at the same time, and returns at once.
    ///
    /// The message is stored once. [`Connections::broadcast`] tells how far it has come.
    ///
    /// # Delivery
    ///
    /// Every member whose join was answered before has a turn. Where an invocation dies, the page of members that it
    /// was sending to (1,000 of them at most) may get the message again; nobody else does. Nobody is told of departures
    /// that are found: the records are removed.
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
        let message = to_json(message)?;
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
        let message = sized(message.into())?;
        self.connections.url()?;
        let (connections, from) = (self.connections, self.cursor.clone());
        connections.hand_over(self.outline(from)?, message).await
    }

    fn outline(self, from: Option<Cursor>) -> Result<Outline, SendError> {
        let connections = self.connections;
        let settings = &connections.shared.settings;
        Ok(Outline {
            audience: Audience::Group(self.name),
            except: self.except,
            consistent: self.consistent,
            from,
            now: connections.shared.clock.now(),
            oldest: connections.oldest_living(),
            shards: connections.broadcasts()?.group_shards(),
            segments: settings.broadcast_segments,
            rate: settings.broadcast_rate,
        })
    }
}

impl HandingOver<'_> {
    /// Sends a message, as JSON, to each member.
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
        let message = to_json(message)?;
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
        let (group, message) = (self.0, message.into());
        let connections = group.connections;
        let early = early(connections);
        let first = Group { connections: &early, ..group.clone() };
        let mut report = first.send_raw(message.clone()).await?;
        let Some(from) = report.cursor.clone() else { return Ok(report) };
        let handed = match group.outline(Some(from)) {
            Ok(outline) => connections.hand_over(outline, message).await,
            Err(error) => Err(error),
        };
        match handed {
            Ok(id) => {
                (report.handed_over, report.cursor, report.unsent) = (Some(id), None, 0);
                Ok(report)
            }
            Err(error) => Err(error.after(report)),
        }
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

impl Connections {
    /// Stores the message, then enqueues the segments.
    async fn hand_over(&self, outline: Outline, message: Bytes) -> Result<BroadcastId, SendError> {
        // asked for first: without a queue nothing is stored
        self.some_queue().map_err(queue_failure)?;
        let (scope, store) = (self.scope_key()?, self.broadcasts()?);
        let plan = Plan::new(outline);
        let id = BroadcastId::random();
        let json = serde_json::to_string(&plan)
            .map_err(|error| SendError::new(SendErrorKind::Json).because(error))?;
        let expires_at = plan.began / 1_000 + KEPT;
        let stored = StoredBroadcast::new(json, message, plan.segments(), expires_at);
        self.within(store.save(scope, id.as_str(), &stored)).await?;
        self.enqueue_segments(&id, plan.segments()).await.map_err(queue_failure)?;
        Ok(id)
    }

    async fn enqueue_segments(&self, id: &BroadcastId, segments: u16) -> Result<(), QueueError> {
        let message = |segment| {
            let body = BroadcastBody { id: id.as_str().into(), segment, turn: 0 };
            Body::broadcast(self, body).to_json().map(QueueMessage::new)
        };
        let mut left: Vec<QueueMessage> = (0..segments).map(message).collect::<Result<_, _>>()?;
        let mut tries = TRIES;
        loop {
            let answers = self.enqueue_all(&left).await?;
            let mut failure = None;
            let refused = left.into_iter().zip(answers).filter_map(|(message, answer)| {
                failure = Some(answer.err()?);
                Some(message)
            });
            left = refused.collect();
            tries -= 1;
            match failure {
                None => return Ok(()),
                Some(failure) if tries == 0 => return Err(failure.about(format!("broadcast {id}"))),
                Some(_) => {}
            }
        }
    }
}

fn queue_failure(error: QueueError) -> SendError {
    SendError::new(SendErrorKind::Queue).because(error)
}
