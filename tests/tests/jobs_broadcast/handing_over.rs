//! From an invocation to the queue: when, and what is said if it cannot be.

use super::gateway::Gateway;
use super::world::{World, fast};
use lift_ws::connection::{BroadcastId, Connections, SendErrorKind};
use lift_ws::queue::QueueErrorKind;
use lift_ws::store::memory::MemoryStore;
use std::sync::Arc;
use std::time::{Duration, Instant};

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
