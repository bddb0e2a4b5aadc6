//! What snapshots hold.

use super::*;
use crate::testing::Fault;
use expect_test::expect;

#[tokio::test]
async fn a_transcript_tells_who_did_what_and_when() {
    let (gateway, _) = gateway();
    let (ann, bob) = (joined(&gateway, "ann").await, joined(&gateway, "bob").await);
    let again = gateway.connect("/?name=mallory").named("ann").await;
    assert!(again.is_err());
    ann.send(json!({"action": "say", "text": "it is I, <ann>"})).await;
    bob.send_text("{").await;
    gateway.advance(3 * SECOND + Duration::from_millis(5)).await;
    gateway.inject(Fault::DisconnectLost);
    bob.vanish().await;
    ann.send(echo_it("slow", 40)).await;
    ann.send_in_frames(format!("\"{}\"", "x".repeat(40_000)), 1_000).await;
    gateway.advance(2 * 3_600 * SECOND).await;
    expect![[r#"
        0:00:00.000 ann     * connects to /test?name=ann
        0:00:00.000 ann     * is open, speaks chat.v1
        0:00:00.000 bob     * connects to /test?name=bob
        0:00:00.000 bob     * is open, speaks chat.v1
        0:00:00.000 ann/2   * connects to /test?name=mallory
        0:00:00.000 ann/2   * is refused: 403 {"message": "Forbidden", "connectionId":"<id 1>", "requestId":"<id 2>"}
        0:00:00.000 ann     > {"action":"say","text":"it is I, <ann>"}
        0:00:00.000 ann     < {"from":"ann","text":"it is I, <ann>"}
        0:00:00.000 bob     < {"from":"ann","text":"it is I, <ann>"}
        0:00:00.000 bob     > {
        0:00:00.000 bob     ! a message: no route, since it is not JSON
        0:00:00.000 bob     < {"message": "Forbidden", "connectionId":"<bob>", "requestId":"<id 3>"}
        0:00:03.005 bob     * vanishes
        0:00:03.005 bob     ! fault drop-disconnect of <bob>: a connection ends without its $disconnect
        0:00:03.005 ann     > {"action":"echo","seconds":40,"text":"slow"}
        0:00:03.005 ann     > "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx… (40002 bytes)
        0:00:03.005 ann     ! a message: no route, since it has no route key
        0:00:03.005 ann     < {"message": "Forbidden", "connectionId":"<ann>", "requestId":"<id 4>"}
        0:00:32.005 ann     ! echo: the gateway gave up after 29 s
        0:00:32.005 ann     < {"message": "Endpoint request timed out", "connectionId":"<ann>", "requestId":"<id 5>"}
        0:10:32.005 ann     * is closed: 1001 Going away
    "#]].assert_eq(&gateway.transcript());
    expect![[r#"
        0:00:00.000 * connects to /test?name=bob
        0:00:00.000 * is open, speaks chat.v1
        0:00:00.000 < {"from":"ann","text":"it is I, <ann>"}
        0:00:00.000 > {
        0:00:00.000 ! a message: no route, since it is not JSON
        0:00:00.000 < {"message": "Forbidden", "connectionId":"<bob>", "requestId":"<id 1>"}
        0:00:03.005 * vanishes
        0:00:03.005 ! fault drop-disconnect of <bob>: a connection ends without its $disconnect
    "#]]
    .assert_eq(&bob.transcript());
}
