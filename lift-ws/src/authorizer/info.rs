//! What is known of an authorizer at compile time.

use crate::route::{Location, Needs};

/// What is known of an authorizer at compile time. [`App::AUTHORIZER`](crate::App::AUTHORIZER) has it.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct AuthorizerInfo {
    /// The function's path, such as `chat::authorize`.
    pub handler: &'static str,
    /// Where the function stands.
    pub location: Location,
    /// What its arguments need beyond the event.
    pub needs: Needs,
    /// What a handshake must hold for the gateway to call the authorizer at all, as AWS writes it, such as
    /// `route.request.querystring.token` (contract §4).
    pub identity_sources: &'static [&'static str],
}

impl AuthorizerInfo {
    #[doc(hidden)]
    pub const fn __new(
        handler: &'static str,
        location: Location,
        needs: Needs,
        identity_sources: &'static [&'static str],
    ) -> Self {
        AuthorizerInfo { handler, location, needs, identity_sources }
    }
}
