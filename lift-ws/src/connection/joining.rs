//! Into a group, and out of it.

use serde::Serialize;

use super::Connections;
use super::admission::expiry;
use super::tally::TableCall;
use crate::store::{MAX_GROUP_BYTES, MAX_MEMBER_BYTES, Membership, StoreError, StoreErrorKind};

impl Connections {
    /// Puts a connection into a group, with a small value that [`members`](Self::members) and a `$disconnect`
    /// handler ([`Record::member`](super::Record::member)) give back. Joining again replaces the value.
    ///
    /// A member whose join has been answered is reached by every later [`group`](Self::group) send.
    ///
    /// ```
    /// # use lift_ws::{connection::Connections, store::StoreError};
    /// # async fn handler(conns: Connections) -> Result<(), StoreError> {
    /// conns.join("AbC=", "red", "Ann").await?;
    /// let members = conns.members::<String>("red").await?;
    /// assert!(members.iter().any(|member| member.value == "Ann"));
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    ///
    /// [`StoreErrorKind::UnknownConnection`], [`StoreErrorKind::TooManyGroups`], or a failure of the store.
    ///
    /// # Cancel safety
    ///
    /// Dropped before it ends, the connection may be in the group or not, never half: its record and the membership
    /// change together. It may be called again. A record that this environment has cached may not show the group
    /// for as long as the cache's life.
    pub async fn join<M>(
        &self,
        connection_id: impl AsRef<str>,
        group: impl AsRef<str>,
        member: &M,
    ) -> Result<(), StoreError>
    where
        M: Serialize + ?Sized,
    {
        let (id, group) = (connection_id.as_ref(), group.as_ref());
        let json = serde_json::to_string(member)
            .map_err(|error| StoreError::new(StoreErrorKind::Json).about(group).with_source(error))?;
        check_group(group)?;
        check_member(group, Some(&json))?;
        let Some(record) = self.record(id).await? else {
            return Err(StoreError::new(StoreErrorKind::UnknownConnection).about(id));
        };
        let membership = Membership::new(id, record.connected_at(), expiry(record.connected_at()))
            .with_user(record.user().map(str::to_owned))
            .with_member(Some(json));
        self.join_as(group, membership).await
    }

    pub(super) async fn join_as(&self, group: &str, membership: Membership) -> Result<(), StoreError> {
        let scope = self.scope_key()?;
        let outcome = self.ask(TableCall::Join, self.shared.store.join(scope, group, &membership)).await;
        outcome.inspect_err(|_| self.shared.cache.remove(&membership.connection_id))?; // it may have joined all the same
        self.shared.cache.update(&membership.connection_id, |record| {
            record.insert_group(group, membership.member.clone());
        });
        Ok(())
    }

    /// Takes a connection out of a group; `true` if it was in it.
    ///
    /// # Errors
    ///
    /// When the store cannot be read or written.
    ///
    /// # Cancel safety
    ///
    /// As [`join`](Self::join); called again, it returns `false` if the first call had come through.
    pub async fn leave(
        &self,
        connection_id: impl AsRef<str>,
        group: impl AsRef<str>,
    ) -> Result<bool, StoreError> {
        let (id, group) = (connection_id.as_ref(), group.as_ref());
        check_group(group)?;
        let Some(record) = self.record(id).await? else {
            return Ok(false);
        };
        let scope = self.scope_key()?;
        let outcome = self
            .ask(TableCall::Leave, self.shared.store.leave(scope, group, id, record.connected_at()))
            .await;
        let left = outcome.inspect_err(|_| self.shared.cache.remove(id))?; // it may have left all the same
        self.shared.cache.update(id, |record| record.remove_group(group));
        Ok(left.is_some())
    }
}

pub(super) fn check_group(group: &str) -> Result<(), StoreError> {
    if (1..=MAX_GROUP_BYTES).contains(&group.len()) {
        return Ok(());
    }
    let shown: String = group.chars().take(64).collect();
    Err(StoreError::new(StoreErrorKind::InvalidGroup).about(shown))
}

pub(super) fn check_member(group: &str, json: Option<&str>) -> Result<(), StoreError> {
    match json {
        Some(json) if json.len() > MAX_MEMBER_BYTES => {
            Err(StoreError::new(StoreErrorKind::MemberTooLarge).about(group))
        }
        _ => Ok(()),
    }
}
