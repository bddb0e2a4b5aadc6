//! An app behind the local gateway's own core, in one process and on a virtual clock: see [`TestGateway`].
//!
//! ```text
//! GatewayClient ──▶ hub.rs ──Input──▶ core of lift-ws-local ──Invoke──▶ function.rs: tasks ──▶ Service<A>
//!       ▲              │◀───Action──────┘         ▲                                              │
//!       └──frames──────┘                          └────Management───── poster.rs ◀── Connections ┘
//! world.rs: gives tasks their turns, and moves the time on when all of them wait
//! ```

mod builder;
mod client;
mod connect;
mod function;
mod hub;
mod journal;
mod poster;
mod queue;
mod world;

pub use builder::TestGatewayBuilder;
pub use client::GatewayClient;
pub use connect::{ConnectMany, GatewayConnect};

use self::hub::Hub;
use self::world::World;
use crate::connection::{Connections, Record};
use crate::queue::memory::MemoryQueue;
use crate::store::memory::MemoryStore;
use crate::testing::refusal::below;
use crate::{App, Service};
use lift_ws_local::core::{Fault, Faults, Finished, HandshakeRequest, Input};
use std::fmt;
use std::rc::Rc;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

/// An app behind the local gateway's core, in one process, on a virtual clock: two hours pass in a millisecond.
///
/// The gateway is the real one of `cargo lift-ws dev` without its sockets and processes: handshakes with authorizer and
/// `$connect`, route selection, error frames, `@connections` with 410, 413 and 429, the limits of time and size,
/// `$disconnect` with its codes. The app has a store and a queue in memory; jobs are delivered by themselves, and what
/// fails comes back when its visibility timeout is over. Everything of this crate follows the virtual clock: caches,
/// time limits, retries, expiry.
///
/// ```
/// use lift_ws::prelude::*;
/// use lift_ws::testing::TestGateway;
/// use serde_json::json;
/// use std::time::Duration;
///
/// #[derive(Deserialize)]
/// struct Join { room: String }
///
/// #[ws_route("join")]
/// async fn join(conns: Connections, id: ConnectionId<'_>, Json(join): Json<Join>) -> Result<(), Error> {
///     conns.join(id, &join.room, &()).await?;
///     conns.group(&join.room).send("welcome").await?;
///     Ok(())
/// }
///
/// #[ws_app(routes = [join])]
/// struct Chat;
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let gateway = TestGateway::<Chat>::new(());
/// let ann = gateway.connect("/?name=ann").named("ann").await?;
/// ann.send(json!({"action": "join", "room": "blue"})).await;
/// assert_eq!(ann.received(), ["welcome"]);
///
/// gateway.advance(Duration::from_secs(600)).await;
/// assert_eq!(ann.closed(), Some((1001, "Going away")));
/// assert!(gateway.records().is_empty());
/// assert_eq!(gateway.transcript(), r#"
/// 0:00:00.000 ann     * connects to /test?name=ann
/// 0:00:00.000 ann     * is open
/// 0:00:00.000 ann     > {"action":"join","room":"blue"}
/// 0:00:00.000 ann     < "welcome"
/// 0:10:00.000 ann     * is closed: 1001 Going away
/// "#.trim_start());
/// # Ok(())
/// # }
/// ```
///
/// # Time
///
/// Time stands still but in [`advance`](Self::advance), and in calls that have to wait for an answer:
/// [`connect`](Self::connect), [`next`](GatewayClient::next), [`ask`](GatewayClient::ask), [`run`](Self::run). It moves from one
/// thing that happens to the next, so that a handler that sleeps wakes at its time, however far the test goes. Handlers
/// run beside each other on the test's thread, one until it waits, in the order of their messages or in a
/// [drawn one](TestGatewayBuilder::shuffled). The same seed gives the same run again.
///
/// What waits for tokio's own clock (`tokio::time::sleep` in a handler) follows under
/// `#[tokio::test(start_paused = true)]`, which needs tokio's feature `test-util` in your dev-dependencies.
/// A handler that waits for a real socket or another thread is outside of all this: use
/// [`next`](GatewayClient::next), which gives it two seconds, or a gateway with real sockets.
///
/// # Limits
///
/// Environments are counted, as Lambda starts them, but all of them share one state and one cache of records. A thread has one
/// `TestGateway` at a time.
pub struct TestGateway<A: App> {
    world: Rc<World>,
    service: Arc<Service<A>>,
    store: Arc<MemoryStore>,
    connections: Connections,
}

