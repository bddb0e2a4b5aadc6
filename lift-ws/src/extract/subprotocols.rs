//! The subprotocols that a client offers.

use super::{AvailableOn, FromEvent, Headers, Text};
use crate::route::Needs;
use crate::{Scope, route};
use std::convert::Infallible;
use std::fmt;

/// The subprotocols that the client offers, in its order. The gateway picks none: answer with
/// [`Accept::subprotocol`](crate::Accept::subprotocol), or clients that offered one fail the handshake
/// (contract §3.2).
///
/// ```
/// use lift_ws::prelude::*;
/// use lift_ws::extract::Subprotocols;
///
/// #[ws_route("$connect")]
/// async fn connect(offered: Subprotocols<'_>) -> Result<Accept, Reject> {
///     let chosen = offered.first_of(["chat.v2", "chat.v1"]).ok_or(Reject::new(400))?;
///     Ok(Accept::new().subprotocol(chosen))
/// }
/// ```
#[derive(Clone)]
pub struct Subprotocols<'e>(Vec<Text<'e>>);

impl Subprotocols<'_> {
    /// What is offered, in the client's order.
    pub fn iter(&self) -> impl Iterator<Item = &str> {
        self.0.iter().flat_map(|header| header.split(',')).map(str::trim).filter(|name| !name.is_empty())
    }

    /// Is this one offered?
    pub fn contains(&self, name: &str) -> bool {
        self.iter().any(|offered| offered == name)
    }

    /// The first of yours, in your order, that is offered.
    pub fn first_of<'n>(&self, yours: impl IntoIterator<Item = &'n str>) -> Option<&'n str> {
        yours.into_iter().find(|name| self.contains(name))
    }
}

impl<'e, S> FromEvent<'e, S> for Subprotocols<'e> {
    type Rejection = Infallible;
    fn from_event(scope: &'e Scope<'e, S>) -> Result<Self, Infallible> {
        Ok(Subprotocols(Headers::of(scope).get_all("sec-websocket-protocol")))
    }
}
impl AvailableOn<route::Connect> for Subprotocols<'_> {
    const NEEDS: Needs = Needs::HEADERS;
}
impl AvailableOn<route::Authorize> for Subprotocols<'_> {
    const NEEDS: Needs = Needs::HEADERS;
}

/// How many: one may carry a token.
impl fmt::Debug for Subprotocols<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Subprotocols").field("offered", &self.iter().count()).finish_non_exhaustive()
    }
}
