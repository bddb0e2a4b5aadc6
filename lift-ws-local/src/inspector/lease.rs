//! That somebody looks, for as long as they do.

use std::sync::Arc;
use std::time::Duration;

use tokio::runtime::Handle;
use tokio::sync::Notify;
use tokio::time::sleep;

use super::ask::Ask;
use crate::owner::{Command, Owner};

/// How long after its last question a page counts as looking. Tests wait for nothing.
const LINGER: Duration = if cfg!(test) { Duration::ZERO } else { Duration::from_secs(5) };

/// Somebody looks as long as this lives, and a while longer, until the page's next question. It is made where the looking
/// is counted: an answer that nobody reads any more drops it, and so ends what it began.
#[derive(Debug)]
pub(crate) struct Lease {
    owner: Owner,
    changed: Arc<Notify>,
}

impl Lease {
    pub(super) fn new(owner: Owner, changed: Arc<Notify>) -> Self {
        Self { owner, changed }
    }

    /// Tells of changes.
    pub(super) fn changed(&self) -> &Notify {
        &self.changed
    }
}

impl Drop for Lease {
    fn drop(&mut self) {
        let owner = self.owner.clone();
        let go = async move {
            sleep(LINGER).await;
            owner.tell(Command::Inspect(Ask::Go));
        };
        // Without a runtime the gateway is ending, and nobody counts any more.
        if let Ok(runtime) = Handle::try_current() {
            runtime.spawn(go);
        }
    }
}
