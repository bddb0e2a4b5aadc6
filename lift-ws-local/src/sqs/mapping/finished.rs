//! What came of a batch, for people.

use crate::core::Moment;

/// A batch of queue messages that the function is done with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FinishedBatch {
    /// The queue's name.
    pub queue: String,
    /// How many messages the batch had.
    pub records: usize,
    /// How many of them have failed; they come back when their visibility timeout is over.
    pub failed: usize,
    /// When the batch was made.
    pub started: Moment,
    /// When its outcome was known.
    pub ended: Moment,
    /// The outcome.
    pub verdict: BatchVerdict,
}

/// What came of a batch; every text may hold internals and stays in the terminal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum BatchVerdict {
    /// All messages are done with, and deleted.
    Succeeded,
    /// The function named some in `batchItemFailures`; the others are deleted.
    PartlyFailed,
    /// The function returned something that is no batch response, so all have failed.
    Malformed {
        /// What is wrong with it.
        problem: String,
    },
    /// The function failed, and all messages with it.
    FunctionError {
        /// As the function or the environment told.
        message: String,
    },
    /// The function could not be called.
    Unavailable {
        /// As the environment told.
        message: String,
    },
}

impl BatchVerdict {
    /// Why all messages have failed, if they have.
    pub(super) fn reason(&self) -> Option<&str> {
        match self {
            Self::Succeeded | Self::PartlyFailed => None,
            Self::Malformed { problem: text }
            | Self::FunctionError { message: text }
            | Self::Unavailable { message: text } => Some(text),
        }
    }
}
