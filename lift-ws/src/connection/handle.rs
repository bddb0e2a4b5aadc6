//! The handle that handlers take.

use std::future::Future;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Instant;

use bytes::Bytes;
use serde::Serialize;

use super::admission::expiry;
use super::cache::Cache;
use super::gate::Gate;
use super::{
    CallbackUrl, Clock, ConnectionInfo, ConnectionsBuilder, Group, MAX_MESSAGE_BYTES, Members, SendError,
    SendErrorKind, Settings,
};
use crate::push::Poster;
use crate::store::{
    ConnectionStore, MAX_GROUP_BYTES, MAX_MEMBER_BYTES, Membership, StoreError, StoreErrorKind,
};

/// How many bindings to an API's stage are remembered. A function serves one or two.
const TARGETS: usize = 16;

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
    target: Option<Arc<Target>>,
    deadline: Option<Instant>,
}

/// What all clones of a handle share.
#[derive(Debug)]
pub(super) struct Shared {
    pub(super) store: Arc<dyn ConnectionStore>,
    pub(super) poster: Arc<dyn Poster>,
    pub(super) clock: Arc<dyn Clock>,
    pub(super) settings: Settings,
    pub(super) cache: Cache,
    pub(super) gate: Gate,
    /// The callback URL for all events, if configuration or environment names one.
    pub(super) callback_url: Option<CallbackUrl>,
    pub(super) region: String,
    pub(super) targets: RwLock<Vec<Arc<Target>>>,
}

