//! All metrics there are.

use crate::connection::tally;

/// What is counted or timed: its name, its unit, and by what it is broken down.
///
/// The guide and the dashboard are checked against [`METRICS`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Metric {
    /// The name, such as `Latency`.
    pub name: &'static str,
    /// CloudWatch's word for the unit.
    pub unit: &'static str,
    /// The sets of dimensions: one time series for each combination of values in each set.
    pub dimensions: &'static [&'static [&'static str]],
}

const OF_ROUTES: &[&[&str]] = &[&["Service", "EventType"], &["Service", "Route"]];
const OF_CODES: &[&[&str]] = &[&["Service", "Code"]];
const OF_ALL: &[&[&str]] = &[&["Service"]];

const fn count(name: &'static str, dimensions: &'static [&'static [&'static str]]) -> Metric {
    Metric { name, unit: "Count", dimensions }
}

const fn time(name: &'static str, dimensions: &'static [&'static [&'static str]]) -> Metric {
    Metric { name, unit: "Milliseconds", dimensions }
}

pub(super) const EVENTS: Metric = count("Events", OF_ROUTES);
pub(super) const LATENCY: Metric = time("Latency", OF_ROUTES);
pub(super) const ERRORS: Metric = count("Errors", OF_ROUTES);
pub(super) const FAULTS: Metric = count("Faults", OF_ROUTES);
pub(super) const ERRORS_BY_CODE: Metric = count("ErrorsByCode", OF_CODES);
pub(super) const COLD_STARTS: Metric = count("ColdStarts", OF_ALL);
pub(super) const INIT_DURATION: Metric = time("InitDuration", OF_ALL);
pub(super) const TABLE_THROTTLED: Metric = count("TableThrottled", OF_ALL);
pub(super) const TABLE_FAILED: Metric = count("TableFailed", OF_ALL);

const FIRST: [Metric; 9] = [
    EVENTS,
    LATENCY,
    ERRORS,
    FAULTS,
    ERRORS_BY_CODE,
    COLD_STARTS,
    INIT_DURATION,
    TABLE_THROTTLED,
    TABLE_FAILED,
];

/// The metric of a place in the tally.
pub(super) const fn of_place(place: usize) -> Metric {
    count(tally::NAMES[place], OF_ALL)
}

const ALL: [Metric; FIRST.len() + tally::PLACES] = {
    let mut all = [EVENTS; FIRST.len() + tally::PLACES];
    let mut i = 0;
    while i < all.len() {
        all[i] = if i < FIRST.len() { FIRST[i] } else { of_place(i - FIRST.len()) };
        i += 1;
    }
    all
};

/// All metrics that [`metrics`](super::metrics) writes.
pub const METRICS: &[Metric] = &ALL;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_two_metrics_share_a_name() {
        for (i, metric) in METRICS.iter().enumerate() {
            assert!(METRICS[..i].iter().all(|other| other.name != metric.name), "{}", metric.name);
        }
    }

    #[test]
    fn all_of_one_line_are_no_more_than_the_format_takes() {
        assert!(METRICS.len() <= 100, "{}", METRICS.len());
    }
}
