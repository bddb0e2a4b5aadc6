//! A store in memory: for tests, and for a program that is its own and only environment.

mod broadcasts;
mod rows;

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use self::rows::Scope;
use super::{
    BoxFuture, BroadcastStore, Change, ConnectionStore, ConnectionsPage, ConnectionsQuery, GoneOutcome,
    MembersQuery, Membership, MembershipPage, StoreError,
};
use crate::connection::Record;

/// A store in memory.
///
/// It keeps the promises of the DynamoDB store within one process. On Lambda every environment is a process
/// of its own, so it is no store for production there.
///
/// ```
/// # use lift_ws::{connection::Record, store::{ConnectionStore, memory::MemoryStore}};
/// # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(async {
/// let store = MemoryStore::new();
/// store.put("a1/prod", &Record::new("AbC=", 1_767_225_600_000, 1_767_233_400)).await?;
/// assert!(store.get("a1/prod", "AbC=").await?.is_some());
/// assert!(store.get("a1/test", "AbC=").await?.is_none());
/// # Ok::<(), lift_ws::store::StoreError>(()) }).unwrap();
/// ```
#[derive(Debug, Default)]
pub struct MemoryStore {
    scopes: Mutex<HashMap<String, Scope>>,
    broadcasts: broadcasts::Broadcasts,
}

impl MemoryStore {
    /// An empty store.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Removes what has expired at a time (milliseconds since the epoch), as DynamoDB's time-to-live does at
    /// some time of its own.
    pub fn sweep(&self, now: u64) {
        for scope in self.lock().values_mut() {
            scope.sweep(now);
        }
        self.broadcasts.sweep(now);
    }

    /// The records of a scope, ordered by connection id.
    #[must_use]
    pub fn records(&self, scope: &str) -> Vec<Record> {
        let scopes = self.lock();
        let records = scopes.get(scope).into_iter().flat_map(Scope::records);
        let mut records: Vec<Record> = records.cloned().collect();
        records.sort_by(|a, b| a.connection_id().cmp(b.connection_id()));
        records
    }

    // A panic between lock and unlock cannot leave a row half written, so a poisoned lock is as good as new.
    fn lock(&self) -> MutexGuard<'_, HashMap<String, Scope>> {
        self.scopes.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn with<T>(&self, scope: &str, f: impl FnOnce(&mut Scope) -> T) -> T {
        let mut scopes = self.lock();
        if let Some(scope) = scopes.get_mut(scope) {
            return f(scope);
        }
        f(scopes.entry(scope.to_owned()).or_default())
    }

    /// As [`with`](Self::with) where nothing is put: a scope that is only asked for takes no memory.
    fn seek<T>(&self, scope: &str, f: impl FnOnce(&mut Scope) -> T) -> T {
        match self.lock().get_mut(scope) {
            Some(scope) => f(scope),
            None => f(&mut Scope::default()),
        }
    }
}

impl ConnectionStore for MemoryStore {
    fn broadcasts(&self) -> Option<&dyn BroadcastStore> {
        Some(&self.broadcasts)
    }

    fn put<'a>(&'a self, scope: &'a str, record: &'a Record) -> BoxFuture<'a, Result<(), StoreError>> {
        Box::pin(async move { self.with(scope, |scope| scope.put(record)) })
    }

    fn get<'a>(&'a self, scope: &'a str, id: &'a str) -> BoxFuture<'a, Result<Option<Record>, StoreError>> {
        Box::pin(async move { Ok(self.seek(scope, |scope| scope.get(id).cloned())) })
    }

    fn delete<'a>(
        &'a self,
        scope: &'a str,
        id: &'a str,
        tombstone_until: u64,
    ) -> BoxFuture<'a, Result<Option<Record>, StoreError>> {
        Box::pin(async move { Ok(self.with(scope, |scope| scope.delete(id, tombstone_until))) })
    }

    fn delete_gone<'a>(
        &'a self,
        scope: &'a str,
        id: &'a str,
        connected_before: u64,
    ) -> BoxFuture<'a, Result<GoneOutcome, StoreError>> {
        Box::pin(async move { Ok(self.seek(scope, |scope| scope.delete_gone(id, connected_before))) })
    }

    fn change<'a>(
        &'a self,
        scope: &'a str,
        id: &'a str,
        change: &'a Change,
    ) -> BoxFuture<'a, Result<Record, StoreError>> {
        Box::pin(async move { self.seek(scope, |scope| scope.change(id, change)) })
    }

    fn join<'a>(
        &'a self,
        scope: &'a str,
        group: &'a str,
        membership: &'a Membership,
    ) -> BoxFuture<'a, Result<(), StoreError>> {
        Box::pin(async move { self.with(scope, |scope| scope.join(group, membership)) })
    }

    fn leave<'a>(
        &'a self,
        scope: &'a str,
        group: &'a str,
        id: &'a str,
        connected_at: u64,
    ) -> BoxFuture<'a, Result<Option<Membership>, StoreError>> {
        Box::pin(async move { Ok(self.seek(scope, |scope| scope.leave(group, id, connected_at))) })
    }

    fn members<'a>(
        &'a self,
        query: &'a MembersQuery<'a>,
    ) -> BoxFuture<'a, Result<MembershipPage, StoreError>> {
        Box::pin(async move { Ok(self.seek(query.scope, |scope| scope.members(query))) })
    }

    fn remove_memberships<'a>(
        &'a self,
        scope: &'a str,
        id: &'a str,
        connected_at: u64,
        groups: &'a [&'a str],
    ) -> BoxFuture<'a, Result<(), StoreError>> {
        Box::pin(async move {
            self.with(scope, |scope| {
                for group in groups {
                    scope.remove_membership(group, id, connected_at);
                }
            });
            Ok(())
        })
    }

    fn connections<'a>(
        &'a self,
        query: &'a ConnectionsQuery<'a>,
    ) -> BoxFuture<'a, Result<ConnectionsPage, StoreError>> {
        Box::pin(async move { self.seek(query.scope, |scope| scope.connections(query)) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn sweep_removes_what_has_expired_and_nothing_else() {
        let store = MemoryStore::new();
        store.put("s", &Record::new("old", 1_000, 10)).await.unwrap();
        store.put("s", &Record::new("new", 1_000, 20)).await.unwrap();
        store.delete("s", "closed", 10_000).await.unwrap();
        store.sweep(10_000);
        assert!(store.get("s", "old").await.unwrap().is_none());
        assert!(store.get("s", "new").await.unwrap().is_some());
        store.put("s", &Record::new("closed", 1_000, 20)).await.expect("the tombstone has expired");
    }

    #[tokio::test]
    async fn what_never_expires_survives_a_sweep() {
        let store = MemoryStore::new();
        store.put("s", &Record::new("a", 1_000, u64::MAX)).await.unwrap();
        store.join("s", "red", &Membership::new("a", 1_000, u64::MAX)).await.unwrap();
        let broadcast = crate::store::StoredBroadcast::new("{}", "hi", 1, u64::MAX);
        store.broadcasts.save("s", "b", &broadcast).await.unwrap();
        store.sweep(u64::MAX - 1);
        assert!(store.get("s", "a").await.unwrap().is_some_and(|record| record.is_in("red")));
        assert_eq!(store.members(&MembersQuery::new("s", "red")).await.unwrap().members.len(), 1);
        assert_eq!(store.broadcasts.load("s", "b").await.unwrap(), Some(broadcast));
    }
}