impl<A: App> TestGateway<A> {
    /// With the state that `main` would make.
    ///
    /// # Panics
    /// If there is one on this thread already.
    #[must_use]
    #[track_caller]
    pub fn new(state: A::State) -> Self {
        Self::builder().start(state)
    }

    /// For another seed, time, or limits.
    pub fn builder() -> TestGatewayBuilder<A> {
        TestGatewayBuilder::new()
    }

    /// Opens a connection: `.await` it, or give it headers and more first. The path and the query follow the stage's URL.
    ///
    /// Time goes on if the authorizer or `$connect` let the client wait.
    ///
    /// ```
    /// # use lift_ws::prelude::*;
    /// # use lift_ws::testing::TestGateway;
    /// #[derive(Deserialize)]
    /// struct Who { name: String }
    ///
    /// #[ws_route("$connect")]
    /// async fn connect(Query(who): Query<Who>) -> Accept {
    ///     Accept::new().user(who.name).subprotocol("chat.v1")
    /// }
    ///
    /// #[ws_app(routes = [connect])]
    /// struct Chat;
    ///
    /// # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(async {
    /// let gateway = TestGateway::<Chat>::new(());
    /// let ann = gateway.connect("/?name=ann").subprotocol("chat.v1").await.unwrap();
    /// assert_eq!(ann.subprotocol(), Some("chat.v1"));
    /// let refusal = gateway.connect("/").await.unwrap_err(); // there is no name
    /// assert_eq!(refusal.status, 400);
    /// # });
    /// ```
    pub fn connect(&self, path: &str) -> GatewayConnect {
        GatewayConnect::new(Rc::clone(&self.world), self.request(path))
    }

    /// Opens many connections at once; the first that is refused makes it an error.
    ///
    /// ```
    /// # use lift_ws::prelude::*;
    /// # use lift_ws::testing::TestGateway;
    /// # #[ws_route("ping")] async fn ping(conns: Connections) {}
    /// # #[ws_app(routes = [ping])] struct Chat;
    /// # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(async {
    /// let gateway = TestGateway::<Chat>::new(());
    /// let people = gateway.connect_many(100).each(|n, connect| connect.query("name", &format!("p{n}")));
    /// let people = people.await.unwrap();
    /// gateway.run(gateway.connections().all().send("hello")).await.unwrap();
    /// assert!(people.iter().all(|person| person.received() == ["hello"]));
    /// # });
    /// ```
    pub fn connect_many(&self, count: usize) -> ConnectMany {
        ConnectMany::new(Rc::clone(&self.world), count, self.request("/"))
    }

    /// A handshake of your own making, as its head came over the wire: with another stage, without an upgrade, and so on.
    pub fn handshake(&self, request: HandshakeRequest) -> GatewayConnect {
        GatewayConnect::new(Rc::clone(&self.world), request)
    }

    /// An upgrade as a client sends it.
    fn request(&self, path: &str) -> HandshakeRequest {
        let mut request = HandshakeRequest::get(&below(&format!("/{}", self.world.hub.stage), path));
        request.secure = true;
        for (name, value) in [
            ("Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ=="),
            ("Sec-WebSocket-Version", "13"),
            ("User-Agent", "lift-ws-test"),
        ] {
            request.headers.push((name.to_owned(), value.to_owned()));
        }
        request
    }

