//! The gateway's limits of time and size (contract §6).

use super::*;
use crate::testing::Verdict;

#[tokio::test]
async fn a_connection_without_messages_is_closed_after_ten_minutes() {
    let (gateway, log) = gateway();
    let ann = joined(&gateway, "ann").await;
    gateway.advance(599 * SECOND).await;
    assert_eq!((ann.closed(), log.take().len()), (None, 0));
    gateway.advance(SECOND).await;
    assert_eq!(ann.closed(), Some((1001, "Going away")));
    assert_eq!(log.take(), ["ann left: 1001 Going away"]);
    assert!(gateway.records().is_empty());
}

#[tokio::test]
async fn a_message_in_either_direction_puts_the_idle_limit_off_and_a_ping_does_not() {
    let (gateway, _) = gateway();
    let (ann, bob, cyd) =
        (joined(&gateway, "ann").await, joined(&gateway, "bob").await, joined(&gateway, "cyd").await);
    gateway.run(gateway.connections().leave(cyd.id(), "room")).await.unwrap();
    gateway.advance(300 * SECOND).await;
    ann.send(say_it("hi")).await;
    cyd.ping().await;
    gateway.advance(300 * SECOND).await;
    assert_eq!([ann.is_open(), bob.is_open(), cyd.is_open()], [true, true, false]);
    gateway.advance(300 * SECOND).await;
    assert_eq!([ann.is_open(), bob.is_open()], [false, false]);
}

#[tokio::test]
async fn after_two_hours_a_connection_ends_however_much_it_talks() {
    let (gateway, log) = gateway();
    let ann = joined(&gateway, "ann").await;
    for _ in 0..15 {
        gateway.advance(479 * SECOND).await;
        ann.send(say_it("still here")).await;
    }
    assert_eq!((ann.received().len(), ann.closed()), (15, None));
    gateway.advance(15 * SECOND).await;
    assert_eq!(ann.closed(), Some((1001, "Going away")));
    assert_eq!(gateway.elapsed(), 7_200 * SECOND);
    assert_eq!(log.take(), ["ann left: 1001 Going away"]);
}

#[tokio::test]
async fn the_gateway_gives_up_after_29_seconds_and_the_handler_goes_on_until_the_function_ends() {
    let (gateway, log) = gateway();
    let ann = joined(&gateway, "ann").await;
    ann.send(echo_it("late", 29)).await;
    ann.send(echo_it("later", 31)).await;
    gateway.advance(28 * SECOND).await;
    assert!(ann.received().is_empty());
    gateway.advance(SECOND).await;
    let timed_out: Vec<Value> = ann.received();
    assert_eq!(timed_out.len(), 2);
    assert!(timed_out.iter().all(|frame| frame["message"] == "Endpoint request timed out"), "{timed_out:?}");
    gateway.advance(60 * SECOND).await;
    assert_eq!(log.take(), ["late begins", "later begins", "late ends"], "the function has 30 s");
    let limit = Verdict::TimedOut { limit: 29 * SECOND };
    assert_eq!(gateway.finished().iter().filter(|finished| finished.verdict == limit).count(), 2);
    assert!(ann.is_open() && ann.received().is_empty());
}

#[tokio::test]
async fn frames_and_messages_that_are_too_large_close_the_connection() {
    let (gateway, log) = gateway();
    let large = |bytes: usize| format!(r#"{{"action":"echo","text":"{}"}}"#, "x".repeat(bytes - 27));
    for (text, frame, close) in [
        (large(32 * 1024), usize::MAX, None),
        (large(32 * 1024 + 1), usize::MAX, Some((1009, "Frame is larger than 32 KB"))),
        (large(128 * 1024), 32 * 1024, None),
        (large(128 * 1024 + 1), 32 * 1024, Some((1009, "Message is larger than 128 KB"))),
    ] {
        let ann = joined(&gateway, "ann").await;
        let bytes = text.len();
        ann.send_in_frames(text, frame).await;
        assert_eq!(ann.closed(), close, "{bytes} bytes");
        assert_eq!(ann.received().len(), usize::from(close.is_none()), "{bytes} bytes");
    }
    let ann = joined(&gateway, "ann").await;
    ann.send_binary(b"\0").await;
    assert_eq!(ann.closed(), Some((1003, "Binary frames are not supported")));
    assert!(log.take().contains(&"ann left: 1003 Binary frames are not supported".to_owned()));
}

#[tokio::test]
async fn records_of_connections_whose_end_was_never_told_expire() {
    let (gateway, log) = gateway();
    let ann = joined(&gateway, "ann").await;
    gateway.inject(crate::testing::Fault::DisconnectLost);
    ann.vanish().await;
    assert_eq!((gateway.records().len(), log.take().len()), (1, 0));
    let here = async || gateway.run(gateway.connections().members::<()>("room")).await.unwrap().len();
    assert_eq!(here().await, 1);
    gateway.advance(3 * 3_600 * SECOND).await;
    assert_eq!(here().await, 0);
}
