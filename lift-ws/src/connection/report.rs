//! What became of a message to many.

use super::{BroadcastId, Record};
use crate::store::{BroadcastCounts, Cursor};

/// What became of a message to many: how many recipients had which outcome.
///
/// ```
/// # use lift_ws::connection::BroadcastReport;
/// # fn log(report: BroadcastReport) {
/// if let Some(cursor) = &report.cursor {
///     println!("time was up: {} still to be sent, go on at {cursor}", report.unsent);
/// }
/// # }
/// ```
///
/// # Who announces a departure
///
/// Of all who remove a connection's record only one gets it: its `$disconnect` handler, or the first send that
/// found the connection gone. Where others are told who left, both have to tell them. A message about one
/// departure may find more:
///
/// ```
/// # use lift_ws::connection::{Connections, Record, SendError};
/// /// Tells the groups of those who departed, and of those who turn out to be gone meanwhile.
/// async fn announce(conns: &Connections, mut departed: Vec<Record>) -> Result<(), SendError> {
///     while let Some(gone) = departed.pop() {
///         for group in gone.groups() {
///             departed.extend(conns.group(group).send(&("left", gone.user())).await?.departed);
///         }
///     }
///     Ok(())
/// }
/// # async fn handler(conns: Connections) -> Result<(), SendError> {
/// let report = conns.group("red").send("hello").await?;
/// announce(&conns, report.departed).await
/// # }
/// ```
///
/// What is [handed over](super::Group::handing_over) to the queue has no caller that could announce anything. So it
/// removes nothing: it counts who is gone and leaves the record for a `$disconnect` or the next send in a handler. A
/// send leaves it there, too, if it could not be removed before the deadline. If an invocation ends between a removal
/// and its answer, nobody announces that departure; who is here is told by
/// [`presence`](super::Connections::presence) all the same.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct BroadcastReport {
    /// The gateway took the message. It promises no more than that.
    pub delivered: usize,
    /// The connection had closed. What was stored about it has been removed, unless the store failed at it: then the
    /// next send finds it again.
    pub gone: usize,
    /// The records that this send removed, each as it was: at most [`gone`](Self::gone) of them, and of no two
    /// sends the same. No `$disconnect` handler will see them.
    pub departed: Vec<Record>,
    /// The connection is so young that its handshake may still be going on, and could not be posted to.
    pub connecting: usize,
    /// The gateway asked to slow down until tries or time ran out.
    pub throttled: usize,
    /// Nobody knows whether the message arrived: a timeout, a reset or a failure inside the gateway.
    /// It was not sent again, since it might arrive twice; with [`at_least_once`](super::Group::at_least_once) it was.
    pub unknown: usize,
    /// The gateway refused the message, or could not be reached.
    pub failed: usize,
    /// Known recipients for whom the time was up before their turn. There may be more behind the cursor.
    pub unsent: usize,
    /// Where to go on with what is left; `None` when everyone had a turn.
    pub cursor: Option<Cursor>,
    /// The broadcast that goes on with what is left, if it was handed over: see
    /// [`Group::handing_over`](super::Group::handing_over).
    pub handed_over: Option<BroadcastId>,
    /// The most posts a second that this environment starts, all its broadcasts together: see
    /// [`Settings::with_rate`](super::Settings::with_rate).
    pub rate: u32,
    /// The id of a message that was sent [at least once](super::Group::at_least_once).
    pub message_id: Option<String>,
}

impl BroadcastReport {
    pub(super) fn with_counts(self, counts: BroadcastCounts) -> Self {
        let number = |count: u64| usize::try_from(count).unwrap_or(usize::MAX);
        Self {
            delivered: number(counts.delivered),
            gone: number(counts.gone),
            connecting: number(counts.connecting),
            throttled: number(counts.throttled),
            unknown: number(counts.unknown),
            failed: number(counts.failed),
            ..self
        }
    }

    /// Whether everyone had a turn.
    #[must_use]
    pub fn is_complete(&self) -> bool {
        self.cursor.is_none() && self.handed_over.is_none()
    }

    /// How many recipients had a turn.
    #[must_use]
    pub fn attempted(&self) -> usize {
        self.delivered + self.gone + self.connecting + self.throttled + self.unknown + self.failed
    }
}