    /// Lets so much time pass, and runs all that happens in it.
    pub async fn advance(&self, by: Duration) {
        self.world.advance(by).await;
    }

    /// Runs all that can happen without time passing. Most calls do it by themselves.
    pub async fn settle(&self) {
        self.world.settle().await;
    }

    /// Runs a future of the test beside the handlers; time goes on while all of them wait. What is not awaited by a
    /// method of this type or its clients needs it: sending by [`connections`](Self::connections), for example, which waits
    /// when it is throttled.
    pub async fn run<F: IntoFuture>(&self, future: F) -> F::Output {
        self.world.run(future.into_future()).await
    }

    /// The time of day on the virtual clock.
    #[must_use]
    pub fn now(&self) -> SystemTime {
        SystemTime::UNIX_EPOCH + Duration::from_millis(self.world.hub.now().as_millis())
    }

    /// How much time has passed since the start.
    #[must_use]
    pub fn elapsed(&self) -> Duration {
        Hub::passed()
    }

    /// Makes something go wrong once, at its next occasion.
    ///
    /// ```
    /// # use lift_ws::prelude::*;
    /// # use lift_ws::testing::{Fault, TestGateway};
    /// # #[ws_app] struct Chat;
    /// # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(async {
    /// let gateway = TestGateway::<Chat>::new(());
    /// gateway.inject(Fault::ConnectThrottled);
    /// assert_eq!(gateway.connect("/").await.unwrap_err().status, 429);
    /// assert!(gateway.connect("/").await.is_ok());
    /// # });
    /// ```
    pub fn inject(&self, fault: Fault) {
        self.world.hub.faults.inject(fault);
    }

    /// What goes wrong on demand, and what has: rules can be added and taken away while the test goes on.
    ///
    /// ```
    /// # use lift_ws::prelude::*;
    /// # use lift_ws::testing::TestGateway;
    /// # #[ws_app] struct Chat;
    /// # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(async {
    /// let gateway = TestGateway::<Chat>::new(());
    /// gateway.faults().add("throttle-connects:every-2".parse().unwrap());
    /// assert!(gateway.connect("/").await.is_ok());
    /// assert_eq!(gateway.connect("/").await.unwrap_err().status, 429);
    /// assert_eq!(gateway.faults().report().happened["throttle-connects"], 1);
    /// # });
    /// ```
    #[must_use]
    pub fn faults(&self) -> &Faults {
        &self.world.hub.faults
    }

    /// Makes all connections older, and idle for longer, by this time, as if the gateway's clock had jumped and all others
    /// had not.
    pub async fn age_connections(&self, by: Duration) {
        self.world.hub.tell(Input::Aged(by));
        self.world.settle().await;
    }

    /// All that happened, line by line: who, at what time since the start, and what, with names in place of ids. It is the
    /// same from run to run, fit for a snapshot.
    ///
    /// `*` is a step of a connection's life, `>` a message of a client, `<` one to it, `!` what went wrong behind it.
    #[must_use]
    pub fn transcript(&self) -> String {
        self.world.hub.lock().journal.text(None)
    }

    /// Every event that is done with: its route, its times, what came of it.
    #[must_use]
    pub fn finished(&self) -> Vec<Finished> {
        self.world.hub.finished()
    }

    /// The app's connections, as its handlers get them.
    #[must_use]
    pub fn connections(&self) -> &Connections {
        &self.connections
    }

    /// The state.
    #[must_use]
    pub fn state(&self) -> &A::State {
        self.service.state()
    }

    /// What is stored, by connection id.
    #[must_use]
    pub fn records(&self) -> Vec<Record> {
        self.store.records(&self.world.hub.scope)
    }

    /// The queue: look at the dead letters, make it refuse.
    #[must_use]
    pub fn queue(&self) -> &MemoryQueue {
        self.world.queue.memory()
    }
}

impl<A: App> fmt::Debug for TestGateway<A> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TestGateway")
            .field("app", &A::NAME)
            .field("elapsed", &Hub::passed())
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
