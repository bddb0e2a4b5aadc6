//! The handle over a store that counts and fails as it is told, and a gateway in memory.

mod at_least_once;
mod audience;
mod broadcast;
mod counting;
mod failures;
mod fanout;
mod identify;
mod impossible_ids;
mod lifecycle;
mod listing;
mod logout;
#[cfg(feature = "simulation")]
mod outage;
mod presence;
#[cfg(feature = "simulation")]
mod scripted;
mod segments;
mod sending;
#[cfg(feature = "simulation")]
mod time_is_up;

use std::sync::Arc;
use std::time::Duration;

use self::counting::CountingStore;
use super::{Admission, Connections, ManualClock, Record, Settings};
use crate::push::recording::RecordingPoster;
use crate::store::memory::MemoryStore;

const NOON: u64 = 1_767_268_800_000;
const SCOPE: &str = "a1b2c3/prod";

/// One environment and what is around it.
struct World {
    store: Arc<CountingStore>,
    gateway: Arc<RecordingPoster>,
    clock: Arc<ManualClock>,
    conns: Connections,
}

impl World {
    fn new() -> Self {
        Self::with(Settings::default())
    }

    fn with(settings: Settings) -> Self {
        let store = Arc::new(CountingStore::new(Arc::new(MemoryStore::new())));
        let (gateway, clock) = (Arc::new(RecordingPoster::new()), Arc::new(ManualClock::at(NOON)));
        let conns = handle(&store, &gateway, &clock, settings);
        Self { store, gateway, clock, conns }
    }

    /// Another environment of the same function: its own cache and counts, the same rows.
    fn another_environment(&self) -> Self {
        let store = Arc::new(CountingStore::new(self.store.rows()));
        let (gateway, clock) = (Arc::clone(&self.gateway), Arc::clone(&self.clock));
        let conns = handle(&store, &gateway, &clock, Settings::default());
        Self { store, gateway, clock, conns }
    }

    async fn admit(&self, id: &str) {
        self.conns.admitted(Admission::new(id, self.now())).await.unwrap();
    }

    async fn admit_into(&self, group: &str, ids: impl IntoIterator<Item = String>) {
        for id in ids {
            let groups = vec![(group.to_owned(), None)];
            self.conns.admitted(Admission { groups, ..Admission::new(id, self.now()) }).await.unwrap();
        }
    }

    fn now(&self) -> u64 {
        super::Clock::now(&*self.clock)
    }

    /// What is stored, past the counting.
    fn stored(&self) -> Vec<Record> {
        self.store.rows().records(SCOPE)
    }

    async fn names_in(&self, group: &str) -> Vec<String> {
        let members = self.conns.members::<serde::de::IgnoredAny>(group).consistent().await.unwrap();
        members.into_iter().map(|member| member.connection_id).collect()
    }

    fn after_the_grace(&self) {
        self.clock.advance(Duration::from_secs(31));
    }
}

fn handle(
    store: &Arc<CountingStore>,
    gateway: &Arc<RecordingPoster>,
    clock: &Arc<ManualClock>,
    settings: Settings,
) -> Connections {
    Connections::builder(Arc::clone(store), Arc::clone(gateway))
        .clock(Arc::clone(clock))
        .settings(settings)
        .callback_url("http://gateway.test/prod")
        .build()
        .bind("a1b2c3", "prod")
}
