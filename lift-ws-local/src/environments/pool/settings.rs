//! What a pool is told about its function.

use std::time::Duration;

/// How many environments there may be and how long they may take.
#[derive(Clone, Debug)]
pub(crate) struct PoolSettings {
    pub(crate) max_environments: usize,
    /// Events that one environment may have at a time.
    pub(crate) concurrency: usize,
    /// From the start of the process to its first poll.
    pub(crate) init_timeout: Duration,
    /// From the delivery of an event to its answer; an environment that takes longer is ended.
    pub(crate) function_timeout: Duration,
}
