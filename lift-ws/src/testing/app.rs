//! An app under test.

use super::authorizer;
use super::client::TestClient;
use super::event::{self, TestEvent};
use super::gateway::Gateway;
use crate::connection::{Connections, Record};
use crate::push::recording::RecordingPoster;
use crate::queue::memory::MemoryQueue;
use crate::store::memory::MemoryStore;
use crate::{App, Invocation, Service};
use serde_json::Value;
use std::fmt;
use std::future::{Future, IntoFuture};
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

/// An app with a store in memory and a gateway that is only as much as a test needs. See [the module](super).
///
/// Every event is answered before the call returns; nothing runs in the background.
pub struct TestApp<A: App> {
    pub(super) inner: Arc<Inner<A>>,
}

pub(super) struct Inner<A: App> {
    service: Service<A>,
    store: Arc<MemoryStore>,
    pub(super) gateway: Arc<Gateway>,
    queue: Arc<MemoryQueue>,
    connections: Connections,
    next_id: AtomicU64,
}

impl<A: App> TestApp<A> {
    /// With the state that `main` would make.
    pub fn new(state: A::State) -> Self {
        let (store, gateway) = (Arc::new(MemoryStore::new()), Arc::new(Gateway::default()));
        let queue = Arc::new(MemoryQueue::new());
        let connections = Connections::builder(Arc::clone(&store), Arc::clone(&gateway))
            .queue(Arc::clone(&queue))
            .callback_url("https://test.execute-api.us-east-1.amazonaws.com/test")
            .build();
        let service = Service::new(state).with_connections(connections.clone());
        let connections = connections.bind("test", "test");
        TestApp {
            inner: Arc::new(Inner {
                service,
                store,
                gateway,
                queue,
                connections,
                next_id: AtomicU64::new(1),
            }),
        }
    }

    /// Opens a connection: `.await` it, or give it a query and headers first.
    pub fn connect(&self) -> Connect<A> {
        let id = self.inner.next_id.fetch_add(1, Ordering::Relaxed);
        let id = format!("Test{id:011}=");
        Connect { app: Arc::clone(&self.inner), event: TestEvent::connect().connection_id(&id), id }
    }

    /// Asks the app's authorizer, as the gateway does, and returns what it puts into `requestContext.authorizer` of all
    /// events of the connection: `principalId`, and the context. [`connect`](Self::connect) does it by itself.
    ///
    /// ```
    /// # use lift_ws::auth::Principal;
    /// # use lift_ws::prelude::*;
    /// # use lift_ws::testing::{TestApp, TestEvent};
    /// #[ws_authorizer(identity_sources = ["route.request.header.X-Pass"])]
    /// async fn authorize(headers: Headers<'_>) -> Result<Allow, Deny> {
    ///     match headers.get("x-pass").as_deref() {
    ///         Some("word") => Ok(Allow::new(&Principal::of_user("ann").with_role("staff"))),
    ///         _ => Err(Deny),
    ///     }
    /// }
    ///
    /// #[ws_app(authorizer = authorize)]
    /// struct Gate;
    ///
    /// # tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
    /// let app = TestApp::<Gate>::new(());
    /// let said = app.authorize(TestEvent::authorize().header("X-Pass", "word")).await.unwrap();
    /// assert_eq!(said, serde_json::json!({"principalId": "ann", "roles": "staff"}));
    /// assert_eq!(app.authorize(TestEvent::authorize().header("X-Pass", "?")).await.unwrap_err().status, 403);
    /// assert_eq!(app.authorize(TestEvent::authorize()).await.unwrap_err().status, 401);
    /// # });
    /// ```
    ///
    /// # Errors
    /// The status with which the gateway refuses the handshake (contract §4): 401 where an identity source is missing or
    /// the authorizer says so, 403 where it denies, 500 where it fails.
    ///
    /// # Cancel safety
    /// As [`Service::respond`].
    pub async fn authorize(&self, event: TestEvent) -> Result<Value, Refused> {
        self.inner.authorize(&event).await
    }

    /// Gives the app an event of your own making, and returns what Lambda would return.
    ///
    /// # Errors
    /// If the app cannot answer it: see [`Service::respond`].
    ///
    /// # Cancel safety
    /// As [`Service::respond`].
    pub async fn invoke(&self, payload: &[u8]) -> Result<Value, crate::Error> {
        self.inner.invoke(payload).await
    }

    /// Delivers what waits in the queue, and what is enqueued meanwhile, until nothing is left: ten messages an
    /// invocation; failures are delivered again, three times in all, and are dead letters then. It returns how many
    /// deliveries there were.
    ///
    /// # Panics
    /// If the app answers a batch with an error: it is built without `jobs = […]` and `queue = true`, or its function
    /// for other events fails.
    pub async fn run_jobs(&self) -> usize {
        let mut deliveries = 0;
        loop {
            let batch = self.inner.queue.receive(10);
            if batch.is_empty() {
                return deliveries;
            }
            deliveries += batch.len();
            let answer = self.invoke(&MemoryQueue::event(&batch)).await;
            let answer =
                answer.unwrap_or_else(|error| panic!("the app did not take its queue's event: {error}"));
            self.inner.queue.settle(batch, &answer);
        }
    }

    /// The queue: look at what waits and at the dead letters, make it refuse.
    pub fn queue(&self) -> &MemoryQueue {
        &self.inner.queue
    }

    /// The app's connections, as its handlers get them.
    pub fn connections(&self) -> &Connections {
        &self.inner.connections
    }

