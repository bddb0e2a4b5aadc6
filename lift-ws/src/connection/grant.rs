//! What authentication grants, beside a name.

use serde::{Deserialize, Serialize};

/// What authentication grants, beside a name: roles, and until when. It stands in the [`Record`](super::Record).
///
/// Apps read it as [`Principal`](crate::auth::Principal). It has a place of its own in the record, so that nothing an app
/// keeps in its attributes can be taken for a role.
///
/// ```
/// # use lift_ws::connection::{Grant, Record};
/// let grant = Grant::new(["admin"]).until(1_767_225_600);
/// let record = Record::new("AbC=", 0, 0).with_grant(grant);
/// assert_eq!(record.grant().roles, ["admin"]);
/// ```
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Grant {
    /// The roles, in the order in which they were given.
    #[serde(rename = "r", default, skip_serializing_if = "Vec::is_empty")]
    pub roles: Vec<String>,
    /// Until when all of it is known, in seconds since the epoch; `None`: as long as the connection lasts.
    #[serde(rename = "x", default, skip_serializing_if = "Option::is_none")]
    pub until: Option<u64>,
}

impl Grant {
    /// These roles, for as long as the connection lasts.
    #[must_use]
    pub fn new<R: Into<String>>(roles: impl IntoIterator<Item = R>) -> Self {
        Self { roles: roles.into_iter().map(Into::into).collect(), until: None }
    }

    /// The same, until a time in seconds since the epoch.
    #[must_use]
    pub fn until(self, seconds: u64) -> Self {
        Self { until: Some(seconds), ..self }
    }

    /// Is nothing granted, and nothing limited?
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.roles.is_empty() && self.until.is_none()
    }

    /// Is the time over, at this one in milliseconds since the epoch?
    pub(crate) fn is_over(&self, now: u64) -> bool {
        self.until.is_some_and(|until| until <= now / 1_000)
    }

    /// How many bytes the roles take.
    pub(crate) fn len(&self) -> usize {
        self.roles.iter().map(String::len).sum()
    }
}
