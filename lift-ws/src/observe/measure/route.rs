//! What was gathered of one route since its last line.

use super::name;
use crate::event::EventType;
use crate::observe::Observed;
use crate::route::RouteInfo;
use std::time::Instant;

/// The most values of one metric in a line (CloudWatch, "Specification: Embedded metric format", target members).
pub(super) const MOST_VALUES: usize = 100;

/// A route's counts. Everything is reserved when the route is first seen.
#[derive(Debug)]
pub(super) struct Route {
    pub(super) key: String,
    pub(super) event_type: EventType,
    pub(super) events: u32,
    pub(super) errors: u32,
    pub(super) faults: u32,
    /// In microseconds.
    pub(super) latencies: Vec<u32>,
    pub(super) since: Since,
}

/// When the first event of a line was, on both clocks.
#[derive(Clone, Copy, Debug)]
pub(super) struct Since {
    pub(super) instant: Instant,
    /// Milliseconds since the epoch.
    pub(super) time: u64,
}

impl Route {
    pub(super) fn new(observed: &Observed<'_>, since: Since) -> Self {
        Self {
            key: name::value(observed.route().map_or(Observed::UNROUTED, |route: &RouteInfo| route.key)),
            event_type: observed.event().event_type(),
            events: 0,
            errors: 0,
            faults: 0,
            latencies: Vec::with_capacity(MOST_VALUES),
            since,
        }
    }

    pub(super) fn is_full(&self) -> bool {
        self.latencies.len() >= MOST_VALUES
    }

    pub(super) fn clear(&mut self) {
        (self.events, self.errors, self.faults) = (0, 0, 0);
        self.latencies.clear();
    }
}