/// Which API and stage a handle is for.
#[derive(Debug)]
pub(super) struct Target {
    /// The first part of every key; `None` if only the callback URL is known.
    scope: Option<Arc<str>>,
    url: CallbackUrl,
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
        let mut builder = Self::builder(store, crate::push::sdk::SdkPoster::new(config));
        if let Some(region) = config.region() {
            builder = builder.region(region.as_ref());
        }
        builder.build()
    }

    pub(super) fn from_shared(shared: Shared) -> Self {
        Self { shared: Arc::new(shared), target: None, deadline: None }
    }

    /// The handle for an API's stage, as an event names it.
    ///
    /// The callback URL is the first that applies: the builder's; `LIFT_WS_CALLBACK_URL`;
    /// `AWS_ENDPOINT_URL_APIGATEWAYMANAGEMENTAPI`; the default endpoint of API and stage in this region. A binding
    /// is remembered: binding again allocates nothing.
    #[must_use]
    pub fn bind(&self, api_id: &str, stage: &str) -> Self {
        let target = self.known_target(api_id, stage).unwrap_or_else(|| self.new_target(api_id, stage));
        Self { shared: Arc::clone(&self.shared), target: Some(target), deadline: self.deadline }
    }

    fn known_target(&self, api_id: &str, stage: &str) -> Option<Arc<Target>> {
        let targets = self.shared.targets.read().unwrap_or_else(PoisonError::into_inner);
        targets.iter().find(|target| target.is_for(api_id, stage)).cloned()
    }

    fn new_target(&self, api_id: &str, stage: &str) -> Arc<Target> {
        let url = self.shared.callback_url.clone();
        let url = url.unwrap_or_else(|| CallbackUrl::of_stage(api_id, &self.shared.region, stage));
        let target = Arc::new(Target { scope: Some(format!("{api_id}/{stage}").into()), url });
        let mut targets = self.shared.targets.write().unwrap_or_else(PoisonError::into_inner);
        if targets.len() >= TARGETS {
            targets.clear();
        }
        targets.push(Arc::clone(&target));
        target
    }

    /// The handle for a callback URL: how a cron job, an HTTP back end or a test reaches connections.
    ///
    /// A default endpoint (`https://{apiId}.execute-api.{region}.amazonaws.com/{stage}`) also tells where the
    /// connections are stored. With another URL name API and stage with [`scope`](Self::scope); without it
    /// the handle can post to connection ids, and neither group nor find them.
    ///
    /// ```
    /// # use lift_ws::connection::{Connections, SendError};
    /// # async fn job(conns: Connections) -> Result<(), SendError> {
    /// let conns = conns.at("https://ws.example.org").scope("a1b2c3/prod");
    /// conns.group("news").send("good morning").await?;
    /// # Ok(()) }
    /// ```
    #[must_use]
    pub fn at(&self, callback_url: impl Into<CallbackUrl>) -> Self {
        let url = callback_url.into();
        let scope = url.scope().map(Into::into);
        let target = Some(Arc::new(Target { scope, url }));
        Self { shared: Arc::clone(&self.shared), target, deadline: self.deadline }
    }

    /// Names API and stage, `{apiId}/{stage}`, on a handle that came from [`at`](Self::at). A `#` has no place in it.
    #[must_use]
    pub fn scope(&self, scope: &str) -> Self {
        let scope = Some(scope).filter(|scope| !scope.is_empty() && !scope.contains('#')).map(Into::into);
        let target = self.target.as_ref().map(|target| Arc::new(Target { scope, url: target.url.clone() }));
        Self { shared: Arc::clone(&self.shared), target, deadline: self.deadline }
    }

    /// The handle that ends everything it does before a time.
    ///
    /// The run time sets it for each event. Sending to many stops then and says where to go on.
    #[must_use]
    pub fn with_deadline(mut self, deadline: Instant) -> Self {
        self.deadline = Some(deadline);
        self
    }

    /// When everything that this handle does has to end.
    #[must_use]
    pub fn deadline(&self) -> Option<Instant> {
        self.deadline
    }

    /// Where it posts; `None` on a handle that belongs to no API.
    #[must_use]
    pub fn callback_url(&self) -> Option<&CallbackUrl> {
        self.target.as_ref().map(|target| &target.url)
    }

    /// Sends a message, as JSON, to one connection.
    ///
    /// # Errors
    ///
    /// A [`SendError`] whose kind says what became of the message. What is stored about a connection that is
    /// gone has been removed, unless it is so young that its handshake may still be going on.
    ///
    /// # Delivery
    ///
    /// Success means that the gateway took the message. Only a throttled message is sent again by itself.
    pub async fn send<T>(&self, connection_id: impl AsRef<str>, message: &T) -> Result<(), SendError>
    where
        T: Serialize + ?Sized,
    {
        self.send_raw(connection_id, to_json(message)?).await
    }

    /// Sends bytes to one connection as they are. The gateway delivers them as a text frame.
    ///
    /// # Errors
    ///
    /// As [`send`](Self::send).
    pub async fn send_raw(
        &self,
        connection_id: impl AsRef<str>,
        message: impl Into<Bytes>,
    ) -> Result<(), SendError> {
        let message = sized(message.into())?;
        let id = connection_id.as_ref();
        let url = self.url()?;
        match self.deliver(url, id, message, None).await {
            Ok(()) => Ok(()),
            Err(error) => Err(self.failed(id, error).await),
        }
    }

    /// Posts once and neither retries nor cleans up: for what the run time posts by itself.
    pub(crate) async fn post_once(&self, connection_id: &str, message: Bytes) -> Result<(), SendError> {
        let url = self.url()?;
        let outcome = self.attempt(url, connection_id, sized(message)?, None).await;
        outcome.map_err(|error| SendError::from_post(error).to(connection_id).at(url))
    }

    /// The members of a group, to be sent to.
    pub fn group(&self, name: impl AsRef<str>) -> Group<'_> {
        Group::new(self, name.as_ref())
    }

    /// Closes a connection. The client sees 1000; the gateway takes no other code and no reason.
    ///
    /// The gateway answers with a `$disconnect` event, which removes what is stored.
    ///
    /// # Errors
    ///
    /// As [`send`](Self::send): [`SendErrorKind::Gone`] if it is closed already.
    pub async fn disconnect(&self, connection_id: impl AsRef<str>) -> Result<(), SendError> {
        let (url, id) = (self.url()?, connection_id.as_ref());
        let call = self.shared.poster.disconnect(url.as_str(), id);
        match self.bounded(call).await {
            Ok(()) => Ok(()),
            Err(error) => Err(self.failed(id, error).await),
        }
    }

    /// Asks the gateway what it knows about a connection.
    ///
    /// # Errors
    ///
    /// As [`send`](Self::send).
    pub async fn info(&self, connection_id: impl AsRef<str>) -> Result<ConnectionInfo, SendError> {
        let (url, id) = (self.url()?, connection_id.as_ref());
        let call = self.shared.poster.info(url.as_str(), id);
        self.bounded(call).await.map_err(|error| SendError::from_post(error).to(id).at(url))
    }

    /// Puts a connection into a group, with a small value that [`members`](Self::members) and a `$disconnect`
    /// handler ([`Record::member`](super::Record::member)) give back. Joining again replaces the value.
    ///
    /// A member whose join has been answered is reached by every later [`group`](Self::group) send.
    ///
    /// ```
    /// # use lift_ws::{connection::Connections, store::StoreError};
    /// # async fn handler(conns: Connections) -> Result<(), StoreError> {
    /// conns.join("AbC=", "red", "Ann").await?;
    /// let members = conns.members::<String>("red").consistent().await?;
    /// assert!(members.iter().any(|member| member.value == "Ann"));
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    ///
    /// [`StoreErrorKind::UnknownConnection`], [`StoreErrorKind::TooManyGroups`], or a failure of the store.
    pub async fn join<M>(
        &self,
        connection_id: impl AsRef<str>,
        group: impl AsRef<str>,
        member: &M,
    ) -> Result<(), StoreError>
    where
        M: Serialize + ?Sized,
    {
        let (id, group) = (connection_id.as_ref(), group.as_ref());
        let json = serde_json::to_string(member)
            .map_err(|error| StoreError::new(StoreErrorKind::Json).about(group).with_source(error))?;
        check_group(group)?;
        check_member(group, Some(&json))?;
        let Some(record) = self.record(id).await? else {
            return Err(StoreError::new(StoreErrorKind::UnknownConnection).about(id));
        };
        let membership = Membership::new(id, record.connected_at(), expiry(record.connected_at()))
            .with_user(record.user().map(str::to_owned))
            .with_member(Some(json));
        self.join_as(group, membership).await
    }

    pub(super) async fn join_as(&self, group: &str, membership: Membership) -> Result<(), StoreError> {
        let scope = self.scope_key()?;
        self.within(self.shared.store.join(scope, group, &membership)).await?;
        self.shared.cache.update(&membership.connection_id, |record| {
            record.insert_group(group, membership.member.clone());
        });
        Ok(())
    }

    /// Takes a connection out of a group; `true` if it was in it.
    ///
    /// # Errors
    ///
    /// When the store cannot be read or written.
    pub async fn leave(
        &self,
        connection_id: impl AsRef<str>,
        group: impl AsRef<str>,
    ) -> Result<bool, StoreError> {
        let (id, group) = (connection_id.as_ref(), group.as_ref());
        check_group(group)?;
        let Some(record) = self.record(id).await? else {
            return Ok(false);
        };
        let scope = self.scope_key()?;
        let left = self.within(self.shared.store.leave(scope, group, id, record.connected_at())).await?;
        self.shared.cache.update(id, |record| record.remove_group(group));
        Ok(left.is_some())
    }

    /// Who is in a group, each with the value it joined with.
    pub fn members<T>(&self, group: impl AsRef<str>) -> Members<'_, T> {
        Members::new(self, group.as_ref())
    }

    /// Opens the clients' network connections, so that the first event does not wait for them. It never fails;
    /// the caller bounds the time it may take.
    ///
    /// The management API can be opened only if its URL is known before the first event.
    pub async fn prewarm(&self) {
        let url = self.callback_url().or(self.shared.callback_url.as_ref());
        let post = async {
            if let Some(url) = url {
                self.shared.poster.prewarm(url.as_str()).await;
            }
        };
        tokio::join!(self.shared.store.prewarm(), post);
    }

    pub(super) fn scope_key(&self) -> Result<&Arc<str>, StoreError> {
        let scope = self.target.as_ref().and_then(|target| target.scope.as_ref());
        scope.ok_or_else(|| StoreError::new(StoreErrorKind::NoScope))
    }

    pub(super) fn url(&self) -> Result<&CallbackUrl, SendError> {
        self.callback_url().ok_or_else(|| SendError::new(SendErrorKind::NoCallbackUrl))
    }

    /// Waits for the store until the deadline.
    pub(super) async fn within<T>(
        &self,
        call: impl Future<Output = Result<T, StoreError>>,
    ) -> Result<T, StoreError> {
        match self.deadline {
            None => call.await,
            Some(deadline) => tokio::time::timeout_at(deadline.into(), call)
                .await
                .unwrap_or_else(|_| Err(StoreError::new(StoreErrorKind::Timeout))),
        }
    }
}

