//! Where a token is looked for.

use std::borrow::Cow;

/// What stands before the token in a subprotocol that carries one.
const PREFIX: &str = "bearer.";

/// Where in the handshake a token is looked for.
///
/// Several sources are asked in order; the first that holds a token decides, whether it is a good one or not.
/// Without a word the sources are `Authorization` and the subprotocol. A query parameter has to be asked for, since
/// URLs end up in logs and histories, and so has a cookie, since browsers send it with the pages of others too.
///
/// ```
/// use lift_ws::auth::TokenSource;
///
/// let sources = [TokenSource::authorization(), TokenSource::cookie("__Host-session")];
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TokenSource(pub(super) Place);

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Place {
    Authorization,
    Cookie(Cow<'static, str>),
    Query(Cow<'static, str>),
    Subprotocol(Cow<'static, str>),
}

impl TokenSource {
    /// The header `Authorization: Bearer …`. Browsers cannot set it on a WebSocket.
    #[must_use]
    pub const fn authorization() -> Self {
        Self(Place::Authorization)
    }

    /// The subprotocol `bearer.<token>`: `new WebSocket(url, ["app.v1", "bearer." + token])`. Answer with the app's
    /// protocol: `Accept::new().subprotocol("app.v1")`.
    #[must_use]
    pub const fn subprotocol() -> Self {
        Self(Place::Subprotocol(Cow::Borrowed(PREFIX)))
    }

    /// The subprotocol that begins with this, such as `base64url.bearer.authorization.k8s.io.`.
    #[must_use]
    pub fn subprotocol_after(prefix: impl Into<Cow<'static, str>>) -> Self {
        Self(Place::Subprotocol(prefix.into()))
    }

    /// A parameter of the query string. URLs end up in logs: prefer a [ticket](crate::auth#tickets).
    #[must_use]
    pub fn query(name: impl Into<Cow<'static, str>>) -> Self {
        Self(Place::Query(name.into()))
    }

    /// A cookie. Browsers send it with the pages of others too, so a verifier with this source wants
    /// [`AllowedOrigins`](crate::auth::AllowedOrigins).
    #[must_use]
    pub fn cookie(name: impl Into<Cow<'static, str>>) -> Self {
        Self(Place::Cookie(name.into()))
    }

    #[cfg_attr(not(feature = "jwt"), allow(dead_code))]
    pub(super) const fn is_cookie(&self) -> bool {
        matches!(self.0, Place::Cookie(_))
    }

    /// Where a token is looked for if nothing is said.
    #[cfg_attr(not(feature = "jwt"), allow(dead_code))]
    pub(super) fn usual() -> Vec<Self> {
        vec![Self::authorization(), Self::subprotocol()]
    }
}
