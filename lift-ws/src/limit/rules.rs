//! Rules, and what counts for them: buckets in memory, or a store.

use super::buckets::Buckets;
use super::failure::{PATIENCE, within};
use super::{LimitError, LimitErrorKind, LimitStore, OnFailure, Rate, Sender};
use crate::connection::{Clock, SystemClock};
use crate::event::EventType;
use crate::extract::Deadline;
use crate::store::{BoxFuture, StoreError};
use std::fmt::Display;
use std::hash::Hash;
use std::sync::Arc;
use std::time::Duration;

/// How many keys the buckets in memory are for, unless something else is said.
const MOST_KEYS: usize = 10_000;

/// Rules of one kind of key, `By`, with what counts for them.
#[derive(Clone, Debug)]
pub(super) struct Rules<By> {
    rules: Vec<(By, Rate)>,
    meter: Meter,
}

#[derive(Clone, Debug)]
enum Meter {
    Memory(Arc<Buckets>),
    Store {
        store: Arc<dyn LimitStore>,
        /// Counters of other rules are in other rows.
        name: &'static str,
        otherwise: OnFailure,
        at_connect: OnFailure,
    },
}

impl<By: Copy> Rules<By> {
    pub(super) fn in_memory() -> Self {
        Self { rules: Vec::new(), meter: Meter::Memory(Arc::new(Buckets::new(MOST_KEYS))) }
    }

    pub(super) fn in_store(store: impl LimitStore, name: &'static str, otherwise: OnFailure) -> Self {
        let meter = Meter::Store { store: Arc::new(store), name, otherwise, at_connect: OnFailure::Refuse };
        Self { rules: Vec::new(), meter }
    }

    pub(super) fn push(&mut self, by: By, rate: Rate) {
        self.rules.push((by, rate));
    }

    pub(super) fn set_most_keys(&mut self, most: usize) {
        if let Meter::Memory(buckets) = &mut self.meter {
            *buckets = Arc::new(Buckets::new(most));
        }
    }

    pub(super) fn set_at_connect(&mut self, then: OnFailure) {
        if let Meter::Store { at_connect, .. } = &mut self.meter {
            *at_connect = then;
        }
    }

    /// Counts an event for all rules that `key` finds a key for. In memory that is done before it returns.
    ///
    /// # Errors
    /// If one of them has let enough through, or cannot know.
    pub(super) async fn admit<K: Display + Hash>(
        &self,
        sender: &Sender<'_>,
        key: impl Fn(By) -> Option<K> + Send + Sync,
    ) -> Result<(), LimitError>
    where
        By: Send + Sync,
    {
        match &self.meter {
            Meter::Memory(buckets) => {
                let rules = self.rules.iter().enumerate();
                let wanted =
                    rules.filter_map(|(n, (by, rate))| Some((buckets.bucket((n, key(*by)?)), *rate)));
                buckets.take(wanted).map_err(too_many)
            }
            Meter::Store { store, name, otherwise, at_connect } => {
                let keys = self
                    .rules
                    .iter()
                    .enumerate()
                    .filter_map(|(n, (by, rate))| Some((format!("{name}#{n}#{}", key(*by)?), *rate)));
                let otherwise = match sender.is(EventType::Connect) {
                    true => *at_connect,
                    false => *otherwise,
                };
                count(&**store, sender, keys.collect(), otherwise).await
            }
        }
    }
}

fn too_many(wait: Duration) -> LimitError {
    LimitError::new(LimitErrorKind::TooManyRequests).after(wait)
}

/// Boxed: who counts in memory should not carry it in each of their futures.
fn count<'a>(
    store: &'a dyn LimitStore,
    sender: &'a Sender<'_>,
    keys: Vec<(String, Rate)>,
    otherwise: OnFailure,
) -> BoxFuture<'a, Result<(), LimitError>> {
    Box::pin(async move {
        let scope = sender.scope();
        let time = Deadline::of(sender.event, &sender.invocation).remaining().min(PATIENCE);
        let counted = within(time, async {
            for (key, rate) in &keys {
                count_one(store, &scope, key, *rate).await?;
            }
            Ok(())
        });
        match counted.await {
            Ok(()) => Ok(()),
            Err(Over(wait)) => Err(too_many(wait)),
            Err(Failed(error)) if otherwise == OnFailure::Admit => {
                let (request_id, error) = (sender.event.request_id(), &error as &dyn std::error::Error);
                tracing::warn!(request_id, error, "a limit cannot be known; the event goes on");
                Ok(())
            }
            Err(Failed(error)) => Err(LimitError::new(LimitErrorKind::Unavailable).because(error)),
        }
    })
}

use NotCounted::{Failed, Over};

enum NotCounted {
    Over(Duration),
    Failed(StoreError),
}

impl From<StoreError> for NotCounted {
    fn from(error: StoreError) -> Self {
        Failed(error)
    }
}

async fn count_one(store: &dyn LimitStore, scope: &str, key: &str, rate: Rate) -> Result<(), NotCounted> {
    let (now, length) = (SystemClock.now(), rate.window());
    let window = now / length;
    let end = (window + 1).saturating_mul(length);
    // A second for clocks that are apart: a late one must find the counter.
    let expires_at = end / 1_000 + 2;
    match store.count(scope, key, window, rate.in_a_window(), expires_at).await {
        Ok(true) => Ok(()),
        Ok(false) => Err(Over(Duration::from_millis(end - now))),
        Err(error) => Err(Failed(error)),
    }
}
