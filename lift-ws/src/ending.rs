//! What is to be done before the environment ends, or sleeps: whoever keeps something back says so here.

use std::sync::{Arc, Mutex, PoisonError, Weak};

static ENDINGS: Mutex<Vec<Weak<dyn Ending>>> = Mutex::new(Vec::new());

/// Something that keeps what has to get out.
pub(crate) trait Ending: Send + Sync {
    /// Gets it out.
    fn end(&self);
}

/// Asks for `end` before the environment ends, if it still lives then.
pub(crate) fn register(ending: Arc<dyn Ending>) {
    let mut endings = ENDINGS.lock().unwrap_or_else(PoisonError::into_inner);
    endings.retain(|ending| ending.strong_count() > 0);
    endings.push(Arc::downgrade(&ending));
}

/// The environment ends, or is frozen for a snapshot.
pub(crate) fn end() {
    let endings = ENDINGS.lock().unwrap_or_else(PoisonError::into_inner).clone();
    for ending in endings.iter().filter_map(Weak::upgrade) {
        ending.end();
    }
}
