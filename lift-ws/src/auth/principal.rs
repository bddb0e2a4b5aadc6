//! Who somebody is, from the handshake to the last message.

use crate::connection::Record;
use crate::extract::{AvailableOn, ConnectionRejection, FromEvent, Text};
use crate::route::{Disconnect, Message, Needs};
use crate::{Reply, Scope};
use serde::{Deserialize, Serialize};
use std::borrow::Cow;
use std::time::{Duration, SystemTime};

/// Who somebody is: user, tenant, roles, and until when that is known.
///
/// Authentication at `$connect` makes it and stores it with the connection; on messages and `$disconnect` it is an
/// extractor that reads the stored record:
///
/// ```
/// use lift_ws::auth::Principal;
/// use lift_ws::prelude::*;
///
/// #[ws_route("ban")]
/// async fn ban(me: Principal<'_>) -> Result<(), Error> {
///     if !me.has_role("moderator") {
///         return Err(Error::new("forbidden", "only moderators may do this"));
///     }
///     Ok(())
/// }
/// ```
///
/// User and tenant stand in the record itself. Roles and expiry stand in its attributes, under `@auth`, beside
/// what the app keeps there; [`Accept::attributes`](crate::Accept::attributes) must then be a struct or a map.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Principal<'i> {
    user: Option<Cow<'i, str>>,
    tenant: Option<Cow<'i, str>>,
    roles: Vec<Text<'i>>,
    /// In seconds since the epoch.
    expires_at: Option<u64>,
}

impl<'i> Principal<'i> {
    /// Somebody.
    pub fn of_user(user: impl Into<Cow<'i, str>>) -> Self {
        Self { user: Some(user.into()), ..Self::default() }
    }

    /// The tenant that the user belongs to.
    #[must_use]
    pub fn with_tenant(mut self, tenant: impl Into<Cow<'i, str>>) -> Self {
        self.tenant = Some(tenant.into());
        self
    }

    /// A role more.
    #[must_use]
    pub fn with_role(mut self, role: impl Into<Text<'i>>) -> Self {
        self.roles.push(role.into());
        self
    }

    /// Known until this time, in seconds since the epoch.
    #[must_use]
    pub fn with_expiry(mut self, seconds: u64) -> Self {
        self.expires_at = Some(seconds);
        self
    }

    /// What is stored about a connection.
    pub fn of_record(record: &'i Record) -> Self {
        let stored = record.attributes_json().map(Stored::read).unwrap_or_default();
        Self {
            user: record.user().map(Cow::Borrowed),
            tenant: record.tenant().map(Cow::Borrowed),
            roles: stored.roles,
            expires_at: stored.exp,
        }
    }

    /// The user.
    pub fn user(&self) -> Option<&str> {
        self.user.as_deref()
    }

    /// The tenant.
    pub fn tenant(&self) -> Option<&str> {
        self.tenant.as_deref()
    }

    /// The roles, in the order in which they were given.
    pub fn roles(&self) -> impl ExactSizeIterator<Item = &str> {
        self.roles.iter().map(Text::as_str)
    }

    /// Is this one of the roles?
    pub fn has_role(&self, role: &str) -> bool {
        self.roles().any(|mine| mine == role)
    }

    /// Until when this is known: when the token expires. The connection itself may last longer.
    pub fn expires_at(&self) -> Option<SystemTime> {
        SystemTime::UNIX_EPOCH.checked_add(Duration::from_secs(self.expires_at?))
    }

    #[cfg_attr(not(feature = "tickets"), allow(dead_code))]
    pub(super) const fn expires_at_seconds(&self) -> Option<u64> {
        self.expires_at
    }

    /// The reply of `$connect`, with this principal where the handler named none: middleware that authenticates passes
    /// its reply through here.
    ///
    /// The handler's own [`Accept::user`](crate::Accept::user) and [`Accept::tenant`](crate::Accept::tenant) come first.
    pub fn admit(&self, reply: Reply) -> Reply {
        if !reply.is_success() {
            return reply;
        }
        let stored = Stored { roles: self.roles.clone(), exp: self.expires_at };
        reply.map_accept(|mut accept| {
            accept.user = accept.user.or_else(|| self.user().map(ToOwned::to_owned));
            accept.tenant = accept.tenant.or_else(|| self.tenant().map(ToOwned::to_owned));
            match stored.write(accept.attributes.as_deref()) {
                Ok(attributes) => accept.attributes = attributes,
                Err(why) => accept.invalid = accept.invalid.or(Some(why)),
            }
            accept
        })
    }

