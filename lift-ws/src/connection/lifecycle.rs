//! From accepted to closed: what the run time stores about a connection.

use std::sync::Arc;
use std::time::Duration;

use super::connection_id::can_be;
use super::joining::{check_group, check_member};
use super::settings::TOMBSTONE_LIFE;
use super::tally::{Count, TableCall};
use super::{Admission, Connections, Record};
use crate::ambient;
use crate::store::{
    MAX_ATTRIBUTES_BYTES, MAX_GROUPS, MAX_NAME_BYTES, Membership, StoreError, StoreErrorKind,
};

/// How long taking a refused connection's record back may last.
const WITHDRAWAL: Duration = Duration::from_secs(1);

impl Connections {
    /// Saves a connection that was accepted, and joins its groups.
    ///
    /// Costs one write, and one transaction per group. If any of it fails, nothing stays: the handshake is to
    /// be refused.
    ///
    /// # Errors
    ///
    /// [`StoreErrorKind::Closed`] if the connection has closed meanwhile; [`StoreErrorKind::NameTooLong`] or
    /// [`StoreErrorKind::AttributesTooLarge`]; what [`join`](Self::join) refuses; a failure of the store.
    ///
    /// # Cancel safety
    ///
    /// Dropped before it ends, the record and some memberships may stay until they expire.
    pub async fn admitted(&self, admission: Admission) -> Result<Arc<Record>, StoreError> {
        let scope = self.scope_key()?;
        let (mut record, groups) = admission.into_record();
        check(&record, &groups)?;
        let version = self.shared.cache.version(record.connection_id());
        if let Err(error) = self.save(scope, &mut record, groups).await {
            // A call that failed may have stored all the same; of a connection that has closed nothing is left.
            if error.kind() != StoreErrorKind::Closed {
                self.withdraw(&record).await;
            }
            return Err(error);
        }
        self.shared.tally.add(Count::Connects);
        let record = Arc::new(record);
        self.shared.cache.insert(scope, Arc::clone(&record), version);
        Ok(record)
    }

    async fn save(
        &self,
        scope: &str,
        record: &mut Record,
        groups: Vec<(String, Option<String>)>,
    ) -> Result<(), StoreError> {
        self.ask(TableCall::Put, self.shared.store.put(scope, record)).await?;
        for (group, member) in groups {
            let membership = membership(record, member.clone());
            self.ask(TableCall::Join, self.shared.store.join(scope, &group, &membership)).await?;
            record.insert_group(group, member);
        }
        Ok(())
    }

    /// Removes what is stored of a handshake that is refused after all, and leaves a tombstone for a write that
    /// is still under way. It has a time of its own: often the event's is up, and that is why.
    async fn withdraw(&self, record: &Record) {
        let anew = self.clone().with_deadline(ambient::now() + WITHDRAWAL);
        if let Err(error) = anew.depart_for_good(record.connection_id()).await {
            tracing::warn!(
                connection_id = record.connection_id(),
                error = &error as &dyn std::error::Error,
                "the record of a refused connection could not be removed; it expires by itself"
            );
        }
    }

    /// A deletion that found the record leaves no tombstone, and a second try of the save may still be on its way.
    async fn depart_for_good(&self, connection_id: &str) -> Result<(), StoreError> {
        if self.departed(connection_id).await?.is_some() {
            self.departed(connection_id).await?;
        }
        Ok(())
    }

    /// The record of a connection, at most as old as the cache's life; `None` if there is none.
    ///
    /// # Errors
    ///
    /// When the store cannot be read.
    ///
    /// # Cancel safety
    ///
    /// It changes nothing stored and may be dropped.
    pub async fn record(&self, connection_id: &str) -> Result<Option<Arc<Record>>, StoreError> {
        match self.cached(connection_id)? {
            Some(record) => Ok(Some(record)),
            None => self.fresh(connection_id).await,
        }
    }

    /// The record if it is cached. One of a login whose time is over does not count: the login may have been renewed in
    /// another environment.
    ///
    /// # Errors
    ///
    /// [`StoreErrorKind::NoScope`] on a handle that belongs to no API.
    pub fn cached(&self, connection_id: &str) -> Result<Option<Arc<Record>>, StoreError> {
        let cached = self.shared.cache.get(self.scope_key()?, connection_id);
        // most have no end, and need no clock
        let is_over = |record: &Record| {
            record.grant().until.is_some() && record.grant().is_over(self.shared.clock.now())
        };
        Ok(cached.filter(|record| !is_over(record)))
    }

