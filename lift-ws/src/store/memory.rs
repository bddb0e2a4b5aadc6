//! A store in memory: for tests, and for a program that is its own and only environment.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Mutex, MutexGuard, PoisonError};

use super::{
    BoxFuture, ConnectionStore, Cursor, GoneOutcome, MAX_GROUPS, MembersQuery, Membership, MembershipPage,
    StoreError, StoreErrorKind,
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
}

#[derive(Debug, Default)]
struct Scope {
    records: HashMap<String, Row>,
    groups: HashMap<String, BTreeMap<(u64, String), Membership>>,
}

#[derive(Debug)]
enum Row {
    Record(Record),
    Tombstone { until: u64 },
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
            scope.records.retain(|_, row| match row {
                Row::Record(record) => record.expires_at() * 1_000 > now,
                Row::Tombstone { until } => *until > now,
            });
            scope.groups.retain(|_, members| {
                members.retain(|_, member| member.expires_at * 1_000 > now);
                !members.is_empty()
            });
        }
    }

    /// The records of a scope, ordered by connection id.
    #[must_use]
    pub fn records(&self, scope: &str) -> Vec<Record> {
        let scopes = self.lock();
        let rows = scopes.get(scope).into_iter().flat_map(|scope| scope.records.values());
        let mut records: Vec<Record> = rows
            .filter_map(|row| match row {
                Row::Record(record) => Some(record.clone()),
                Row::Tombstone { .. } => None,
            })
            .collect();
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
}

impl Scope {
    fn put(&mut self, record: &Record) -> Result<(), StoreError> {
        match self.records.get(record.connection_id()) {
            Some(Row::Tombstone { .. }) => {
                Err(StoreError::new(StoreErrorKind::Closed).about(record.connection_id()))
            }
            _ => {
                self.records.insert(record.connection_id().to_owned(), Row::Record(record.clone()));
                Ok(())
            }
        }
    }

    fn get(&self, connection_id: &str) -> Option<&Record> {
        match self.records.get(connection_id)? {
            Row::Record(record) => Some(record),
            Row::Tombstone { .. } => None,
        }
    }

    fn delete(&mut self, connection_id: &str, tombstone_until: u64) -> Option<Record> {
        match self.records.remove(connection_id) {
            Some(Row::Record(record)) => Some(record),
            Some(tombstone) => {
                self.records.insert(connection_id.to_owned(), tombstone);
                None
            }
            None => {
                self.records.insert(connection_id.to_owned(), Row::Tombstone { until: tombstone_until });
                None
            }
        }
    }

    fn delete_gone(&mut self, connection_id: &str, connected_before: u64) -> GoneOutcome {
        match self.get(connection_id) {
            None => GoneOutcome::Absent,
            Some(record) if record.connected_at() >= connected_before => GoneOutcome::Young,
            Some(_) => match self.records.remove(connection_id) {
                Some(Row::Record(record)) => GoneOutcome::Removed(Box::new(record)),
                _ => GoneOutcome::Absent,
            },
        }
    }

    fn join(&mut self, group: &str, membership: &Membership) -> Result<(), StoreError> {
        let id = &membership.connection_id;
        let Some(Row::Record(record)) = self.records.get_mut(id) else {
            return Err(StoreError::new(StoreErrorKind::UnknownConnection).about(id));
        };
        if !record.is_in(group) && record.groups().len() >= MAX_GROUPS {
            return Err(StoreError::new(StoreErrorKind::TooManyGroups).about(id));
        }
        record.insert_group(group, membership.member.clone());
        let key = (membership.connected_at, id.clone());
        self.groups.entry(group.to_owned()).or_default().insert(key, membership.clone());
        Ok(())
    }

    fn leave(&mut self, group: &str, connection_id: &str, connected_at: u64) -> Option<Membership> {
        if let Some(Row::Record(record)) = self.records.get_mut(connection_id) {
            record.remove_group(group);
        }
        self.remove_membership(group, connection_id, connected_at)
    }

    fn remove_membership(
        &mut self,
        group: &str,
        connection_id: &str,
        connected_at: u64,
    ) -> Option<Membership> {
        let members = self.groups.get_mut(group)?;
        let removed = members.remove(&(connected_at, connection_id.to_owned()));
        if members.is_empty() {
            self.groups.remove(group);
        }
        removed
    }

    fn members(&self, query: &MembersQuery<'_>) -> MembershipPage {
        let Some(members) = self.groups.get(query.group) else {
            return MembershipPage::default();
        };
        let after = query
            .cursor
            .as_ref()
            .map_or((0, String::new()), |cursor| (cursor.connected_at(), cursor.connection_id().to_owned()));
        let start = after.max((query.connected_since, String::new()));
        let mut rest = members.range(&start..).filter(|(key, _)| **key != start).map(|(_, member)| member);
        let page: Vec<Membership> = rest.by_ref().take(query.limit as usize).cloned().collect();
        let cursor = match (rest.next(), page.last()) {
            (Some(_), Some(last)) => Some(Cursor::after(0, last.connected_at, last.connection_id.clone())),
            _ => None,
        };
        MembershipPage::new(0, page, cursor)
    }
}

impl ConnectionStore for MemoryStore {
    fn put<'a>(&'a self, scope: &'a str, record: &'a Record) -> BoxFuture<'a, Result<(), StoreError>> {
        Box::pin(async move { self.with(scope, |scope| scope.put(record)) })
    }

    fn get<'a>(&'a self, scope: &'a str, id: &'a str) -> BoxFuture<'a, Result<Option<Record>, StoreError>> {
        Box::pin(async move { Ok(self.with(scope, |scope| scope.get(id).cloned())) })
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
        Box::pin(async move { Ok(self.with(scope, |scope| scope.delete_gone(id, connected_before))) })
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
        Box::pin(async move { Ok(self.with(scope, |scope| scope.leave(group, id, connected_at))) })
    }

    fn members<'a>(
        &'a self,
        query: &'a MembersQuery<'a>,
    ) -> BoxFuture<'a, Result<MembershipPage, StoreError>> {
        Box::pin(async move { Ok(self.with(query.scope, |scope| scope.members(query))) })
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
}
