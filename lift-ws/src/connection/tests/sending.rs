//! One message to one connection.

use std::time::{Duration, Instant};

use serde::Serialize;

use super::counting::Call;
use super::{Admission, World};
use crate::connection::{Connections, MAX_MESSAGE_BYTES, SendErrorKind, Settings};
use crate::push::recording::RecordingPoster;
use crate::push::{PostErrorKind, Poster};
use crate::store::BoxFuture;
use crate::store::memory::MemoryStore;

#[derive(Serialize)]
struct Said<'a> {
    r#type: &'a str,
    text: &'a str,
}

#[tokio::test]
async fn a_message_is_posted_as_json_at_the_callback_url() {
    let world = World::new();
    world.conns.send("AbC=", &Said { r#type: "said", text: "hi" }).await.unwrap();
    world.conns.send_raw("AbC=", "as it is").await.unwrap();
    assert_eq!(world.gateway.posted_to("AbC="), [r#"{"type":"said","text":"hi"}"#, "as it is"]);
    assert_eq!(world.gateway.posts()[0].callback_url, "http://gateway.test/prod");
    assert!(world.store.take_calls().is_empty(), "a message that needs nothing stored costs no call");
}

#[tokio::test]
async fn without_configuration_the_default_endpoint_of_the_event_is_used() {
    let conns =
        Connections::builder(MemoryStore::new(), RecordingPoster::new()).region("eu-central-1").build();
    let url = conns.bind("a1b2c3", "prod").callback_url().unwrap().to_string();
    assert_eq!(url, "https://a1b2c3.execute-api.eu-central-1.amazonaws.com/prod");
}

#[tokio::test]
async fn a_message_that_is_too_large_is_refused_before_the_wire() {
    let world = World::new();
    let error = world.conns.send_raw("AbC=", vec![b'x'; MAX_MESSAGE_BYTES + 1]).await.unwrap_err();
    assert_eq!(error.kind(), SendErrorKind::TooLarge);
    assert!(world.gateway.posts().is_empty());
    world.conns.send_raw("AbC=", vec![b'x'; MAX_MESSAGE_BYTES]).await.unwrap();
}

#[tokio::test]
async fn a_throttled_message_is_sent_again_and_arrives_once() {
    let world = World::new();
    world.gateway.fail_times("AbC=", PostErrorKind::Throttled, 2);
    world.conns.send("AbC=", "hi").await.unwrap();
    assert_eq!(world.gateway.posted_to("AbC=").len(), 1);
}

#[tokio::test]
async fn throttling_that_does_not_end_is_an_error_that_is_safe_to_retry() {
    let world = World::with(Settings::default().with_tries(2));
    world.gateway.fail("AbC=", PostErrorKind::Throttled);
    let error = world.conns.send("AbC=", "hi").await.unwrap_err();
    assert_eq!(error.kind(), SendErrorKind::Throttled);
    assert!(error.is_retry_safe());
}

#[tokio::test]
async fn an_unknown_outcome_is_not_tried_again() {
    let world = World::new();
    world.gateway.fail_times("AbC=", PostErrorKind::UnknownOutcome, 1);
    let error = world.conns.send("AbC=", "hi").await.unwrap_err();
    assert_eq!(error.kind(), SendErrorKind::UnknownOutcome);
    assert!(world.gateway.posts().is_empty());
}

#[tokio::test]
async fn what_cannot_be_made_for_want_of_configuration_is_tried_once_and_says_so() {
    let world = World::new();
    world.gateway.fail_times("AbC=", PostErrorKind::Configuration, 1);
    let error = world.conns.send("AbC=", "hi").await.unwrap_err();
    assert_eq!(error.kind(), SendErrorKind::Configuration);
    assert!(
        error.to_string().contains("credentials") && !error.to_string().contains("callback URL"),
        "{error}"
    );
    assert!(!error.is_retry_safe() && world.gateway.posts().is_empty());
}

#[tokio::test]
async fn a_gone_connection_is_removed_with_its_memberships() {
    let world = World::new();
    let groups = vec![("red".to_owned(), None)];
    world.conns.admitted(Admission { groups, ..Admission::new("AbC=", world.now()) }).await.unwrap();
    world.after_the_grace();
    world.gateway.fail("AbC=", PostErrorKind::Gone);
    world.store.take_calls();
    let error = world.conns.send("AbC=", "hi").await.unwrap_err();
    assert_eq!(error.kind(), SendErrorKind::Gone);
    assert_eq!(world.store.take_calls(), [Call::DeleteGone, Call::RemoveMemberships]);
    assert!(world.stored().is_empty());
    assert!(world.names_in("red").await.is_empty());
    assert!(world.conns.record("AbC=").await.unwrap().is_none(), "the cache forgot it too");
}

#[tokio::test]
async fn a_connection_in_its_handshake_is_not_removed_for_answering_410() {
    let world = World::new();
    world.admit("AbC=").await;
    world.gateway.fail("AbC=", PostErrorKind::Gone);
    let error = world.conns.send("AbC=", "hi").await.unwrap_err();
    assert_eq!(error.kind(), SendErrorKind::Connecting);
    assert!(error.to_string().contains("$connect"), "{error}");
    assert_eq!(world.stored().len(), 1);
}

#[tokio::test]
async fn without_grace_the_youngest_connection_is_removed() {
    let world = World::with(Settings::default().with_gone_grace(Duration::ZERO));
    world.admit("AbC=").await;
    world.gateway.fail("AbC=", PostErrorKind::Gone);
    assert_eq!(world.conns.send("AbC=", "hi").await.unwrap_err().kind(), SendErrorKind::Gone);
    assert!(world.stored().is_empty());
}

#[tokio::test]
async fn a_clean_up_that_fails_does_not_hide_that_the_connection_is_gone() {
    let world = World::new();
    world.store.fail_after(0, Call::DeleteGone);
    world.gateway.fail("AbC=", PostErrorKind::Gone);
    assert_eq!(world.conns.send("AbC=", "hi").await.unwrap_err().kind(), SendErrorKind::Gone);
}

#[tokio::test]
async fn only_one_of_clean_up_and_disconnect_gets_the_record() {
    let world = World::new();
    world.admit("AbC=").await;
    world.after_the_grace();
    world.gateway.fail("AbC=", PostErrorKind::Gone);
    let error = world.conns.send("AbC=", "hi").await.unwrap_err();
    assert_eq!(error.departed().unwrap().connection_id(), "AbC=");
    assert!(world.conns.departed("AbC=").await.unwrap().is_none());
    assert!(world.conns.send("AbC=", "hi").await.unwrap_err().departed().is_none());
}

#[tokio::test]
async fn the_disconnect_that_comes_first_leaves_no_record_to_the_clean_up() {
    let world = World::new();
    world.admit("AbC=").await;
    world.after_the_grace();
    world.gateway.fail("AbC=", PostErrorKind::Gone);
    assert!(world.conns.departed("AbC=").await.unwrap().is_some());
    let error = world.conns.send("AbC=", "hi").await.unwrap_err();
    assert_eq!(error.kind(), SendErrorKind::Gone);
    assert!(error.departed().is_none());
}

#[tokio::test]
async fn nothing_is_sent_after_the_deadline() {
    let world = World::new();
    let late = world.conns.clone().with_deadline(Instant::now());
    assert_eq!(late.send("AbC=", "hi").await.unwrap_err().kind(), SendErrorKind::NotSent);
    assert!(world.gateway.posts().is_empty());
}

/// A gateway that never answers.
#[derive(Debug)]
struct Silent;

impl Poster for Silent {
    fn post<'a>(
        &'a self,
        _: &'a str,
        _: &'a str,
        _: bytes::Bytes,
    ) -> BoxFuture<'a, Result<(), crate::push::PostError>> {
        Box::pin(std::future::pending())
    }

    fn info<'a>(
        &'a self,
        _: &'a str,
        _: &'a str,
    ) -> BoxFuture<'a, Result<crate::push::ConnectionInfo, crate::push::PostError>> {
        Box::pin(std::future::pending())
    }

    fn disconnect<'a>(&'a self, _: &'a str, _: &'a str) -> BoxFuture<'a, Result<(), crate::push::PostError>> {
        Box::pin(std::future::pending())
    }
}

