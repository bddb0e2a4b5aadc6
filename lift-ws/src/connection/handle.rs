//! The handle that handlers take.

use std::future::Future;
use std::sync::{Arc, RwLock};
use std::time::Instant;

use super::cache::Cache;
use super::gate::Gate;
use super::logout::Heeded;
use super::tally::{TableCall, Tally};
use super::target::Target;
use super::{CallbackUrl, Clock, ConnectionsBuilder, Group, Members, Settings};
use crate::ambient;
use crate::push::Poster;
use crate::queue::Queue;
use crate::store::{ConnectionStore, StoreError, StoreErrorKind};

/// Finds connections, groups them and posts to them.
///
/// Handlers take it as an argument; it is then bound to the event's API and stage. It is cheap to clone, and all
/// clones share cache, rate and clients. Outside an event, [`at`](Self::at) binds it to a callback URL.
///
/// ```
/// # use lift_ws::connection::{Connections, SendError};
/// # #[derive(serde::Serialize)] struct Said<'a> { r#type: &'a str, text: &'a str }
/// # async fn handler(conns: Connections) -> Result<(), SendError> {
/// let report = conns.group("red").except("AbC=").send(&Said { r#type: "said", text: "hello" }).await?;
/// println!("{} reached", report.delivered);
/// # Ok(()) }
/// ```
#[derive(Debug, Clone)]
pub struct Connections {
    pub(super) shared: Arc<Shared>,
    pub(super) target: Option<Arc<Target>>,
    pub(super) deadline: Option<Instant>,
}

/// What all clones of a handle share.
#[derive(Debug)]
pub(super) struct Shared {
    pub(super) store: Arc<dyn ConnectionStore>,
    pub(super) poster: Arc<dyn Poster>,
    pub(super) queue: Option<Arc<dyn Queue>>,
    pub(super) clock: Arc<dyn Clock>,
    pub(super) settings: Settings,
    pub(super) cache: Cache,
    pub(super) gate: Gate,
    pub(super) heeded: Heeded,
    pub(super) tally: Arc<Tally>,
    /// The callback URL for all events, if configuration or environment names one.
    pub(super) callback_url: Option<CallbackUrl>,
    pub(super) region: String,
    pub(super) targets: RwLock<Vec<Arc<Target>>>,
}

impl Connections {
    /// A handle over a store and a poster of your choice.
    ///
    /// ```
    /// # use lift_ws::{connection::Connections, push::recording::RecordingPoster, store::memory::MemoryStore};
    /// let conns = Connections::new(MemoryStore::new(), RecordingPoster::new());
    /// ```
    #[must_use]
    pub fn new(store: impl ConnectionStore, poster: impl Poster) -> Self {
        Self::builder(store, poster).build()
    }

    /// A handle to be put together.
    #[must_use]
    pub fn builder(store: impl ConnectionStore, poster: impl Poster) -> ConnectionsBuilder {
        ConnectionsBuilder::new(store, poster)
    }

    /// The handle that Lambda and the local gateway call for: the table that `LIFT_WS_TABLE` names (or
    /// `lift-ws-connections`), and the AWS SDK configured by the environment, once for both clients.
    #[cfg(feature = "aws")]
    pub async fn from_env() -> Self {
        let config = aws_config::load_defaults(aws_config::BehaviorVersion::latest()).await;
        Self::from_config(&config)
    }

    /// The handle over the AWS SDK with a configuration of your own.
    #[cfg(feature = "aws")]
    #[must_use]
    pub fn from_config(config: &aws_config::SdkConfig) -> Self {
        let store = crate::store::dynamodb::DynamoStore::from_config(config);
        let mut builder = Self::builder(store, crate::push::signed::SignedPoster::new(config));
        if let Some(region) = config.region() {
            builder = builder.region(region.as_ref());
        }
        #[cfg(feature = "queue")]
        if let Some(queue) = crate::queue::sqs::SqsQueue::from_config(config) {
            builder = builder.queue(queue);
        }
        builder.build()
    }

    pub(crate) fn shared_queue(&self) -> Option<&dyn Queue> {
        self.shared.queue.as_deref()
    }

    pub(super) fn from_shared(shared: Shared) -> Self {
        Self { shared: Arc::new(shared), target: None, deadline: None }
    }

    /// The handle that ends everything it does before a time.
    ///
    /// The run time sets it for each event. Sending to many stops then and says where to go on.
    #[must_use]
    pub fn with_deadline(mut self, deadline: Instant) -> Self {
        self.deadline = Some(deadline);
        self
    }

    /// The time on the handle's clock, in milliseconds since the epoch.
    pub(crate) fn now(&self) -> u64 {
        self.shared.clock.now()
    }

    /// When everything that this handle does has to end.
    #[must_use]
    pub fn deadline(&self) -> Option<Instant> {
        self.deadline
    }

    /// The members of a group, to be sent to.
    pub fn group(&self, name: impl AsRef<str>) -> Group<'_> {
        Group::new(self, name.as_ref())
    }

    /// Who is in a group, each with the value it joined with.
    pub fn members<T>(&self, group: impl AsRef<str>) -> Members<'_, T> {
        Members::new(self, group.as_ref())
    }

    /// Opens the clients' network connections, so that the first event does not wait for them. It never fails;
    /// the caller bounds the time it may take.
    ///
    /// The management API can be opened only if its URL is known before the first event.
    ///
    /// # Cancel safety
    ///
    /// It may be dropped; a network connection that was being opened is given up.
    pub async fn prewarm(&self) {
        let url = self.callback_url().or(self.shared.callback_url.as_ref());
        let post = async {
            if let Some(url) = url {
                self.shared.poster.prewarm(url.as_str()).await;
            }
        };
        let queue = async {
            if let Some(queue) = self.shared_queue() {
                queue.prewarm().await;
            }
        };
        tokio::join!(self.shared.store.prewarm(), post, queue);
    }

    /// What this handle and its clones have done.
    pub(crate) fn tally(&self) -> &Arc<Tally> {
        &self.shared.tally
    }

    /// Asks the store, until the deadline, and counts that.
    pub(super) async fn ask<T>(
        &self,
        what: TableCall,
        call: impl Future<Output = Result<T, StoreError>>,
    ) -> Result<T, StoreError> {
        let outcome = self.within(call).await;
        self.shared.tally.asked(what, outcome.as_ref().err());
        outcome
    }

    /// Waits for the store until the deadline.
    pub(super) async fn within<T>(
        &self,
        call: impl Future<Output = Result<T, StoreError>>,
    ) -> Result<T, StoreError> {
        match self.deadline {
            None => call.await,
            Some(deadline) => ambient::timeout_at(deadline, call)
                .await
                .unwrap_or_else(|_| Err(StoreError::new(StoreErrorKind::Timeout))),
        }
    }
}
