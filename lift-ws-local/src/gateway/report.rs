//! What a gateway has done in its life.

/// The figures of a gateway that has ended.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Report {
    /// Events that were done with, of whatever outcome.
    pub events: u64,
    /// Those of them that failed: function errors, timeouts, malformed answers.
    pub failed_events: u64,
    /// Environments that were started.
    pub environments: u64,
}
