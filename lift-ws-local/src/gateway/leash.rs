//! What ends a gateway that nobody holds any more.

use crate::environments::ProcessGroups;
use crate::owner::{Command, Owner};

/// The way to a running gateway. When it is dropped, the gateway's processes are dead or never start.
#[derive(Debug)]
pub(super) struct Leash {
    owner: Owner,
    groups: ProcessGroups,
}

impl Leash {
    pub(super) fn new(owner: Owner, groups: ProcessGroups) -> Self {
        Self { owner, groups }
    }

    pub(super) fn owner(&self) -> &Owner {
        &self.owner
    }
}

impl Drop for Leash {
    fn drop(&mut self) {
        // Told first, so that it does not take the end of its environments for crashes.
        self.owner.tell(Command::Abandon);
        self.groups.end_all();
    }
}
