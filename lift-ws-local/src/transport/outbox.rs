//! What waits to be sent to one client, and how much of it there is.

use std::convert::Infallible;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll};

use tokio::sync::{mpsc, oneshot};

/// Bytes that may wait for one client before posts to it are refused with 429 (contract §5.1).
pub(crate) const OUTBOX_BYTES: usize = 1024 * 1024;

#[derive(Debug, PartialEq, Eq)]
pub(super) enum Outgoing {
    Text(String),
    Close { code: u16, reason: String },
}

/// The owner's end: puts in, and knows how full it is.
#[derive(Debug)]
pub(crate) struct Outbox {
    sender: mpsc::UnboundedSender<Outgoing>,
    waiting: Arc<AtomicUsize>,
    /// Dropped with this end, which the other end learns also while it takes nothing out.
    _last: oneshot::Sender<Infallible>,
}

/// The socket's end: takes out.
#[derive(Debug)]
pub(crate) struct OutboxReader {
    receiver: mpsc::UnboundedReceiver<Outgoing>,
    waiting: Arc<AtomicUsize>,
    /// `None` once it is known that the owner's end is dropped.
    last: Option<oneshot::Receiver<Infallible>>,
}

impl Outbox {
    pub(crate) fn new() -> (Self, OutboxReader) {
        let (sender, receiver) = mpsc::unbounded_channel();
        let waiting = Arc::new(AtomicUsize::new(0));
        let (_last, last) = oneshot::channel();
        let outbox = Self { sender, waiting: Arc::clone(&waiting), _last };
        (outbox, OutboxReader { receiver, waiting, last: Some(last) })
    }

    /// Whether the client reads so slowly that nothing should be added.
    pub(crate) fn is_full(&self) -> bool {
        self.waiting.load(Ordering::Relaxed) >= OUTBOX_BYTES
    }

    pub(crate) fn send(&self, text: String) {
        self.waiting.fetch_add(text.len(), Ordering::Relaxed);
        let _ = self.sender.send(Outgoing::Text(text));
    }

    pub(crate) fn close(&self, code: u16, reason: String) {
        let _ = self.sender.send(Outgoing::Close { code, reason });
    }
}

impl OutboxReader {
    pub(super) fn poll_next(&mut self, cx: &mut Context<'_>) -> Poll<Option<Outgoing>> {
        self.receiver.poll_recv(cx)
    }

    /// Whether nothing will be added any more; if not, the task is woken when that changes.
    pub(super) fn is_final(&mut self, cx: &mut Context<'_>) -> bool {
        if let Some(last) = &mut self.last
            && Pin::new(last).poll(cx).is_ready()
        {
            self.last = None;
        }
        self.last.is_none()
    }

    /// Says that bytes have left the machine's hands.
    pub(super) fn sent(&self, bytes: usize) {
        self.waiting.fetch_sub(bytes, Ordering::Relaxed);
    }

    pub(super) fn is_full(&self) -> bool {
        self.waiting.load(Ordering::Relaxed) >= OUTBOX_BYTES
    }
}
