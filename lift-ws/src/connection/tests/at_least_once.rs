//! Messages that may come twice.

use serde_json::{Value, json};

use super::World;
use crate::connection::{SendErrorKind, Settings};
use crate::push::PostErrorKind;

#[tokio::test]
async fn an_unknown_outcome_is_tried_again_and_the_message_says_who_it_is() {
    let world = World::new();
    world.admit_into("red", ["a=".to_owned(), "b=".to_owned()]).await;
    world.gateway.fail_times("a=", PostErrorKind::UnknownOutcome, 2);
    let report = world.conns.group("red").at_least_once().send(&json!({"type": "paid"})).await.unwrap();
    assert_eq!((report.delivered, report.unknown), (2, 0));
    let id = report.message_id.unwrap();
    for connection in ["a=", "b="] {
        let message: Value = serde_json::from_str(&world.gateway.posted_to(connection)[0]).unwrap();
        assert_eq!(message, json!({"messageId": id, "type": "paid"}));
    }
}

#[tokio::test]
async fn all_ways_of_sending_can_do_so() {
    let world = World::new();
    world.admit("a=").await;
    let message = json!({"type": "paid"});
    let conns = &world.conns;
    world.gateway.fail_times("a=", PostErrorKind::UnknownOutcome, 1);
    conns.to("a=").at_least_once().send(&message).await.unwrap();
    world.gateway.fail_times("a=", PostErrorKind::UnknownOutcome, 1);
    assert_eq!(conns.all().at_least_once().send(&message).await.unwrap().delivered, 1);
    world.gateway.fail_times("a=", PostErrorKind::UnknownOutcome, 1);
    assert_eq!(conns.ids(["a="]).message_id("job-7").send(&message).await.unwrap().delivered, 1);
    let posted = world.gateway.posted_to("a=");
    assert!(posted.iter().all(|message| message.contains("\"messageId\"")), "{posted:?}");
    assert_eq!(posted[2], r#"{"messageId":"job-7","type":"paid"}"#);
}

#[tokio::test]
async fn without_it_an_unknown_outcome_stays_unknown_and_nothing_is_added() {
    let world = World::new();
    world.admit_into("red", ["a=".to_owned(), "b=".to_owned()]).await;
    world.gateway.fail_times("a=", PostErrorKind::UnknownOutcome, 1);
    let report = world.conns.group("red").send(&json!({"type": "said"})).await.unwrap();
    assert_eq!((report.delivered, report.unknown, report.message_id), (1, 1, None));
    assert_eq!(world.gateway.posted_to("b="), [r#"{"type":"said"}"#]);
}

#[tokio::test]
async fn bytes_are_sent_as_they_are_also_when_they_are_sent_again() {
    let world = World::new();
    world.gateway.fail_times("a=", PostErrorKind::UnknownOutcome, 1);
    world.conns.to("a=").at_least_once().send_raw("{}").await.unwrap();
    assert_eq!(world.gateway.posted_to("a="), ["{}"]);
}

#[tokio::test]
async fn what_cannot_carry_an_id_is_refused_before_anything_is_sent() {
    let world = World::new();
    world.admit_into("red", ["a=".to_owned()]).await;
    let error = world.conns.group("red").at_least_once().send("text").await.unwrap_err();
    assert_eq!(error.kind(), SendErrorKind::Json);
    let why = std::error::Error::source(&error).unwrap().to_string();
    assert!(why.contains("JSON object"), "{why}");
    assert!(world.gateway.posts().is_empty());
}

#[tokio::test]
async fn an_unknown_outcome_that_lasts_is_reported_as_such() {
    let world = World::with(Settings::default().with_tries(2));
    world.admit_into("red", ["a=".to_owned()]).await;
    world.gateway.fail("a=", PostErrorKind::UnknownOutcome);
    let report = world.conns.group("red").at_least_once().send(&json!({})).await.unwrap();
    assert_eq!((report.delivered, report.unknown), (0, 1));
    let error = world.conns.to("a=").at_least_once().send(&json!({})).await.unwrap_err();
    assert_eq!(error.kind(), SendErrorKind::UnknownOutcome);
}

#[tokio::test]
async fn the_id_counts_towards_what_the_gateway_takes() {
    let world = World::new();
    world.admit_into("red", ["a=".to_owned()]).await;
    let message = json!({"text": "x".repeat(128 * 1024 - 11)});
    world.conns.group("red").send(&message).await.unwrap();
    let error = world.conns.group("red").at_least_once().send(&message).await.unwrap_err();
    assert_eq!(error.kind(), SendErrorKind::TooLarge);
}

#[cfg(feature = "simulation")]
#[test]
fn what_may_have_arrived_stays_unknown_though_later_tries_certainly_did_not_arrive() {
    use super::scripted::{Scripted, in_virtual_time};
    use crate::connection::Connections;
    use std::time::Duration;
    for last in [PostErrorKind::Throttled, PostErrorKind::Unreachable, PostErrorKind::Configuration] {
        let error = in_virtual_time(async {
            let script = move |post| Some(if post == 0 { PostErrorKind::UnknownOutcome } else { last });
            let gateway = Scripted::new(Duration::from_millis(5), script);
            let conns = Connections::builder(World::new().store.rows(), gateway)
                .settings(Settings::default().with_tries(3))
                .callback_url("http://gateway.test/prod")
                .build()
                .bind("a1b2c3", "prod");
            conns.to("a=").at_least_once().send(&json!({})).await.unwrap_err()
        });
        assert_eq!(error.kind(), SendErrorKind::UnknownOutcome, "{last:?}");
        assert!(!error.is_retry_safe());
    }
}

#[cfg(feature = "simulation")]
#[test]
fn in_a_simulation_the_same_seed_gives_the_same_message_ids() {
    use crate::testing::simulation::Simulation;
    use std::time::Duration;
    let ids = |seed| {
        let _simulation = Simulation::start(seed, Duration::from_secs(1_767_268_800));
        let world = World::new();
        [0; 2].map(|_| world.conns.group("red").at_least_once().sending.message_id)
    };
    let [first, second] = ids(7);
    assert_eq!([first.clone(), second.clone()], ids(7));
    assert_ne!(first, second);
    assert_ne!(first, ids(8)[0]);
}