    /// The state.
    pub fn state(&self) -> &A::State {
        self.inner.service.state()
    }

    /// What is stored, by connection id.
    pub fn records(&self) -> Vec<Record> {
        self.inner.store.records("test/test")
    }

    /// The gateway's side: make posts fail, look at all of them.
    pub fn poster(&self) -> &RecordingPoster {
        &self.inner.gateway.poster
    }
}

impl<A: App> Inner<A> {
    pub(super) async fn invoke(&self, payload: &[u8]) -> Result<Value, crate::Error> {
        let answer = self.respond(payload).await;
        // a `$disconnect` handler may close others in turn
        loop {
            let closed = self.gateway.take_closed();
            if closed.is_empty() {
                return answer;
            }
            for (id, authorizer) in closed {
                let event = TestEvent::disconnect(1000, "Connection Closed Normally").connection_id(&id);
                let event = event.authorized(authorizer);
                self.respond(&event.to_bytes()).await?;
            }
        }
    }

    async fn authorize(&self, event: &TestEvent) -> Result<Value, Refused> {
        let identity_sources = A::AUTHORIZER.map_or(&[][..], |authorizer| authorizer.identity_sources);
        if !authorizer::is_identified(event, identity_sources) {
            return Err(Refused { status: 401 });
        }
        authorizer::outcome(self.invoke(&event.to_bytes()).await, event.method_arn())
    }

    async fn respond(&self, payload: &[u8]) -> Result<Value, crate::Error> {
        let mut answer = Vec::new();
        self.service.respond(payload, Invocation::default(), &mut answer).await?;
        Ok(serde_json::from_slice(&answer)?)
    }

    pub(super) fn has_route(&self, key: &str) -> bool {
        A::routes().iter().any(|route| route.key == key)
    }
}

impl<A: App> fmt::Debug for TestApp<A> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TestApp").field("app", &A::NAME).finish_non_exhaustive()
    }
}

/// A handshake on its way.
#[must_use = "`.await` it to connect"]
pub struct Connect<A: App> {
    app: Arc<Inner<A>>,
    event: TestEvent,
    id: String,
}

impl<A: App> Connect<A> {
    /// With a parameter of the query string.
    pub fn query(self, name: &str, value: &str) -> Self {
        Connect { event: self.event.query(name, value), ..self }
    }

    /// With a header.
    pub fn header(self, name: &str, value: &str) -> Self {
        Connect { event: self.event.header(name, value), ..self }
    }

    /// Made this long ago: a connection that is gone is removed only once it is older than its handshake can be.
    ///
    /// ```
    /// # use lift_ws::prelude::*;
    /// # use lift_ws::testing::TestApp;
    /// # use std::time::Duration;
    /// # #[ws_route("who")] async fn who(me: Connection<'_>) {}
    /// # #[ws_app(routes = [who])] struct Chat;
    /// # tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap().block_on(async {
    /// let app = TestApp::<Chat>::new(());
    /// let ann = app.connect().ago(Duration::from_secs(60)).await.unwrap();
    /// ann.vanish();
    /// let error = app.connections().send(ann.id(), "hello?").await.unwrap_err();
    /// assert_eq!(error.departed().unwrap().connection_id(), ann.id());
    /// # });
    /// ```
    pub fn ago(self, age: Duration) -> Self {
        let age = u64::try_from(age.as_millis()).unwrap_or(u64::MAX);
        Connect { event: self.event.context("connectedAt", event::now().saturating_sub(age)), ..self }
    }

    /// Offering a subprotocol.
    pub fn subprotocol(self, name: &str) -> Self {
        self.header("Sec-WebSocket-Protocol", name)
    }

    /// Let in by a Lambda authorizer with this context, which all events of the connection carry. The app's own is not
    /// asked then.
    pub fn authorizer(self, context: impl Into<Value>) -> Self {
        Connect { event: self.event.authorizer(context), ..self }
    }

    async fn run(mut self) -> Result<TestClient<A>, Refused> {
        let mut subprotocol = None;
        if A::AUTHORIZER.is_some() && self.event.authorizer_context().is_none() {
            let context = self.app.authorize(&self.event.clone().asked()).await?;
            self.event = self.event.authorizer(context);
        }
        // the app may post as soon as it has accepted
        self.app.gateway.open(&self.id, self.event.authorizer_context().cloned());
        if self.app.has_route("$connect") || crate::manifest::needs_connections(A::NEEDS) {
            let answer = self.app.invoke(&self.event.to_bytes()).await;
            let status = answer.as_ref().map_or(502, |answer| answer["statusCode"].as_u64().unwrap_or(502));
            if !(200..300).contains(&status) {
                self.app.gateway.close(&self.id);
                return Err(Refused { status: status.try_into().unwrap_or(502) });
            }
            subprotocol = answer.ok().and_then(|answer| {
                answer["headers"]["Sec-WebSocket-Protocol"].as_str().map(ToOwned::to_owned)
            });
        }
        Ok(TestClient::new(self.app, self.id, subprotocol))
    }
}

impl<A: App> IntoFuture for Connect<A> {
    type Output = Result<TestClient<A>, Refused>;
    type IntoFuture = Pin<Box<dyn Future<Output = Self::Output> + Send>>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(self.run())
    }
}

impl<A: App> fmt::Debug for Connect<A> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Connect").field("event", &self.event).finish_non_exhaustive()
    }
}

/// The handshake failed with this HTTP status.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Refused {
    /// As a client sees it.
    pub status: u16,
}

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the handshake was refused with {}", self.status)
    }
}

impl std::error::Error for Refused {}
