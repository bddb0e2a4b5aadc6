//! What a token or a ticket says.

use super::Identity;
use serde_json::{Map, Value};
use std::ops::Deref;

/// What a good token or ticket says: its claims in a type of the app's, or as JSON, and the [`Identity`] that they
/// make.
///
/// Middleware hands it on; the handler of `$connect` takes it as
/// [`Provided<'_, Claims<T>>`](crate::provide::Provided).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Claims<T = Map<String, Value>> {
    claims: T,
    identity: Identity<'static>,
}

impl<T> Claims<T> {
    /// Claims of somebody.
    pub const fn new(identity: Identity<'static>, claims: T) -> Self {
        Self { claims, identity }
    }

    /// User, tenant and roles, as the verifier reads them from the claims, and when they expire.
    pub const fn identity(&self) -> &Identity<'static> {
        &self.identity
    }

    /// The identity, and the claims.
    pub fn into_parts(self) -> (Identity<'static>, T) {
        (self.identity, self.claims)
    }
}

impl<T> Deref for Claims<T> {
    type Target = T;
    fn deref(&self) -> &T {
        &self.claims
    }
}
