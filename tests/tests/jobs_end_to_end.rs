//! Jobs and handed-over broadcasts as they run: processes, sockets, an SQS and a DynamoDB on the wire.
//!
//! The function is this very binary, run with the name of one of its tests.

use futures_util::{SinkExt, StreamExt};
use lift_ws::connection::BroadcastId;
use lift_ws::prelude::*;
use lift_ws_local::core::Manifest;
use lift_ws_local::{Function, LocalGateway};
use serde_json::{Value, json};
use std::time::Duration;
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async};

/// Set where this binary is to be the function.
const FUNCTION: &str = "LIFT_WS_TEST_FUNCTION";
/// Nothing takes this long; it only keeps a failure from hanging.
const PATIENCE: Duration = Duration::from_secs(60);

#[derive(Serialize, Deserialize)]
struct Count {
    connection_id: String,
    to: u32,
    /// What goes wrong at the first attempt.
    wrong: Option<Wrong>,
}

#[derive(Clone, Copy, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Wrong {
    Fail,
    Panic,
    Exit,
}

#[ws_job]
async fn count(job: Job<Count>, conns: Connections, deadline: Deadline) -> Result<(), Error> {
    if job.attempt() == 1 {
        match job.wrong {
            Some(Wrong::Fail) => return Err(Error::internal("fails as asked")),
            Some(Wrong::Panic) => panic!("panics as asked"),
            Some(Wrong::Exit) => std::process::exit(3),
            None => {}
        }
    }
    let has_time = !deadline.remaining().is_zero();
    for n in 1..=job.to {
        let progress = json!({ "type": "progress", "n": n, "attempt": job.attempt(), "hasTime": has_time });
        conns.send(&job.connection_id, &progress).await?;
    }
    let last = job.is_last_attempt();
    conns.send(&job.connection_id, &json!({ "type": "counted", "id": job.id(), "last": last })).await?;
    Ok(())
}

#[derive(Deserialize)]
struct Start {
    to: u32,
    wrong: Option<Wrong>,
}

#[ws_route("count")]
async fn start(
    conns: Connections,
    id: ConnectionId<'_>,
    Json(start): Json<Start>,
) -> Result<Json<Value>, Error> {
    let job = Count { connection_id: id.to_string(), to: start.to, wrong: start.wrong };
    let id = conns.later(job).await?;
    Ok(Json(json!({ "type": "started", "id": id })))
}

#[ws_route("join")]
async fn join(conns: Connections, id: ConnectionId<'_>) -> Result<Json<Value>, Error> {
    conns.join(id, "news", &()).await?;
    Ok(Json(json!({ "type": "joined" })))
}

#[ws_route("announce")]
async fn announce(conns: Connections) -> Result<Json<Value>, Error> {
    let id = conns.group("news").send_later(&json!({ "type": "news" })).await?;
    Ok(Json(json!({ "type": "announced", "id": id })))
}

#[derive(Deserialize)]
struct Ask {
    broadcast: BroadcastId,
}

#[ws_route("status")]
async fn status(conns: Connections, Json(ask): Json<Ask>) -> Result<Json<Value>, Error> {
    let status = conns.broadcast(&ask.broadcast).await?;
    Ok(Json(match status {
        Some(status) => json!({
            "type": "status",
            "complete": status.is_complete(),
            "delivered": status.counts.delivered,
            "segments": status.segments,
        }),
        None => json!({ "type": "status" }),
    }))
}

#[ws_app(routes = [start, join, announce, status], jobs = [count])]
struct Counting;

/// No test where nobody runs it as the function.
#[test]
fn this_binary_is_the_function() {
    if std::env::var_os(FUNCTION).is_some() {
        lift_ws::main::<Counting, _>(lift_ws::stateless).unwrap();
    }
}

async fn gateway(queue: Value) -> LocalGateway {
    let mut manifest = lift_ws::manifest::describe::<Counting>();
    assert_eq!(manifest["queue"], true);
    manifest["queue"] = queue;
    let manifest = Manifest::parse(&manifest.to_string()).unwrap();
    let function = Function::new(std::env::current_exe().unwrap())
        .args(["--exact", "this_binary_is_the_function", "--nocapture"])
        .env(FUNCTION, "1");
    let gateway = LocalGateway::builder(manifest, function).environments(4);
    gateway.function_timeout(Duration::from_secs(2)).start().await.unwrap()
}

