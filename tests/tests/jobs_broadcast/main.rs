//! Broadcasts that outlast one invocation: split, interrupted, resumed, finished.

mod handed_over;
mod interrupted;
mod refused;

use bytes::Bytes;
use lift_ws::connection::{Admission, BroadcastId, BroadcastStatus, Connections, ManualClock, Settings};
use lift_ws::prelude::*;
use lift_ws::push::{ConnectionInfo, PostError, PostErrorKind, Poster};
use lift_ws::queue::memory::{Delivery, MemoryQueue};
use lift_ws::store::memory::MemoryStore;
use lift_ws::store::{BoxFuture, ConnectionStore, Membership};
use lift_ws::{Invocation, Service};
use serde_json::Value;
use std::collections::{BTreeSet, HashMap};
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime};
use tokio::sync::Notify;

/// As many as a page of recipients has at most: what an interruption may repeat.
const PAGE: usize = 1_000;
const NOON: u64 = 1_767_268_800_000;
const SCOPE: &str = "a1/prod";
/// How long an invocation may last, and so how long nobody else takes its segment.
const TIMEOUT: Duration = Duration::from_secs(60);

#[ws_app(queue = true)]
struct News;

/// SplitMix64: a small generator with a seed, so that a failure can be repeated.
#[derive(Clone)]
struct Chance(Arc<AtomicU64>);

impl Chance {
    fn new(seed: u64) -> Self {
        Chance(Arc::new(AtomicU64::new(seed)))
    }

    fn below(&self, n: u64) -> u64 {
        let mut z = self.0.fetch_add(0x9E37_79B9_7F4A_7C15, Ordering::Relaxed);
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        (z ^ (z >> 31)) % n
    }
}

/// A management API with latency, that is throttled now and then, and counts.
#[derive(Debug, Default)]
struct Gateway {
    received: Mutex<HashMap<String, usize>>,
    /// What was taken, each message once.
    messages: Mutex<BTreeSet<Bytes>>,
    posts: AtomicUsize,
    /// At so many posts somebody pulls the plug.
    alarm_at: AtomicUsize,
    alarm: Notify,
    latency: Duration,
    /// Of a thousand posts, so many are told to slow down.
    throttled: usize,
}

impl Gateway {
    fn received(&self, id: &str) -> usize {
        self.received.lock().unwrap().get(id).copied().unwrap_or_default()
    }

    fn total(&self) -> usize {
        self.received.lock().unwrap().values().sum()
    }

    async fn after(&self, posts: usize) {
        self.alarm_at.store(self.posts.load(Ordering::SeqCst) + posts, Ordering::SeqCst);
        self.alarm.notified().await;
    }
}

impl Poster for Gateway {
    fn post<'a>(&'a self, _: &'a str, id: &'a str, message: Bytes) -> BoxFuture<'a, Result<(), PostError>> {
        Box::pin(async move {
            let n = self.posts.fetch_add(1, Ordering::SeqCst) + 1;
            if n == self.alarm_at.load(Ordering::SeqCst) {
                self.alarm.notify_one();
            }
            if (n * 7_919) % 1_000 < self.throttled {
                return Err(PostError::new(PostErrorKind::Throttled));
            }
            self.messages.lock().unwrap().insert(message);
            *self.received.lock().unwrap().entry(id.to_owned()).or_default() += 1;
            // Simulated work of the gateway: the answer may come too late.
            tokio::time::sleep(self.latency).await;
            Ok(())
        })
    }

    fn info<'a>(&'a self, _: &'a str, _: &'a str) -> BoxFuture<'a, Result<ConnectionInfo, PostError>> {
        Box::pin(async { Ok(ConnectionInfo::default()) })
    }

    fn disconnect<'a>(&'a self, _: &'a str, _: &'a str) -> BoxFuture<'a, Result<(), PostError>> {
        Box::pin(async { Ok(()) })
    }
}

/// Everything that outlives an environment.
struct World {
    store: Arc<MemoryStore>,
    gateway: Arc<Gateway>,
    queue: Arc<MemoryQueue>,
    clock: Arc<ManualClock>,
    settings: Settings,
}

impl World {
    async fn new(members: usize, gateway: Gateway, settings: Settings) -> Self {
        Self::with_receives(3, members, gateway, settings).await
    }

    async fn with_receives(receives: u32, members: usize, gateway: Gateway, settings: Settings) -> Self {
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
    fn environment(&self) -> Connections {
        Connections::builder(Arc::clone(&self.store), Arc::clone(&self.gateway))
            .queue(Arc::clone(&self.queue))
            .clock(Arc::clone(&self.clock))
            .settings(self.settings.clone())
            .callback_url("http://gateway.test/prod")
            .build()
            .bind("a1", "prod")
    }

    /// What Lambda does with a batch.
    async fn invoke(&self, batch: &[Delivery], time: Duration) -> Value {
        let service = Service::<News>::new(()).with_connections(self.environment());
        let due = (SystemTime::now() + time).duration_since(SystemTime::UNIX_EPOCH).unwrap();
        let invocation =
            Invocation { deadline_ms: due.as_millis().try_into().unwrap(), ..Invocation::default() };
        let mut answer = Vec::new();
        service.respond(&MemoryQueue::event(batch), invocation, &mut answer).await.unwrap();
        serde_json::from_slice(&answer).unwrap()
    }

    /// Delivers until nothing waits.
    async fn drain(&self) {
        loop {
            let batch = self.queue.receive(10);
            if batch.is_empty() {
                return;
            }
            let answer = self.invoke(&batch, TIMEOUT).await;
            self.queue.settle(batch, &answer);
        }
    }

    async fn status(&self, id: &BroadcastId) -> BroadcastStatus {
        self.environment().broadcast(id).await.unwrap().expect("the broadcast is known")
    }

    fn is_exactly_once(&self, members: usize) -> bool {
        (0..members).all(|n| self.gateway.received(&id(n)) == 1)
    }
}

fn id(n: usize) -> String {
    format!("connection-{n}=")
}

fn fast() -> Settings {
    Settings::default().with_rate(1_000_000).with_broadcast_rate(4_000_000).with_broadcast_segments(4)
}
