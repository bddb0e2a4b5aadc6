//! What an accepted `$connect` says about its connection.

use super::settings::RECORD_LIFE;
use super::{Grant, Record};

/// What an accepted `$connect` says about its connection, ready to be saved.
///
/// ```
/// # use lift_ws::connection::Admission;
/// let mut admission = Admission::new("AbC=", 1_767_268_800_000);
/// admission.user = Some("ann".to_owned());
/// ```
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Admission {
    /// The connection id.
    pub connection_id: String,
    /// When it was made, in milliseconds since the epoch.
    pub connected_at: u64,
    /// Whose connection it is.
    pub user: Option<String>,
    /// The tenant it belongs to.
    pub tenant: Option<String>,
    /// The client's address.
    pub source_ip: Option<String>,
    /// What the client called itself.
    pub user_agent: Option<String>,
    /// What the app keeps, as JSON text.
    pub attributes: Option<String>,
    /// What authentication granted.
    pub grant: Grant,
    /// The groups to join, each with its `member` value as JSON text.
    pub groups: Vec<(String, Option<String>)>,
}

impl Admission {
    /// An anonymous connection in no group.
    #[must_use]
    pub fn new(connection_id: impl Into<String>, connected_at: u64) -> Self {
        Self { connection_id: connection_id.into(), connected_at, ..Self::default() }
    }

    pub(crate) fn into_record(self) -> (Record, Vec<(String, Option<String>)>) {
        let record = Record::new(self.connection_id, self.connected_at, expiry(self.connected_at))
            .with_user(self.user)
            .with_tenant(self.tenant)
            .with_client(self.source_ip, self.user_agent)
            .with_attributes_json(self.attributes)
            .with_grant(self.grant);
        (record, self.groups)
    }
}

/// When the rows of a connection may be forgotten, in seconds since the epoch.
pub(crate) fn expiry(connected_at: u64) -> u64 {
    connected_at / 1_000 + RECORD_LIFE.as_secs()
}
