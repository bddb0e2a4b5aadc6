//! Who somebody is, from the handshake to the last message.

use super::{AuthError, AuthErrorKind};
use crate::ambient;
use crate::connection::{Connections, Grant, Record};
use crate::extract::{AvailableOn, ConnectionRejection, FromEvent};
use crate::route::{Disconnect, Message, Needs};
use crate::store::{Change, StoreError, StoreErrorKind};
use crate::{Error, Reply, Scope};
use std::borrow::Cow;
use std::time::{Duration, SystemTime};

/// How far clocks may be apart, unless a verifier says something else.
pub(super) const LEEWAY: Duration = Duration::from_secs(30);

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
///     me.require(&["moderator"])?;
///     Ok(())
/// }
/// ```
///
/// [`require_role!`](crate::require_role) makes middleware of that.
///
/// # Principal and identity
///
/// A principal is what authentication finds, whatever it looked at; the record keeps it: user and tenant as such, roles
/// and expiry as its [`Grant`], out of reach of the app's attributes. `Principal` on a message is always the record's, so
/// that it knows of [`renew`](Self::renew) and of a forced logout.
/// [`Identity`](crate::connection::Identity) is user and tenant alone, and needs no read behind a Lambda authorizer.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Principal<'i> {
    pub(super) user: Option<Cow<'i, str>>,
    pub(super) tenant: Option<Cow<'i, str>>,
    pub(super) grant: Cow<'i, Grant>,
}

impl<'i> Principal<'i> {
    #[cfg(feature = "tickets")]
    pub(super) fn new(user: Option<String>, tenant: Option<String>, grant: Grant) -> Self {
        Self { user: user.map(Cow::Owned), tenant: tenant.map(Cow::Owned), grant: Cow::Owned(grant) }
    }

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
    pub fn with_role(mut self, role: impl Into<String>) -> Self {
        self.grant.to_mut().roles.push(role.into());
        self
    }

    /// Known until this time, in seconds since the epoch.
    #[must_use]
    pub fn with_expiry(mut self, seconds: u64) -> Self {
        self.grant.to_mut().until = Some(seconds);
        self
    }

