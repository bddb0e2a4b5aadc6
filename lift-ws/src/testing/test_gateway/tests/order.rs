//! What happens beside what, and that it happens again.

use super::*;
use std::collections::BTreeSet;

#[tokio::test]
async fn messages_are_worked_on_side_by_side() {
    let (gateway, log) = gateway();
    let ann = joined(&gateway, "ann").await;
    ann.send(echo_it("long", 3)).await;
    ann.send(echo_it("short", 1)).await;
    assert_eq!(log.take(), ["long begins", "short begins"]);
    gateway.advance(3 * SECOND).await;
    assert_eq!(log.take(), ["short ends", "long ends"]);
    assert_eq!(ann.received(), ["short", "long"]);
}

#[tokio::test]
async fn a_handler_wakes_at_its_time_however_far_the_test_goes() {
    let (gateway, _) = gateway();
    let ann = joined(&gateway, "ann").await;
    ann.send(echo_it("hi", 7)).await;
    gateway.advance(60 * SECOND).await;
    assert!(ann.transcript().ends_with("0:00:07.000 < \"hi\"\n"), "{}", ann.transcript());
}

#[tokio::test]
async fn what_is_sent_together_arrives_before_any_of_it_is_worked_on() {
    let (gateway, log) = gateway();
    let (ann, bob) = (joined(&gateway, "ann").await, joined(&gateway, "bob").await);
    tokio::join!(ann.send(echo_it("a", 0)), bob.send(echo_it("b", 0)));
    assert_eq!((ann.received(), bob.received()), (vec![json!("a")], vec![json!("b")]));
    let transcript = gateway.transcript();
    let talk: Vec<&str> =
        transcript.lines().map(|line| &line[12..]).filter(|line| !line.contains('*')).collect();
    assert_eq!(talk[..2].iter().filter(|line| line.contains('>')).count(), 2, "{talk:?}");
    assert_eq!(log.take().len(), 4);
}

async fn shuffled(seed: u64) -> (Vec<String>, String) {
    let log = Log::default();
    let gateway = TestGateway::<Chat>::builder().seed(seed).shuffled().start(log.clone());
    let people = gateway.connect_many(6).each(|n, one| one.query("name", &format!("p{n}"))).await.unwrap();
    futures_util::future::join_all(people.iter().map(|one| one.send(echo_it(one.name(), 1)))).await;
    gateway.advance(600 * SECOND).await;
    (log.take(), gateway.transcript())
}

#[tokio::test]
async fn a_seed_gives_the_same_run_again_and_others_another_order() {
    assert_eq!(shuffled(7).await, shuffled(7).await);
    let mut orders = BTreeSet::new();
    for seed in 0..8 {
        orders.insert(shuffled(seed).await.0);
    }
    assert!(orders.len() > 4, "{} of 8", orders.len());
}
