//! Measures contestants in turn, so that each sees the same minutes of the machine.

use std::time::Instant;

/// Something to measure: one call runs one batch and returns nanoseconds per operation.
pub(crate) struct Contestant<'a> {
    name: &'static str,
    batch: Box<dyn FnMut() -> f64 + 'a>,
    runs: Vec<f64>,
}

impl<'a> Contestant<'a> {
    /// Runs `operation` `count` times per batch, where one call is `each` operations.
    pub(crate) fn new(
        name: &'static str,
        count: usize,
        each: usize,
        mut operation: impl FnMut() + 'a,
    ) -> Self {
        Self::timed(name, move || {
            let start = Instant::now();
            for _ in 0..count {
                operation();
            }
            start.elapsed().as_nanos() as f64 / (count * each) as f64
        })
    }

    /// Runs a batch that times itself.
    pub(crate) fn timed(name: &'static str, batch: impl FnMut() -> f64 + 'a) -> Self {
        Self { name, batch: Box::new(batch), runs: Vec::new() }
    }
}

/// What the rounds came to, in the order of the contestants.
pub(crate) struct Times(Vec<(&'static str, Time)>);

/// Nanoseconds per operation.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Time {
    /// Of the batch that nothing disturbed: what ratios are made of, since it repeats on a shared machine.
    pub(crate) fastest: f64,
    /// Of the batch in the middle.
    pub(crate) median: f64,
}

impl Times {
    /// # Panics
    ///
    /// When no contestant has that name.
    pub(crate) fn of(&self, name: &str) -> Time {
        self.0
            .iter()
            .find(|(other, _)| *other == name)
            .map(|(_, time)| *time)
            .expect("a contestant of this name")
    }
}

/// `rounds` batches of each, in turn, after a tenth as many to warm up.
pub(crate) fn compare(rounds: usize, mut contestants: Vec<Contestant<'_>>) -> Times {
    for round in 0..rounds + rounds / 10 {
        for contestant in &mut contestants {
            let time = (contestant.batch)();
            if round >= rounds / 10 {
                contestant.runs.push(time);
            }
        }
    }
    Times(contestants.into_iter().map(|contestant| (contestant.name, summary(contestant.runs))).collect())
}

/// The fastest and the middle of some runs.
pub(crate) fn summary(mut runs: Vec<f64>) -> Time {
    runs.sort_by(f64::total_cmp);
    Time { fastest: runs[0], median: runs[runs.len() / 2] }
}
