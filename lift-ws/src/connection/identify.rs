//! Who an open connection is, changed.

use std::future::IntoFuture;
use std::sync::Arc;

use serde::Serialize;

use super::lifecycle::check_identity;
use super::tally::TableCall;
use super::{Connections, Grant, Record, connection_id};
use crate::store::{BoxFuture, Change, StoreError, StoreErrorKind};

/// Changes who an open connection is: see [`Connections::identify`]. Await it.
#[derive(Debug)]
#[must_use = "nothing changes before it is awaited"]
pub struct Identify<'a> {
    connections: &'a Connections,
    connection_id: String,
    change: Result<Change, StoreError>,
}

impl Connections {
    /// Says anew who an open connection is: after a first message that authenticates it, or with other rights.
    ///
    /// What is not named stays; an empty name takes it away. The record's [`revision`](Record::revision) goes up
    /// by one, and it is this environment's at once. Others may use the record that they have cached for as long as
    /// the cache's life: where that matters, they read [`fresh`](Self::fresh). Groups joined before keep the user
    /// that they were joined with; joining again renews it.
    ///
    /// ```
    /// # use lift_ws::{connection::Connections, store::StoreError};
    /// # async fn handler(conns: Connections) -> Result<(), StoreError> {
    /// let record = conns.identify("AbC=").user("ann").tenant("acme").await?;
    /// assert_eq!(record.user(), Some("ann"));
    /// # Ok(()) }
    /// ```
    pub fn identify(&self, connection_id: impl Into<String>) -> Identify<'_> {
        Identify { connections: self, connection_id: connection_id.into(), change: Ok(Change::new()) }
    }
}

impl Identify<'_> {
    /// Sets the user.
    pub fn user(mut self, user: impl Into<String>) -> Self {
        self.change = self.change.map(|change| change.with_user(user));
        self
    }

    /// Sets the tenant.
    pub fn tenant(mut self, tenant: impl Into<String>) -> Self {
        self.change = self.change.map(|change| change.with_tenant(tenant));
        self
    }

    /// Sets the attributes, of a type of your own.
    pub fn attributes(mut self, attributes: &(impl Serialize + ?Sized)) -> Self {
        self.change = self.change.and_then(|change| {
            let json = serde_json::to_string(attributes)
                .map_err(|error| StoreError::new(StoreErrorKind::Json).with_source(error))?;
            Ok(change.with_attributes_json(json))
        });
        self
    }

    /// Sets what authentication grants. [`Principal::renew`](crate::auth::Principal::renew) does it for a new token.
    pub fn grant(mut self, grant: Grant) -> Self {
        self.change = self.change.map(|change| change.with_grant(grant));
        self
    }

    async fn run(self) -> Result<Arc<Record>, StoreError> {
        let Self { connections, connection_id: id, change } = self;
        let change = change.map_err(|error| error.about(&id))?;
        connections.change(&id, change).await
    }
}

impl Connections {
    pub(crate) async fn change(&self, id: &str, change: Change) -> Result<Arc<Record>, StoreError> {
        connection_id::check(id)?;
        let granted = change.grant.as_ref().map_or(0, Grant::len);
        let (user, tenant) = (change.user.as_deref(), change.tenant.as_deref());
        check_identity(id, user, tenant, change.attributes.as_deref(), granted)?;
        let scope = self.scope_key()?;
        let outcome = self.ask(TableCall::Change, self.shared.store.change(scope, id, &change)).await;
        let record = outcome.inspect_err(|_| self.shared.cache.remove(id))?; // it may have changed all the same
        self.shared.cache.update(id, |cached| {
            // Of two changes at once the other may have been answered first, and be the later one. So may a join:
            // the groups stay as they are cached.
            if cached.revision() < record.revision() {
                cached.identify_as(&record);
            }
        });
        Ok(Arc::new(record))
    }
}

/// # Errors
///
/// [`StoreErrorKind::UnknownConnection`], [`StoreErrorKind::NameTooLong`], [`StoreErrorKind::AttributesTooLarge`],
/// [`StoreErrorKind::Json`], or a failure of the store.
///
/// # Cancel safety
///
/// Dropped before it ends, all of it may have changed or nothing. It may be called again.
impl<'a> IntoFuture for Identify<'a> {
    type Output = Result<Arc<Record>, StoreError>;
    type IntoFuture = BoxFuture<'a, Self::Output>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(self.run())
    }
}
