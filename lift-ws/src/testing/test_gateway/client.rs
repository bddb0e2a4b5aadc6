//! A client of a gateway under test.

use super::hub::{Client, ClientNo, Stage};
use super::journal::What;
use super::world::World;
use lift_ws_local::core::{ConnectionId, FrameFault, Input};
use serde::Serialize;
use serde_json::{Value, json};
use std::cell::OnceCell;
use std::panic::Location;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

/// Nothing that a message sets off takes longer, but jobs and handlers that go on after 29 s.
const PATIENCE: Duration = Duration::from_secs(30);

/// A client that was let in by a [`TestGateway`](super::TestGateway).
///
/// Dropping it changes nothing: the connection stays open until it is closed, by one side or by time.
#[derive(Debug)]
pub struct GatewayClient {
    world: Rc<World>,
    client: ClientNo,
    connection: ConnectionId,
    name: Arc<str>,
    subprotocol: Option<String>,
    closed: OnceCell<(u16, String)>,
}

impl GatewayClient {
    pub(super) fn new(
        world: Rc<World>,
        client: ClientNo,
        connection: ConnectionId,
        name: Arc<str>,
        subprotocol: Option<String>,
    ) -> Self {
        Self { world, client, connection, name, subprotocol, closed: OnceCell::new() }
    }

    /// The connection id.
    pub fn id(&self) -> &str {
        self.connection.as_str()
    }

    /// Its name in transcripts.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The subprotocol that the app answered with.
    pub fn subprotocol(&self) -> Option<&str> {
        self.subprotocol.as_deref()
    }

    /// Sends a message as JSON, in one frame. When it returns, all has happened that follows from it without time
    /// passing; handlers that sleep go on in [`advance`](super::TestGateway::advance). Messages that are sent by
    /// `tokio::join!` arrive before any of them is worked on.
    ///
    /// # Panics
    /// If the message cannot be serialised, or the connection is closed.
    pub async fn send(&self, message: impl Serialize) {
        let text = serde_json::to_string(&message).expect("a test sends what can be serialised");
        self.send_text(text).await;
    }

    /// Sends a text as it stands. One above 32 KB closes the connection, as on the gateway: see
    /// [`send_in_frames`](Self::send_in_frames).
    ///
    /// # Panics
    /// If the connection is closed.
    pub async fn send_text(&self, text: impl Into<String>) {
        self.send_in_frames(text, usize::MAX).await;
    }

    /// Sends a text in frames of so many bytes, as clients have to with what is larger than 32 KB.
    ///
    /// # Panics
    /// If the connection is closed, or frames have no bytes.
    pub async fn send_in_frames(&self, text: impl Into<String>, bytes: usize) {
        assert!(bytes > 0, "{}: a frame of no bytes carries nothing", self.name);
        let text = text.into();
        let is_too_large = text.len().min(bytes) > self.world.hub.frame_bytes;
        self.put(What::Says(text.as_str().into()), |connection| match is_too_large {
            true => Input::BadFrame { connection, fault: FrameFault::FrameTooLarge },
            false => Input::Message { connection, text },
        })
        .await;
    }

    /// Sends a binary frame, for which the gateway closes the connection (contract §6.3).
    ///
    /// # Panics
    /// If the connection is closed.
    pub async fn send_binary(&self, bytes: &[u8]) {
        let what = What::SaysBinary(bytes.len());
        self.put(what, |connection| Input::BadFrame { connection, fault: FrameFault::Binary }).await;
    }

    /// Sends a ping, which is no activity: the connection still ends when no message has come for ten minutes.
    ///
    /// # Panics
    /// If the connection is closed.
    pub async fn ping(&self) {
        self.put(What::Pings, |connection| Input::Ping { connection }).await;
    }

    /// Sends a message and takes the next one that comes, as [`next`](Self::next) does.
    ///
    /// # Panics
    /// As [`send`](Self::send) and [`next`](Self::next).
    #[track_caller]
    pub fn ask(&self, message: impl Serialize) -> impl Future<Output = Value> {
        let line = Location::caller();
        async move {
            self.send(message).await;
            self.next_at(line).await
        }
    }

