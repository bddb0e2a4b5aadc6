//! Broadcasts in memory.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::store::broadcasts::{BroadcastStore, Claim, Claimed, SegmentState, StoredBroadcast};
use crate::store::{BoxFuture, StoreError};

#[derive(Debug, Default)]
pub(super) struct Broadcasts(Mutex<HashMap<(String, String), Kept>>);

#[derive(Debug, Default)]
struct Kept {
    broadcast: Option<StoredBroadcast>,
    segments: BTreeMap<u16, Segment>,
}

#[derive(Debug, Default)]
struct Segment {
    state: SegmentState,
    owner: String,
    turn: u32,
    until: u64,
}

impl Segment {
    fn claim(&mut self, claim: &Claim<'_>) -> Claimed {
        if self.state.done {
            return Claimed::Done;
        }
        if self.turn > claim.turn {
            return Claimed::Passed;
        }
        if self.until > claim.now && self.owner != claim.owner {
            return Claimed::Busy { until: self.until };
        }
        claim.owner.clone_into(&mut self.owner);
        (self.turn, self.until) = (claim.turn, claim.until);
        Claimed::Yours(self.state.clone())
    }

    fn checkpoint(&mut self, owner: &str, state: &SegmentState, release: bool) -> bool {
        if self.owner != owner {
            return false;
        }
        self.state.clone_from(state);
        if release {
            self.until = 0;
        }
        true
    }
}

impl Broadcasts {
    fn with<T>(&self, scope: &str, id: &str, f: impl FnOnce(&mut Kept) -> T) -> T {
        f(self.lock().entry((scope.to_owned(), id.to_owned())).or_default())
    }

    /// What is kept, if anything is: one that is only asked for takes no memory.
    fn seek<T: Default>(&self, scope: &str, id: &str, f: impl FnOnce(&mut Kept) -> T) -> T {
        self.lock().get_mut(&(scope.to_owned(), id.to_owned())).map(f).unwrap_or_default()
    }

    pub(super) fn sweep(&self, now: u64) {
        self.lock().retain(|_, kept| {
            kept.broadcast.as_ref().is_some_and(|it| it.expires_at.saturating_mul(1_000) > now)
        });
    }

    // A panic between lock and unlock cannot leave a row half written, so a poisoned lock is as good as new.
    fn lock(&self) -> MutexGuard<'_, HashMap<(String, String), Kept>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl BroadcastStore for Broadcasts {
    fn save<'a>(
        &'a self,
        scope: &'a str,
        id: &'a str,
        broadcast: &'a StoredBroadcast,
    ) -> BoxFuture<'a, Result<(), StoreError>> {
        Box::pin(async move {
            self.with(scope, id, |kept| kept.broadcast = Some(broadcast.clone()));
            Ok(())
        })
    }

    fn load<'a>(
        &'a self,
        scope: &'a str,
        id: &'a str,
    ) -> BoxFuture<'a, Result<Option<StoredBroadcast>, StoreError>> {
        Box::pin(async move { Ok(self.seek(scope, id, |kept| kept.broadcast.clone())) })
    }

    fn claim<'a>(
        &'a self,
        scope: &'a str,
        id: &'a str,
        segment: u16,
        claim: &'a Claim<'a>,
    ) -> BoxFuture<'a, Result<Claimed, StoreError>> {
        Box::pin(async move {
            Ok(self.with(scope, id, |kept| kept.segments.entry(segment).or_default().claim(claim)))
        })
    }

    fn checkpoint<'a>(
        &'a self,
        scope: &'a str,
        id: &'a str,
        segment: u16,
        owner: &'a str,
        state: &'a SegmentState,
        release: bool,
    ) -> BoxFuture<'a, Result<bool, StoreError>> {
        Box::pin(async move {
            Ok(self.seek(scope, id, |kept| {
                let segment = kept.segments.get_mut(&segment);
                segment.is_some_and(|segment| segment.checkpoint(owner, state, release))
            }))
        })
    }

    fn segments<'a>(
        &'a self,
        scope: &'a str,
        id: &'a str,
    ) -> BoxFuture<'a, Result<Vec<SegmentState>, StoreError>> {
        Box::pin(async move {
            Ok(self.seek(scope, id, |kept| kept.segments.values().map(|row| row.state.clone()).collect()))
        })
    }
}
