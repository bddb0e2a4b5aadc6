//! SQS as a state machine: requests and the time go in, answers come out.
//!
//! Nothing here opens a socket or reads a clock, so tests run hours of visibility timeouts in milliseconds.
//! A request that waits for messages keeps the sender of its answer in the state, as a poll of an environment
//! does.
//!
//! Standard queues: messages come in the order of sending as long as none fails, at least once, and the tests
//! of a program should not rely on either. Texts of errors are AWS's where they are known.

mod answers;
mod attributes;
mod batch;
mod error;
mod message;
mod message_attributes;
mod operations;
mod queue;
mod queues;
mod receipt;
mod request;

pub(crate) use attributes::{QueueAttributes, RedrivePolicy};
pub(crate) use error::{SqsError, SqsErrorKind};
pub use message::DeadLetter;
pub(crate) use message::{Message, Received};
pub(crate) use queues::{Answer, Place, Queues};
pub(crate) use receipt::HANDLE_BYTES;
pub(crate) use request::Request;

#[cfg(test)]
mod tests;