    /// The record of a connection as it is stored now; `None` if there is none.
    ///
    /// # Errors
    ///
    /// When the store cannot be read.
    ///
    /// # Cancel safety
    ///
    /// As [`record`](Self::record).
    pub async fn fresh(&self, connection_id: &str) -> Result<Option<Arc<Record>>, StoreError> {
        let scope = self.scope_key()?;
        if !can_be(connection_id) {
            return Ok(None);
        }
        let now = self.shared.clock.now() / 1_000;
        let version = self.shared.cache.version(connection_id);
        let record = self.ask(TableCall::Get, self.shared.store.get(scope, connection_id)).await?;
        // A store removes expired rows when it pleases; DynamoDB takes up to days.
        let record = record.filter(|record| record.expires_at() > now).map(Arc::new);
        match &record {
            Some(record) => self.shared.cache.insert(scope, Arc::clone(record), version),
            None => self.shared.cache.remove(connection_id),
        }
        Ok(record)
    }

    /// Removes what is stored about a connection that has closed, and returns the record as it was.
    ///
    /// Of all who remove it (a second `$disconnect`, a clean-up after 410) only one gets the record: that one
    /// tells others. Costs one delete and the memberships' removal in batches; if there was no record, also a
    /// tombstone, so that a late save loses.
    ///
    /// # Errors
    ///
    /// When the store cannot be written. Memberships that stay behind are no failure: they expire, and
    /// a post to them cleans up.
    ///
    /// # Cancel safety
    ///
    /// Dropped before it ends, the record may be removed and lost: nobody gets it then.
    pub async fn departed(&self, connection_id: &str) -> Result<Option<Record>, StoreError> {
        if !can_be(connection_id) {
            return Ok(None);
        }
        let scope = self.scope_key()?;
        self.shared.cache.remove(connection_id);
        let tombstone_until = self.shared.clock.now().saturating_add(TOMBSTONE_LIFE.as_secs() * 1_000);
        let outcome = self
            .ask(TableCall::Delete, self.shared.store.delete(scope, connection_id, tombstone_until))
            .await;
        // Again: another task may have read it meanwhile.
        self.shared.cache.remove(connection_id);
        let record = outcome?;
        if let Some(record) = &record {
            self.forget(record).await;
        }
        Ok(record)
    }

    /// Removes the memberships of a record that has been removed.
    pub(super) async fn forget(&self, record: &Record) {
        self.shared.cache.remove(record.connection_id());
        let groups: Vec<&str> = record.groups().collect();
        self.forget_groups(record.connection_id(), record.connected_at(), &groups).await;
    }

    pub(super) async fn forget_groups(&self, connection_id: &str, connected_at: u64, groups: &[&str]) {
        let Ok(scope) = self.scope_key() else { return };
        if groups.is_empty() {
            return;
        }
        let removal = self.shared.store.remove_memberships(scope, connection_id, connected_at, groups);
        if let Err(error) = self.ask(TableCall::Forget, removal).await {
            tracing::warn!(
                connection_id,
                error = &error as &dyn std::error::Error,
                "memberships of a closed connection could not be removed; they expire by themselves"
            );
        }
    }
}

fn check(record: &Record, groups: &[(String, Option<String>)]) -> Result<(), StoreError> {
    let id = record.connection_id();
    check_identity(id, record.user(), record.tenant(), record.attributes_json(), record.grant().len())?;
    if groups.len() > MAX_GROUPS {
        return Err(StoreError::new(StoreErrorKind::TooManyGroups).about(id));
    }
    groups.iter().try_for_each(|(group, member)| {
        check_group(group)?;
        check_member(group, member.as_deref())
    })
}

pub(super) fn check_identity(
    connection_id: &str,
    user: Option<&str>,
    tenant: Option<&str>,
    attributes: Option<&str>,
    granted: usize,
) -> Result<(), StoreError> {
    let longer = |text: Option<&str>, most: usize| text.is_some_and(|text| text.len() > most);
    if longer(user, MAX_NAME_BYTES) || longer(tenant, MAX_NAME_BYTES) {
        return Err(StoreError::new(StoreErrorKind::NameTooLong).about(connection_id));
    }
    if attributes.map_or(0, str::len) + granted > MAX_ATTRIBUTES_BYTES {
        return Err(StoreError::new(StoreErrorKind::AttributesTooLarge).about(connection_id));
    }
    Ok(())
}

fn membership(record: &Record, member: Option<String>) -> Membership {
    Membership::new(record.connection_id(), record.connected_at(), record.expires_at())
        .with_user(record.user().map(str::to_owned))
        .with_member(member)
}
