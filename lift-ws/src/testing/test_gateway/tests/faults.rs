//! Faults by plan: what they do to an app, and that they can be repeated.

use super::*;
use crate::testing::FaultPlan;

/// The usual app behind a gateway in which this goes wrong.
fn faulty(rule: &str) -> (TestGateway<Chat>, Log) {
    let (gateway, log) = gateway();
    gateway.faults().set(&FaultPlan::new(7).with(rule.parse().unwrap()));
    (gateway, log)
}

#[tokio::test]
async fn of_a_connection_that_is_cut_in_the_middle_of_a_broadcast_one_hears_who_it_was() {
    let (gateway, log) = faulty("cut:every-2:x1");
    for name in ["ann", "bob", "cyd"] {
        joined(&gateway, name).await;
    }
    gateway.advance(60 * SECOND).await; // older than a handshake can be
    let report = gateway.run(gateway.connections().group("room").send("hello")).await.unwrap();
    gateway.settle().await;
    assert_eq!((report.delivered, report.gone, gateway.records().len()), (2, 1, 2));
    let by_event = log.take().iter().filter(|line| !line.starts_with("nobody")).count();
    assert_eq!(report.departed.len() + by_event, 1, "the broadcast or `$disconnect`, whichever was first");
}

#[tokio::test]
async fn of_two_disconnects_one_finds_the_record() {
    let (gateway, log) = faulty("duplicate-disconnect");
    joined(&gateway, "ann").await.vanish().await;
    let mut lines = log.take();
    lines.sort();
    assert_eq!(lines, ["ann left: 1006 ", "nobody left: 1006 "]);
    assert!(gateway.records().is_empty());
}

#[tokio::test]
async fn a_late_disconnect_comes_when_its_time_is_over() {
    let (gateway, log) = faulty("delay-disconnect:5s");
    joined(&gateway, "ann").await.vanish().await;
    gateway.advance(4 * SECOND).await;
    assert_eq!((gateway.records().len(), log.take().len()), (1, 0));
    gateway.advance(SECOND).await;
    assert_eq!((gateway.records().len(), log.take()), (0, vec!["ann left: 1006 ".to_owned()]));
}

#[tokio::test]
async fn shuffled_messages_come_in_the_order_that_the_seed_decides() {
    async fn order() -> Vec<Value> {
        let (gateway, _) = faulty("shuffle:1s");
        let ann = joined(&gateway, "ann").await;
        for number in 0..10 {
            ann.send(echo_it(&number.to_string(), 0)).await;
        }
        gateway.advance(SECOND).await;
        ann.received()
    }
    let first = order().await;
    assert_eq!(first.len(), 10);
    assert!(!first.is_sorted_by_key(|text| text.as_str().map(str::to_owned)));
    assert_eq!(order().await, first);
}
