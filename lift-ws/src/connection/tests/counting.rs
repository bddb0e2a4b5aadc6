//! A store that counts its calls and fails as it is told.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use crate::connection::Record;
use crate::store::memory::MemoryStore;
use crate::store::{
    BoxFuture, BroadcastStore, Change, ConnectionStore, ConnectionsPage, ConnectionsQuery, GoneOutcome,
    MembersQuery, Membership, MembershipPage, StoreError, StoreErrorKind,
};

/// An operation of the store.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Call {
    Put,
    Get,
    Delete,
    DeleteGone,
    Join,
    Leave,
    Members,
    RemoveMemberships,
    Connections,
    Count,
    Change,
}

#[derive(Debug)]
pub(super) struct CountingStore {
    rows: Arc<MemoryStore>,
    calls: Mutex<Vec<Call>>,
    /// Calls of this kind fail after so many have succeeded.
    failing: Mutex<Option<(Call, usize)>>,
    /// Calls of this kind are carried out, and after so many their answer never comes.
    silent: Mutex<Option<(Call, usize)>>,
    /// Reading and deleting take a moment: others have a turn before the answer.
    slow: AtomicBool,
    page_limit: AtomicUsize,
}

impl CountingStore {
    pub(super) fn new(rows: Arc<MemoryStore>) -> Self {
        Self {
            rows,
            calls: Mutex::default(),
            failing: Mutex::default(),
            silent: Mutex::default(),
            slow: AtomicBool::new(false),
            page_limit: AtomicUsize::new(usize::MAX),
        }
    }

    pub(super) fn rows(&self) -> Arc<MemoryStore> {
        Arc::clone(&self.rows)
    }

    /// The calls since the last time, in order.
    pub(super) fn take_calls(&self) -> Vec<Call> {
        std::mem::take(&mut self.calls.lock().unwrap())
    }

    pub(super) fn fail_after(&self, successes: usize, call: Call) {
        *self.failing.lock().unwrap() = Some((call, successes));
    }

    pub(super) fn never_answer(&self, call: Call) {
        self.never_answer_after(0, call);
    }

    pub(super) fn never_answer_after(&self, answers: usize, call: Call) {
        *self.silent.lock().unwrap() = Some((call, answers));
    }

    /// From now on all calls succeed.
    #[cfg(feature = "simulation")]
    pub(super) fn recover(&self) {
        *self.failing.lock().unwrap() = None;
        *self.silent.lock().unwrap() = None;
    }

    async fn answer(&self, call: Call) {
        let is_silent = match &mut *self.silent.lock().unwrap() {
            Some((silent, left)) if *silent == call => match left.checked_sub(1) {
                Some(fewer) => {
                    *left = fewer;
                    false
                }
                None => true,
            },
            _ => false,
        };
        if is_silent {
            std::future::pending().await
        }
    }

    pub(super) fn slow_down(&self) {
        self.slow.store(true, Ordering::SeqCst);
    }

    async fn pause(&self) {
        if self.slow.load(Ordering::SeqCst) {
            tokio::task::yield_now().await;
        }
    }

    /// Makes pages shorter than asked for, as DynamoDB may.
    pub(super) fn shorten_pages(&self, limit: usize) {
        self.page_limit.store(limit, Ordering::SeqCst);
    }

    fn note(&self, call: Call) -> Result<(), StoreError> {
        self.calls.lock().unwrap().push(call);
        match &mut *self.failing.lock().unwrap() {
            Some((failing, left)) if *failing == call => match left.checked_sub(1) {
                Some(fewer) => *left = fewer,
                None => return Err(StoreError::new(StoreErrorKind::Unavailable)),
            },
            _ => {}
        }
        Ok(())
    }
}

impl ConnectionStore for CountingStore {
    fn broadcasts(&self) -> Option<&dyn BroadcastStore> {
        self.rows.broadcasts()
    }

