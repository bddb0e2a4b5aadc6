//! Everything that outlives an environment, and environments.

use super::gateway::Gateway;
use lift_ws::connection::{Admission, BroadcastId, BroadcastStatus, Connections, ManualClock, Settings};
use lift_ws::prelude::*;
use lift_ws::queue::memory::{Delivery, MemoryQueue};
use lift_ws::store::memory::MemoryStore;
use lift_ws::store::{ConnectionStore, Membership};
use lift_ws::{Invocation, Service};
use serde_json::Value;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

pub(crate) const NOON: u64 = 1_767_268_800_000;
pub(crate) const SCOPE: &str = "a1/prod";
/// How long an invocation may last, and so how long nobody else takes its segment.
pub(crate) const TIMEOUT: Duration = Duration::from_secs(60);

#[ws_app(queue = true)]
struct News;

/// Everything that outlives an environment.
pub(crate) struct World {
    pub(crate) store: Arc<MemoryStore>,
    pub(crate) gateway: Arc<Gateway>,
    pub(crate) queue: Arc<MemoryQueue>,
    pub(crate) clock: Arc<ManualClock>,
    settings: Settings,
}

impl World {
    pub(crate) async fn new(members: usize, gateway: Gateway, settings: Settings) -> Self {
        Self::with_receives(3, members, gateway, settings).await
    }

    pub(crate) async fn with_receives(
        receives: u32,
        members: usize,
        gateway: Gateway,
        settings: Settings,
    ) -> Self {
        let world = World {
            store: Arc::new(MemoryStore::new()),
            gateway: Arc::new(gateway),
            queue: Arc::new(MemoryQueue::new().with_max_receives(receives)),
            clock: Arc::new(ManualClock::at(NOON)),
            settings,
        };
        for n in 0..members {
            // over the last hour, several at a time
            let (id, connected_at) = (id(n), NOON - 3_600_000 + (n as u64 / 3) * 400);
            world.environment().admitted(Admission::new(&id, connected_at)).await.unwrap();
            let membership = Membership::new(&id, connected_at, NOON / 1_000 + 8_100);
            world.store.join(SCOPE, "news", &membership).await.unwrap();
        }
        world
    }

    /// A new environment: nothing is shared but store, queue and gateway.
    pub(crate) fn environment(&self) -> Connections {
        Connections::builder(Arc::clone(&self.store), Arc::clone(&self.gateway))
            .queue(Arc::clone(&self.queue))
            .clock(Arc::clone(&self.clock))
            .settings(self.settings.clone())
            .callback_url("http://gateway.test/prod")
            .build()
            .bind("a1", "prod")
    }

    /// What Lambda does with a batch.
    pub(crate) async fn invoke(&self, batch: &[Delivery], time: Duration) -> Value {
        let service = Service::<News>::new(()).with_connections(self.environment());
        let due = (SystemTime::now() + time).duration_since(SystemTime::UNIX_EPOCH).unwrap();
        let invocation =
            Invocation { deadline_ms: due.as_millis().try_into().unwrap(), ..Invocation::default() };
        let mut answer = Vec::new();
        service.respond(&MemoryQueue::event(batch), invocation, &mut answer).await.unwrap();
        serde_json::from_slice(&answer).unwrap()
    }

    /// Delivers until nothing waits.
    pub(crate) async fn drain(&self) {
        loop {
            let batch = self.queue.receive(10);
            if batch.is_empty() {
                return;
            }
            let answer = self.invoke(&batch, TIMEOUT).await;
            self.queue.settle(batch, &answer);
        }
    }

    pub(crate) async fn status(&self, id: &BroadcastId) -> BroadcastStatus {
        self.environment().broadcast(id).await.unwrap().expect("the broadcast is known")
    }

    pub(crate) fn is_exactly_once(&self, members: usize) -> bool {
        (0..members).all(|n| self.gateway.received(&id(n)) == 1)
    }
}

pub(crate) fn id(n: usize) -> String {
    format!("connection-{n}=")
}

pub(crate) fn fast() -> Settings {
    Settings::default().with_rate(1_000_000).with_broadcast_rate(4_000_000).with_broadcast_segments(4)
}