struct Client(WebSocketStream<MaybeTlsStream<TcpStream>>);

impl Client {
    async fn connect(gateway: &LocalGateway) -> Self {
        Client(connect_async(gateway.url()).await.unwrap().0)
    }

    /// Sends a message, and gives the next frame of this type; others are passed over.
    async fn ask(&mut self, message: Value, answer: &str) -> Value {
        self.0.send(Message::text(message.to_string())).await.unwrap();
        self.wait_for(answer).await
    }

    async fn wait_for(&mut self, kind: &str) -> Value {
        let frames = async {
            while let Some(frame) = self.0.next().await {
                if let Message::Text(text) = frame.unwrap() {
                    let frame: Value = serde_json::from_str(&text).unwrap();
                    if frame["type"] == kind {
                        return frame;
                    }
                    assert_ne!(frame["type"], "error", "{frame}");
                }
            }
            panic!("the connection has ended")
        };
        tokio::time::timeout(PATIENCE, frames).await.unwrap_or_else(|_| panic!("no `{kind}` came"))
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_job_posts_its_progress_to_who_started_it() {
    let gateway = gateway(json!(true)).await;
    let mut ann = Client::connect(&gateway).await;
    let started = ann.ask(json!({ "action": "count", "to": 3 }), "started").await;
    for n in 1..=3 {
        let progress = ann.wait_for("progress").await;
        assert_eq!((&progress["n"], &progress["attempt"]), (&json!(n), &json!(1)));
        assert_eq!(progress["hasTime"], true);
    }
    let counted = ann.wait_for("counted").await;
    assert_eq!(counted["id"], started["id"]);
    assert_eq!(counted["last"], false, "the local gateway says how often a message is delivered");
    gateway.shutdown().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_job_that_fails_panics_or_takes_its_process_along_runs_again() {
    let gateway = gateway(json!({ "visibilityTimeout": 2, "maxReceiveCount": 2 })).await;
    let mut ann = Client::connect(&gateway).await;
    for wrong in ["fail", "panic", "exit"] {
        ann.ask(json!({ "action": "count", "to": 1, "wrong": wrong }), "started").await;
        let progress = ann.wait_for("progress").await;
        assert_eq!(progress["attempt"], 2, "{wrong}");
        assert_eq!(ann.wait_for("counted").await["last"], true, "{wrong}");
    }
    gateway.shutdown().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_broadcast_that_is_handed_over_reaches_each_member_once() {
    const MEMBERS: usize = 40;
    let gateway = gateway(json!(true)).await;
    let mut members = Vec::new();
    for _ in 0..MEMBERS {
        let mut member = Client::connect(&gateway).await;
        member.ask(json!({ "action": "join" }), "joined").await;
        members.push(member);
    }
    let mut ann = Client::connect(&gateway).await;
    let announced = ann.ask(json!({ "action": "announce" }), "announced").await;
    for member in &mut members {
        member.wait_for("news").await;
    }
    let ask = json!({ "action": "status", "broadcast": announced["id"] });
    let mut status = ann.ask(ask.clone(), "status").await;
    while status["complete"] != true {
        status = ann.ask(ask.clone(), "status").await;
    }
    assert_eq!((&status["delivered"], &status["segments"]), (&json!(MEMBERS), &json!(4)));
    // all posts have been made: a second copy would stand before the answer
    for member in &mut members {
        let rejoined = async {
            member.0.send(Message::text(json!({ "action": "join" }).to_string())).await.unwrap();
            match member.0.next().await {
                Some(Ok(Message::Text(text))) => serde_json::from_str::<Value>(&text).unwrap(),
                other => panic!("no text: {other:?}"),
            }
        };
        let next = tokio::time::timeout(PATIENCE, rejoined).await.unwrap();
        assert_eq!(next["type"], "joined", "somebody got the news twice");
    }
    gateway.shutdown().await;
}