    /// The next message that the test has not looked at. If there is none, time goes on until one comes, 30 s at most.
    ///
    /// # Panics
    /// If none comes.
    #[track_caller]
    pub fn next(&self) -> impl Future<Output = Value> {
        self.next_at(Location::caller())
    }

    /// A panic in a future has no caller's line: the message has it.
    async fn next_at(&self, line: &Location<'_>) -> Value {
        let look = |client: &mut Client| {
            let frame = client.frames.get(client.seen)?.clone();
            client.seen += 1;
            Some(frame)
        };
        let found = look(&mut self.world.hub.lock().clients[self.client]);
        let found = match found {
            Some(frame) => Some(frame),
            None => self.world.until(PATIENCE, |state| look(&mut state.clients[self.client])).await,
        };
        match found {
            Some(frame) => read(&frame),
            None => panic!("{line}: {}", self.nothing_came()),
        }
    }

    fn nothing_came(&self) -> String {
        let running = self.world.running();
        let hint = match running.as_str() {
            "" => String::new(),
            routes => format!(
                "\nstill at work: {routes}. What sleeps on tokio's own clock follows the virtual one under \
                 `#[tokio::test(start_paused = true)]`"
            ),
        };
        let seen = self.transcript();
        format!("{} got no message within 30 s of the virtual clock; what it saw:\n{seen}{hint}", self.name)
    }

    /// The messages that came since the last look; text that is no JSON as a JSON text.
    pub fn received(&self) -> Vec<Value> {
        let client = &mut self.world.hub.lock().clients[self.client];
        let seen = std::mem::replace(&mut client.seen, client.frames.len());
        client.frames[seen..].iter().map(|frame| read(frame)).collect()
    }

    /// Closes the connection as `ws.close()` does; `$disconnect` runs.
    pub async fn close(&self) {
        self.end(Some((None, ""))).await;
    }

    /// Closes the connection with a code and a reason; `$disconnect` gets them.
    pub async fn close_with(&self, code: u16, reason: &str) {
        self.end(Some((Some(code), reason))).await;
    }

    /// Ends without a close frame, as a process that is killed; `$disconnect` gets 1006.
    pub async fn vanish(&self) {
        self.end(None).await;
    }

    async fn end(&self, close: Option<(Option<u16>, &str)>) {
        self.world.hub.client_ends(self.client, close);
        self.rest().await;
    }

    /// Takes nothing from its socket any more: when 1 MB waits for it, posts to it are refused with 429. The test still
    /// sees what was sent.
    pub fn stop_reading(&self) {
        self.world.hub.set_reading(self.client, false);
    }

    /// Reads again, and has read at once what waited.
    pub fn resume_reading(&self) {
        self.world.hub.set_reading(self.client, true);
    }

    /// Is the connection open, as far as the client knows?
    pub fn is_open(&self) -> bool {
        matches!(self.world.hub.lock().clients[self.client].stage, Stage::Open)
    }

    /// With which code and reason the connection was closed, by either side; `None` if it is open.
    pub fn closed(&self) -> Option<(u16, &str)> {
        if let Stage::Closed { code, reason } = &self.world.hub.lock().clients[self.client].stage {
            self.closed.get_or_init(|| (*code, reason.clone()));
        }
        self.closed.get().map(|(code, reason)| (*code, reason.as_str()))
    }

    /// What the client did and saw, line by line, with times since the start and names in place of ids: fit for a
    /// snapshot.
    pub fn transcript(&self) -> String {
        self.world.hub.lock().journal.text(Some(self.client))
    }

    async fn put(&self, what: What, input: impl FnOnce(ConnectionId) -> Input) {
        if let Some((code, reason)) = self.closed() {
            panic!(
                "{} cannot send: its connection was closed with {code} {reason}; what it saw:\n{}",
                self.name,
                self.transcript()
            );
        }
        self.world.hub.put(self.client, what, input);
        self.rest().await;
    }

    async fn rest(&self) {
        // what others send beside this one arrives first
        tokio::task::yield_now().await;
        self.world.settle().await;
    }
}

fn read(frame: &str) -> Value {
    serde_json::from_str(frame).unwrap_or_else(|_| json!(frame))
}
