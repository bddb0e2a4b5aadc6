//! The headers of the handshake.

use super::{AvailableOn, FromEvent, Pairs, Text};
use crate::route::Needs;
use crate::{Scope, route};
use std::convert::Infallible;

/// The headers of the handshake. Names compare without case; the gateway keeps the case that the client sent
/// (contract §2.1). Messages have no headers: store at `$connect` what they need.
///
/// ```
/// use lift_ws::prelude::*;
/// use lift_ws::extract::Headers;
///
/// #[ws_route("$connect")]
/// async fn connect(headers: Headers<'_>) -> Result<(), Reject> {
///     match headers.get("x-app-version").as_deref() {
///         Some("2") => Ok(()),
///         _ => Err(Reject::new(400)),
///     }
/// }
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Headers<'e> {
    single: Pairs<'e>,
    multi: Pairs<'e>,
}

impl<'e> Headers<'e> {
    /// The last value of a header.
    pub fn get(&self, name: &str) -> Option<Text<'e>> {
        let is = |candidate: &str| candidate.eq_ignore_ascii_case(name);
        self.single.last(is).or_else(|| self.multi.last(is))
    }

    /// All values of a header, in order.
    pub fn get_all(&self, name: &str) -> Vec<Text<'e>> {
        let mut values = Vec::new();
        self.each(|candidate, value| {
            if candidate.eq_ignore_ascii_case(name) {
                values.push(value);
            }
        });
        values
    }

    /// Calls `visit` with each name and value.
    pub fn each(&self, mut visit: impl FnMut(Text<'e>, Text<'e>)) {
        let all = if self.multi.0.is_empty() { self.single } else { self.multi };
        all.each(&mut visit);
    }

    pub(super) fn of<S>(scope: &'e Scope<'e, S>) -> Self {
        let event = scope.event();
        Headers { single: Pairs(event.headers()), multi: Pairs(event.multi_value_headers()) }
    }
}

impl<'e, S> FromEvent<'e, S> for Headers<'e> {
    type Rejection = Infallible;
    fn from_event(scope: &'e Scope<'e, S>) -> Result<Self, Infallible> {
        Ok(Headers::of(scope))
    }
}
impl AvailableOn<route::Connect> for Headers<'_> {
    const NEEDS: Needs = Needs::HEADERS;
}
impl AvailableOn<route::Authorize> for Headers<'_> {
    const NEEDS: Needs = Needs::HEADERS;
}
