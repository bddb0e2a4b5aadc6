//! What is stored about a connection.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::Grant;
use crate::store::Change;

/// The version of stored rows that this release writes. It reads the neighbours too.
pub const RECORD_VERSION: u16 = 1;

/// What is stored about a connection.
///
/// Its serde form (short names, `v` for the version) is what stores keep; unknown fields are ignored, so that
/// this release reads rows of the next.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Record {
    #[serde(rename = "v", default)]
    pub(crate) version: u16,
    #[serde(rename = "id")]
    pub(crate) connection_id: String,
    #[serde(rename = "c")]
    pub(crate) connected_at: u64,
    #[serde(rename = "exp")]
    pub(crate) expires_at: u64,
    #[serde(rename = "u", default, skip_serializing_if = "Option::is_none")]
    pub(crate) user: Option<String>,
    #[serde(rename = "t", default, skip_serializing_if = "Option::is_none")]
    pub(crate) tenant: Option<String>,
    #[serde(rename = "ip", default, skip_serializing_if = "Option::is_none")]
    pub(crate) source_ip: Option<String>,
    #[serde(rename = "ua", default, skip_serializing_if = "Option::is_none")]
    pub(crate) user_agent: Option<String>,
    #[serde(rename = "a", default, skip_serializing_if = "Option::is_none")]
    pub(crate) attributes: Option<String>,
    #[serde(rename = "au", default, skip_serializing_if = "Grant::is_empty")]
    pub(crate) grant: Grant,
    #[serde(rename = "n", default, skip_serializing_if = "is_zero")]
    pub(crate) revision: u32,
    // A map, not a set: a `$disconnect` handler knows from the one deleted row who it was in each group.
    #[serde(rename = "g", default)]
    pub(crate) groups: BTreeMap<String, String>,
}

impl Record {
    /// A record of a connection, from when it was made (milliseconds since the epoch) until when the row may
    /// be forgotten (seconds since the epoch).
    #[must_use]
    pub fn new(connection_id: impl Into<String>, connected_at: u64, expires_at: u64) -> Self {
        Self {
            version: RECORD_VERSION,
            connection_id: connection_id.into(),
            connected_at,
            expires_at,
            user: None,
            tenant: None,
            source_ip: None,
            user_agent: None,
            attributes: None,
            grant: Grant::default(),
            revision: 0,
            groups: BTreeMap::new(),
        }
    }

    /// Sets the user. An empty name is no name.
    #[must_use]
    pub fn with_user(mut self, user: Option<String>) -> Self {
        self.user = user.filter(|name| !name.is_empty());
        self
    }

    /// Sets the tenant. An empty name is no name.
    #[must_use]
    pub fn with_tenant(mut self, tenant: Option<String>) -> Self {
        self.tenant = tenant.filter(|name| !name.is_empty());
        self
    }

    /// Sets where the client came from.
    #[must_use]
    pub fn with_client(mut self, source_ip: Option<String>, user_agent: Option<String>) -> Self {
        self.source_ip = source_ip;
        self.user_agent = user_agent;
        self
    }

    /// Sets the attributes, as JSON text.
    #[must_use]
    pub fn with_attributes_json(mut self, json: Option<String>) -> Self {
        self.attributes = json;
        self
    }

    /// Sets what authentication granted.
    #[must_use]
    pub fn with_grant(mut self, grant: Grant) -> Self {
        self.grant = grant;
        self
    }

    /// Notes a group and the `member` value in it, as JSON text. For stores.
    pub fn insert_group(&mut self, group: impl Into<String>, member: Option<String>) {
        self.groups.insert(group.into(), member.unwrap_or_else(|| "null".to_owned()));
    }

    /// Forgets a group. For stores.
    pub fn remove_group(&mut self, group: &str) {
        self.groups.remove(group);
    }

    /// Changes who it is, and counts that. For stores.
    pub fn apply(&mut self, change: &Change) {
        let Change { user, tenant, attributes, grant } = change;
        let new = |new: &Option<String>, old: &mut Option<String>| {
            if let Some(new) = new {
                *old = Some(new.clone()).filter(|new| !new.is_empty());
            }
        };
        new(user, &mut self.user);
        new(tenant, &mut self.tenant);
        new(attributes, &mut self.attributes);
        if let Some(grant) = grant {
            self.grant.clone_from(grant);
        }
        self.revision += 1;
    }

    /// Takes over who the connection is from a newer record of it; the groups stay.
    pub(crate) fn identify_as(&mut self, newer: &Self) {
        self.user.clone_from(&newer.user);
        self.tenant.clone_from(&newer.tenant);
        self.attributes.clone_from(&newer.attributes);
        self.grant.clone_from(&newer.grant);
        self.revision = newer.revision;
    }

    /// How often it has changed who the connection is: see [`Connections::identify`](super::Connections::identify).
    #[must_use]
    pub fn revision(&self) -> u32 {
        self.revision
    }