impl Target {
    fn is_for(&self, api_id: &str, stage: &str) -> bool {
        let scope = self.scope.as_deref().and_then(|scope| scope.strip_prefix(api_id));
        scope.and_then(|rest| rest.strip_prefix('/')) == Some(stage)
    }
}

pub(super) fn to_json<T: Serialize + ?Sized>(message: &T) -> Result<Bytes, SendError> {
    let json = serde_json::to_vec(message);
    json.map(Bytes::from).map_err(|error| SendError::new(SendErrorKind::Json).because(error))
}

/// Refuses before the wire what the gateway would refuse behind it.
pub(super) fn sized(message: Bytes) -> Result<Bytes, SendError> {
    if message.len() <= MAX_MESSAGE_BYTES {
        return Ok(message);
    }
    Err(SendError::new(SendErrorKind::TooLarge).because(format!("it has {} bytes", message.len())))
}

pub(super) fn check_group(group: &str) -> Result<(), StoreError> {
    if (1..=MAX_GROUP_BYTES).contains(&group.len()) {
        return Ok(());
    }
    let shown: String = group.chars().take(64).collect();
    Err(StoreError::new(StoreErrorKind::InvalidGroup).about(shown))
}

pub(super) fn check_member(group: &str, json: Option<&str>) -> Result<(), StoreError> {
    match json {
        Some(json) if json.len() > MAX_MEMBER_BYTES => {
            Err(StoreError::new(StoreErrorKind::MemberTooLarge).about(group))
        }
        _ => Ok(()),
    }
}
