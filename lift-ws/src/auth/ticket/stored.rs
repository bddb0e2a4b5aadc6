//! A ticket as it is issued, and as it is stored.

use crate::auth::{AuthError, AuthErrorKind, Claims, Handshake, Principal};
use crate::connection::Grant;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// What a ticket says: who holds it, and to what it is bound.
///
/// ```
/// use lift_ws::auth::{Principal, Ticket};
///
/// let principal = Principal::of_user("ann").with_tenant("acme").with_role("admin");
/// let ticket = Ticket::new(&principal).origin("https://app.example.org").source_ip("192.0.2.10");
/// ```
#[derive(Clone, Debug, Deserialize, Serialize, PartialEq, Eq)]
pub struct Ticket {
    #[serde(rename = "u", default, skip_serializing_if = "Option::is_none")]
    user: Option<String>,
    #[serde(rename = "t", default, skip_serializing_if = "Option::is_none")]
    tenant: Option<String>,
    /// Known for longer than the ticket is good.
    #[serde(flatten)]
    grant: Grant,
    #[serde(rename = "c", default)]
    claims: Value,
    #[serde(rename = "o", default, skip_serializing_if = "Option::is_none")]
    origin: Option<String>,
    #[serde(rename = "ip", default, skip_serializing_if = "Option::is_none")]
    source_ip: Option<String>,
}

impl Ticket {
    /// For somebody.
    #[must_use]
    pub fn new(principal: &Principal<'_>) -> Self {
        Self {
            user: principal.user().map(ToOwned::to_owned),
            tenant: principal.tenant().map(ToOwned::to_owned),
            grant: principal.grant().clone(),
            claims: Value::Object(Map::new()),
            origin: None,
            source_ip: None,
        }
    }

    /// For whoever has these claims, which the ticket carries.
    ///
    /// # Errors
    /// If they cannot be serialised.
    pub fn of<T: Serialize>(claims: &Claims<T>) -> serde_json::Result<Self> {
        Self::new(claims.principal()).claims(&**claims)
    }

    /// With claims of the app's.
    ///
    /// # Errors
    /// If they cannot be serialised.
    pub fn claims<T: Serialize>(mut self, claims: &T) -> serde_json::Result<Self> {
        self.claims = serde_json::to_value(claims)?;
        Ok(self)
    }

    /// Good for this page alone.
    #[must_use]
    pub fn origin(mut self, origin: impl Into<String>) -> Self {
        self.origin = Some(origin.into());
        self
    }

    /// Good from this address alone. Phones change theirs.
    #[must_use]
    pub fn source_ip(mut self, address: impl Into<String>) -> Self {
        self.source_ip = Some(address.into());
        self
    }

    /// Is it no longer known who holds it? A ticket does not outlive the token that it was given for.
    pub(super) fn is_over(&self, now_millis: u64) -> bool {
        self.grant.is_over(now_millis)
    }

    /// Is it who it was given to?
    pub(super) fn check(&self, handshake: &Handshake<'_>) -> Result<(), AuthError> {
        let is_page =
            self.origin.as_deref().is_none_or(|bound| handshake.origin().is_some_and(|own| own == bound));
        let is_place = self.source_ip.as_deref().is_none_or(|bound| handshake.source_ip() == bound);
        if is_page && is_place { Ok(()) } else { Err(AuthErrorKind::WrongHolder.into()) }
    }

    pub(super) fn into_claims<T: DeserializeOwned>(self) -> Result<Claims<T>, AuthError> {
        let claims = serde_json::from_value(self.claims).map_err(|_| {
            AuthError::from(AuthErrorKind::WrongClaims)
                .with_detail("those of the ticket are not of the app's type")
        })?;
        Ok(Claims::new(Principal::new(self.user, self.tenant, self.grant), claims))
    }
}
