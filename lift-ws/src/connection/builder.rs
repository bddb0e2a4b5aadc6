//! Putting a handle together.

use std::sync::{Arc, RwLock};

use super::cache::Cache;
use super::gate::Gate;
use super::handle::Shared;
use super::logout::Heeded;
use super::{CallbackUrl, Clock, Connections, Settings, SystemClock};
use crate::push::Poster;
use crate::queue::Queue;
use crate::store::ConnectionStore;

/// Puts a [`Connections`] handle together: see [`Connections::builder`].
#[derive(Debug)]
pub struct ConnectionsBuilder {
    store: Arc<dyn ConnectionStore>,
    poster: Arc<dyn Poster>,
    queue: Option<Arc<dyn Queue>>,
    clock: Arc<dyn Clock>,
    settings: Settings,
    callback_url: Option<CallbackUrl>,
    region: Option<String>,
}

impl ConnectionsBuilder {
    pub(super) fn new(store: impl ConnectionStore, poster: impl Poster) -> Self {
        Self {
            store: Arc::new(store),
            poster: Arc::new(poster),
            queue: None,
            clock: Arc::new(SystemClock),
            settings: Settings::default(),
            callback_url: None,
            region: None,
        }
    }

    /// Sets the callback URL for every event, whatever the environment and the event say.
    #[must_use]
    pub fn callback_url(mut self, url: impl Into<CallbackUrl>) -> Self {
        self.callback_url = Some(url.into());
        self
    }

    /// Sets the queue that jobs and big broadcasts go through.
    #[must_use]
    pub fn queue(mut self, queue: impl Queue) -> Self {
        self.queue = Some(Arc::new(queue));
        self
    }

    /// Sets the clock.
    #[must_use]
    pub fn clock(mut self, clock: impl Clock) -> Self {
        self.clock = Arc::new(clock);
        self
    }

    /// Sets the region of the default endpoint; `AWS_REGION` says it otherwise.
    #[must_use]
    pub fn region(mut self, region: impl Into<String>) -> Self {
        self.region = Some(region.into());
        self
    }

    /// Sets what can be chosen about storing and sending.
    #[must_use]
    pub fn settings(mut self, settings: Settings) -> Self {
        self.settings = settings;
        self
    }

    /// The handle. It belongs to no API yet: the run time binds it to each event's, [`Connections::at`] to
    /// a callback URL.
    #[must_use]
    pub fn build(self) -> Connections {
        let settings = self.settings;
        Connections::from_shared(Shared {
            store: self.store,
            poster: self.poster,
            queue: self.queue,
            clock: self.clock,
            cache: Cache::new(settings.cache_entries, settings.cache_life),
            heeded: Heeded::default(),
            tally: Arc::default(),
            gate: Gate::new(settings.concurrency, settings.posts_per_second),
            callback_url: self.callback_url.or_else(CallbackUrl::from_env),
            region: self.region.or_else(region_from_env).unwrap_or_else(|| "us-east-1".to_owned()),
            settings,
            targets: RwLock::default(),
        })
    }
}

fn region_from_env() -> Option<String> {
    let set = |name| std::env::var(name).ok().filter(|region| !region.is_empty());
    set("AWS_REGION").or_else(|| set("AWS_DEFAULT_REGION"))
}
