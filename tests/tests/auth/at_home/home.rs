//! The gateway that runs the function, its clients, and the search of all that they leave behind.

use super::function::Guarded;
use super::{ENVIRONMENTS, FUNCTION};
use futures_util::{SinkExt, StreamExt};
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

/// Nothing takes this long; it only keeps a failure from hanging.
const PATIENCE: Duration = Duration::from_secs(60);

/// The gateway, and all that is to be searched.
pub(super) struct Home {
    pub(super) gateway: LocalGateway,
    data: TempDir,
    /// All that the processes wrote and the gateway told.
    told: Arc<Mutex<String>>,
    /// All that clients got: frames, and the answers of refused handshakes.
    heard: Arc<Mutex<String>>,
}

impl Home {
    pub(super) async fn start() -> Self {
        let manifest = lift_ws::manifest::describe::<Guarded>();
        let manifest = Manifest::parse(&manifest.to_string()).unwrap();
        let function = Function::new(std::env::current_exe().unwrap())
            .args(["--exact", "at_home::function::this_binary_is_the_guarded_function", "--nocapture"])
            .env("RUST_LOG", "trace")
            .env(FUNCTION, "1");
        let (data, told) = (tempfile::tempdir().unwrap(), Arc::new(Mutex::new(String::new())));
        let sink = Arc::clone(&told);
        let gateway = LocalGateway::builder(manifest, function)
            .environments(ENVIRONMENTS)
            .data(data.path())
            .on_event(move |event: GatewayEvent| sink.lock().unwrap().push_str(&format!("{event:?}\n")))
            .start()
            .await
            .unwrap();
        Self { gateway, data, told, heard: Arc::default() }
    }

    /// By the subprotocol, as pages do.
    pub(super) async fn log_in(&self, token: &str) -> Client {
        let offered = format!("app.v1, bearer.{token}");
        let socket = self.shake_hands("", &[("Sec-WebSocket-Protocol", &offered)]).await;
        Client { socket: socket.expect("a good token"), heard: Arc::clone(&self.heard) }
    }

    /// The status and the text if it is refused; the rest of the body are ids.
    pub(super) async fn shake_hands(
        &self,
        query: &str,
        headers: &[(&'static str, &str)],
    ) -> Result<WebSocketStream<MaybeTlsStream<TcpStream>>, (u16, String)> {
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

    /// Searches whatever is left of a run. Needles of a few letters may stand anywhere.
    pub(super) async fn end_without(self, secrets: &[String]) {
        let Self { gateway, data, told, heard } = self;
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
    }
}

pub(super) struct Client {
    socket: WebSocketStream<MaybeTlsStream<TcpStream>>,
    heard: Arc<Mutex<String>>,
}

impl Client {
    pub(super) async fn say(&mut self, message: Value) {
        self.socket.send(Message::text(message.to_string())).await.unwrap();
    }

    /// The next frame; `None` if the connection was closed.
    pub(super) async fn hear(&mut self) -> Option<Value> {
        match tokio::time::timeout(PATIENCE, self.socket.next()).await.expect("something is heard") {
            Some(Ok(Message::Text(text))) => {
                self.heard.lock().unwrap().push_str(&text);
                Some(serde_json::from_str(&text).unwrap())
            }
            Some(Ok(Message::Close(_)) | Err(_)) | None => None,
            other => panic!("neither text nor close: {other:?}"),
        }
    }

    pub(super) async fn ask(&mut self, message: Value) -> Value {
        self.say(message).await;
        self.hear().await.expect("the connection is open")
    }

    /// The answers of all environments: the one that has been idle longest has the next turn.
    pub(super) async fn ask_all(&mut self, message: Value) -> Vec<Value> {
        let mut answers = Vec::new();
        for _ in 0..2 * ENVIRONMENTS {
            answers.push(self.ask(message.clone()).await);
        }
        answers
    }

    /// In all environments at once: each of them has this connection's record in its cache from then on.
    pub(super) async fn meet(&mut self) -> BTreeSet<u64> {
        for _ in 0..ENVIRONMENTS {
            self.say(json!({"action": "meet"})).await;
        }
        let mut processes = BTreeSet::new();
        for _ in 0..ENVIRONMENTS {
            processes.extend(self.hear().await.unwrap().as_u64());
        }
        assert_eq!(processes.len(), ENVIRONMENTS);
        processes
    }

    /// A ticket, which only this client is to hear.
    pub(super) async fn socket_ticket(&mut self) -> String {
        self.say(json!({"action": "ticket"})).await;
        match tokio::time::timeout(PATIENCE, self.socket.next()).await.unwrap() {
            Some(Ok(Message::Text(text))) => serde_json::from_str(&text).unwrap(),
            other => panic!("no ticket: {other:?}"),
        }
    }
}