    fn put<'a>(&'a self, scope: &'a str, record: &'a Record) -> BoxFuture<'a, Result<(), StoreError>> {
        Box::pin(async move {
            self.note(Call::Put)?;
            let outcome = self.rows.put(scope, record).await;
            self.answer(Call::Put).await;
            outcome
        })
    }

    fn get<'a>(&'a self, scope: &'a str, id: &'a str) -> BoxFuture<'a, Result<Option<Record>, StoreError>> {
        Box::pin(async move {
            self.note(Call::Get)?;
            let outcome = self.rows.get(scope, id).await;
            self.pause().await;
            outcome
        })
    }

    fn delete<'a>(
        &'a self,
        scope: &'a str,
        id: &'a str,
        until: u64,
    ) -> BoxFuture<'a, Result<Option<Record>, StoreError>> {
        Box::pin(async move {
            self.note(Call::Delete)?;
            let outcome = self.rows.delete(scope, id, until).await;
            self.pause().await;
            outcome
        })
    }

    fn delete_gone<'a>(
        &'a self,
        scope: &'a str,
        id: &'a str,
        before: u64,
    ) -> BoxFuture<'a, Result<GoneOutcome, StoreError>> {
        Box::pin(async move {
            self.note(Call::DeleteGone)?;
            self.rows.delete_gone(scope, id, before).await
        })
    }

    fn change<'a>(
        &'a self,
        scope: &'a str,
        id: &'a str,
        change: &'a Change,
    ) -> BoxFuture<'a, Result<Record, StoreError>> {
        Box::pin(async move {
            self.note(Call::Change)?;
            let outcome = self.rows.change(scope, id, change).await;
            self.pause().await;
            outcome
        })
    }

    fn join<'a>(
        &'a self,
        scope: &'a str,
        group: &'a str,
        membership: &'a Membership,
    ) -> BoxFuture<'a, Result<(), StoreError>> {
        Box::pin(async move {
            self.note(Call::Join)?;
            let outcome = self.rows.join(scope, group, membership).await;
            self.answer(Call::Join).await;
            outcome
        })
    }

    fn leave<'a>(
        &'a self,
        scope: &'a str,
        group: &'a str,
        id: &'a str,
        connected_at: u64,
    ) -> BoxFuture<'a, Result<Option<Membership>, StoreError>> {
        Box::pin(async move {
            self.note(Call::Leave)?;
            self.rows.leave(scope, group, id, connected_at).await
        })
    }

    fn members<'a>(
        &'a self,
        query: &'a MembersQuery<'a>,
    ) -> BoxFuture<'a, Result<MembershipPage, StoreError>> {
        Box::pin(async move {
            self.note(Call::Members)?;
            let limit = self.page_limit.load(Ordering::SeqCst).min(query.limit as usize);
            let page = self.rows.members(&query.clone().limit(u32::try_from(limit).unwrap())).await;
            self.answer(Call::Members).await;
            page
        })
    }

    fn remove_memberships<'a>(
        &'a self,
        scope: &'a str,
        id: &'a str,
        connected_at: u64,
        groups: &'a [&'a str],
    ) -> BoxFuture<'a, Result<(), StoreError>> {
        Box::pin(async move {
            self.note(Call::RemoveMemberships)?;
            self.rows.remove_memberships(scope, id, connected_at, groups).await
        })
    }

    fn connections<'a>(
        &'a self,
        query: &'a ConnectionsQuery<'a>,
    ) -> BoxFuture<'a, Result<ConnectionsPage, StoreError>> {
        Box::pin(async move {
            self.note(Call::Connections)?;
            let limit = self.page_limit.load(Ordering::SeqCst).min(query.limit as usize);
            self.rows.connections(&query.clone().limit(u32::try_from(limit).unwrap())).await
        })
    }

    fn count<'a>(&'a self, query: &'a ConnectionsQuery<'a>) -> BoxFuture<'a, Result<u64, StoreError>> {
        Box::pin(async move {
            self.note(Call::Count)?;
            self.rows.count(query).await
        })
    }
}
