//! The rows of one scope in memory.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::hash::{BuildHasher, BuildHasherDefault, DefaultHasher};
use std::ops::Bound;

use crate::connection::Record;
use crate::store::{
    Change, ConnectionsPage, ConnectionsQuery, Cursor, GoneOutcome, Listed, MAX_GROUPS, MembersQuery,
    Membership, MembershipPage, StoreError, StoreErrorKind, Whom,
};

/// Time of connecting and connection id.
type Place = (u64, String);

#[derive(Debug, Default)]
pub(super) struct Scope {
    rows: HashMap<String, Row>,
    /// The places of all records, no tombstones.
    by_time: BTreeSet<Place>,
    groups: HashMap<String, BTreeMap<Place, Membership>>,
}

#[derive(Debug)]
#[allow(clippy::large_enum_variant, reason = "nearly all rows are records")]
enum Row {
    Record(Record),
    Tombstone { until: u64 },
}

impl Scope {
    pub(super) fn sweep(&mut self, now: u64) {
        let Self { rows, by_time, groups } = self;
        rows.retain(|_, row| match row {
            Row::Record(record) => {
                let stays = record.expires_at().saturating_mul(1_000) > now;
                if !stays {
                    by_time.remove(&place(record));
                }
                stays
            }
            Row::Tombstone { until } => *until > now,
        });
        groups.retain(|_, members| {
            members.retain(|_, member| member.expires_at.saturating_mul(1_000) > now);
            !members.is_empty()
        });
    }

    pub(super) fn records(&self) -> impl Iterator<Item = &Record> {
        self.rows.values().filter_map(|row| match row {
            Row::Record(record) => Some(record),
            Row::Tombstone { .. } => None,
        })
    }

    pub(super) fn put(&mut self, record: &Record) -> Result<(), StoreError> {
        match self.rows.get(record.connection_id()) {
            Some(Row::Tombstone { .. }) => {
                Err(StoreError::new(StoreErrorKind::Closed).about(record.connection_id()))
            }
            _ => {
                self.remove(record.connection_id());
                self.by_time.insert(place(record));
                self.rows.insert(record.connection_id().to_owned(), Row::Record(record.clone()));
                Ok(())
            }
        }
    }

    pub(super) fn get(&self, connection_id: &str) -> Option<&Record> {
        match self.rows.get(connection_id)? {
            Row::Record(record) => Some(record),
            Row::Tombstone { .. } => None,
        }
    }

    pub(super) fn delete(&mut self, connection_id: &str, tombstone_until: u64) -> Option<Record> {
        let removed = self.remove(connection_id);
        if removed.is_none() {
            let tombstone = Row::Tombstone { until: tombstone_until };
            self.rows.entry(connection_id.to_owned()).or_insert(tombstone);
        }
        removed
    }

    /// Removes a record, and no tombstone.
    fn remove(&mut self, connection_id: &str) -> Option<Record> {
        let place = place(self.get(connection_id)?);
        self.by_time.remove(&place);
        match self.rows.remove(connection_id)? {
            Row::Record(record) => Some(record),
            Row::Tombstone { .. } => None,
        }
    }

    pub(super) fn delete_gone(&mut self, connection_id: &str, connected_before: u64) -> GoneOutcome {
        match self.get(connection_id) {
            None => GoneOutcome::Absent,
            Some(record) if record.connected_at() >= connected_before => GoneOutcome::Young,
            Some(_) => match self.remove(connection_id) {
                Some(record) => GoneOutcome::Removed(Box::new(record)),
                None => GoneOutcome::Absent,
            },
        }
    }

    pub(super) fn change(&mut self, connection_id: &str, change: &Change) -> Result<Record, StoreError> {
        let Some(Row::Record(record)) = self.rows.get_mut(connection_id) else {
            return Err(StoreError::new(StoreErrorKind::UnknownConnection).about(connection_id));
        };
        record.apply(change);
        Ok(record.clone())
    }

    pub(super) fn join(&mut self, group: &str, membership: &Membership) -> Result<(), StoreError> {
        let id = &membership.connection_id;
        let Some(Row::Record(record)) = self.rows.get_mut(id) else {
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

    pub(super) fn leave(
        &mut self,
        group: &str,
        connection_id: &str,
        connected_at: u64,
    ) -> Option<Membership> {
        if let Some(Row::Record(record)) = self.rows.get_mut(connection_id) {
            record.remove_group(group);
        }
        self.remove_membership(group, connection_id, connected_at)
    }

    pub(super) fn remove_membership(
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

    pub(super) fn members(&self, query: &MembersQuery<'_>) -> MembershipPage {
        let is_elsewhere = query.cursor.as_ref().is_some_and(|cursor| cursor.shard() != 0);
        let Some(members) = self.groups.get(query.group).filter(|_| !is_elsewhere) else {
            return MembershipPage::default();
        };
        let mut rest = members.range(start(&query.cursor, query.connected_since)).map(|(_, member)| member);
        let page: Vec<Membership> = rest.by_ref().take(query.limit as usize).cloned().collect();
        let cursor = match (rest.next(), page.last()) {
            (Some(_), Some(last)) => Some(Cursor::after(0, last.connected_at, last.connection_id.clone())),
            _ => None,
        };
        MembershipPage::new(0, page, cursor)
    }

    pub(super) fn connections(&self, query: &ConnectionsQuery<'_>) -> Result<ConnectionsPage, StoreError> {
        let shard = query.whom.start().shard();
        if query.cursor.as_ref().is_some_and(|cursor| cursor.shard() != shard) {
            return Err(StoreErrorKind::InvalidCursor.into());
        }
        let rest = self.by_time.range(start(&query.cursor, query.connected_since));
        let records = rest.filter_map(|(_, id)| self.get(id));
        let mut wanted = records.filter(|record| is_wanted(record, query.whom));
        let page: Vec<Listed> =
            wanted.by_ref().take(query.limit as usize).map(|record| listed(shard, record)).collect();
        let cursor = wanted.next().and(page.last()).map(Listed::cursor);
        Ok(ConnectionsPage::new(page, cursor))
    }
}

/// From right after a cursor, without the dead.
fn start(cursor: &Option<Cursor>, connected_since: u64) -> (Bound<Place>, Bound<Place>) {
    let living = (connected_since, String::new());
    let after = cursor.as_ref().map(|cursor| (cursor.connected_at(), cursor.connection_id().to_owned()));
    let start = match after {
        Some(after) if after >= living => Bound::Excluded(after),
        _ => Bound::Included(living),
    };
    (start, Bound::Unbounded)
}

fn place(record: &Record) -> Place {
    (record.connected_at(), record.connection_id().to_owned())
}

fn is_wanted(record: &Record, whom: Whom<'_>) -> bool {
    match whom {
        Whom::User(user) => record.user() == Some(user),
        Whom::Tenant(tenant) => record.tenant().unwrap_or_default() == tenant,
        Whom::All { segment, of } => {
            // The same in each call: this hasher has fixed keys.
            let hash = BuildHasherDefault::<DefaultHasher>::default().hash_one(record.connection_id());
            hash % u64::from(of.max(1)) == u64::from(segment)
        }
    }
}

fn listed(shard: u16, record: &Record) -> Listed {
    Listed::new(shard, record.connected_at(), record.connection_id())
        .with_user(record.user().map(str::to_owned))
        .with_tenant(record.tenant().map(str::to_owned))
}
