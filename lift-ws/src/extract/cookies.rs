//! The cookies of the handshake.

use super::{AvailableOn, FromEvent, Headers, Text};
use crate::route::Needs;
use crate::{Scope, route};
use std::convert::Infallible;
use std::fmt;

/// The cookies that a browser sent with the handshake.
///
/// ```
/// use lift_ws::prelude::*;
/// use lift_ws::extract::Cookies;
///
/// #[ws_route("$connect")]
/// async fn connect(cookies: Cookies<'_>) -> Result<Accept, Reject> {
///     let session = cookies.get("session").ok_or(Reject::unauthorized())?;
///     Ok(Accept::new().user(session))
/// }
/// ```
#[derive(Clone)]
pub struct Cookies<'e>(Vec<Text<'e>>);

impl Cookies<'_> {
    /// The value of the first cookie of that name, as it was sent (no percent-decoding).
    pub fn get(&self, name: &str) -> Option<&str> {
        self.iter().find(|(candidate, _)| *candidate == name).map(|(_, value)| value)
    }

    /// All names and values, in order.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        let pairs = self.0.iter().flat_map(|header| header.split(';'));
        pairs
            .filter_map(|pair| pair.trim().split_once('='))
            .map(|(name, value)| (name, value.trim_matches('"')))
    }
}

impl<'e, S> FromEvent<'e, S> for Cookies<'e> {
    type Rejection = Infallible;
    fn from_event(scope: &'e Scope<'e, S>) -> Result<Self, Infallible> {
        Ok(Cookies(Headers::of(scope).get_all("cookie")))
    }
}
impl AvailableOn<route::Connect> for Cookies<'_> {
    const NEEDS: Needs = Needs::HEADERS;
}
impl AvailableOn<route::Authorize> for Cookies<'_> {
    const NEEDS: Needs = Needs::HEADERS;
}

/// The names alone: values are secrets.
impl fmt::Debug for Cookies<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.iter().map(|(name, _)| name)).finish()
    }
}
