//! What is to be done before the environment ends, or sleeps: whoever keeps something back says so here.

use crate::connection::Connections;
use std::sync::{Arc, Mutex, PoisonError, Weak};

static ENDINGS: Mutex<Vec<Weak<dyn Ending>>> = Mutex::new(Vec::new());

/// Something that keeps what has to get out.
pub(crate) trait Ending: Send + Sync {
    /// Gets it out.
    fn end(&self);

    /// What these connections count is to get out, too, also if no event with middleware ever comes.
    fn know(&self, connections: &Connections);

    /// An event without middleware has ended, such as a queue's batch: gets out what has waited long enough.
    fn pause(&self);
}

/// Asks for `end` before the environment ends, if it still lives then.
pub(crate) fn register(ending: Arc<dyn Ending>) {
    let mut endings = ENDINGS.lock().unwrap_or_else(PoisonError::into_inner);
    endings.retain(|ending| ending.strong_count() > 0);
    endings.push(Arc::downgrade(&ending));
}

/// The environment ends, or is frozen for a snapshot.
pub(crate) fn end() {
    all(|ending| ending.end());
}

/// These are the connections of the environment.
pub(crate) fn know(connections: &Connections) {
    all(|ending| ending.know(connections));
}

/// An event without middleware has ended.
pub(crate) fn pause() {
    all(|ending| ending.pause());
}

fn all(each: impl Fn(&dyn Ending)) {
    let endings = ENDINGS.lock().unwrap_or_else(PoisonError::into_inner).clone();
    for ending in endings.iter().filter_map(Weak::upgrade) {
        each(&*ending);
    }
}
