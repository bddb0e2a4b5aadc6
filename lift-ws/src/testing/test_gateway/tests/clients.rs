//! Many clients: what reaches whom, and how connections end.

use super::*;

#[tokio::test]
async fn everybody_in_a_room_hears_what_is_said() {
    let (gateway, log) = gateway();
    let (ann, bob) = (joined(&gateway, "ann").await, joined(&gateway, "bob").await);
    ann.send(say_it("hi")).await;
    assert_eq!([ann.received(), bob.received()], [[said("ann", "hi")], [said("ann", "hi")]]);
    bob.close_with(4000, "done").await;
    assert_eq!((bob.closed(), bob.is_open()), (Some((4000, "done")), false));
    ann.close().await;
    assert_eq!(log.take(), ["bob left: 4000 done", "ann left: 1005 Client-side close frame status not set"]);
    assert!(gateway.records().is_empty());
}

#[tokio::test]
async fn a_thousand_clients_come_back_at_once_after_an_outage() {
    let (gateway, log) = gateway();
    let storm = || gateway.connect_many(1_000).each(|n, one| one.query("name", &format!("p{n}")));
    let before = storm().await.unwrap();
    for client in &before {
        client.vanish().await;
    }
    assert_eq!((log.take().len(), gateway.records().len()), (1_000, 0));
    let after = storm().await.unwrap();
    after[0].send(say_it("back again")).await;
    assert!(after.iter().all(|client| client.received() == [said("p0", "back again")]));
    assert!(before.iter().all(|client| client.closed() == Some((1006, "")) && client.received().is_empty()));
    assert_eq!((gateway.records().len(), gateway.elapsed()), (1_000, Duration::ZERO));
}

#[tokio::test]
async fn closing_from_the_server_says_1000_and_runs_the_handler() {
    let (gateway, log) = gateway();
    let ann = joined(&gateway, "ann").await;
    gateway.run(gateway.connections().disconnect(ann.id())).await.unwrap();
    gateway.settle().await;
    assert_eq!(ann.closed(), Some((1000, "Connection Closed Normally")));
    assert_eq!(log.take(), ["ann left: 1000 Connection Closed Normally"]);
}

#[tokio::test]
async fn the_gateway_tells_about_a_connection_what_it_knows() {
    let (gateway, _) = gateway();
    let ann = gateway.connect("/?name=ann").source_ip([192, 0, 2, 7]).await.unwrap();
    gateway.advance(60 * SECOND).await;
    ann.send(say_it("hi")).await;
    let info = gateway.run(gateway.connections().info(ann.id())).await.unwrap();
    let new_year = 1_767_225_600_000;
    assert_eq!((info.connected_at, info.last_active_at), (Some(new_year), Some(new_year + 60_000)));
    assert_eq!(info.source_ip.as_deref(), Some("192.0.2.7"));
    assert_eq!(info.user_agent.as_deref(), Some("lift-ws-test"));
}

#[tokio::test]
#[should_panic(
    expected = "ann got no message within 30 s of the virtual clock; what it saw:\n0:00:00.000 * connects"
)]
async fn who_waits_for_nothing_is_told_what_there_was() {
    let (gateway, _) = gateway();
    let ann = joined(&gateway, "ann").await;
    ann.next().await;
}

#[tokio::test]
#[should_panic(expected = "ann cannot send: its connection was closed with 1001 Going away; what it saw:")]
async fn sending_on_a_closed_connection_says_how_it_was_closed() {
    let (gateway, _) = gateway();
    let ann = joined(&gateway, "ann").await;
    gateway.advance(600 * SECOND).await;
    ann.send(say_it("hello?")).await;
}
