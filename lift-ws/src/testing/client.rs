//! A client of an app under test.

use super::app::Inner;
use super::event::TestEvent;
use super::selection;
use crate::App;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

/// An open connection to an app under test.
pub struct TestClient<A: App> {
    app: Arc<Inner<A>>,
    id: String,
    subprotocol: Option<String>,
    seen: Mutex<usize>,
}

impl<A: App> TestClient<A> {
    pub(super) fn new(app: Arc<Inner<A>>, id: String, subprotocol: Option<String>) -> Self {
        TestClient { app, id, subprotocol, seen: Mutex::default() }
    }

    /// The connection id.
    pub fn id(&self) -> &str {
        &self.id
    }

    /// The subprotocol that the app answered with.
    pub fn subprotocol(&self) -> Option<&str> {
        self.subprotocol.as_deref()
    }

    /// Is it open? The app may have closed it.
    pub fn is_open(&self) -> bool {
        self.app.gateway.is_open(&self.id)
    }

    /// Sends a message as JSON; the route selection expression finds its route, as on the gateway.
    ///
    /// # Panics
    /// If the message cannot be serialised.
    pub async fn send(&self, message: impl Serialize) -> TestReply {
        let body = serde_json::to_string(&message).expect("a test sends what can be serialised");
        self.send_text(&body).await
    }

    /// Sends a text as it stands.
    pub async fn send_text(&self, body: &str) -> TestReply {
        let key = selection::route_key(A::ROUTE_SELECTION_EXPRESSION, body);
        let custom = !key.starts_with('$') && self.app.has_route(&key);
        let key = if custom { key } else { "$default".to_owned() };
        if !self.app.has_route(&key) {
            return TestReply(Some(json!({"message": "Forbidden", "connectionId": self.id}).to_string()));
        }
        let authorizer = self.app.gateway.authorizer(&self.id);
        let event = TestEvent::message(&key, body).connection_id(&self.id).authorized(authorizer);
        let two_way = A::routes().iter().any(|route| route.key == key && route.two_way);
        match self.app.invoke(&event.to_bytes()).await {
            Ok(answer) => TestReply(answer["body"].as_str().filter(|_| two_way).map(ToOwned::to_owned)),
            Err(_) => TestReply(Some(
                json!({"message": "Internal server error", "connectionId": self.id}).to_string(),
            )),
        }
    }

    /// What was posted to this connection since the last look; text that is no JSON as a JSON text.
    pub fn received(&self) -> Vec<Value> {
        let posted = self.app.gateway.poster.posted_to(&self.id);
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        let new = posted.iter().skip(std::mem::replace(&mut seen, posted.len()));
        new.map(|text| serde_json::from_str(text).unwrap_or_else(|_| json!(text))).collect()
    }

    /// Closes the connection as `ws.close()` does; `$disconnect` has run when this returns.
    pub async fn disconnect(&self) {
        self.disconnect_with(1005, "Client-side close frame status not set").await;
    }

    /// Closes the connection with a code and a reason.
    ///
    /// # Panics
    /// If the app fails on the event.
    pub async fn disconnect_with(&self, code: u16, reason: &str) {
        if let Some(authorizer) = self.app.gateway.close(&self.id) {
            let event = TestEvent::disconnect(code, reason).connection_id(&self.id).authorized(authorizer);
            self.app.invoke(&event.to_bytes()).await.expect("a disconnect is always answered");
        }
    }

    /// Goes away without a `$disconnect`, as a lost network does.
    pub fn vanish(&self) {
        self.app.gateway.close(&self.id);
    }
}

impl<A: App> fmt::Debug for TestClient<A> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TestClient").field("id", &self.id).finish_non_exhaustive()
    }
}

/// What came back on the connection for a message: the reply of a two-way route, or a frame of the gateway's own.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TestReply(Option<String>);

impl TestReply {
    /// The frame; `None` on a one-way route.
    pub fn text(&self) -> Option<&str> {
        self.0.as_deref()
    }

    /// Nothing came back.
    pub fn is_none(&self) -> bool {
        self.0.is_none()
    }

    /// The frame as JSON of the shape `T`.
    ///
    /// # Panics
    /// If nothing came back, or something else.
    #[track_caller]
    pub fn json<T: DeserializeOwned>(&self) -> T {
        let text = self.text().expect("nothing came back: the route is one-way");
        // Not in a closure, which would be the place of the panic in place of the caller's line.
        match serde_json::from_str(text) {
            Ok(reply) => reply,
            Err(error) => panic!("{error} in the reply {text}"),
        }
    }
}
