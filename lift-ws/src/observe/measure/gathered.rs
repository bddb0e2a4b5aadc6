//! What was counted and not yet written.

use super::line::{Line, Service};
use super::name;
use super::route::{Route, Since};
use crate::connection::tally::{self, Count, Tally};
use crate::connection::{Clock, SystemClock};
use crate::event::EventType;
use crate::observe::Observed;
use crate::route::RouteInfo;
use crate::{Reply, ambient};
use std::collections::VecDeque;
use std::ptr;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// The most codes that are told apart; a program has no more, unless it is made of them.
const MOST_CODES: usize = 50;

/// What stands for the codes that are not told apart.
const OTHER: &str = "other";

/// What became of an event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Outcome {
    pub(super) code: Option<&'static str>,
    pub(super) is_fault: bool,
}

impl Outcome {
    /// What a reply says. A code that is made at run time could be any text, and names no metric.
    pub(super) fn of(reply: &Reply) -> Self {
        let (status, is_fault) = (reply.status(), reply.status() >= 500);
        let code = match reply.error_code() {
            Some(_) => Some(reply.static_error_code().unwrap_or(OTHER)),
            None if reply.is_success() => None,
            None if is_fault => Some("status_5xx"),
            None if status >= 400 => Some("status_4xx"),
            None => Some("status_other"),
        };
        Self { code, is_fault }
    }

    /// The event did not come to its end: its handler panicked, or was stopped.
    pub(super) fn unfinished() -> Self {
        let code = if std::thread::panicking() { "panic" } else { "cancelled" };
        Self { code: Some(code), is_fault: true }
    }
}

#[derive(Debug)]
struct Code {
    code: &'static str,
    /// As CloudWatch takes it.
    name: String,
    count: u32,
}

#[derive(Debug, Default)]
pub(super) struct Gathered {
    /// The routes seen so far, beside `routes`: `None` for what has no route.
    infos: Vec<Option<&'static RouteInfo>>,
    routes: Vec<Route>,
    /// Which routes have something to write, the oldest first.
    waiting: VecDeque<usize>,
    codes: Vec<Code>,
    tallies: Vec<Arc<Tally>>,
    /// Taken from the tallies: place and count.
    counts: Vec<(usize, u32)>,
    has_begun: bool,
    last_line: Option<Instant>,
}

impl Gathered {
    /// Counts an event, and says which route is to be written now, if any.
    pub(super) fn add(
        &mut self,
        observed: &Observed<'_>,
        latency: Duration,
        outcome: Outcome,
        period: Duration,
    ) -> Option<usize> {
        let now = ambient::now();
        match (observed.connections(), count_of(observed, outcome)) {
            (Some(connections), _) => self.know(connections.tally()),
            (None, Some(count)) => add_to(&mut self.counts, count as usize, 1),
            (None, None) => {}
        }
        if let Some(code) = outcome.code {
            self.add_code(code);
        }
        let place = self.place(observed, now);
        let route = &mut self.routes[place];
        if route.events == 0 {
            route.since = since(now);
            self.waiting.push_back(place);
        }
        route.events += 1;
        route.errors += u32::from(outcome.code.is_some());
        route.faults += u32::from(outcome.is_fault);
        route.latencies.push(u32::try_from(latency.as_micros()).unwrap_or(u32::MAX));
        self.due(place, now, period)
    }

    fn due(&self, place: usize, now: Instant, period: Duration) -> Option<usize> {
        let is_over = |since: Instant| now.saturating_duration_since(since) >= period;
        if self.routes[place].is_full() {
            return Some(place);
        }
        let oldest =
            self.waiting.front().copied().filter(|oldest| is_over(self.routes[*oldest].since.instant));
        oldest.or_else(|| self.has_paused(now, period).then_some(place))
    }

