//! What all connections saw together.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use hdrhistogram::Histogram;

/// Histograms that connections share, so that they rarely wait for each other.
const SHARDS: usize = 16;

/// The longest time that is told apart from longer ones, in microseconds.
const LONGEST: u64 = 300_000_000;

#[derive(Debug)]
pub(super) struct Tally {
    sent: AtomicU64,
    unanswered: AtomicU64,
    unasked: AtomicU64,
    handshakes: Mutex<Histogram<u64>>,
    answers: Vec<Mutex<Histogram<u64>>>,
    /// How often what went wrong with connections, by when it did.
    failures: Mutex<Failures>,
}

#[derive(Clone, Debug, Default)]
pub(super) struct Failures {
    pub(super) not_opened: BTreeMap<String, u64>,
    pub(super) lost: BTreeMap<String, u64>,
    /// Error frames among the answers, by their code.
    pub(super) refused: BTreeMap<String, u64>,
}

/// The counts at one moment.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Counts {
    pub(super) sent: u64,
    pub(super) answered: u64,
    pub(super) unanswered: u64,
    pub(super) unasked: u64,
}

impl Tally {
    pub(super) fn new() -> Self {
        Self {
            sent: AtomicU64::new(0),
            unanswered: AtomicU64::new(0),
            unasked: AtomicU64::new(0),
            handshakes: Mutex::new(histogram()),
            answers: (0..SHARDS).map(|_| Mutex::new(histogram())).collect(),
            failures: Mutex::default(),
        }
    }

    pub(super) fn opened(&self, took: Duration) {
        record(&self.handshakes, took);
    }

    pub(super) fn not_opened(&self, why: String) {
        *lock(&self.failures).not_opened.entry(why).or_default() += 1;
    }

    pub(super) fn lost(&self, why: String) {
        *lock(&self.failures).lost.entry(why).or_default() += 1;
    }

    /// An answer that is an error frame of this code.
    pub(super) fn refused(&self, code: String) {
        *lock(&self.failures).refused.entry(code).or_default() += 1;
    }

    pub(super) fn sent(&self) {
        self.sent.fetch_add(1, Ordering::Relaxed);
    }

    pub(super) fn answered(&self, connection: u64, after: Duration) {
        record(&self.answers[connection as usize % SHARDS], after);
    }

    pub(super) fn unanswered(&self) {
        self.unanswered.fetch_add(1, Ordering::Relaxed);
    }

    /// A message that no step waited for.
    pub(super) fn unasked(&self) {
        self.unasked.fetch_add(1, Ordering::Relaxed);
    }

    /// Forgets what was counted of messages: what comes before all are open is not steady.
    pub(super) fn begin(&self) {
        for counter in [&self.sent, &self.unanswered, &self.unasked] {
            counter.store(0, Ordering::Relaxed);
        }
        self.answers.iter().for_each(|answers| lock(answers).reset());
        lock(&self.failures).refused.clear();
    }

    pub(super) fn counts(&self) -> Counts {
        Counts {
            sent: self.sent.load(Ordering::Relaxed),
            answered: self.answers.iter().map(|answers| lock(answers).len()).sum(),
            unanswered: self.unanswered.load(Ordering::Relaxed),
            unasked: self.unasked.load(Ordering::Relaxed),
        }
    }

    pub(super) fn handshakes(&self) -> Histogram<u64> {
        lock(&self.handshakes).clone()
    }

    pub(super) fn answers(&self) -> Histogram<u64> {
        let mut all = histogram();
        for answers in &self.answers {
            // Made alike, so one fits into the other.
            let _ = all.add(&*lock(answers));
        }
        all
    }

    pub(super) fn failures(&self) -> Failures {
        lock(&self.failures).clone()
    }
}

/// Of microseconds, to three digits.
fn histogram() -> Histogram<u64> {
    Histogram::new_with_bounds(1, LONGEST, 3).expect("these bounds are in order")
}

fn record(histogram: &Mutex<Histogram<u64>>, time: Duration) {
    let micros = u64::try_from(time.as_micros()).unwrap_or(LONGEST);
    lock(histogram).saturating_record(micros.max(1));
}

/// Counters stay what they are if somebody panics beside them.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_kept_to_three_digits_and_no_time_is_lost() {
        let tally = Tally::new();
        for (connection, millis) in [(1, 1), (2, 2), (17, 1_000_000), (18, 0)] {
            tally.answered(connection, Duration::from_millis(millis));
        }
        let answers = tally.answers();
        assert_eq!((answers.len(), tally.counts().answered), (4, 4));
        assert!(answers.max() >= LONGEST && answers.min() == 1);
        tally.refused("too_large".to_owned());
        tally.begin();
        assert!(tally.failures().refused.is_empty());
        assert_eq!(tally.counts(), Counts::default());
    }
}
