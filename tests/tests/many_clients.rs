//! Two thousand clients end to end: real sockets, an app in four processes, a DynamoDB, and what a broadcast reports.

use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use futures_util::{SinkExt, StreamExt, stream};
use lambda_runtime::{LambdaEvent, service_fn};
use lift_ws::connection::Settings;
use lift_ws::prelude::*;
use lift_ws::push::signed::SignedPoster;
use lift_ws::store::dynamodb::DynamoStore;
use lift_ws::{Payload, Service};
use lift_ws_local::core::{Fault, Manifest};
use lift_ws_local::{Function, LocalGateway};
use rustix::process::{Resource, getrlimit, setrlimit};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio::time::timeout;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async};

const CLIENTS: usize = 2_000;
const CUT: usize = 200;
/// How many handshakes are under way at a time.
const AT_ONCE: usize = 40;
/// Nothing takes this long; it only keeps a failure from hanging.
const PATIENCE: Duration = Duration::from_secs(120);

#[derive(Deserialize)]
struct Hello {
    #[serde(default)]
    groups: usize,
}

#[ws_route("$connect")]
async fn connect(Query(hello): Query<Hello>) -> Accept {
    ["all", "a", "b"].iter().take(hello.groups).fold(Accept::new(), |accept, group| accept.group(*group))
}

#[ws_route("whoami")]
async fn whoami(id: ConnectionId<'_>) -> Json<String> {
    Json(id.to_string())
}

#[derive(Deserialize)]
struct Tell {
    n: u64,
}

#[derive(Debug, Default, Serialize, Deserialize)]
struct Told {
    delivered: usize,
    gone: usize,
    departed: usize,
    connecting: usize,
    others: usize,
}

#[ws_route("tell")]
async fn tell(conns: Connections, Json(tell): Json<Tell>) -> Result<Json<Told>, Error> {
    let report = conns.group("all").send(&json!({"n": tell.n})).await?;
    Ok(Json(Told {
        delivered: report.delivered,
        gone: report.gone,
        departed: report.departed.len(),
        connecting: report.connecting,
        others: report.attempted() - report.delivered - report.gone - report.connecting + report.unsent,
    }))
}

#[ws_app(routes = [connect, whoami, tell])]
struct Many;

#[test]
#[ignore = "this is the app that the tests run as a process, not a test"]
fn serve_events_until_ended() {
    if std::env::var_os("AWS_LAMBDA_RUNTIME_API").is_some() {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(serve()).unwrap();
    }
}

async fn serve() -> Result<(), lambda_runtime::Error> {
    let config = aws_config::load_defaults(aws_config::BehaviorVersion::latest()).await;
    let mut settings = Settings::default();
    if std::env::var_os("NO_GRACE").is_some() {
        settings = settings.with_gone_grace(Duration::ZERO);
    }
    let poster = SignedPoster::new(&config);
    let conns = Connections::builder(DynamoStore::from_config(&config), poster).settings(settings).build();
    let service = &*Box::leak(Box::new(Service::<Many>::new(()).with_connections(conns)));
    lambda_runtime::run(service_fn(move |event: LambdaEvent<Payload>| service.handle(event))).await
}

async fn gateway(variables: &[(&str, &str)]) -> LocalGateway {
    allow_many_sockets();
    let manifest = Manifest::parse(&lift_ws::manifest::describe::<Many>().to_string()).unwrap();
    let args = ["--ignored", "--exact", "serve_events_until_ended", "--nocapture", "--quiet"];
    let mut function = Function::new(std::env::current_exe().unwrap()).args(args).named("many");
    for (name, value) in variables {
        function = function.env(*name, *value);
    }
    LocalGateway::builder(manifest, function).environments(4).start().await.unwrap()
}

/// A client takes a descriptor on either side, and both are in this process.
fn allow_many_sockets() {
    let mut limit = getrlimit(Resource::Nofile);
    let needed = 2 * CLIENTS as u64 + 1_000;
    if limit.current.is_some_and(|current| current < needed) {
        limit.current = limit.maximum.map_or(Some(needed), |most| Some(most.min(needed)));
        setrlimit(Resource::Nofile, limit).expect("the soft limit may be raised to the hard one");
    }
}

type Socket = WebSocketStream<MaybeTlsStream<TcpStream>>;

/// Who broadcasts; no member of the group.
struct Teller {
    socket: Socket,
    last: u64,
}

impl Teller {
    async fn connect(gateway: &LocalGateway) -> Self {
        Self { socket: connect_async(gateway.url()).await.unwrap().0, last: 0 }
    }

    async fn tell(&mut self) -> Told {
        self.last += 1;
        let message = json!({"action": "tell", "n": self.last});
        self.socket.send(Message::text(message.to_string())).await.unwrap();
        let told = hear(&mut self.socket).await;
        serde_json::from_value(told.clone()).unwrap_or_else(|error| panic!("{error}: {told}"))
    }
}

async fn hear(socket: &mut Socket) -> Value {
    match timeout(PATIENCE, socket.next()).await.expect("something is heard") {
        Some(Ok(Message::Text(text))) => serde_json::from_str(&text).unwrap(),
        other => panic!("no text, but {other:?}"),
    }
}

/// A member of the group, which counts what it hears of each of the first messages.
struct Listener {
    heard: Arc<[AtomicU32; 8]>,
    reading: JoinHandle<()>,
    id: Option<String>,
}

/// How many messages all listeners have heard.
type Total = Arc<watch::Sender<usize>>;