    fn place(&mut self, observed: &Observed<'_>, now: Instant) -> usize {
        let info = observed.route();
        let same = |known: &Option<&'static RouteInfo>| match (known, info) {
            (Some(known), Some(info)) => ptr::eq(*known, info),
            (known, info) => known.is_none() && info.is_none(),
        };
        if let Some(place) = self.infos.iter().position(same) {
            return place;
        }
        self.infos.push(info);
        self.routes.push(Route::new(observed, since(now)));
        self.waiting.reserve(self.routes.len() - self.waiting.len());
        self.routes.len() - 1
    }

    fn add_code(&mut self, code: &'static str) {
        if let Some(known) = self.codes.iter_mut().find(|known| known.code == code) {
            known.count += 1;
        } else if self.codes.len() < MOST_CODES || code == OTHER {
            self.codes.push(Code { code, name: name::value(code), count: 1 });
        } else {
            self.add_code(OTHER);
        }
    }

    /// Remembers where to take counts from. An environment has one handle; a test may have many, one after the other.
    pub(super) fn know(&mut self, tally: &Arc<Tally>) {
        if self.tallies.iter().any(|known| Arc::ptr_eq(known, tally)) {
            return;
        }
        self.take_counts();
        self.tallies.retain(|known| Arc::strong_count(known) > 1);
        self.tallies.push(Arc::clone(tally));
    }

    fn take_counts(&mut self) {
        let counts = &mut self.counts;
        if counts.capacity() == 0 {
            counts.reserve(tally::PLACES);
        }
        for tally in &self.tallies {
            tally.take(|place, more| add_to(counts, place, more));
        }
    }

    /// Was the last line so long ago?
    pub(super) fn has_paused(&self, now: Instant, period: Duration) -> bool {
        self.last_line.is_none_or(|last| now.saturating_duration_since(last) >= period)
    }

    /// The place of the route that has waited longest.
    pub(super) fn oldest(&self) -> Option<usize> {
        self.waiting.front().copied()
    }

    /// Writes the line of a route, or of none, with what there is of the service; nothing if there is nothing.
    pub(super) fn write(&mut self, place: Option<usize>, namespace: &str, service: &str, to: &mut String) {
        self.take_counts();
        self.waiting.retain(|waiting| Some(*waiting) != place);
        let code = self.codes.iter().position(|code| code.count > 0);
        if place.is_none() && code.is_none() && self.counts.is_empty() {
            return;
        }
        let now = ambient::now();
        let sum = |which: fn(usize) -> bool| {
            self.counts.iter().filter(|(place, _)| which(*place)).map(|(_, count)| count).sum()
        };
        let is_first = !std::mem::replace(&mut self.has_begun, true);
        let route = place.map(|place| &self.routes[place]);
        let line = Line {
            namespace,
            service,
            time: route.map_or_else(|| since(now).time, |route| route.since.time),
            route,
            code: code.map(|code| (&*self.codes[code].name, self.codes[code].count)),
            of_service: Service {
                cold_start: is_first,
                init: if is_first { init() } else { None },
                counts: &self.counts,
                table_throttled: sum(tally::is_throttled),
                table_failed: sum(tally::is_failed),
            },
        };
        let _ = line.write(to); // a String takes everything
        self.counts.clear();
        self.last_line = Some(now);
        if let Some(code) = code {
            self.codes[code].count = 0;
            self.codes[code..].rotate_left(1); // the others have their turn first
        }
        if let Some(place) = place {
            self.routes[place].clear();
        }
    }
}

/// Handshakes and their ends, in an app that keeps no connections and so has nobody else who counts them.
fn count_of(observed: &Observed<'_>, outcome: Outcome) -> Option<Count> {
    let event = observed.event();
    match event.event_type() {
        EventType::Connect => outcome.code.is_none().then_some(Count::Connects),
        EventType::Message => None,
        EventType::Disconnect => {
            Some(Count::of_disconnect(event.disconnect_status_code(), event.disconnect_reason()))
        }
    }
}

fn add_to(counts: &mut Vec<(usize, u32)>, place: usize, more: u32) {
    match counts.iter_mut().find(|(known, _)| *known == place) {
        Some((_, count)) => *count += more,
        None => counts.push((place, more)),
    }
}

fn since(instant: Instant) -> Since {
    Since { instant, time: SystemClock.now() }
}

#[cfg(feature = "lambda")]
fn init() -> Option<u32> {
    super::init::take()
}

#[cfg(not(feature = "lambda"))]
fn init() -> Option<u32> {
    None
}
