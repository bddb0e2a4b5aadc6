//! What a token or a ticket says.

use super::Principal;
use crate::Reply;
use crate::middleware::{Next, Provide};
use serde_json::{Map, Value};
use std::ops::Deref;

/// What a good token or ticket says: its claims in a type of the app's, or as JSON, and the [`Principal`] that they
/// make.
///
/// Middleware hands it on; the handler of `$connect` takes it as
/// [`Provided<'_, Claims<T>>`](crate::provide::Provided).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Claims<T = Map<String, Value>> {
    claims: T,
    principal: Principal<'static>,
}

impl<T> Claims<T> {
    /// Claims of somebody.
    pub const fn new(principal: Principal<'static>, claims: T) -> Self {
        Self { claims, principal }
    }

    /// User, tenant and roles, as the verifier reads them from the claims, and when they expire.
    pub const fn principal(&self) -> &Principal<'static> {
        &self.principal
    }

    /// The end of middleware that authenticates `$connect`: these claims are handed on, and their principal is stored
    /// with the connection where the handler named none ([`Principal::admit`]).
    ///
    /// ```
    /// # #[cfg(feature = "jwt")] mod app {
    /// use lift_ws::auth::{AuthError, Claims, Handshake, JwtVerifier};
    /// use lift_ws::prelude::*;
    ///
    /// #[ws_middleware]
    /// async fn log_in(
    ///     State(tokens): State<JwtVerifier>,
    ///     handshake: Handshake<'_>,
    ///     next: impl Provide<Claims>,
    /// ) -> Result<Reply, AuthError> {
    ///     let claims: Claims = tokens.authenticate(&handshake).await?;
    ///     Ok(claims.admit(next).await)
    /// }
    ///
    /// #[ws_route("$connect", middleware = [log_in])]
    /// async fn connect(Provided(who): Provided<'_, Claims>) -> Accept {
    ///     Accept::new().group(who.principal().tenant().unwrap_or("guests"))
    /// }
    /// # #[derive(Clone, FromRef)] struct AppState { tokens: JwtVerifier }
    /// # #[ws_app(state = AppState, routes = [connect])] struct Chat;
    /// # }
    /// ```
    pub async fn admit(self, next: impl Provide<Self>) -> Reply {
        let principal = self.principal.clone();
        principal.admit(next.provide(self).run().await)
    }

    /// The principal, and the claims.
    pub fn into_parts(self) -> (Principal<'static>, T) {
        (self.principal, self.claims)
    }
}

impl<T> Deref for Claims<T> {
    type Target = T;
    fn deref(&self) -> &T {
        &self.claims
    }
}
