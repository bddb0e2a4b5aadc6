//! One line of the embedded metric format.
//!
//! It follows "Specification: Embedded metric format" of the CloudWatch User Guide: `_aws` with a timestamp and
//! directives of namespace, dimension sets and metrics; the values of both as members of the root. A directive has at
//! most 100 metrics, a metric at most 100 values, a line at most 256 KB. Ours stays below 10 KB.

use super::list::{self, Metric};
use super::route::Route;
use crate::json_text;
use std::fmt::{self, Write};

/// What goes into a line besides a route.
#[derive(Debug, Default)]
pub(super) struct Service<'a> {
    pub(super) cold_start: bool,
    /// In microseconds.
    pub(super) init: Option<u32>,
    /// Places of the tally that are not zero.
    pub(super) counts: &'a [(usize, u32)],
    pub(super) table_throttled: u32,
    pub(super) table_failed: u32,
}

impl Service<'_> {
    fn is_empty(&self) -> bool {
        !self.cold_start && self.init.is_none() && self.counts.is_empty()
    }
}

/// Everything that a line says.
#[derive(Debug)]
pub(super) struct Line<'a> {
    pub(super) namespace: &'a str,
    /// As JSON.
    pub(super) service: &'a str,
    /// Milliseconds since the epoch.
    pub(super) time: u64,
    pub(super) route: Option<&'a Route>,
    pub(super) code: Option<(&'a str, u32)>,
    pub(super) of_service: Service<'a>,
}

impl Line<'_> {
    /// Writes it, with its newline.
    pub(super) fn write(&self, to: &mut String) -> fmt::Result {
        write!(to, r#"{{"_aws":{{"Timestamp":{},"CloudWatchMetrics":["#, self.time)?;
        let mut directives = Directives { line: self, to, is_first: true };
        if let Some(route) = self.route {
            directives.of_route(route)?;
        }
        if self.code.is_some() {
            directives.add(list::ERRORS_BY_CODE.dimensions, [list::ERRORS_BY_CODE])?;
        }
        if !self.of_service.is_empty() {
            directives.add(list::COLD_STARTS.dimensions, self.of_service.metrics())?;
        }
        write!(to, r#"]}},"Service":{}"#, self.service)?;
        if let Some(route) = self.route {
            route.write_values(to)?;
        }
        if let Some((code, count)) = self.code {
            write!(to, r#","Code":{},"ErrorsByCode":{count}"#, Quoted(code))?;
        }
        self.of_service.write_values(to)?;
        to.write_str("}\n")
    }
}

struct Directives<'l> {
    line: &'l Line<'l>,
    to: &'l mut String,
    is_first: bool,
}

impl Directives<'_> {
    fn of_route(&mut self, route: &Route) -> fmt::Result {
        let mut metrics = [Some(list::EVENTS), Some(list::LATENCY), None, None];
        metrics[2] = (route.errors > 0).then_some(list::ERRORS);
        metrics[3] = (route.faults > 0).then_some(list::FAULTS);
        self.add(list::EVENTS.dimensions, metrics.into_iter().flatten())
    }

    fn add(&mut self, dimensions: &[&[&str]], metrics: impl IntoIterator<Item = Metric>) -> fmt::Result {
        if !std::mem::take(&mut self.is_first) {
            self.to.write_char(',')?;
        }
        write!(self.to, r#"{{"Namespace":"{}","Dimensions":["#, self.line.namespace)?;
        for (i, set) in dimensions.iter().enumerate() {
            self.to.write_str(if i > 0 { ",[" } else { "[" })?;
            for (i, name) in set.iter().enumerate() {
                self.to.write_str(if i > 0 { ",\"" } else { "\"" })?;
                self.to.write_str(name)?;
                self.to.write_char('"')?;
            }
            self.to.write_char(']')?;
        }
        self.to.write_str(r#"],"Metrics":["#)?;
        for (i, Metric { name, unit, .. }) in metrics.into_iter().enumerate() {
            self.to.write_str(if i > 0 { r#",{"Name":""# } else { r#"{"Name":""# })?;
            self.to.write_str(name)?;
            self.to.write_str(r#"","Unit":""#)?;
            self.to.write_str(unit)?;
            self.to.write_str(r#""}"#)?;
        }
        self.to.write_str("]}")
    }
}

impl Route {
    fn write_values(&self, to: &mut String) -> fmt::Result {
        let (event_type, key) = (self.event_type.as_str(), Quoted(&self.key));
        write!(to, r#","EventType":"{event_type}","Route":{key},"Events":{},"Latency":["#, self.events)?;
        for (i, latency) in self.latencies.iter().enumerate() {
            if i > 0 {
                to.write_char(',')?;
            }
            milliseconds(*latency, to)?;
        }
        to.write_char(']')?;
        for (metric, count) in [(list::ERRORS, self.errors), (list::FAULTS, self.faults)] {
            if count > 0 {
                write!(to, r#","{}":{count}"#, metric.name)?;
            }
        }
        Ok(())
    }
}

impl Service<'_> {
    fn metrics(&self) -> impl Iterator<Item = Metric> {
        let first = [
            self.cold_start.then_some(list::COLD_STARTS),
            self.init.map(|_| list::INIT_DURATION),
            (self.table_throttled > 0).then_some(list::TABLE_THROTTLED),
            (self.table_failed > 0).then_some(list::TABLE_FAILED),
        ];
        first.into_iter().flatten().chain(self.counts.iter().map(|(place, _)| list::of_place(*place)))
    }

    fn write_values(&self, to: &mut String) -> fmt::Result {
        if self.cold_start {
            to.write_str(r#","ColdStarts":1"#)?;
        }
        if let Some(init) = self.init {
            to.write_str(r#","InitDuration":"#)?;
            milliseconds(init, to)?;
        }
        let totals = [(list::TABLE_THROTTLED, self.table_throttled), (list::TABLE_FAILED, self.table_failed)];
        let counts = self.counts.iter().map(|(place, count)| (list::of_place(*place), *count));
        for (metric, count) in totals.into_iter().filter(|(_, count)| *count > 0).chain(counts) {
            write!(to, r#","{}":{count}"#, metric.name)?;
        }
        Ok(())
    }
}

/// Microseconds as milliseconds.
fn milliseconds(micros: u32, to: &mut String) -> fmt::Result {
    write!(to, "{}.{:03}", micros / 1_000, micros % 1_000)
}

/// A text as JSON.
struct Quoted<'t>(&'t str);

impl fmt::Display for Quoted<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        json_text::quote(self.0, f)
    }
}
