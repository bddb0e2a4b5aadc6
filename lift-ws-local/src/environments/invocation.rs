//! Events on their way to an environment and back.

use bytes::Bytes;

use super::request_id::RequestId;
use crate::core::{ConnectionId, InvocationId, Moment};
use crate::sqs::BatchId;

/// What the function is invoked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Work {
    /// An event of the WebSocket API.
    Event(InvocationId),
    /// Messages of a queue.
    Batch(BatchId),
    /// A past event again, for the inspector: nobody else hears what comes of it.
    Replay(u64),
}

/// Who an event comes from. Sources take turns when events have to wait.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Source {
    Connection(ConnectionId),
    Queue,
}

/// An event that waits for an environment.
#[derive(Debug)]
pub(crate) struct Invocation {
    pub(crate) work: Work,
    pub(crate) source: Source,
    pub(crate) event: Bytes,
}

/// An event as an environment gets it, in answer to its poll.
#[derive(Debug)]
pub(crate) struct Delivery {
    pub(crate) request_id: RequestId,
    pub(crate) deadline: Moment,
    pub(crate) trace_id: String,
    pub(crate) event: Bytes,
    pub(super) work: Work,
    pub(super) source: Source,
}

/// An answer of a function.
#[derive(Debug)]
pub(crate) enum FunctionAnswer {
    Response(Bytes),
    Error {
        /// Type and message, for people.
        message: String,
        /// `errorMessage` as the program sent it.
        error_message: Option<String>,
    },
}

/// What the Runtime API says to an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Receipt {
    Accepted,
    /// Nobody asked this environment for that.
    UnknownRequest,
    /// This was answered already, or is not possible now.
    WrongState,
}