    /// The same, borrowing nothing.
    #[must_use]
    pub fn into_owned(self) -> Principal<'static> {
        Principal {
            user: self.user.map(|user| Cow::Owned(user.into_owned())),
            tenant: self.tenant.map(|tenant| Cow::Owned(tenant.into_owned())),
            roles: self.roles.into_iter().map(|role| Text::from(role.into_owned())).collect(),
            expires_at: self.expires_at,
        }
    }
}

/// What of a principal stands in the record's attributes. The name cannot be that of a field by accident.
#[derive(Default, Deserialize, Serialize)]
struct Stored<'s> {
    #[serde(borrow, default, skip_serializing_if = "Vec::is_empty")]
    roles: Vec<Text<'s>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    exp: Option<u64>,
}

#[derive(Deserialize)]
struct Attributes<'s> {
    #[serde(rename = "@auth", borrow, default)]
    auth: Stored<'s>,
}

impl<'s> Stored<'s> {
    /// What cannot be read gives no role.
    fn read(attributes: &'s str) -> Self {
        serde_json::from_str::<Attributes<'s>>(attributes).map(|all| all.auth).unwrap_or_default()
    }

    /// Beside the app's own attributes, which are JSON as serde_json writes it.
    fn write(&self, attributes: Option<&str>) -> Result<Option<String>, String> {
        if self.roles.is_empty() && self.exp.is_none() {
            return Ok(attributes.map(ToOwned::to_owned));
        }
        let auth = serde_json::to_string(self).map_err(|error| error.to_string())?;
        match attributes {
            None | Some("null" | "{}") => Ok(Some(format!(r#"{{"@auth":{auth}}}"#))),
            Some(object) if object.starts_with('{') => {
                Ok(Some(format!(r#"{{"@auth":{auth},{}"#, &object[1..])))
            }
            Some(_) => {
                Err("roles are stored beside the attributes, which must be a struct or a map".to_owned())
            }
        }
    }
}

impl<'e, S> FromEvent<'e, S> for Principal<'e> {
    type Rejection = ConnectionRejection;
    fn from_event(scope: &'e Scope<'e, S>) -> Result<Self, Self::Rejection> {
        scope.record().map(Principal::of_record).ok_or_else(ConnectionRejection::new)
    }
}
impl AvailableOn<Message> for Principal<'_> {
    const NEEDS: Needs = Needs::RECORD;
}
impl AvailableOn<Disconnect> for Principal<'_> {
    const NEEDS: Needs = Needs::RECORD;
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Accept, IntoReply};

    fn principal() -> Principal<'static> {
        Principal::of_user("ann")
            .with_tenant("acme")
            .with_role("admin")
            .with_role("a\"b")
            .with_expiry(1_767_225_600)
    }

    fn stored(accept: Accept) -> Record {
        let reply = principal().admit(accept.into_reply());
        let accept = reply.accept().unwrap();
        assert_eq!(accept.invalid, None);
        Record::new("c=", 1, 2)
            .with_user(accept.user.clone())
            .with_tenant(accept.tenant.clone())
            .with_attributes_json(accept.attributes.clone())
    }

    #[test]
    fn an_identity_survives_the_record() {
        assert_eq!(Principal::of_record(&stored(Accept::new())), principal());
        assert_eq!(Principal::of_record(&stored(Accept::new().attributes(&()))), principal());
    }

    #[test]
    fn the_attributes_of_the_app_stand_beside_it() {
        let record = stored(Accept::new().attributes(&serde_json::json!({"plan": "gold", "roles": 7})));
        assert_eq!(Principal::of_record(&record), principal());
        let attributes: serde_json::Value = record.attributes().unwrap().unwrap();
        assert_eq!((&attributes["plan"], &attributes["roles"]), (&"gold".into(), &7.into()));
    }

    #[test]
    fn the_handler_has_the_first_word() {
        let record = stored(Accept::new().user("guest-7").tenant("other"));
        assert_eq!((record.user(), record.tenant()), (Some("guest-7"), Some("other")));
        assert!(Principal::of_record(&record).has_role("admin"));
    }

    #[test]
    fn a_refusal_stays_one_and_strange_attributes_refuse() {
        assert!(principal().admit(Reply::error("no", "no")).accept().is_none());
        let reply = principal().admit(Accept::new().attributes(&[1, 2]).into_reply());
        assert!(reply.accept().unwrap().invalid.as_deref().unwrap().contains("a struct or a map"));
    }

    #[test]
    fn attributes_that_cannot_be_read_give_no_role() {
        for json in [r#"{"@auth":7}"#, r#"{"@auth":{"roles":"admin"}}"#, "[]", r#"{"roles":["admin"]}"#] {
            let record = Record::new("c=", 1, 2).with_attributes_json(Some(json.into()));
            assert_eq!(Principal::of_record(&record).roles().len(), 0, "{json}");
        }
    }
}
