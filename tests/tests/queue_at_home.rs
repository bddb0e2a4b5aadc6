//! What the gateway tells of an app's jobs, with hours of visibility timeouts in virtual time: an app's own process,
//! real sockets, the AWS SDK, the local gateway's queue.

use futures_util::{SinkExt, StreamExt};
use lift_ws::prelude::*;
use lift_ws_local::clock::{Clock, ManualClock, SystemClock};
use lift_ws_local::core::Manifest;
use lift_ws_local::{BatchVerdict, DeadLetter, FinishedBatch, Function, GatewayEvent, LocalGateway};
use serde_json::{Value, json};
use std::time::Duration;
use tokio::net::TcpStream;
use tokio::sync::mpsc;
use tokio::time::timeout;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async};

/// Nothing takes this long; it only keeps a failure from hanging.
const PATIENCE: Duration = Duration::from_secs(60);
/// The usual visibility timeout of the queue of jobs.
const VISIBILITY: Duration = Duration::from_secs(40);

#[derive(Serialize, Deserialize)]
struct Export {
    connection_id: String,
    /// How often it goes wrong, and how.
    wrong: u32,
    crash: bool,
}

#[ws_job]
async fn export(job: Job<Export>, conns: Connections) -> Result<(), Error> {
    if job.attempt() <= job.wrong {
        if job.crash {
            std::process::exit(3);
        }
        return Err(Error::internal("wrong as asked"));
    }
    let frame = json!({ "type": "exported", "attempt": job.attempt(), "last": job.is_last_attempt() });
    conns.send(&job.connection_id, &frame).await?;
    Ok(())
}

#[derive(Deserialize)]
struct Start {
    wrong: u32,
    crash: bool,
}

#[ws_route("export")]
async fn start(
    conns: Connections,
    id: ConnectionId<'_>,
    Json(start): Json<Start>,
) -> Result<Json<&'static str>, Error> {
    let Start { wrong, crash } = start;
    conns.later(Export { connection_id: id.to_string(), wrong, crash }).await?;
    Ok(Json("later"))
}

#[ws_app(routes = [start], jobs = [export])]
struct Exporting;

#[test]
#[ignore = "this is the app that the tests run as a process, not a test"]
fn serve_events_until_ended() {
    if std::env::var_os("AWS_LAMBDA_RUNTIME_API").is_some() {
        lift_ws::main::<Exporting, _>(lift_ws::stateless).unwrap();
    }
}

struct World {
    gateway: LocalGateway,
    clock: ManualClock,
    told: mpsc::UnboundedReceiver<GatewayEvent>,
}

async fn world() -> World {
    let manifest = Manifest::parse(&lift_ws::manifest::describe::<Exporting>().to_string()).unwrap();
    let args = ["--ignored", "--exact", "serve_events_until_ended", "--nocapture", "--quiet"];
    let function = Function::new(std::env::current_exe().unwrap()).args(args).named("exporting");
    // The app has a clock of its own, which has to agree about deadlines.
    let clock = ManualClock::starting_at(SystemClock::new().now());
    let (sender, told) = mpsc::unbounded_channel();
    // Of several, one might be starting when the clock is moved, and be taken for one that never starts.
    let builder = LocalGateway::builder(manifest, function).environments(1).clock(clock.clone());
    let gateway = builder.on_event(move |event| drop(sender.send(event))).start().await.unwrap();
    World { gateway, clock, told }
}

impl World {
    async fn connect(&self) -> Client {
        Client(connect_async(self.gateway.url()).await.unwrap().0)
    }

    /// The next thing told that `choose` wants.
    async fn told<T>(&mut self, choose: impl Fn(GatewayEvent) -> Option<T>) -> T {
        let wait = async {
            loop {
                let event = self.told.recv().await.expect("the gateway has not ended");
                if let Some(chosen) = choose(event) {
                    return chosen;
                }
            }
        };
        timeout(PATIENCE, wait).await.expect("the gateway tells it")
    }

    async fn batch(&mut self) -> FinishedBatch {
        self.told(|event| match event {
            GatewayEvent::BatchFinished(batch) => Some(batch),
            _ => None,
        })
        .await
    }

    async fn dead_letter(&mut self) -> DeadLetter {
        self.told(|event| match event {
            GatewayEvent::DeadLettered(letter) => Some(letter),
            _ => None,
        })
        .await
    }
}

struct Client(WebSocketStream<MaybeTlsStream<TcpStream>>);

impl Client {
    async fn say(&mut self, message: Value) {
        self.0.send(Message::text(message.to_string())).await.unwrap();
    }

    async fn hear(&mut self) -> Value {
        match timeout(PATIENCE, self.0.next()).await.expect("something is heard") {
            Some(Ok(Message::Text(text))) => serde_json::from_str(&text).unwrap(),
            other => panic!("no text, but {other:?}"),
        }
    }

    /// The next frame of this type.
    async fn hear_of(&mut self, kind: &str) -> Value {
        loop {
            let frame = self.hear().await;
            if frame["type"] == kind {
                return frame;
            }
        }
    }

    async fn export(&mut self, wrong: u32, crash: bool) {
        self.say(json!({ "action": "export", "wrong": wrong, "crash": crash })).await;
    }
}

#[tokio::test]
async fn a_job_that_fails_is_named_and_comes_back_when_its_time_is_over() {
    let mut world = world().await;
    let mut client = world.connect().await;
    client.export(2, false).await;
    for _ in 0..2 {
        assert_eq!(world.batch().await.verdict, BatchVerdict::PartlyFailed);
        world.clock.advance(VISIBILITY);
    }
    let frame = client.hear_of("exported").await;
    assert_eq!((&frame["attempt"], &frame["last"]), (&json!(3), &json!(true)));
}

#[tokio::test]
async fn a_job_whose_environment_dies_is_run_by_another() {
    let mut world = world().await;
    let mut client = world.connect().await;
    client.export(1, true).await;
    let batch = world.batch().await;
    assert!(
        matches!(&batch.verdict, BatchVerdict::FunctionError { message } if message.contains("status 3"))
    );
    world.clock.advance(VISIBILITY);
    assert_eq!(client.hear_of("exported").await["attempt"], 2);
}

#[tokio::test]
async fn a_job_that_never_succeeds_is_a_dead_letter() {
    let mut world = world().await;
    let mut client = world.connect().await;
    client.export(9, false).await;
    for _ in 0..3 {
        assert_eq!(world.batch().await.failed, 1);
        world.clock.advance(VISIBILITY);
    }
    let letter = world.dead_letter().await;
    assert_eq!((letter.dead_letter_queue.as_str(), letter.receives), ("lift-ws-jobs-dead", 3));
}
