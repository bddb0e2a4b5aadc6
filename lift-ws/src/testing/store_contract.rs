//! What every [`ConnectionStore`] must do, as checks that run against yours.
//!
//! ```
//! # use lift_ws::{store::memory::MemoryStore, testing::store_contract};
//! # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(async {
//! store_contract::check(&MemoryStore::new()).await;
//! # });
//! ```

mod broadcasts;
mod changes;
mod groups;
mod listing;
mod records;

use std::fmt::Write as _;
use std::hash::{BuildHasher, RandomState};

use crate::connection::Record;
use crate::store::{BoxFuture, ConnectionStore, Membership};

/// Why a check failed.
type Verdict = Result<(), String>;

/// A store and a scope that nobody else uses.
#[derive(Debug, Clone, Copy)]
struct Subject<'a> {
    store: &'a dyn ConnectionStore,
    scope: &'a str,
}

/// A name that says what must be true, and the check.
type Case = (&'static str, for<'a> fn(Subject<'a>) -> BoxFuture<'a, Verdict>);

/// Some time in 2026; the checks need no clock.
const NOON: u64 = 1_767_268_800_000;
const EXPIRY: u64 = NOON / 1_000 + 8_100;

/// Fails the check unless the condition holds.
macro_rules! ensure {
    ($condition:expr, $($text:tt)+) => {
        if !$condition {
            return Err(format!($($text)+));
        }
    };
}
use ensure;

/// Wraps an `async fn(Subject) -> Verdict` as a [`Case`].
macro_rules! cases {
    ($($case:ident),+ $(,)?) => {
        [$((stringify!($case), |subject| Box::pin($case(subject)))),+]
    };
}
use cases;

/// Runs all checks against a store. Each works in a scope of its own, so a store that is not empty will do.
///
/// # Panics
///
/// If a check fails: the message names all that failed.
pub async fn check(store: &dyn ConnectionStore) {
    let mut failures = String::new();
    let run = RandomState::new().hash_one(0_u8);
    let records = records::CASES.iter().chain(&changes::CASES).chain(&listing::CASES);
    for (name, case) in records.chain(&groups::CASES).chain(&broadcasts::CASES) {
        let scope = format!("contract-{run:x}/{name}");
        if let Err(why) = case(Subject { store, scope: &scope }).await {
            let _ = write!(failures, "\n  {name}: {why}");
        }
    }
    assert!(failures.is_empty(), "{store:?} breaks the contract of stores:{failures}");
}

impl Subject<'_> {
    /// A saved record.
    async fn saved(&self, connection_id: &str) -> Result<Record, String> {
        let record = Record::new(connection_id, NOON, EXPIRY);
        said(self.store.put(self.scope, &record).await)?;
        Ok(record)
    }

    async fn read(&self, connection_id: &str) -> Result<Option<Record>, String> {
        said(self.store.get(self.scope, connection_id).await)
    }

    async fn delete(&self, connection_id: &str) -> Result<Option<Record>, String> {
        said(self.store.delete(self.scope, connection_id, NOON + 900_000).await)
    }

    async fn join(&self, connection_id: &str, group: &str) -> Verdict {
        said(self.store.join(self.scope, group, &member(connection_id)).await)
    }
}

fn member(connection_id: &str) -> Membership {
    Membership::new(connection_id, NOON, EXPIRY)
}

fn said<T>(result: Result<T, crate::store::StoreError>) -> Result<T, String> {
    result.map_err(|error| {
        let mut text = error.to_string();
        let mut next = std::error::Error::source(&error);
        while let Some(source) = next {
            let _ = write!(text, ": {source}");
            next = source.source();
        }
        text
    })
}

#[cfg(test)]
mod tests {
    use crate::store::memory::MemoryStore;

    #[tokio::test]
    async fn the_memory_store_keeps_the_contract() {
        super::check(&MemoryStore::new()).await;
    }
}
