//! Tickets in memory: for tests, and for a program that is its own and only environment.

use super::TicketStore;
use crate::store::{BoxFuture, StoreError};
use std::collections::HashMap;
use std::future::ready;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// Tickets in memory. On Lambda every environment is a process of its own, so it is no store for production there.
#[derive(Debug, Default)]
pub struct MemoryTicketStore {
    rows: Mutex<HashMap<(String, String), Row>>,
}

#[derive(Debug)]
struct Row {
    ticket: String,
    expires_at: u64,
}

impl MemoryTicketStore {
    /// An empty store.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Forgets what has expired at a time, in seconds since the epoch, as DynamoDB's time-to-live does.
    pub fn sweep(&self, now: u64) {
        self.rows().retain(|_, row| row.expires_at > now);
    }

    /// How many are kept.
    #[must_use]
    pub fn len(&self) -> usize {
        self.rows().len()
    }

    /// Is none kept?
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.rows().is_empty()
    }

    fn rows(&self) -> MutexGuard<'_, HashMap<(String, String), Row>> {
        self.rows.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl TicketStore for MemoryTicketStore {
    fn put<'a>(
        &'a self,
        scope: &'a str,
        hash: &'a str,
        ticket: &'a str,
        expires_at: u64,
    ) -> BoxFuture<'a, Result<(), StoreError>> {
        let row = Row { ticket: ticket.to_owned(), expires_at };
        self.rows().insert((scope.to_owned(), hash.to_owned()), row);
        Box::pin(ready(Ok(())))
    }

    fn take<'a>(
        &'a self,
        scope: &'a str,
        hash: &'a str,
    ) -> BoxFuture<'a, Result<Option<String>, StoreError>> {
        let row = self.rows().remove(&(scope.to_owned(), hash.to_owned()));
        Box::pin(ready(Ok(row.map(|row| row.ticket))))
    }
}
