//! What is looked at of an event.

use crate::connection::{Connections, Record};
use crate::event::Event;
use crate::extract::{AvailableOn, FromEvent};
use crate::route::RouteInfo;
use crate::{Invocation, Scope};
use std::convert::Infallible;

/// What middleware that observes wants to know of an event: it is there on every kind, and needs nothing that the
/// route does not.
///
/// ```
/// use lift_ws::observe::Observed;
/// use lift_ws::prelude::*;
///
/// #[ws_middleware]
/// async fn announce(it: Observed<'_>, next: impl Next) -> Reply {
///     println!("{} begins", it.route_key());
///     next.run().await
/// }
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Observed<'e> {
    event: &'e Event<'e>,
    invocation: Invocation<'e>,
    route: Option<&'static RouteInfo>,
    record: Option<&'e Record>,
    connections: Option<&'e Connections>,
}

impl<'e> Observed<'e> {
    /// The route key of an event that the app has no route for. Keys that begin with `$` are AWS's.
    pub const UNROUTED: &'static str = "$unrouted";

    /// The event.
    pub const fn event(&self) -> &'e Event<'e> {
        self.event
    }

    /// The Lambda invocation that brought it.
    pub const fn invocation(&self) -> Invocation<'e> {
        self.invocation
    }

    /// The app's route for it.
    pub const fn route(&self) -> Option<&'static RouteInfo> {
        self.route
    }

    /// The key of the app's route, or [`UNROUTED`](Self::UNROUTED): one of few, where the event's own may be any text
    /// of a client.
    pub fn route_key(&self) -> &'static str {
        self.route.map_or(Self::UNROUTED, |route| route.key)
    }

    /// The stored record, if the route reads it.
    pub const fn record(&self) -> Option<&'e Record> {
        self.record
    }

    /// The handle for sending, if the app has one.
    pub const fn connections(&self) -> Option<&'e Connections> {
        self.connections
    }
}

impl<'e, S> FromEvent<'e, S> for Observed<'e> {
    type Rejection = Infallible;

    fn from_event(scope: &'e Scope<'e, S>) -> Result<Self, Infallible> {
        Ok(Self {
            event: scope.event(),
            invocation: scope.invocation(),
            route: scope.route(),
            record: scope.record(),
            connections: scope.connections(),
        })
    }
}

impl<K> AvailableOn<K> for Observed<'_> {}
