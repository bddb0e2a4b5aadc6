//! How a gateway under test is set up.

use super::TestGateway;
use super::function::AppFunction;
use super::hub::Hub;
use super::poster::HubPoster;
use super::queue::TimedQueue;
use super::world::World;
use crate::connection::{Connections, ConnectionsBuilder, Settings};
use crate::store::memory::MemoryStore;
use crate::testing::simulation::{Simulation, Tasks};
use crate::{App, Service, manifest};
use lift_ws_local::core::{Api, FaultPlan, Gateway, Manifest};
use std::cell::{Cell, RefCell};
use std::fmt;
use std::marker::PhantomData;
use std::rc::Rc;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

/// 2026-01-01T00:00:00Z
const NEW_YEAR: Duration = Duration::from_secs(1_767_225_600);

/// The settings of a [`TestGateway`]; made by [`TestGateway::builder`].
#[must_use = "a builder does nothing until it is started"]
pub struct TestGatewayBuilder<A: App> {
    seed: u64,
    epoch: Duration,
    function_timeout: Duration,
    is_shuffled: bool,
    faults: Option<FaultPlan>,
    api: Box<dyn FnOnce(&mut Api)>,
    connections: Box<dyn FnOnce(ConnectionsBuilder) -> ConnectionsBuilder>,
    app: PhantomData<fn() -> A>,
}

impl<A: App> TestGatewayBuilder<A> {
    pub(super) fn new() -> Self {
        Self {
            seed: 0,
            epoch: NEW_YEAR,
            function_timeout: Duration::from_secs(30),
            is_shuffled: false,
            faults: None,
            api: Box::new(|_| ()),
            connections: Box::new(|builder| builder),
            app: PhantomData,
        }
    }

    /// The seed of ids, of retries' jitter and of the order of [`shuffled`](Self::shuffled) handlers; 0 by default. The
    /// same seed gives the same run again.
    pub fn seed(self, seed: u64) -> Self {
        Self { seed, ..self }
    }

    /// Handlers that could go on at once do so in an order drawn by lot, and not in that of the messages: run a scenario
    /// with many seeds to find what depends on it.
    pub fn shuffled(self) -> Self {
        Self { is_shuffled: true, ..self }
    }

    /// The time of day at the start; midnight of 1 January 2026 UTC by default. For tokens that expire in real time,
    /// for example, begin now.
    ///
    /// # Panics
    /// If it is before 1970.
    pub fn starting_at(self, time: SystemTime) -> Self {
        let epoch = time.duration_since(SystemTime::UNIX_EPOCH).expect("the virtual clock starts after 1970");
        Self { epoch: Duration::from_millis(u64::try_from(epoch.as_millis()).unwrap_or(u64::MAX)), ..self }
    }

    /// How long the function may work on one event; 30 s by default. The gateway itself gives up after 29 s.
    pub fn function_timeout(self, timeout: Duration) -> Self {
        Self { function_timeout: timeout, ..self }
    }

    /// What goes wrong, by a seed of its own.
    ///
    /// ```
    /// use lift_ws::testing::{FaultPlan, TestGateway};
    /// # use lift_ws::prelude::*;
    /// # #[ws_app] struct Chat;
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let plan = FaultPlan::new(7).with("drop-disconnect:0.1".parse()?).with("slow:200ms:0.5".parse()?);
    /// let gateway = TestGateway::<Chat>::builder().faults(plan).start(());
    /// # Ok(())
    /// # }
    /// ```
    pub fn faults(self, plan: FaultPlan) -> Self {
        Self { faults: Some(plan), ..self }
    }

    /// Changes the API: stage variables, limits, texts.
    ///
    /// ```
    /// # use lift_ws::prelude::*;
    /// # use lift_ws::testing::TestGateway;
    /// # use std::time::Duration;
    /// # #[ws_app] struct Chat;
    /// # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(async {
    /// let impatient = TestGateway::<Chat>::builder().api(|api| {
    ///     api.limits.idle_timeout = Duration::from_secs(5);
    /// });
    /// let gateway = impatient.start(());
    /// let ann = gateway.connect("/").await.unwrap();
    /// gateway.advance(Duration::from_secs(5)).await;
    /// assert_eq!(ann.closed(), Some((1001, "Going away")));
    /// # });
    /// ```
    pub fn api(self, change: impl FnOnce(&mut Api) + 'static) -> Self {
        Self { api: Box::new(change), ..self }
    }

    /// Changes how the app's connections are put together: their [settings](Settings), for example. By default posts are
    /// not paced, so that a broadcast is over at the moment at which it began.
    pub fn connections(
        self,
        change: impl FnOnce(ConnectionsBuilder) -> ConnectionsBuilder + 'static,
    ) -> Self {
        Self { connections: Box::new(change), ..self }
    }

    /// The gateway, around an app with this state.
    ///
    /// # Panics
    /// If there is one on this thread already: a thread has one virtual clock.
    #[track_caller]
    pub fn start(self, state: A::State) -> TestGateway<A> {
        let manifest = manifest::describe::<A>().to_string();
        let api = Manifest::parse(&manifest).and_then(|manifest| Api::from_manifest(&manifest));
        let mut api = api.unwrap_or_else(|error| panic!("{} cannot be served: {error}", A::NAME));
        api.api_id = "test".to_owned();
        api.stage = "test".to_owned();
        api.domain_name = "test.execute-api.us-east-1.amazonaws.com".to_owned();
        (self.api)(&mut api);
        let simulation = Simulation::start(self.seed, self.epoch);
        let scope = (api.api_id.clone(), api.stage.clone());
        let hub = Arc::new(Hub::new(Gateway::new(api, self.seed), self.epoch));
        if let Some(plan) = &self.faults {
            hub.faults.set(plan);
        }
        let (store, queue) = (Arc::new(MemoryStore::new()), Arc::new(TimedQueue::new(self.function_timeout)));
        let connections = Connections::builder(Arc::clone(&store), HubPoster(Arc::clone(&hub)))
            .queue(Arc::clone(&queue))
            .callback_url(hub.callback_url.as_str())
            .settings(Settings::default().with_rate(u32::MAX));
        let connections = (self.connections)(connections).build();
        let service = Arc::new(Service::new(state).with_connections(connections.clone()));
        let function = AppFunction {
            service: Arc::clone(&service),
            hub: Arc::clone(&hub),
            timeout: self.function_timeout,
            environments: Rc::default(),
        };
        TestGateway {
            world: Rc::new(World {
                hub,
                queue,
                takes_batches: A::QUEUE,
                function: Box::new(function),
                is_shuffled: self.is_shuffled,
                batches: Cell::new(0),
                tasks: RefCell::new(Tasks::new()),
                simulation,
            }),
            service,
            store,
            connections: connections.bind(&scope.0, &scope.1),
        }
    }
}

impl<A: App> fmt::Debug for TestGatewayBuilder<A> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TestGatewayBuilder")
            .field("app", &A::NAME)
            .field("seed", &self.seed)
            .finish_non_exhaustive()
    }
}
