//! `TestGateway` under `#[tokio::test(start_paused = true)]`: what waits for tokio's clock follows the virtual one.

#![cfg(test)]

use lift_ws::prelude::*;
use lift_ws::testing::{GatewayClient, TestGateway};
use serde_json::json;
use std::time::Duration;

const SECOND: Duration = Duration::from_secs(1);

#[ws_route("slow")]
async fn slow() -> Json<&'static str> {
    tokio::time::sleep(7 * SECOND).await;
    Json("done")
}

#[ws_route("slower")]
async fn slower() -> Json<&'static str> {
    tokio::time::sleep(70 * SECOND).await;
    Json("done")
}

#[ws_route("spawns")]
async fn spawns() -> Json<&'static str> {
    let task = tokio::spawn(async { tokio::time::sleep(Duration::from_millis(1_500)).await });
    tokio::time::timeout(5 * SECOND, task).await.unwrap().unwrap();
    Json("spawned")
}

#[ws_app(routes = [slow, slower, spawns])]
struct App;

async fn setting() -> (TestGateway<App>, GatewayClient) {
    let gateway = TestGateway::<App>::new(());
    let ann = gateway.connect("/").await.unwrap();
    (gateway, ann)
}

#[tokio::test(start_paused = true)]
async fn a_handler_that_sleeps_on_tokios_clock_wakes_at_its_time() {
    let (gateway, ann) = setting().await;
    ann.send(json!({"action": "slow"})).await;
    assert!(ann.received().is_empty());
    gateway.advance(60 * SECOND).await;
    assert!(ann.transcript().ends_with("0:00:07.000 < \"done\"\n"), "{}", ann.transcript());
    assert_eq!(gateway.elapsed(), 60 * SECOND);
}

#[tokio::test(start_paused = true)]
async fn who_waits_for_an_answer_lets_both_clocks_go_on() {
    let (gateway, ann) = setting().await;
    assert_eq!(ann.ask(json!({"action": "spawns"})).await, "spawned");
    assert_eq!(gateway.elapsed(), Duration::from_millis(1_500));
    assert_eq!(ann.ask(json!({"action": "slower"})).await["message"], "Endpoint request timed out");
    assert_eq!(gateway.elapsed(), Duration::from_millis(30_500));
}

#[tokio::test(start_paused = true)]
async fn a_future_of_the_test_wakes_at_its_time() {
    let (gateway, ann) = setting().await;
    gateway.run(async { tokio::time::sleep(3 * SECOND).await }).await;
    assert_eq!(gateway.elapsed(), 3 * SECOND);
    gateway.advance(597 * SECOND).await;
    assert_eq!(ann.closed(), Some((1001, "Going away")));
}

#[tokio::test]
async fn tokios_own_clock_is_left_alone_where_it_is_not_paused() {
    let (gateway, ann) = setting().await;
    ann.send(json!({"action": "slow"})).await;
    gateway.advance(29 * SECOND).await;
    assert_eq!(ann.next().await["message"], "Endpoint request timed out");
}
