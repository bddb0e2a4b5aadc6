//! An app behind the local gateway, in processes of its own, with all that it leaves behind.
//!
//! The function is this very binary, run with the name of one of its tests.

use crate::captured;
use futures_util::{SinkExt, StreamExt};
use lift_ws::prelude::*;
use lift_ws_local::core::Manifest;
use lift_ws_local::{Function, GatewayEvent, LocalGateway};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tempfile::TempDir;
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::{Error as WsError, Message};
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async};

/// Set where this binary is to be a function: which one.
const FUNCTION: &str = "LIFT_WS_TEST_AUTH_FUNCTION";
/// How many environments there are, for [`meet`].
const ENVIRONMENTS: &str = "LIFT_WS_TEST_AUTH_ENVIRONMENTS";
/// Nothing takes this long; it only keeps a failure from hanging.
pub(crate) const PATIENCE: Duration = Duration::from_secs(60);

pub(crate) type Socket = WebSocketStream<MaybeTlsStream<TcpStream>>;

/// Is this process the function of that name?
pub(crate) fn is_function(name: &str) -> bool {
    std::env::var_os(FUNCTION).is_some_and(|wanted| wanted == name)
}

/// Ends once as many of them as there are environments run at the same time, each in a process of its own.
#[ws_route("meet")]
pub(crate) async fn meet(conns: Connections, id: ConnectionId<'_>) -> Result<Json<u32>, Error> {
    let environments: usize = std::env::var(ENVIRONMENTS)?.parse()?;
    conns.join(&*id, format!("process-{}", std::process::id()), &()).await?;
    // Only asking tells: nothing reaches an environment that has an event. The event's deadline ends it.
    while conns.groups_of(&*id).await?.len() < environments {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    Ok(Json(std::process::id()))
}

/// The processes that have answered.
pub(crate) fn processes(answers: &[Value]) -> BTreeSet<u64> {
    answers.iter().filter_map(|answer| answer["process"].as_u64()).collect()
}

/// The gateway, and all that is to be searched.
pub(crate) struct Home {
    pub(crate) gateway: LocalGateway,
    environments: usize,
    data: TempDir,
    /// All that the processes wrote and the gateway told.
    pub(crate) told: Arc<Mutex<String>>,
    /// All that clients got: frames, and the answers of refused handshakes.
    heard: Arc<Mutex<String>>,
}

impl Home {
    /// Serves an app that this binary is when it runs the test of that name, and `is_function(name)` is true in it.
    pub(crate) async fn start<A: App>(test: &str, name: &str, environments: usize) -> Self {
        let manifest = lift_ws::manifest::describe::<A>();
        let manifest = Manifest::parse(&manifest.to_string()).unwrap();
        let function = Function::new(std::env::current_exe().unwrap())
            .args(["--exact", test, "--nocapture"])
            .env("RUST_LOG", "trace")
            .env(ENVIRONMENTS, environments.to_string())
            .env(FUNCTION, name);
        let (data, told) = (tempfile::tempdir().unwrap(), Arc::new(Mutex::new(String::new())));
        let sink = Arc::clone(&told);
        let gateway = LocalGateway::builder(manifest, function)
            .environments(environments)
            .data(data.path())
            .on_event(move |event: GatewayEvent| sink.lock().unwrap().push_str(&format!("{event:?}\n")))
            .start()
            .await
            .unwrap();
        Self { gateway, environments, data, told, heard: Arc::default() }
    }

    /// By the subprotocol, as pages do.
    pub(crate) async fn log_in(&self, token: &str) -> Client {
        let offered = format!("app.v1, bearer.{token}");
        let socket = self.shake_hands("", &[("Sec-WebSocket-Protocol", &offered)]).await;
        self.client(socket.expect("a good token"))
    }

    pub(crate) fn client(&self, socket: Socket) -> Client {
        Client { socket, environments: self.environments, heard: Arc::clone(&self.heard) }
    }

    /// The status and the text if it is refused; the rest of the body are ids.
    pub(crate) async fn shake_hands(
        &self,
        query: &str,
        headers: &[(&'static str, &str)],
    ) -> Result<Socket, (u16, String)> {
        let mut request = format!("{}{query}", self.gateway.url()).into_client_request().unwrap();
        for (name, value) in headers {
            request.headers_mut().append(*name, value.parse().unwrap());
        }
        match tokio::time::timeout(PATIENCE, connect_async(request)).await.unwrap() {
            Ok((socket, answer)) => {
                self.heard.lock().unwrap().push_str(&format!("{answer:?}\n"));
                Ok(socket)
            }
            Err(WsError::Http(answer)) => {
                let body = answer.body().as_ref().map(|body| String::from_utf8_lossy(body).into_owned());
                self.heard.lock().unwrap().push_str(&format!("{:?} {body:?}\n", answer.headers()));
                let body: Value = serde_json::from_str(&body.unwrap_or_default()).unwrap();
                Err((answer.status().as_u16(), body["message"].as_str().unwrap().to_owned()))
            }
            Err(error) => panic!("{error}"),
        }
    }

    /// Searches whatever is left of a run for these, and for every token and ticket of all tests so far. Needles of a
    /// few letters may stand anywhere.
    pub(crate) async fn end_without(self, secrets: &[String]) {
        let Self { gateway, data, told, heard, .. } = self;
        gateway.shutdown().await;
        let (mut kept, mut files) = (Vec::new(), 0);
        for file in std::fs::read_dir(data.path()).unwrap() {
            kept.extend(std::fs::read(file.unwrap().path()).unwrap());
            files += 1;
        }
        let (kept, told, heard) =
            (String::from_utf8_lossy(&kept).into_owned(), told.lock().unwrap(), heard.lock().unwrap());
        assert!(files > 0 && kept.contains("PK"), "the table is there to be searched");
        assert!(told.contains("Finished") && !heard.is_empty(), "and so are the log and the frames");
        for secret in secrets.iter().flat_map(|secret| secret.split('.')).filter(|part| part.len() > 24) {
            assert!(!kept.contains(secret), "{secret} is in the table");
            let line = told.lines().find(|line| line.contains(secret));
            assert_eq!(line, None, "{secret} was logged");
            assert!(!heard.contains(secret), "{secret} was sent");
        }
        for (what, text) in [("table", &*kept), ("log", &**told), ("frames", &**heard)] {
            let found = captured::secret_in(text);
            assert_eq!(found, None, "the {what} hold a token or ticket of any test of this run");
        }
    }
}

pub(crate) struct Client {
    socket: Socket,
    environments: usize,
    heard: Arc<Mutex<String>>,
}

impl Client {
    pub(crate) async fn say(&mut self, message: Value) {
        self.socket.send(Message::text(message.to_string())).await.unwrap();
    }

    /// The next frame; `None` if the connection was closed.
    pub(crate) async fn hear(&mut self) -> Option<Value> {
        match tokio::time::timeout(PATIENCE, self.socket.next()).await.expect("something is heard") {
            Some(Ok(Message::Text(text))) => {
                self.heard.lock().unwrap().push_str(&text);
                Some(serde_json::from_str(&text).unwrap())
            }
            Some(Ok(Message::Close(_)) | Err(_)) | None => None,
            other => panic!("neither text nor close: {other:?}"),
        }
    }

    /// The next frame, which nobody else is to hear: it is not searched for secrets, since it is one.
    pub(crate) async fn hear_in_secret(&mut self) -> Value {
        match tokio::time::timeout(PATIENCE, self.socket.next()).await.expect("something is heard") {
            Some(Ok(Message::Text(text))) => serde_json::from_str(&text).unwrap(),
            other => panic!("no text: {other:?}"),
        }
    }

    pub(crate) async fn close(mut self) {
        self.socket.close(None).await.unwrap();
    }

    pub(crate) async fn ask(&mut self, message: Value) -> Value {
        self.say(message).await;
        self.hear().await.expect("the connection is open")
    }

    /// The answers of all environments: the one that has been idle longest has the next turn.
    pub(crate) async fn ask_all(&mut self, message: Value) -> Vec<Value> {
        let mut answers = Vec::new();
        for _ in 0..2 * self.environments {
            answers.push(self.ask(message.clone()).await);
        }
        answers
    }

    /// In all environments at once: each of them has this connection's record in its cache from then on.
    pub(crate) async fn meet(&mut self) -> BTreeSet<u64> {
        for _ in 0..self.environments {
            self.say(json!({"action": "meet"})).await;
        }
        let mut processes = BTreeSet::new();
        for _ in 0..self.environments {
            processes.extend(self.hear().await.unwrap().as_u64());
        }
        assert_eq!(processes.len(), self.environments);
        processes
    }
}