#[tokio::test]
async fn a_gateway_that_does_not_answer_leaves_the_outcome_unknown() {
    let settings = Settings::default().with_post_timeout(Duration::from_millis(1));
    let conns = Connections::builder(MemoryStore::new(), Silent).settings(settings).build();
    let conns = conns.bind("a1b2c3", "prod");
    assert_eq!(conns.send("AbC=", "hi").await.unwrap_err().kind(), SendErrorKind::UnknownOutcome);
    assert_eq!(conns.info("AbC=").await.unwrap_err().kind(), SendErrorKind::UnknownOutcome);
    assert_eq!(conns.disconnect("AbC=").await.unwrap_err().kind(), SendErrorKind::UnknownOutcome);
}

#[tokio::test]
async fn disconnecting_closes_at_the_gateway_and_leaves_the_rows_to_the_disconnect_event() {
    let world = World::new();
    world.admit("AbC=").await;
    world.conns.disconnect("AbC=").await.unwrap();
    assert_eq!(world.gateway.disconnected(), ["AbC="]);
    assert_eq!(world.stored().len(), 1);
}

#[tokio::test]
async fn what_is_posted_once_is_neither_tried_again_nor_cleaned_up() {
    let world = World::new();
    world.gateway.fail_times("AbC=", PostErrorKind::Throttled, 1);
    let error = world.conns.post_once("AbC=", "sorry".into()).await.unwrap_err();
    assert_eq!(error.kind(), SendErrorKind::Throttled);
    assert!(world.gateway.posts().is_empty());
    assert!(world.store.take_calls().is_empty());
}

#[tokio::test]
async fn settings_at_their_limits_neither_panic_nor_stop_anything() {
    let least = Settings::default().with_tries(0).with_concurrency(0).with_rate(0).with_cache_entries(0);
    let most = Settings::default()
        .with_tries(u32::MAX)
        .with_concurrency(usize::MAX)
        .with_rate(u32::MAX)
        .with_cache_entries(usize::MAX)
        .with_cache_life(Duration::MAX)
        .with_post_timeout(Duration::MAX)
        .with_gone_grace(Duration::MAX);
    for settings in [least, most] {
        let world = World::with(settings.clone());
        world.admit_into("red", ["AbC=".to_owned()]).await;
        world.conns.send("AbC=", "hi").await.unwrap();
        world.gateway.fail_times("AbC=", PostErrorKind::UnknownOutcome, 1);
        world.conns.send("AbC=", "hi").await.unwrap_err();
        let report = world.conns.group("red").send("hi").await.unwrap();
        assert_eq!((report.delivered, report.is_complete()), (1, true), "{settings:?}");
        assert!(world.conns.record("AbC=").await.unwrap().is_some());
    }
}
