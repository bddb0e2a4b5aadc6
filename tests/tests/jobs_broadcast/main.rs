//! Broadcasts that outlast one invocation: split, interrupted, resumed, finished.

use bytes::Bytes;
use lift_ws::connection::{
    Admission, BroadcastId, BroadcastStatus, Connections, ManualClock, SendErrorKind, Settings,
};
use lift_ws::prelude::*;
use lift_ws::push::{ConnectionInfo, PostError, PostErrorKind, Poster};
use lift_ws::queue::QueueErrorKind;
use lift_ws::queue::memory::{Delivery, MemoryQueue};
use lift_ws::store::memory::MemoryStore;
use lift_ws::store::{BoxFuture, ConnectionStore, Membership};
use lift_ws::{Invocation, Service};
use serde_json::Value;
use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant, SystemTime};
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
    fn post<'a>(&'a self, _: &'a str, id: &'a str, _: Bytes) -> BoxFuture<'a, Result<(), PostError>> {
        Box::pin(async move {
            let n = self.posts.fetch_add(1, Ordering::SeqCst) + 1;
            if n == self.alarm_at.load(Ordering::SeqCst) {
                self.alarm.notify_one();
            }
            if (n * 7_919) % 1_000 < self.throttled {
                return Err(PostError::new(PostErrorKind::Throttled));
            }
            *self.received.lock().unwrap().entry(id.to_owned()).or_default() += 1;
            tokio::time::sleep(self.latency).await; // the answer may come too late
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

#[tokio::test]
async fn a_broadcast_of_20_000_survives_killed_environments_and_nobody_is_lost() {
    for seed in [1, 2, 3, 4] {
        let (interruptions, repeats) = interrupted(seed, 20_000).await;
        assert!(interruptions >= 6, "seed {seed}: only {interruptions} were interrupted");
        assert!(repeats <= interruptions * PAGE, "seed {seed}: {repeats} repeats of {interruptions}");
    }
}

/// Sends to so many, with environments killed while they send, batches delivered twice at once, and time that is up
/// early. It returns how many segments were interrupted, and how many recipients got the message again.
async fn interrupted(seed: u64, members: usize) -> (usize, usize) {
    let gateway = Gateway { latency: Duration::from_micros(500), throttled: 20, ..Gateway::default() };
    // killed before a page is done a message has not moved: of that there may be much by chance
    let world = World::with_receives(100, members, gateway, fast()).await;
    let chance = Chance::new(seed);
    let id = world.environment().group("news").send_later("hello").await.unwrap();
    let (mut interruptions, mut invocations) = (0, 0);
    loop {
        let batch = world.queue.receive(1 + chance.below(4) as usize);
        if batch.is_empty() {
            break;
        }
        invocations += 1;
        assert!(invocations < 200, "seed {seed}: it does not come to an end");
        // first they are killed, then anything may happen
        let kinds = if interruptions < 6 { 6 } else { 14 };
        match chance.below(kinds) {
            0..6 => {
                let posts = 1 + chance.below(2_000) as usize;
                tokio::select! {
                    biased;
                    () = world.gateway.after(posts) => {
                        interruptions += batch.len();
                        world.queue.abandon(batch);
                        // the messages come back when their visibility ends, and the claims have ended before
                        world.clock.advance(TIMEOUT);
                    }
                    answer = world.invoke(&batch, TIMEOUT) => world.queue.settle(batch.clone(), &answer),
                }
            }
            6 => {
                // SQS delivers at least once: here twice at the same time
                let (first, _second) =
                    tokio::join!(world.invoke(&batch, TIMEOUT), world.invoke(&batch, TIMEOUT));
                world.queue.settle(batch, &first);
            }
            7 => {
                let answer = world.invoke(&batch, Duration::from_millis(500)).await;
                world.queue.settle(batch, &answer);
            }
            _ => {
                let answer = world.invoke(&batch, TIMEOUT).await;
                world.queue.settle(batch, &answer);
            }
        }
    }
    assert!(world.queue.dead_letters().is_empty(), "seed {seed}: {:?}", world.queue.dead_letters());
    let lost: Vec<_> = (0..members).filter(|n| world.gateway.received(&self::id(*n)) == 0).collect();
    assert!(lost.is_empty(), "seed {seed}: {} lost, such as {:?}", lost.len(), lost.first());
    let status = world.status(&id).await;
    assert!(status.is_complete(), "seed {seed}: {status:?}");
    assert_eq!(status.counts.attempted(), members as u64, "seed {seed}: each turn is counted once");
    (interruptions, world.gateway.total() - members)
}

#[tokio::test]
async fn a_broadcast_that_moves_is_never_a_dead_letter_however_often_it_is_interrupted() {
    let settings = fast().with_broadcast_segments(1);
    let world = World::new(10_000, Gateway::default(), settings).await;
    let id = world.environment().group("news").send_later("hello").await.unwrap();
    let mut interruptions = 0;
    loop {
        let batch = world.queue.receive(1);
        if batch.is_empty() {
            break;
        }
        tokio::select! {
            biased;
            () = world.gateway.after(1_500) => {
                interruptions += 1;
                world.queue.abandon(batch);
                world.clock.advance(TIMEOUT);
            }
            answer = world.invoke(&batch, TIMEOUT) => world.queue.settle(batch.clone(), &answer),
        }
    }
    assert!(interruptions > 3, "more than a message has receives: {interruptions}");
    assert!(world.queue.dead_letters().is_empty());
    assert!(world.status(&id).await.is_complete());
    assert!(world.gateway.total() - 10_000 <= interruptions * PAGE);
    assert!((0..10_000).all(|n| world.gateway.received(&self::id(n)) > 0), "somebody is lost");
}

#[tokio::test]
async fn without_interruption_each_recipient_gets_the_message_once() {
    let world = World::new(5_000, Gateway::default(), fast()).await;
    let conns = world.environment();
    let id = conns.group("news").except(id(7)).send_later("hello").await.unwrap();
    assert_eq!(world.queue.len(), 4);
    let before = world.status(&id).await;
    assert_eq!((before.segments, before.finished, before.is_complete()), (4, 0, false));
    world.drain().await;
    let status = world.status(&id).await;
    assert_eq!((status.finished, status.counts.delivered), (4, 4_999));
    assert_eq!(world.gateway.received(&self::id(7)), 0, "it was left out");
    assert_eq!(world.gateway.total(), 4_999);
}

#[tokio::test]
async fn what_does_not_fit_into_an_invocation_is_handed_over() {
    let slow = fast().with_rate(2_000);
    let world = World::new(3_000, Gateway::default(), slow).await;
    let conns = world.environment().with_deadline(Instant::now() + Duration::from_millis(600));
    let report = conns.group("news").handing_over().send("hello").await.unwrap();
    let id = report.handed_over.clone().expect("3,000 do not fit into 0.6 s at 2,000 a second");
    assert!(report.delivered > 0 && !report.is_complete() && report.cursor.is_none());
    world.drain().await;
    let status = world.status(&id).await;
    assert!(status.is_complete());
    // a post that was under way when the time was up may be counted as unknown
    assert_eq!(report.attempted() as u64 + status.counts.attempted(), 3_000);
    assert!(world.is_exactly_once(3_000));
}

#[tokio::test]
async fn what_fits_into_an_invocation_is_not_handed_over() {
    let world = World::new(10, Gateway::default(), fast()).await;
    let report = world.environment().group("news").handing_over().send("hello").await.unwrap();
    assert_eq!((report.delivered, report.handed_over), (10, None));
    assert!(world.queue.is_empty());
}

#[tokio::test]
async fn a_segment_whose_time_is_up_goes_on_in_a_message_of_its_own() {
    let world =
        World::new(3_000, Gateway::default(), fast().with_broadcast_rate(4_000).with_broadcast_segments(1))
            .await;
    let id = world.environment().group("news").send_later("hello").await.unwrap();
    let mut invocations = 0;
    loop {
        let batch = world.queue.receive(10);
        if batch.is_empty() {
            break;
        }
        assert_eq!(batch[0].receives, 1, "it moves on, and so is never delivered again");
        let answer = world.invoke(&batch, Duration::from_millis(800)).await;
        world.queue.settle(batch, &answer);
        invocations += 1;
    }
    assert!(invocations > 1, "3,000 do not fit into 0.8 s at 4,000 a second");
    assert!(world.status(&id).await.is_complete());
    assert!(world.is_exactly_once(3_000), "a time that is up repeats nobody");
}

#[tokio::test]
async fn a_message_that_comes_again_after_the_end_sends_nothing() {
    let world = World::new(100, Gateway::default(), fast()).await;
    world.environment().group("news").send_later("hello").await.unwrap();
    let batch = world.queue.receive(10);
    let answer = world.invoke(&batch, TIMEOUT).await;
    assert_eq!(answer, serde_json::json!({ "batchItemFailures": [] }));
    assert_eq!(world.invoke(&batch, TIMEOUT).await, answer);
    assert!(world.is_exactly_once(100));
}

#[tokio::test]
async fn a_continuation_that_the_queue_refuses_is_made_up_for_by_the_message_itself() {
    let world =
        World::new(2_000, Gateway::default(), fast().with_broadcast_rate(2_000).with_broadcast_segments(1))
            .await;
    world.environment().group("news").send_later("hello").await.unwrap();
    let batch = world.queue.receive(1);
    world.queue.refuse(QueueErrorKind::Unavailable);
    let answer = world.invoke(&batch, Duration::from_millis(800)).await;
    assert_eq!(answer["batchItemFailures"].as_array().unwrap().len(), 1);
    world.queue.settle(batch, &answer);
    world.drain().await;
    assert!(world.is_exactly_once(2_000));
}

#[tokio::test]
async fn without_a_queue_nothing_is_stored_and_the_error_says_what_to_set() {
    let store = Arc::new(MemoryStore::new());
    let conns = Connections::new(Arc::clone(&store), Gateway::default()).bind("a1", "prod");
    let error = conns.group("news").send_later("hello").await.unwrap_err();
    assert_eq!(error.kind(), SendErrorKind::Queue);
    let source = std::error::Error::source(&error).unwrap().to_string();
    assert!(source.contains("LIFT_WS_QUEUE_URL"), "{source}");
}

#[tokio::test]
async fn a_queue_that_refuses_some_segments_is_asked_again() {
    let world = World::new(100, Gateway::default(), fast()).await;
    world.queue.refuse(QueueErrorKind::Throttled);
    world.queue.refuse(QueueErrorKind::Throttled);
    world.environment().group("news").send_later("hello").await.unwrap();
    assert_eq!(world.queue.len(), 4);
    world.drain().await;
    assert!(world.is_exactly_once(100));
}

#[tokio::test]
async fn a_broadcast_that_nobody_knows_ends_in_the_dead_letters() {
    let world = World::new(1, Gateway::default(), fast()).await;
    world.environment().group("news").send_later("hello").await.unwrap();
    world.store.sweep(u64::MAX);
    world.drain().await;
    assert_eq!(world.queue.dead_letters().len(), 4);
    assert!(world.environment().broadcast(&BroadcastId::new("nobody")).await.unwrap().is_none());
}

#[tokio::test]
async fn who_connects_after_a_broadcast_began_is_no_recipient_of_a_late_redrive() {
    let world = World::new(10, Gateway::default(), fast()).await;
    world.environment().group("news").send_later("hello").await.unwrap();
    world.clock.advance(Duration::from_secs(600));
    let late = Membership::new("Late=", NOON + 300_000, NOON / 1_000 + 8_100);
    world.environment().admitted(Admission::new("Late=", NOON + 300_000)).await.unwrap();
    world.store.join(SCOPE, "news", &late).await.unwrap();
    world.drain().await;
    assert_eq!(world.gateway.received("Late="), 0);
    assert!(world.is_exactly_once(10));
}

#[tokio::test]
async fn everybody_and_a_tenant_are_handed_over_too() {
    let world = World::new(900, Gateway::default(), fast()).await;
    let conns = world.environment();
    for n in 0..100 {
        let mut admission = Admission::new(format!("acme-{n}="), NOON - 1_000);
        admission.tenant = Some("acme".to_owned());
        conns.admitted(admission).await.unwrap();
    }
    let all = conns.all().except(id(3)).send_later("hello").await.unwrap();
    assert_eq!(world.status(&all).await.segments, 4);
    world.drain().await;
    assert_eq!(world.status(&all).await.counts.delivered, 999);
    assert_eq!((world.gateway.received(&id(3)), world.gateway.total()), (0, 999));
    let tenant = conns.tenant("acme").send_later("hello").await.unwrap();
    world.drain().await;
    assert_eq!(world.status(&tenant).await.counts.delivered, 100);
    assert!((0..100).all(|n| world.gateway.received(&format!("acme-{n}=")) == 2));
}

#[tokio::test]
async fn a_stream_of_ids_stays_with_its_invocation() {
    let world = World::new(1, Gateway::default(), fast()).await;
    let conns = world.environment();
    let error = conns.ids([id(0)]).send_later("hello").await.unwrap_err();
    assert_eq!(error.kind(), SendErrorKind::Queue);
    let report = conns.ids([id(0)]).handing_over().send("hello").await.unwrap();
    assert_eq!((report.delivered, report.handed_over), (1, None));
}

#[tokio::test]
async fn a_message_that_is_sent_at_least_once_keeps_its_id_on_the_queue() {
    #[derive(serde::Serialize)]
    struct Paid {
        invoice: u32,
    }
    let world = World::new(10, Gateway::default(), fast()).await;
    let conns = world.environment();
    conns.group("news").message_id("m-1").send_later(&Paid { invoice: 7 }).await.unwrap();
    world.drain().await;
    assert!(world.is_exactly_once(10));
}
