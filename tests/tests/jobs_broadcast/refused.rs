//! Broadcasts that cannot be: refused before anything is stored, or dead letters.

use std::error::Error;
use std::sync::Arc;

use lift_ws::connection::{BroadcastId, Connections, SendError, SendErrorKind};
use lift_ws::queue::{Queue, QueueMessage};
use lift_ws::store::memory::MemoryStore;
use lift_ws::store::{StoreError, StoreErrorKind};

use crate::{Gateway, SCOPE, World, fast, id};

fn store_error(error: &SendError) -> Option<StoreErrorKind> {
    error.source()?.downcast_ref().map(StoreError::kind)
}

#[tokio::test]
async fn without_a_queue_nothing_is_stored_and_the_error_says_what_to_set() {
    let store = Arc::new(MemoryStore::new());
    let conns = Connections::new(Arc::clone(&store), Gateway::default()).bind("a1", "prod");
    let error = conns.group("news").send_later("hello").await.unwrap_err();
    assert_eq!(error.kind(), SendErrorKind::Queue);
    let source = error.source().unwrap().to_string();
    assert!(source.contains("LIFT_WS_QUEUE_URL"), "{source}");
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
async fn a_stream_of_ids_stays_with_its_invocation() {
    let world = World::new(1, Gateway::default(), fast()).await;
    let conns = world.environment();
    let error = conns.ids([id(0)]).send_later("hello").await.unwrap_err();
    assert_eq!(error.kind(), SendErrorKind::Queue);
    let report = conns.ids([id(0)]).handing_over().send("hello").await.unwrap();
    assert_eq!((report.delivered, report.handed_over), (1, None));
}

#[tokio::test]
async fn a_segment_that_the_broadcast_does_not_have_sends_nothing_and_is_a_dead_letter() {
    let world = World::new(10, Gateway::default(), fast()).await;
    let broadcast = world.environment().group("news").send_later("hello").await.unwrap();
    world.drain().await;
    assert!(world.is_exactly_once(10));
    for segment in [4, u16::MAX] {
        let message = serde_json::json!({
            "liftWs": 1,
            "scope": SCOPE,
            "url": "http://gateway.test/prod",
            "broadcast": { "id": broadcast.as_str(), "segment": segment, "turn": 0 },
        });
        world.queue.send(&QueueMessage::new(message.to_string())).await.unwrap();
        world.drain().await;
    }
    assert_eq!(world.queue.dead_letters().len(), 2);
    assert!(world.is_exactly_once(10), "nobody gets it again");
    assert!(world.status(&broadcast).await.is_complete());
}

#[tokio::test]
async fn a_cursor_of_another_list_is_refused_before_anything_is_stored() {
    let world = World::new(10, Gateway::default(), fast()).await;
    let conns = world.environment();
    let elsewhere = || "3#1767268800000#x".parse().unwrap();
    for audience in [conns.all(), conns.user("ann")] {
        let error = audience.resume(elsewhere()).send_later("hello").await.unwrap_err();
        assert_eq!(store_error(&error), Some(StoreErrorKind::InvalidCursor), "{error}");
    }
    assert!(world.queue.is_empty());
}

#[tokio::test]
async fn names_that_nobody_can_have_are_refused_before_anything_is_stored() {
    let world = World::new(10, Gateway::default(), fast()).await;
    let conns = world.environment();
    let long = "x".repeat(513);
    for (outcome, expected) in [
        (conns.tenant("").send_later("hello").await, StoreErrorKind::EmptyName),
        (conns.user("").send_later("hello").await, StoreErrorKind::EmptyName),
        (conns.user(&long).send_later("hello").await, StoreErrorKind::NameTooLong),
        (conns.group(&long).send_later("hello").await, StoreErrorKind::InvalidGroup),
    ] {
        assert_eq!(store_error(&outcome.unwrap_err()), Some(expected));
    }
    assert!(world.queue.is_empty());
}

#[tokio::test]
async fn more_exceptions_than_can_be_stored_are_refused_before_anything_is_stored() {
    let world = World::new(10, Gateway::default(), fast()).await;
    let conns = world.environment();
    let except =
        |count| (0..count).fold(conns.group("news"), |group, n| group.except(format!("Except{n:09}=")));
    let error = except(15_000).send_later("hello").await.unwrap_err();
    assert_eq!(error.kind(), SendErrorKind::TooManyExceptions);
    assert!(error.to_string().contains("262144 bytes"), "{error}");
    assert!(world.queue.is_empty());
    let most = except(10_000).except(id(3)).send_later("x".repeat(100_000).as_str()).await.unwrap();
    world.drain().await;
    assert_eq!(world.status(&most).await.counts.delivered, 9);
}
