//! The chat behind the gateway's own rules, on a virtual clock: ten minutes pass in no time.

use super::{AppState, Chat};
use lift_ws::testing::{Fault, GatewayClient, TestGateway};
use serde_json::json;
use std::time::Duration;

async fn joined(gateway: &TestGateway<Chat>, name: &str) -> GatewayClient {
    let client = gateway.connect("/").named(name).await.unwrap();
    client.ask(json!({"action": "join", "room": "blue", "name": name})).await;
    client
}

#[tokio::test]
async fn a_room_that_falls_silent_is_empty_after_ten_minutes() {
    let gateway = TestGateway::<Chat>::new(AppState::new(None));
    let (ann, bob) = (joined(&gateway, "Ann").await, joined(&gateway, "Bob").await);
    let eve = gateway.connect("/").named("Eve").await.unwrap(); // in no room
    gateway.advance(Duration::from_secs(300)).await;
    ann.send(json!({"action": "say", "room": "blue", "text": "anybody here?"})).await;
    gateway.advance(Duration::from_secs(300)).await;
    assert_eq!(eve.closed(), Some((1001, "Going away")));
    assert_eq!((ann.closed(), bob.closed()), (None, None), "who speaks is heard, and who hears is not idle");
    gateway.advance(Duration::from_secs(300)).await;
    assert_eq!((ann.is_open(), bob.is_open(), gateway.records().len()), (false, false, 0));
}

#[tokio::test]
async fn somebody_whose_end_nobody_told_is_announced_by_the_next_who_speaks() {
    let gateway = TestGateway::<Chat>::new(AppState::new(None));
    let (ann, bob) = (joined(&gateway, "Ann").await, joined(&gateway, "Bob").await);
    gateway.inject(Fault::DisconnectLost);
    bob.vanish().await;
    gateway.advance(Duration::from_secs(60)).await;
    ann.send(json!({"action": "say", "room": "blue", "text": "Bob?"})).await;
    assert_eq!(
        gateway.transcript(),
        r#"
0:00:00.000 Ann     * connects to /test
0:00:00.000 Ann     * is open
0:00:00.000 Ann     > {"action":"join","name":"Ann","room":"blue"}
0:00:00.000 Ann     < {"type":"joined","room":"blue","members":["Ann"]}
0:00:00.000 Bob     * connects to /test
0:00:00.000 Bob     * is open
0:00:00.000 Bob     > {"action":"join","name":"Bob","room":"blue"}
0:00:00.000 Ann     < {"type":"entered","room":"blue","name":"Bob"}
0:00:00.000 Bob     < {"type":"joined","room":"blue","members":["Ann","Bob"]}
0:00:00.000 Bob     * vanishes
0:00:00.000 Bob     ! fault drop-disconnect of <Bob>: a connection ends without its $disconnect
0:01:00.000 Ann     > {"action":"say","room":"blue","text":"Bob?"}
0:01:00.000 Ann     < {"type":"said","room":"blue","from":"Ann","text":"Bob?"}
0:01:00.000 Ann     < {"type":"left","room":"blue","name":"Bob"}
"#
        .trim_start()
    );
}
