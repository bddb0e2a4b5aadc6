//! What changes about who a connection is.

use crate::connection::Grant;

/// What changes about who a connection is, while it is open. What is not named stays; an empty name takes it away.
///
/// ```
/// # use lift_ws::store::Change;
/// let change = Change::new().with_user("ann").with_attributes_json(r#"{"plan":"gold"}"#);
/// ```
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Change {
    /// Whose connection it is.
    pub user: Option<String>,
    /// The tenant it belongs to.
    pub tenant: Option<String>,
    /// What the app keeps, as JSON text.
    pub attributes: Option<String>,
    /// What authentication grants; an empty one takes it away.
    pub grant: Option<Grant>,
}

impl Change {
    /// Nothing changes, but the record's [`revision`](crate::connection::Record::revision).
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets the user.
    #[must_use]
    pub fn with_user(mut self, user: impl Into<String>) -> Self {
        self.user = Some(user.into());
        self
    }

    /// Sets the tenant.
    #[must_use]
    pub fn with_tenant(mut self, tenant: impl Into<String>) -> Self {
        self.tenant = Some(tenant.into());
        self
    }

    /// Sets the attributes, as JSON text.
    #[must_use]
    pub fn with_attributes_json(mut self, json: impl Into<String>) -> Self {
        self.attributes = Some(json.into());
        self
    }

    /// Sets what authentication grants.
    #[must_use]
    pub fn with_grant(mut self, grant: Grant) -> Self {
        self.grant = Some(grant);
        self
    }
}
