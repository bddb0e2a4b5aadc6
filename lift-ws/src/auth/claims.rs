//! What a token or a ticket says.

use super::Principal;
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
