//! What `compare` and `allocations` share: the event, our apps, the keys, the cached records, the
//! hand-made limit.

pub mod chat;
pub mod keys;
pub mod limit;
pub mod records;
pub mod routes;
pub mod stack;

use std::pin::pin;
use std::task::{Context, Poll, Waker};

/// The MESSAGE event of all rows: 771 bytes, as the gateway writes it.
pub const MESSAGE: &str = include_str!("message.json");

/// Runs a future that never waits, without a runtime: what is measured is the function alone.
///
/// # Panics
///
/// When the future waits.
pub fn now<T>(future: impl Future<Output = T>) -> T {
    match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(value) => value,
        Poll::Pending => panic!("the future waits"),
    }
}