impl Listener {
    /// The first group is the one that is told; more of them make the handshake last longer than its join.
    async fn connect(gateway: &LocalGateway, total: Total, groups: usize, wants_id: bool) -> Self {
        let (mut socket, _) = connect_async(format!("{}?groups={groups}", gateway.url())).await.unwrap();
        let mut id = None;
        if wants_id {
            socket.send(Message::text(r#"{"action":"whoami"}"#)).await.unwrap();
            id = hear(&mut socket).await.as_str().map(str::to_owned);
        }
        let heard: Arc<[AtomicU32; 8]> = Arc::default();
        let counts = Arc::clone(&heard);
        let reading = tokio::spawn(async move {
            while let Some(Ok(frame)) = socket.next().await {
                let Message::Text(text) = frame else { continue };
                let frame: Value = serde_json::from_str(&text).unwrap();
                let n = usize::try_from(frame["n"].as_u64().unwrap_or_default()).unwrap();
                if let Some(count) = counts.get(n) {
                    count.fetch_add(1, Ordering::Relaxed);
                }
                total.send_modify(|total| *total += 1);
            }
        });
        Self { heard, reading, id }
    }

    fn heard(&self, n: usize) -> u32 {
        self.heard[n].load(Ordering::Relaxed)
    }
}

async fn until(total: &Total, wanted: usize) {
    let mut total = total.subscribe();
    let heard = timeout(PATIENCE, total.wait_for(|total| *total >= wanted)).await;
    heard.unwrap_or_else(|_| panic!("not {wanted} messages were heard")).unwrap();
}

/// The gateway has noticed that a connection is gone: its own `GET @connections` says so.
async fn until_gone(gateway: &LocalGateway, id: &str) {
    let address = gateway.http_url().replace("http://", "");
    let path = format!("/dev/@connections/{}", id.replace('=', "%3D"));
    let request = format!(
        "GET {path} HTTP/1.1\r\nhost: {address}\r\nauthorization: AWS4-HMAC-SHA256 Credential=A/20260102/us-east-1/execute-api/aws4_request, SignedHeaders=host, Signature=0\r\nconnection: close\r\n\r\n"
    );
    let gone = async {
        loop {
            let mut socket = TcpStream::connect(&address).await.unwrap();
            socket.write_all(request.as_bytes()).await.unwrap();
            let mut answer = String::new();
            socket.read_to_string(&mut answer).await.unwrap();
            if answer.starts_with("HTTP/1.1 410") {
                return;
            }
            assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
            tokio::task::yield_now().await;
        }
    };
    timeout(PATIENCE, gone).await.expect("the gateway notices");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_broadcast_reaches_two_thousand_clients_once_and_removes_the_gone() {
    let gateway = gateway(&[("NO_GRACE", "1")]).await;
    let total = Total::default();
    let connecting = (0..CLIENTS).map(|n| Listener::connect(&gateway, Arc::clone(&total), 1, n < CUT));
    let mut listeners: Vec<Listener> = stream::iter(connecting).buffered(AT_ONCE).collect().await;
    let mut teller = Teller::connect(&gateway).await;

    let first = teller.tell().await;
    assert_eq!((first.delivered, first.gone, first.others), (CLIENTS, 0, 0), "{first:?}");
    until(&total, CLIENTS).await;

    (0..CUT).for_each(|_| gateway.inject(Fault::DisconnectLost));
    for cut in listeners.drain(..CUT) {
        cut.reading.abort();
        let _ = cut.reading.await; // its socket is dropped by now
        until_gone(&gateway, &cut.id.expect("it has asked for its id")).await;
    }
    let second = teller.tell().await;
    assert_eq!((second.delivered, second.gone, second.others), (CLIENTS - CUT, CUT, 0), "{second:?}");
    assert_eq!(second.departed, CUT, "each departure was handed out");
    let third = teller.tell().await;
    assert_eq!((third.delivered, third.gone, third.others), (CLIENTS - CUT, 0, 0), "{third:?}");
    until(&total, CLIENTS + 2 * (CLIENTS - CUT)).await;
    // a second copy of a message would have come before the message after it
    for listener in &listeners {
        assert_eq!([1, 2, 3].map(|n| listener.heard(n)), [1, 1, 1]);
    }

    (0..=CLIENTS).for_each(|_| gateway.inject(Fault::DisconnectLost));
    let life = gateway.shutdown().await;
    let posted = [&first, &second, &third].map(|told| told.delivered + told.gone + told.connecting);
    assert_eq!(life.posts, posted.iter().sum::<usize>() as u64);
    assert_eq!((life.environments, life.failed_events), (4, 0));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_broadcast_beside_two_hundred_handshakes_removes_none_of_them() {
    let gateway = gateway(&[]).await;
    let total = Total::default();
    let mut teller = Teller::connect(&gateway).await;
    let mut gone_beside = 0;
    let listeners = {
        let connecting = (0..CUT).map(|_| Listener::connect(&gateway, Arc::clone(&total), 3, false));
        let mut connecting = pin!(stream::iter(connecting).buffered(AT_ONCE).collect::<Vec<_>>());
        loop {
            tokio::select! {
                listeners = &mut connecting => break listeners,
                told = teller.tell() => gone_beside += told.gone,
            }
        }
    };
    // the last one may have been given up while its answer was on the way
    let mut last = Teller::connect(&gateway).await;
    last.last = 1_000;
    let told = last.tell().await;
    assert_eq!((told.delivered, told.gone, told.connecting), (listeners.len(), 0, 0), "{told:?}");
    assert_eq!(gone_beside, 0);
    (0..CUT + 2).for_each(|_| gateway.inject(Fault::DisconnectLost));
    gateway.shutdown().await;
}
