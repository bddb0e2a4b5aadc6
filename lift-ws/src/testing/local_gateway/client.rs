//! A WebSocket client for tests.

use super::record::Record;
use futures_util::{SinkExt, StreamExt};
use serde::Serialize;
use serde_json::{Value, json};
use std::fmt;
use std::fmt::Write;
use std::panic::Location;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::protocol::CloseFrame;
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream};

/// Messages that a panic repeats.
const REPEATED: usize = 20;

/// A client on a real socket, of a [`LocalGateway`](super::LocalGateway).
///
/// What it waits for has to come in time, else the test fails and says what came instead. Frames of one invocation and of
/// another may come in any order, so wait for the one that you mean: [`next_where`](Self::next_where).
pub struct SocketClient {
    socket: WebSocketStream<MaybeTlsStream<TcpStream>>,
    subprotocol: Option<String>,
    seen: Vec<String>,
    closed: Option<(u16, String)>,
    record: Arc<Record>,
    patience: Duration,
}

impl SocketClient {
    pub(super) fn new(
        socket: WebSocketStream<MaybeTlsStream<TcpStream>>,
        subprotocol: Option<String>,
        record: Arc<Record>,
        patience: Duration,
    ) -> Self {
        Self { socket, subprotocol, seen: Vec::new(), closed: None, record, patience }
    }

    /// The subprotocol that the app answered with.
    pub fn subprotocol(&self) -> Option<&str> {
        self.subprotocol.as_deref()
    }

    /// Sends a message as JSON.
    ///
    /// # Panics
    /// If it cannot be serialised, or the connection has ended.
    pub async fn send(&mut self, message: impl Serialize) {
        let text = serde_json::to_string(&message).expect("a test sends what can be serialised");
        self.send_text(text).await;
    }

    /// Sends a text as it stands, in one frame.
    ///
    /// # Panics
    /// If the connection has ended.
    pub async fn send_text(&mut self, text: impl Into<String>) {
        self.put(Message::text(text.into())).await;
    }

    /// Sends a binary frame, for which the gateway closes the connection.
    ///
    /// # Panics
    /// If the connection has ended.
    pub async fn send_binary(&mut self, bytes: &[u8]) {
        self.put(Message::binary(bytes.to_vec())).await;
    }

    async fn put(&mut self, message: Message) {
        if let Err(error) = self.socket.send(message).await {
            panic!("the message could not be sent: {error}; {}", self.what_was());
        }
    }

    /// The next message; text that is no JSON as a JSON text.
    ///
    /// # Panics
    /// If none comes in time, or the connection ends.
    #[allow(clippy::should_implement_trait, reason = "a client waits for its next message, as a stream does")]
    #[track_caller]
    pub fn next(&mut self) -> impl Future<Output = Value> {
        self.next_at(Location::caller(), |_| true)
    }

    /// The next message that `wanted` accepts; others are passed over.
    ///
    /// # Panics
    /// If none comes in time, or the connection ends.
    #[track_caller]
    pub fn next_where(&mut self, wanted: impl Fn(&Value) -> bool) -> impl Future<Output = Value> {
        self.next_at(Location::caller(), wanted)
    }

    /// A panic in a future has no caller's line: the message has it.
    async fn next_at(&mut self, line: &Location<'_>, wanted: impl Fn(&Value) -> bool) -> Value {
        let deadline = tokio::time::Instant::now() + self.patience;
        loop {
            match tokio::time::timeout_at(deadline, self.read()).await {
                Ok(Some(message)) if wanted(&message) => return message,
                Ok(Some(_)) => {}
                Ok(None) => panic!("{line}: the connection ended before such a message; {}", self.what_was()),
                Err(_) => panic!("{line}: no such message came in {:?}; {}", self.patience, self.what_was()),
            }
        }
    }

    /// Sends a message and takes the next one that comes.
    ///
    /// # Panics
    /// As [`send`](Self::send) and [`next`](Self::next).
    #[track_caller]
    pub fn ask(&mut self, message: impl Serialize) -> impl Future<Output = Value> {
        let line = Location::caller();
        async move {
            self.send(message).await;
            self.next_at(line, |_| true).await
        }
    }

    /// Waits for the end of the connection, and says its code and reason: 1005 without a code, 1006 without a close frame.
    ///
    /// # Panics
    /// If it does not end in time.
    pub async fn closed(&mut self) -> (u16, String) {
        let deadline = tokio::time::Instant::now() + self.patience;
        loop {
            match tokio::time::timeout_at(deadline, self.read()).await {
                Ok(Some(_)) => {}
                Ok(None) => return self.closed.clone().unwrap_or((1006, String::new())),
                Err(_) => panic!("the connection did not end in {:?}; {}", self.patience, self.what_was()),
            }
        }
    }

    /// Closes the connection as `ws.close()` does, and waits for the gateway's answer.
    ///
    /// # Panics
    /// If that does not come in time.
    pub async fn close(mut self) {
        self.end(None).await;
    }

    /// Closes the connection with a code and a reason, and waits for the gateway's answer.
    ///
    /// # Panics
    /// If that does not come in time.
    pub async fn close_with(mut self, code: u16, reason: &str) {
        self.end(Some(CloseFrame { code: code.into(), reason: reason.into() })).await;
    }

    async fn end(&mut self, frame: Option<CloseFrame>) {
        // It may have ended by itself.
        let _ = self.socket.close(frame).await;
        self.closed().await;
    }

    /// The next text; `None` at the end of the connection.
    async fn read(&mut self) -> Option<Value> {
        loop {
            match self.socket.next().await {
                Some(Ok(Message::Text(text))) => {
                    let text = text.as_str();
                    self.seen.push(text.to_owned());
                    return Some(serde_json::from_str(text).unwrap_or_else(|_| json!(text)));
                }
                Some(Ok(Message::Close(frame))) => {
                    let told = frame.map_or((1005, String::new()), |frame| {
                        (frame.code.into(), frame.reason.as_str().to_owned())
                    });
                    self.closed.get_or_insert(told);
                }
                Some(Ok(_)) => {}
                Some(Err(_)) | None => return None,
            }
        }
    }

    /// For panics: what came, and what the program wrote.
    fn what_was(&self) -> String {
        let mut told = match self.seen.len() {
            0 => "nothing came".to_owned(),
            _ => "what came:".to_owned(),
        };
        for text in self.seen.iter().skip(self.seen.len().saturating_sub(REPEATED)) {
            // Writing into a string cannot fail.
            let _ = write!(told, "\n  {text}");
        }
        if let Some((code, reason)) = &self.closed {
            let _ = write!(told, "\nit was closed with {code} {reason}");
        }
        format!("{told}\n{}", self.record)
    }
}

impl fmt::Debug for SocketClient {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SocketClient")
            .field("seen", &self.seen)
            .field("closed", &self.closed)
            .finish_non_exhaustive()
    }
}