    /// The version of the row: see [`RECORD_VERSION`].
    #[must_use]
    pub fn version(&self) -> u16 {
        self.version
    }

    /// The connection id.
    #[must_use]
    pub fn connection_id(&self) -> &str {
        &self.connection_id
    }

    /// When the connection was made, in milliseconds since the epoch.
    #[must_use]
    pub fn connected_at(&self) -> u64 {
        self.connected_at
    }

    /// When the row may be forgotten, in seconds since the epoch.
    #[must_use]
    pub fn expires_at(&self) -> u64 {
        self.expires_at
    }

    /// Whose connection it is.
    #[must_use]
    pub fn user(&self) -> Option<&str> {
        self.user.as_deref()
    }

    /// The tenant it belongs to.
    #[must_use]
    pub fn tenant(&self) -> Option<&str> {
        self.tenant.as_deref()
    }

    /// The client's address.
    #[must_use]
    pub fn source_ip(&self) -> Option<&str> {
        self.source_ip.as_deref()
    }

    /// What the client called itself.
    #[must_use]
    pub fn user_agent(&self) -> Option<&str> {
        self.user_agent.as_deref()
    }

    /// What the app chose to keep, in the app's type; `None` if it kept nothing.
    ///
    /// ```
    /// # use lift_ws::connection::Record;
    /// #[derive(serde::Deserialize)]
    /// struct Plan<'a> { plan: &'a str }
    ///
    /// let record = Record::new("AbC=", 0, 0).with_attributes_json(Some(r#"{"plan":"gold"}"#.into()));
    /// assert_eq!(record.attributes::<Plan>()?.unwrap().plan, "gold");
    /// # Ok::<(), serde_json::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// If what is stored is not of this type.
    pub fn attributes<'a, T: Deserialize<'a>>(&'a self) -> Result<Option<T>, serde_json::Error> {
        self.attributes.as_deref().map(serde_json::from_str).transpose()
    }

    /// What the app chose to keep, as JSON text.
    #[must_use]
    pub fn attributes_json(&self) -> Option<&str> {
        self.attributes.as_deref()
    }

    /// What authentication granted: roles, and until when. Handlers read it as
    /// [`Principal`](crate::auth::Principal).
    #[must_use]
    pub fn grant(&self) -> &Grant {
        &self.grant
    }

    /// The groups it is in, in alphabetical order.
    pub fn groups(&self) -> impl ExactSizeIterator<Item = &str> {
        self.groups.keys().map(String::as_str)
    }

    /// Whether it is in a group.
    #[must_use]
    pub fn is_in(&self, group: &str) -> bool {
        self.groups.contains_key(group)
    }

    /// The `member` value with which it joined a group; `None` if it is not in it.
    ///
    /// A `$disconnect` handler tells the others who left with it, without another read.
    ///
    /// # Errors
    ///
    /// If what is stored is not of this type.
    pub fn member<'a, T: Deserialize<'a>>(&'a self, group: &str) -> Result<Option<T>, serde_json::Error> {
        self.groups.get(group).map(|json| serde_json::from_str(json)).transpose()
    }

    /// Whether this release can read the row: its own version and the neighbours.
    #[must_use]
    pub fn is_readable(&self) -> bool {
        self.version <= RECORD_VERSION + 1
    }
}

#[allow(clippy::trivially_copy_pass_by_ref, reason = "serde gives a reference")]
fn is_zero(number: &u32) -> bool {
    *number == 0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_of_the_neighbouring_releases_are_read() {
        let older = r#"{"id":"a=","c":1,"exp":2}"#;
        let newer = r#"{"v":2,"id":"a=","c":1,"exp":2,"u":"ann","g":{"red":"null"},"zone":"new"}"#;
        let much_newer = r#"{"v":3,"id":"a=","c":1,"exp":2}"#;
        let read = |json| serde_json::from_str::<Record>(json).unwrap();
        assert!(read(older).is_readable());
        assert!(read(newer).is_readable());
        assert!(read(newer).is_in("red"));
        assert!(!read(much_newer).is_readable());
    }

    #[test]
    fn an_empty_name_is_no_name() {
        let record = Record::new("a=", 1, 2).with_user(Some(String::new())).with_tenant(Some(String::new()));
        assert_eq!((record.user(), record.tenant()), (None, None));
    }

    #[test]
    fn member_values_are_read_in_the_type_of_the_app() {
        let mut record = Record::new("a=", 1, 2);
        record.insert_group("red", Some(r#"{"name":"ann"}"#.into()));
        record.insert_group("blue", None);
        let name: BTreeMap<String, String> = record.member("red").unwrap().unwrap();
        assert_eq!(name["name"], "ann");
        assert_eq!(record.member::<()>("blue").unwrap(), Some(()));
        assert_eq!(record.member::<()>("green").unwrap(), None);
        assert!(record.member::<u8>("red").is_err());
    }
}