    /// What is stored about a connection.
    pub fn of_record(record: &'i Record) -> Self {
        Self {
            user: record.user().map(Cow::Borrowed),
            tenant: record.tenant().map(Cow::Borrowed),
            grant: Cow::Borrowed(record.grant()),
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
        self.grant.roles.iter().map(String::as_str)
    }

    /// Is this one of the roles?
    pub fn has_role(&self, role: &str) -> bool {
        self.roles().any(|mine| mine == role)
    }

    /// Until when this is known: when the token expires. The connection itself may last longer.
    pub fn expires_at(&self) -> Option<SystemTime> {
        SystemTime::UNIX_EPOCH.checked_add(Duration::from_secs(self.grant.until?))
    }

    /// Is the time over until which this is known?
    pub fn is_expired(&self) -> bool {
        self.was_over_before(Duration::ZERO)
    }

    /// Has that time been over for so long?
    pub(super) fn was_over_before(&self, leeway: Duration) -> bool {
        let end = self.expires_at().and_then(|end| end.checked_add(leeway));
        end.is_some_and(|end| end <= ambient::time_of_day())
    }

    /// Allows who has one of these roles, and whose login has not expired.
    ///
    /// # Errors
    ///
    /// [`AuthErrorKind::SessionExpired`] and [`AuthErrorKind::MissingRole`]. A client reads `session_expired` or `forbidden`.
    pub fn require(&self, one_of: &[&str]) -> Result<(), AuthError> {
        if self.is_expired() {
            return Err(AuthErrorKind::SessionExpired.into());
        }
        match one_of.iter().any(|role| self.has_role(role)) {
            true => Ok(()),
            false => Err(AuthErrorKind::MissingRole.into()),
        }
    }

    #[cfg(feature = "tickets")]
    pub(super) fn grant(&self) -> &Grant {
        &self.grant
    }

    /// The reply of `$connect`, with this principal where the handler named none: middleware that authenticates passes
    /// its reply through here.
    ///
    /// The handler's own [`Accept::user`](crate::Accept::user) and [`Accept::tenant`](crate::Accept::tenant) come first.
    pub fn admit(&self, reply: Reply) -> Reply {
        reply.map_accept(|mut accept| {
            accept.user = accept.user.or_else(|| self.user().map(ToOwned::to_owned));
            accept.tenant = accept.tenant.or_else(|| self.tenant().map(ToOwned::to_owned));
            accept.grant = Grant::clone(&self.grant);
            accept
        })
    }

    /// Puts this principal, of a new token, in the place of the one that an open connection has: with other roles, and
    /// until another time. So a client goes on without connecting again. Whoever was anonymous is known from then on.
    ///
    /// ```
    /// # #[cfg(feature = "jwt")] mod app {
    /// use lift_ws::auth::{Claims, JwtVerifier};
    /// use lift_ws::prelude::*;
    ///
    /// #[derive(Deserialize)]
    /// struct Renew<'m> { #[serde(borrow)] token: Text<'m> }
    ///
    /// #[ws_route("renew")]
    /// async fn renew(
    ///     State(tokens): State<JwtVerifier>,
    ///     conns: Connections,
    ///     id: ConnectionId<'_>,
    ///     Json(with): Json<Renew<'_>>,
    /// ) -> Result<Json<&'static str>, Error> {
    ///     let claims: Claims = tokens.verify(&with.token).await?;
    ///     claims.principal().renew(&conns, &id).await?;
    ///     Ok(Json("renewed"))
    /// }
    /// # }
    /// ```
    ///
    /// It reads the record past the cache, and writes it. Environments that have the record in their cache go by it for
    /// as long as the cache's life, unless [`check_session`](super::check_session) finds there that the login has expired.
    ///
    /// # Errors
    ///
    /// [`AuthErrorKind::OtherUser`] if the connection is of another user or tenant: a client reads `unauthorized`;
    /// [`AuthErrorKind::SessionExpired`]; a [`StoreError`] if there is no record, or the store fails.
    ///
    /// # Cancel safety
    ///
    /// Dropped before it ends, it may have changed all of it or nothing. It may be called again.
    pub async fn renew(&self, connections: &Connections, connection_id: &str) -> Result<(), Error> {
        if self.is_expired() {
            return Err(AuthError::from(AuthErrorKind::SessionExpired).into());
        }
        let unknown = || StoreError::new(StoreErrorKind::UnknownConnection).about(connection_id);
        let record = connections.fresh(connection_id).await?.ok_or_else(unknown)?;
        if !self.may_follow(&Principal::of_record(&record)) {
            return Err(AuthError::from(AuthErrorKind::OtherUser).into());
        }
        let mut change = Change::new().with_grant(Grant::clone(&self.grant));
        change.user = self.user().map(ToOwned::to_owned);
        change.tenant = self.tenant().map(ToOwned::to_owned);
        connections.change(connection_id, change).await?;
        Ok(())
    }

    /// Is it the same one, or one who was anonymous? A connection never passes from one user to another: its groups
    /// were joined as the first.
    fn may_follow(&self, earlier: &Principal<'_>) -> bool {
        let same = |new: Option<&str>, old: Option<&str>| old.is_none() || old == new;
        same(self.user(), earlier.user()) && same(self.tenant(), earlier.tenant())
    }

    /// The same, borrowing nothing.
    #[must_use]
    pub fn into_owned(self) -> Principal<'static> {
        Principal {
            user: self.user.map(|user| Cow::Owned(user.into_owned())),
            tenant: self.tenant.map(|tenant| Cow::Owned(tenant.into_owned())),
            grant: Cow::Owned(self.grant.into_owned()),
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
            .with_grant(accept.grant.clone())
    }

    #[test]
    fn a_principal_survives_the_record_beside_any_attributes() {
        for accept in [
            Accept::new(),
            Accept::new().attributes(&[1, 2]),
            Accept::new().attributes(&serde_json::json!({"au": {"r": ["root"]}})),
        ] {
            assert_eq!(Principal::of_record(&stored(accept)), principal());
        }
    }

    #[test]
    fn attributes_are_no_roles() {
        for json in
            [r#"{"@auth":{"roles":["admin"]}}"#, r#"{"au":{"r":["admin"]}}"#, r#"{"roles":["admin"]}"#]
        {
            let record = Record::new("c=", 1, 2).with_attributes_json(Some(json.into()));
            let row = serde_json::to_string(&record).unwrap();
            let record: Record = serde_json::from_str(&row).unwrap();
            assert_eq!(Principal::of_record(&record).roles().len(), 0, "{json}");
        }
    }

    #[test]
    fn the_handler_has_the_first_word() {
        let record = stored(Accept::new().user("guest-7").tenant("other"));
        assert_eq!((record.user(), record.tenant()), (Some("guest-7"), Some("other")));
        assert!(Principal::of_record(&record).has_role("admin"));
    }

    #[test]
    fn a_refusal_stays_one() {
        assert!(principal().admit(Reply::error("no", "no")).accept().is_none());
    }

    #[test]
    fn an_expired_login_has_no_role_that_counts() {
        let kind = |principal: Principal<'_>, roles: &[&str]| principal.require(roles).map_err(|e| e.kind());
        let (ann, later) = (Principal::of_user("ann").with_role("admin"), u64::from(u32::MAX));
        assert_eq!(kind(ann.clone(), &["staff", "admin"]), Ok(()));
        assert_eq!(kind(ann.clone().with_expiry(later), &["admin"]), Ok(()));
        assert_eq!(kind(ann.clone(), &["staff"]), Err(AuthErrorKind::MissingRole));
        assert_eq!(kind(ann.clone(), &[]), Err(AuthErrorKind::MissingRole));
        assert_eq!(kind(ann.with_expiry(1), &["admin"]), Err(AuthErrorKind::SessionExpired));
    }

    #[test]
    fn a_connection_never_passes_to_another_user_or_tenant() {
        let (ann, anonymous) = (principal(), Principal::default());
        assert!(ann.may_follow(&anonymous) && ann.may_follow(&ann));
        assert!(ann.may_follow(&Principal::of_user("ann")));
        assert!(!ann.may_follow(&Principal::of_user("bob")));
        assert!(!ann.may_follow(&Principal::of_user("ann").with_tenant("globex")));
        assert!(!Principal::of_user("ann").may_follow(&ann), "of no tenant any more");
        assert!(!anonymous.may_follow(&ann));
    }
}
