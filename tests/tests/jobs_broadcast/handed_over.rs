//! Who gets a broadcast that is handed over, wholly or for the rest.

use std::time::{Duration, Instant};

use lift_ws::connection::Admission;
use lift_ws::store::{ConnectionStore, Membership};
use serde_json::{Value, json};

use crate::{Gateway, NOON, SCOPE, World, fast, id};

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
    assert_eq!(world.gateway.received(&crate::id(7)), 0, "it was left out");
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
    let messages = world.gateway.messages.lock().unwrap();
    let all: Vec<Value> = messages.iter().map(|message| serde_json::from_slice(message).unwrap()).collect();
    assert_eq!(all, [json!({ "messageId": "m-1", "invoice": 7 })]);
}
