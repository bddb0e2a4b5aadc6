//! How far a broadcast has come.

use crate::connection::tally::TableCall;
use crate::connection::{BroadcastId, Connections, SendError};
use crate::store::BroadcastCounts;

/// How far a broadcast has come that was handed over to the queue.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct BroadcastStatus {
    /// How many segments it has.
    pub segments: usize,
    /// How many of them have given everyone a turn.
    pub finished: usize,
    /// What became of the recipients so far: those of the last page of each unfinished segment may be missing.
    pub counts: BroadcastCounts,
}

impl BroadcastStatus {
    /// Had everyone a turn?
    #[must_use]
    pub fn is_complete(&self) -> bool {
        self.finished >= self.segments
    }
}

impl Connections {
    /// How far a broadcast has come; `None` if there is none of this id any more: it is known for a day.
    ///
    /// It costs a read unit per 4 KB of the message, and one per 4 KB of segments (a dozen of them).
    ///
    /// ```
    /// # use lift_ws::connection::{Connections, SendError};
    /// # async fn handler(conns: Connections) -> Result<(), SendError> {
    /// let id = conns.group("news").send_later("good morning").await?;
    /// if let Some(status) = conns.broadcast(&id).await? {
    ///     println!("{} reached, {} of {} segments", status.counts.delivered, status.finished, status.segments);
    /// }
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    ///
    /// When the store cannot be read, or keeps no broadcasts.
    ///
    /// # Cancel safety
    ///
    /// It changes nothing and may be dropped.
    pub async fn broadcast(&self, id: &BroadcastId) -> Result<Option<BroadcastStatus>, SendError> {
        let (scope, store) = (self.scope_key()?, self.broadcasts()?);
        let id = id.as_str();
        let (stored, states) = tokio::try_join!(
            self.ask(TableCall::Broadcast, store.load(scope, id)),
            self.ask(TableCall::Broadcast, store.segments(scope, id))
        )?;
        Ok(stored.map(|stored| BroadcastStatus {
            segments: stored.segments.into(),
            finished: states.iter().filter(|state| state.done).count(),
            counts: states.iter().fold(BroadcastCounts::default(), |sum, state| sum.and(state.counts)),
        }))
    }
}
