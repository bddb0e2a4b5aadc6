//! The clients: those who listen, and one who tells.

use crate::PATIENCE;
use crate::app::{Here, Told};
use futures_util::{SinkExt, StreamExt, stream};
use lift_ws_local::LocalGateway;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::sync::{mpsc, oneshot, watch};
use tokio::task::JoinHandle;
use tokio::time::timeout;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async};

/// From how many tasks the clients connect, and how many handshakes of each are under way.
const TASKS: usize = 4;
const AT_ONCE: usize = 16;
/// Messages are numbered from 1; as many as this are counted.
const MESSAGES: usize = 4;

type Socket = WebSocketStream<MaybeTlsStream<TcpStream>>;

async fn open(url: String) -> Socket {
    let handshake = timeout(PATIENCE, connect_async(url)).await.expect("the handshake is answered");
    handshake.expect("the handshake is accepted").0
}

/// Who broadcasts; no member of the group.
pub(crate) struct Teller {
    socket: Socket,
    told: u64,
    /// How many messages it has sent.
    pub(crate) asked: usize,
}

impl Teller {
    pub(crate) async fn connect(gateway: &LocalGateway) -> Self {
        Self { socket: open(gateway.url()).await, told: 0, asked: 0 }
    }

    /// Has the next message sent to all.
    pub(crate) async fn tell(&mut self) -> Told {
        self.told += 1;
        let message = json!({ "action": "tell", "n": self.told });
        self.ask(message).await
    }

    pub(crate) async fn here(&mut self) -> Here {
        self.ask(json!({ "action": "here" })).await
    }

    async fn ask<T: DeserializeOwned>(&mut self, message: Value) -> T {
        self.asked += 1;
        self.socket.send(Message::text(message.to_string())).await.unwrap();
        let answer = match timeout(PATIENCE, self.socket.next()).await.expect("there is an answer") {
            Some(Ok(Message::Text(answer))) => answer,
            other => panic!("no text, but {other:?}"),
        };
        serde_json::from_str(&answer).unwrap_or_else(|error| panic!("{error}: {answer}"))
    }
}

/// The members of the group.
pub(crate) struct Crowd {
    pub(crate) listeners: Vec<Listener>,
    heard: watch::Receiver<usize>,
}

impl Crowd {
    /// As many as the gateway takes at a time, from several tasks.
    pub(crate) async fn connect(gateway: &LocalGateway, clients: usize) -> Self {
        Self::of(gateway.url(), clients, AT_ONCE).await
    }

    /// All at once.
    pub(crate) async fn knock(url: String, clients: usize) -> Self {
        Self::of(url, clients, clients).await
    }

    async fn of(url: String, clients: usize, at_once: usize) -> Self {
        let url = format!("{url}?member=true");
        let (total, heard) = watch::channel(0);
        let total = Arc::new(total);
        let connecting = (0..TASKS).map(|task| {
            let (url, total) = (url.clone(), Arc::clone(&total));
            let share = (task..clients).step_by(TASKS);
            let listeners = share.map(move |_| Listener::connect(url.clone(), Arc::clone(&total)));
            tokio::spawn(stream::iter(listeners).buffered(at_once).collect::<Vec<_>>())
        });
        let mut listeners = Vec::with_capacity(clients);
        for task in connecting.collect::<Vec<_>>() {
            listeners.extend(task.await.unwrap());
        }
        Self { listeners, heard }
    }

    /// Waits until all of them together have heard so many messages.
    pub(crate) async fn until_heard(&self, wanted: usize) {
        let mut heard = self.heard.clone();
        let enough = timeout(PATIENCE, heard.wait_for(|heard| *heard >= wanted)).await.is_ok();
        assert!(enough, "{} of {wanted} messages were heard", *heard.borrow());
    }
}

type Question = oneshot::Sender<String>;

/// A member of the group, which counts how often it hears each message.
pub(crate) struct Listener {
    heard: Arc<[AtomicU32; MESSAGES]>,
    questions: mpsc::Sender<Question>,
    reading: JoinHandle<()>,
}

impl Listener {
    async fn connect(url: String, total: Arc<watch::Sender<usize>>) -> Self {
        let socket = open(url).await;
        let heard = Arc::default();
        let (questions, asked) = mpsc::channel(1);
        let reading = tokio::spawn(listen(socket, Arc::clone(&heard), total, asked));
        Self { heard, questions, reading }
    }

    /// How often it has heard each of these.
    pub(crate) fn heard<const N: usize>(&self, messages: [usize; N]) -> [u32; N] {
        messages.map(|n| self.heard[n].load(Ordering::Relaxed))
    }

    /// Its connection id, which it asks the app for.
    pub(crate) async fn id(&self) -> String {
        let (question, answer) = oneshot::channel();
        self.questions.send(question).await.expect("it is connected");
        timeout(PATIENCE, answer).await.expect("there is an answer").expect("it is connected")
    }

    /// Drops its socket: no close frame, TCP just ends.
    pub(crate) async fn cut(self) {
        self.reading.abort();
        let ended = self.reading.await;
        assert!(ended.is_err_and(|error| error.is_cancelled()), "it was open until now");
    }
}

async fn listen(
    mut socket: Socket,
    heard: Arc<[AtomicU32; MESSAGES]>,
    total: Arc<watch::Sender<usize>>,
    mut asked: mpsc::Receiver<Question>,
) {
    let mut question = None;
    loop {
        let frame = tokio::select! {
            frame = socket.next() => frame,
            Some(asked) = asked.recv() => {
                question = Some(asked);
                socket.send(Message::text(r#"{"action":"whoami"}"#)).await.unwrap();
                continue;
            }
        };
        let text = match frame {
            Some(Ok(Message::Text(text))) => text,
            Some(Ok(_)) => continue,
            Some(Err(_)) | None => return,
        };
        match serde_json::from_str(&text).unwrap() {
            Value::String(id) => drop(question.take().expect("it has asked").send(id)),
            message => {
                let n = message["n"].as_u64().unwrap_or_else(|| panic!("no message that was told: {text}"));
                heard[usize::try_from(n).unwrap()].fetch_add(1, Ordering::Relaxed);
                total.send_modify(|total| *total += 1);
            }
        }
    }
}

/// The gateway knows that a connection has ended: its own `GET @connections` says so.
pub(crate) async fn until_gone(gateway: &LocalGateway, id: &str) {
    let address = gateway.http_url().replace("http://", "");
    let path = format!("/dev/@connections/{}", id.replace('=', "%3D"));
    let request = format!(
        "GET {path} HTTP/1.1\r\nhost: {address}\r\nconnection: close\r\nauthorization: AWS4-HMAC-SHA256 \
         Credential=A/20260102/us-east-1/execute-api/aws4_request, SignedHeaders=host, Signature=0\r\n\r\n"
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
        }
    };
    timeout(PATIENCE, gone).await.expect("the gateway notices");
}
