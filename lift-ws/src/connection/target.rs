//! Which API and stage a handle is for, and where it posts.

use std::sync::{Arc, PoisonError};

use super::callback_url::is_plain;
use super::{CallbackUrl, Connections, SendError, SendErrorKind};
use crate::store::{StoreError, StoreErrorKind};

/// How many bindings to an API's stage are remembered. A function serves one or two.
const TARGETS: usize = 16;

/// Which API and stage a handle is for.
#[derive(Debug)]
pub(super) struct Target {
    /// The first part of every key; `None` if only the callback URL is known.
    scope: Option<Arc<str>>,
    url: CallbackUrl,
}

impl Target {
    fn is_for(&self, api_id: &str, stage: &str) -> bool {
        let scope = self.scope.as_deref().and_then(|scope| scope.strip_prefix(api_id));
        scope.and_then(|rest| rest.strip_prefix('/')) == Some(stage)
    }
}

impl Connections {
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

    /// The handle for what a queue's message names; `None` if that cannot be known.
    ///
    /// Whoever may write to the queue could name any URL, and posts are signed and say what is stored. So a URL is
    /// believed if it is the configured one, or the default endpoint of the named stage. Else the stage's is found as
    /// for an event.
    pub(crate) fn named(&self, scope: Option<&str>, url: &str) -> Option<Self> {
        let url = CallbackUrl::new(url);
        let is_configured = self.shared.callback_url.as_ref() == Some(&url);
        match scope {
            None => is_configured.then(|| self.at(url)),
            Some(scope) if is_configured => Some(self.at(url).scope(scope)),
            Some(scope) => {
                let (api_id, stage) = scope.split_once('/')?;
                let is_stage = is_plain(api_id) && is_plain(stage);
                is_stage.then(|| match url.is_default_of(api_id, stage) {
                    true => self.at(url),
                    false => self.bind(api_id, stage),
                })
            }
        }
    }

    /// Where it posts; `None` on a handle that belongs to no API.
    #[must_use]
    pub fn callback_url(&self) -> Option<&CallbackUrl> {
        self.target.as_ref().map(|target| &target.url)
    }

    /// API and stage, `{apiId}/{stage}`, as far as they are known.
    pub(crate) fn scope_text(&self) -> Option<&str> {
        self.target.as_ref().and_then(|target| target.scope.as_deref())
    }

    pub(super) fn scope_key(&self) -> Result<&Arc<str>, StoreError> {
        let scope = self.target.as_ref().and_then(|target| target.scope.as_ref());
        scope.ok_or_else(|| StoreError::new(StoreErrorKind::NoScope))
    }

    pub(super) fn url(&self) -> Result<&CallbackUrl, SendError> {
        self.callback_url().ok_or_else(|| SendError::new(SendErrorKind::NoCallbackUrl))
    }
}
