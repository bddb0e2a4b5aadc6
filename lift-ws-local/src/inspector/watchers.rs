//! Whether somebody looks, and how they learn that there is something to see.

use std::sync::Arc;

use tokio::sync::Notify;

/// The pages that look, each counted until a while after its last question.
#[derive(Debug, Default)]
pub(super) struct Watchers {
    leases: usize,
    changed: Arc<Notify>,
}

impl Watchers {
    pub(super) fn are_there(&self) -> bool {
        self.leases > 0
    }

    pub(super) fn come(&mut self) {
        self.leases += 1;
    }

    pub(super) fn go(&mut self) {
        self.leases = self.leases.saturating_sub(1);
    }

    pub(super) fn changed(&self) -> Arc<Notify> {
        Arc::clone(&self.changed)
    }

    /// Costs nothing while nobody looks.
    pub(super) fn wake(&self) {
        if self.are_there() {
            self.changed.notify_waiters();
        }
    }
}
