//! How much of what one client has sent is still being worked on.
//!
//! A client may send faster than the function answers. What it sends above a limit is left in its TCP
//! connection, so that it waits itself instead of making the others wait and filling the memory.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Waker};

/// Messages of one client that may be open at a time.
const OPEN_MESSAGES: usize = 64;
/// Bytes of open messages above which no more are read; the last message may exceed it.
const OPEN_BYTES: usize = 1024 * 1024;

/// The open messages of one client.
#[derive(Clone, Debug, Default)]
pub(super) struct Inflow(Arc<Mutex<Open>>);

#[derive(Debug, Default)]
struct Open {
    messages: usize,
    bytes: usize,
    reader: Option<Waker>,
}

/// One open message; dropping it says that the message is done with.
#[derive(Debug)]
pub(crate) struct OpenMessage {
    inflow: Inflow,
    bytes: usize,
}

impl Inflow {
    pub(super) fn open(&self, bytes: usize) -> OpenMessage {
        let mut open = self.lock();
        open.messages += 1;
        open.bytes += bytes;
        drop(open);
        OpenMessage { inflow: self.clone(), bytes }
    }

    /// Whether nothing more should be read now; the task is woken when that changes.
    pub(super) fn is_full(&self, cx: &Context<'_>) -> bool {
        let mut open = self.lock();
        let is_full = open.is_full();
        if is_full {
            open.reader = Some(cx.waker().clone());
        }
        is_full
    }

    fn lock(&self) -> MutexGuard<'_, Open> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Open {
    fn is_full(&self) -> bool {
        self.messages >= OPEN_MESSAGES || self.bytes >= OPEN_BYTES
    }
}

impl Drop for OpenMessage {
    fn drop(&mut self) {
        let mut open = self.inflow.lock();
        open.messages -= 1;
        open.bytes -= self.bytes;
        let reader = if open.is_full() { None } else { open.reader.take() };
        drop(open);
        if let Some(reader) = reader {
            reader.wake();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::task::Wake;

    #[derive(Default)]
    struct Wakes(AtomicUsize);

    impl Wake for Wakes {
        fn wake(self: Arc<Self>) {
            self.0.fetch_add(1, Ordering::Relaxed);
        }
    }

    #[test]
    fn a_client_with_too_many_open_messages_is_read_again_when_one_is_done_with() {
        let wakes = Arc::new(Wakes::default());
        let waker = wakes.clone().into();
        let cx = Context::from_waker(&waker);
        let inflow = Inflow::default();
        let mut open: Vec<_> = (0..OPEN_MESSAGES - 1).map(|_| inflow.open(10)).collect();
        assert!(!inflow.is_full(&cx));
        open.push(inflow.open(10));
        assert!(inflow.is_full(&cx));
        assert_eq!(wakes.0.load(Ordering::Relaxed), 0);
        drop(open.pop());
        assert_eq!(wakes.0.load(Ordering::Relaxed), 1);
        assert!(!inflow.is_full(&cx));
    }

    #[test]
    fn a_client_with_too_many_open_bytes_is_read_again_when_enough_are_done_with() {
        let wakes = Arc::new(Wakes::default());
        let waker = wakes.clone().into();
        let cx = Context::from_waker(&waker);
        let inflow = Inflow::default();
        let small = inflow.open(1);
        let large = inflow.open(OPEN_BYTES);
        assert!(inflow.is_full(&cx));
        drop(small);
        assert!(inflow.is_full(&cx));
        assert_eq!(wakes.0.load(Ordering::Relaxed), 0);
        drop(large);
        assert_eq!(wakes.0.load(Ordering::Relaxed), 1);
    }
}
