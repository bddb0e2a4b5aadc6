//! What a gateway has done in its life.

/// The figures of a gateway that has ended.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Report {
    /// Events that were done with, of whatever outcome.
    pub events: u64,
    /// Those of them that failed: function errors, timeouts, malformed answers.
    pub failed_events: u64,
    /// Batches of queue messages that were done with, of whatever outcome.
    pub batches: u64,
    /// Those of them in which messages failed.
    pub failed_batches: u64,
    /// Messages that were moved to a dead-letter queue.
    pub dead_letters: u64,
    /// Requests to post to a connection (`POST …/@connections/{id}`), of whatever outcome.
    pub posts: u64,
    /// Environments that were started.
    pub environments: u64,
}
