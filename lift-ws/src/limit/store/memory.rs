//! Limits in memory: for tests, and for a program that is its own and only environment.

use super::{Attempt, Begun, LimitStore};
use crate::connection::{Clock, SystemClock};
use crate::store::{BoxFuture, StoreError};
use std::collections::HashMap;
use std::future::ready;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// So many rows are kept before any is looked at again.
const FEW: usize = 1_024;

/// Limits in memory. On Lambda every environment is a process of its own, so it is no store for production there.
///
/// What has expired is forgotten as rows are added: it takes at most twice the place of what has not.
#[derive(Debug, Default)]
pub struct MemoryLimitStore {
    rows: Mutex<Rows>,
}

#[derive(Debug, Default)]
struct Rows {
    counters: HashMap<(String, String, u64), Counter>,
    attempts: HashMap<(String, String), Row>,
    /// With how many rows they are looked through again.
    full: usize,
}

#[derive(Debug)]
struct Counter {
    count: u32,
    expires_at: u64,
}

#[derive(Debug)]
struct Row {
    attempt: Attempt,
    outcome: Option<String>,
}

impl MemoryLimitStore {
    /// An empty store.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Forgets what has expired at a time, in seconds since the epoch, as DynamoDB's time-to-live does.
    pub fn sweep(&self, now: u64) {
        self.rows().sweep(now);
    }

    /// How many rows are kept.
    #[must_use]
    pub fn len(&self) -> usize {
        self.rows().len()
    }

    /// Is none kept?
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    fn rows(&self) -> MutexGuard<'_, Rows> {
        self.rows.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn count_now(&self, key: (String, String, u64), most: u32, expires_at: u64) -> bool {
        let mut rows = self.rows();
        rows.make_room(SystemClock.now() / 1_000);
        let counter = rows.counters.entry(key).or_insert(Counter { count: 0, expires_at });
        let counts = counter.count < most;
        counter.count += u32::from(counts);
        counts
    }

    fn begin_now(&self, key: (String, String), attempt: &Attempt) -> Begun {
        let mut rows = self.rows();
        rows.make_room(attempt.now / 1_000);
        match rows.attempts.get(&key).filter(|row| attempt.now / 1_000 < row.attempt.expires_at) {
            Some(Row { outcome: Some(outcome), .. }) => Begun::Done(outcome.clone()),
            Some(row) if row.attempt.token != attempt.token && attempt.now < row.attempt.lease_until => {
                Begun::InProgress
            }
            _ => {
                rows.attempts.insert(key, Row { attempt: attempt.clone(), outcome: None });
                Begun::First
            }
        }
    }
}

impl Rows {
    fn len(&self) -> usize {
        self.counters.len() + self.attempts.len()
    }

    fn sweep(&mut self, now: u64) {
        self.counters.retain(|_, counter| counter.expires_at > now);
        self.attempts.retain(|_, row| row.attempt.expires_at > now);
    }

    /// Forgets what has expired each time the rows have doubled: a look at two rows for each that is added.
    fn make_room(&mut self, now: u64) {
        if self.len() >= self.full.max(FEW) {
            self.sweep(now);
            self.full = self.len() * 2;
        }
    }
}

fn key(scope: &str, key: &str) -> (String, String) {
    (scope.to_owned(), key.to_owned())
}

impl LimitStore for MemoryLimitStore {
    fn count<'a>(
        &'a self,
        scope: &'a str,
        key: &'a str,
        window: u64,
        most: u32,
        expires_at: u64,
    ) -> BoxFuture<'a, Result<bool, StoreError>> {
        let key = (scope.to_owned(), key.to_owned(), window);
        Box::pin(ready(Ok(self.count_now(key, most, expires_at))))
    }

    fn begin<'a>(
        &'a self,
        scope: &'a str,
        name: &'a str,
        attempt: &'a Attempt,
    ) -> BoxFuture<'a, Result<Begun, StoreError>> {
        Box::pin(ready(Ok(self.begin_now(key(scope, name), attempt))))
    }

    fn finish<'a>(
        &'a self,
        scope: &'a str,
        name: &'a str,
        attempt: &'a Attempt,
        outcome: &'a str,
    ) -> BoxFuture<'a, Result<(), StoreError>> {
        if let Some(row) = self.rows().attempts.get_mut(&key(scope, name))
            && row.attempt.token == attempt.token
        {
            row.outcome = Some(outcome.to_owned());
        }
        Box::pin(ready(Ok(())))
    }

    fn give_up<'a>(
        &'a self,
        scope: &'a str,
        name: &'a str,
        attempt: &'a Attempt,
    ) -> BoxFuture<'a, Result<(), StoreError>> {
        let key = key(scope, name);
        let mut rows = self.rows();
        if rows
            .attempts
            .get(&key)
            .is_some_and(|row| row.attempt.token == attempt.token && row.outcome.is_none())
        {
            rows.attempts.remove(&key);
        }
        Box::pin(ready(Ok(())))
    }
}
