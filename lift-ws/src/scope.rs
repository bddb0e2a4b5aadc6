//! What extractors see.

use crate::Event;
use crate::connection::{Connections, Record};
use crate::invocation::Invocation;
use crate::route::{NONE, RouteInfo};
use std::fmt;

/// One event on its way: the event itself, the app's state, the invocation, and the stored record of the
/// connection where the route asked for it.
///
/// Extractors get a reference to it, see [`FromEvent`](crate::FromEvent).
#[derive(Clone, Copy)]
pub struct Scope<'e, S> {
    event: &'e Event<'e>,
    state: &'e S,
    invocation: Invocation<'e>,
    record: Option<&'e Record>,
    connections: Option<&'e Connections>,
    route: usize,
    routes: &'static [RouteInfo],
}

impl<'e, S> Scope<'e, S> {
    pub(crate) fn new(
        event: &'e Event<'e>,
        state: &'e S,
        invocation: Invocation<'e>,
        routes: &'static [RouteInfo],
        route: usize,
    ) -> Self {
        Scope { event, state, invocation, record: None, connections: None, route, routes }
    }

    pub(crate) fn with_record(self, record: Option<&'e Record>) -> Self {
        Scope { record, ..self }
    }

    pub(crate) fn with_connections(self, connections: Option<&'e Connections>) -> Self {
        Scope { connections, ..self }
    }

    /// The event.
    pub const fn event(&self) -> &'e Event<'e> {
        self.event
    }

    /// The app's state.
    pub const fn state(&self) -> &'e S {
        self.state
    }

    /// The Lambda invocation that brought the event.
    pub const fn invocation(&self) -> Invocation<'e> {
        self.invocation
    }

    /// The stored record of the connection. `None` unless the route or its middleware needs it
    /// ([`AvailableOn::NEEDS`](crate::AvailableOn::NEEDS)), and on CONNECT, where it is not written yet.
    pub const fn record(&self) -> Option<&'e Record> {
        self.record
    }

    /// The handle for sending, bound to the event's API and stage. `None` unless the app needs it.
    pub const fn connections(&self) -> Option<&'e Connections> {
        self.connections
    }

    /// The app's route for the event. `None` if it has none: then the route key is whatever a client sent.
    pub fn route(&self) -> Option<&'static RouteInfo> {
        self.routes.get(self.route)
    }

    /// Has the app a route for the event?
    pub(crate) const fn is_routed(&self) -> bool {
        self.route != NONE as usize
    }

    /// The index of the route in the app's table; what `#[ws_app]` jumps on.
    #[doc(hidden)]
    pub const fn __route(&self) -> usize {
        self.route
    }
}

impl<S> fmt::Debug for Scope<'_, S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Scope").field("event", self.event).field("route", &self.route).finish_non_exhaustive()
    }
}
