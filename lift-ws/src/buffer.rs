//! Text buffers that are used again from event to event.

use serde::ser::Error as _;
use std::cell::RefCell;
use std::fmt;
use std::mem;

/// How many buffers a thread keeps, and how large one may be to be kept: a single huge message must not pin its
/// memory for ever.
const KEPT: usize = 16;
const LARGEST: usize = 1 << 20;

thread_local! {
    static POOL: RefCell<Vec<String>> = const { RefCell::new(Vec::new()) };
}

/// A text from the thread's pool; given back when dropped.
#[derive(Default)]
pub(crate) struct Buffer(pub(crate) String);

impl Buffer {
    /// An empty buffer, with capacity if the pool has one.
    pub(crate) fn take() -> Self {
        Buffer(POOL.with_borrow_mut(Vec::pop).unwrap_or_default())
    }

    /// `value` as JSON.
    pub(crate) fn json(value: &(impl serde::Serialize + ?Sized)) -> serde_json::Result<Self> {
        let mut bytes = mem::take(&mut Buffer::take().0).into_bytes();
        serde_json::to_writer(&mut bytes, value)?;
        String::from_utf8(bytes).map(Buffer).map_err(serde_json::Error::custom)
    }

    pub(crate) fn text(text: &str) -> Self {
        let mut buffer = Buffer::take();
        buffer.0.push_str(text);
        buffer
    }
}

impl Drop for Buffer {
    fn drop(&mut self) {
        if self.0.capacity() == 0 || self.0.capacity() > LARGEST {
            return;
        }
        let mut text = mem::take(&mut self.0);
        text.clear();
        // a thread that is ending has no pool any more
        let _ = POOL.try_with(|pool| {
            let mut pool = pool.borrow_mut();
            if pool.len() < KEPT {
                let more = KEPT - pool.len();
                pool.reserve_exact(more);
                pool.push(text);
            }
        });
    }
}

impl fmt::Debug for Buffer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}
