//! What goes wrong, by itself and on demand.

use super::*;
use crate::testing::{EventType, Fault, FaultPlan};

#[tokio::test]
async fn a_connection_that_is_gone_in_the_middle_of_a_broadcast_is_forgotten() {
    let (gateway, log) = gateway();
    let people =
        [joined(&gateway, "ann").await, joined(&gateway, "bob").await, joined(&gateway, "cyd").await];
    gateway.inject(Fault::DisconnectLost);
    people[1].vanish().await;
    assert_eq!((gateway.records().len(), log.take().len()), (3, 0), "nobody was told");
    gateway.advance(60 * SECOND).await; // older than a handshake can be
    let report = gateway.run(gateway.connections().group("room").send("hello")).await.unwrap();
    assert_eq!((report.delivered, report.gone, gateway.records().len()), (2, 1, 2));
    assert_eq!(report.departed[0].user(), Some("bob"));
    assert_eq!(people.map(|client| client.received().len()), [1, 0, 1]);
}

#[tokio::test]
async fn a_post_that_is_throttled_is_tried_again() {
    let (gateway, _) = gateway();
    let ann = joined(&gateway, "ann").await;
    gateway.inject(Fault::ManagementThrottled);
    ann.send(say_it("hi")).await;
    assert!(ann.received().is_empty());
    assert_eq!(ann.next().await, said("ann", "hi"));
    assert!(gateway.elapsed() > Duration::ZERO);
}

#[tokio::test]
async fn who_does_not_read_is_not_sent_more_than_fits() {
    let (gateway, _) = gateway();
    let ann = joined(&gateway, "ann").await;
    ann.stop_reading();
    let message = "x".repeat(100 * 1024);
    let send = async || gateway.run(gateway.connections().send(ann.id(), &message)).await;
    let mut sent = 0;
    let error = loop {
        match send().await {
            Ok(()) => sent += 1,
            Err(error) => break error,
        }
    };
    assert_eq!((sent, error.kind()), (11, crate::connection::SendErrorKind::Throttled));
    ann.resume_reading();
    assert!(send().await.is_ok());
}

#[tokio::test]
async fn faults_meet_the_next_handshake_and_the_next_message() {
    let (gateway, _) = gateway();
    gateway.inject(Fault::Forbidden);
    assert_eq!(gateway.connect("/?name=ann").await.unwrap_err().status, 403);
    let ann = joined(&gateway, "ann").await;
    gateway.inject(Fault::MessageThrottled);
    ann.send(say_it("hi")).await;
    ann.send(say_it("hi again")).await;
    let [refused, heard] = ann.received().try_into().unwrap();
    assert_eq!((&refused["message"], heard), (&json!("Too Many Requests"), said("ann", "hi again")));
}

#[tokio::test]
async fn environments_start_late_and_die_on_demand() {
    let (gateway, log) = gateway();
    gateway.inject(Fault::ColdStart(3 * SECOND));
    let ann = joined(&gateway, "ann").await;
    assert_eq!(gateway.elapsed(), 3 * SECOND);
    gateway.inject(Fault::EnvironmentKilled);
    gateway.inject(Fault::ColdStart(2 * SECOND));
    ann.send(echo_it("a", 1)).await; // in the environment that there is
    ann.send(echo_it("b", 1)).await; // in another one
    assert_eq!(log.take(), ["a begins"]);
    gateway.advance(3 * SECOND).await;
    assert_eq!(log.take(), ["a ends", "b begins", "b ends"]);
    let [failed, b] = ann.received().try_into().unwrap();
    assert_eq!((&failed["message"], b), (&json!("Internal server error"), json!("b")));
}

#[tokio::test]
async fn a_plan_of_faults_gives_the_same_run_again() {
    let run = async |seed| {
        let rules = ["drop-disconnect:0.5", "throttle-posts:0.3", "slow:3s:0.5", "kill:0.1"];
        let plan = rules.iter().fold(FaultPlan::new(seed), |plan, rule| plan.with(rule.parse().unwrap()));
        let gateway = TestGateway::<Chat>::builder().faults(plan).start(Log::default());
        for n in 0..6 {
            if let Ok(client) = gateway.connect(&format!("/?name=p{n}")).await {
                client.send(say_it("hi")).await;
                gateway.advance(SECOND).await;
                client.vanish().await;
            }
        }
        gateway.advance(100 * SECOND).await;
        (gateway.transcript(), gateway.faults().report().happened)
    };
    let (first, happened) = run(1).await;
    assert_eq!(run(1).await.0, first);
    assert_ne!(run(2).await.0, first);
    assert!(happened.len() > 2, "{happened:?}");
}

#[tokio::test]
async fn connections_can_be_made_older_than_the_time_says() {
    let (gateway, log) = gateway();
    let ann = joined(&gateway, "ann").await;
    gateway.age_connections(600 * SECOND).await;
    assert_eq!((ann.closed(), gateway.elapsed()), (Some((1001, "Going away")), Duration::ZERO));
    assert_eq!(log.take(), ["ann left: 1001 Going away"]);
}

#[tokio::test]
async fn messages_without_a_route_are_answered_by_the_gateway() {
    let (gateway, _) = gateway();
    let ann = joined(&gateway, "ann").await;
    for text in ["no json", "{}", r#"{"action":"$connect"}"#] {
        ann.send_text(text).await;
        assert_eq!(ann.next().await["message"], "Forbidden", "{text}");
    }
}

#[ws_route("boom", crate = crate)]
async fn boom() -> Json<()> {
    panic!("boom")
}

#[ws_route("spawned", crate = crate)]
async fn spawned() -> Json<u8> {
    Json(
        tokio::spawn(async {
            tokio::task::yield_now().await;
            7
        })
        .await
        .unwrap(),
    )
}

/// Waits for another thread.
#[ws_route("blocking", crate = crate)]
async fn blocking() -> Json<u8> {
    Json(tokio::task::spawn_blocking(|| 8).await.unwrap())
}

#[ws_route("stuck", crate = crate)]
async fn stuck() {
    std::future::pending().await
}

#[ws_app(crate = crate, routes = [boom, spawned, blocking, stuck])]
struct Odd;

#[tokio::test]
async fn what_handlers_spawn_or_wait_for_outside_of_the_clock_is_waited_for() {
    let gateway = TestGateway::<Odd>::new(());
    let ann = gateway.connect("/").await.unwrap();
    ann.send(json!({"action": "spawned"})).await;
    assert_eq!(ann.received(), [7]);
    assert_eq!(ann.ask(json!({"action": "blocking"})).await, 8);
    assert_eq!(gateway.elapsed(), Duration::ZERO);
}

#[tokio::test]
async fn a_panic_is_an_error_of_its_message_alone() {
    let gateway = TestGateway::<Odd>::new(());
    let ann = gateway.connect("/").await.unwrap();
    assert_eq!(ann.ask(json!({"action": "boom"})).await["code"], "internal_error");
    assert_eq!(ann.ask(json!({"action": "spawned"})).await, 7);
}

#[tokio::test]
async fn a_handler_that_never_returns_is_given_up() {
    let gateway = TestGateway::<Odd>::new(());
    let ann = gateway.connect("/").named("ann").await.unwrap();
    ann.send(json!({"action": "stuck"})).await;
    gateway.advance(60 * SECOND).await;
    assert_eq!(ann.next().await["message"], "Endpoint request timed out");
    let finished = gateway.finished();
    let [stuck] = finished.iter().filter(|one| one.event_type == EventType::Message).collect::<Vec<_>>()[..]
    else {
        panic!("{finished:?}")
    };
    assert_eq!(stuck.route_key, "stuck");
}
