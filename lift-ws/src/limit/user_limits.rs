//! How many messages and handshakes there may be of somebody.

use super::rules::Rules;
use super::{KnownSender, LimitError, LimitStore, OnFailure, Rate};
use crate::event::EventType;
use crate::middleware::Next;
use crate::{IntoReply, Reply};
use std::any::type_name;
use std::fmt;
use std::hash::Hash;
use std::marker::PhantomData;
use std::sync::Arc;

/// How many messages and handshakes may come of a user, or of a tenant. [`limit_users`](super::limit_users) takes it from
/// the state.
///
/// ```
/// use lift_ws::limit::{OnFailure, MemoryLimitStore, Rate, UserLimits};
///
/// let limits: UserLimits = UserLimits::in_memory().per_user(Rate::per_second(10));
///
/// // In production a `DynamoLimitStore`.
/// let exact: UserLimits = UserLimits::exact(MemoryLimitStore::new(), OnFailure::Admit)
///     .per_user(Rate::per_minute(60))
///     .per_tenant(Rate::per_minute(6_000));
/// ```
///
/// Who it is says the Lambda authorizer, at no cost, or else the stored record, which is read once a minute for each
/// connection and environment. A connection of nobody counts by itself; so does what no route takes, for which no record
/// is read. For tenants neither counts.
///
/// `For` tells configurations apart where an app has several: see [`rate_limit!`](crate::rate_limit).
pub struct UserLimits<For = ()> {
    rules: Arc<Rules<By>>,
    configuration: PhantomData<fn() -> For>,
}

#[derive(Clone, Copy, Debug)]
enum By {
    User,
    Tenant,
}

#[derive(Hash)]
enum Key<'e> {
    User(&'e str),
    Nobody(&'e str),
    Tenant(&'e str),
}

impl fmt::Display for Key<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (kind, name) = match self {
            Key::User(user) => ("u", user),
            Key::Nobody(connection_id) => ("n", connection_id),
            Key::Tenant(tenant) => ("t", tenant),
        };
        write!(f, "{kind}#{name}")
    }
}

impl<For> UserLimits<For> {
    /// Counts in the memory of each environment: see [`RateLimits::in_memory`](super::RateLimits::in_memory).
    #[must_use]
    pub fn in_memory() -> Self {
        Self::of(Rules::in_memory())
    }

    /// Counts in a store that all environments share: see [`RateLimits::exact`](super::RateLimits::exact).
    #[must_use]
    pub fn exact(store: impl LimitStore, on_failure: OnFailure) -> Self {
        Self::of(Rules::in_store(store, type_name::<For>(), on_failure))
    }

    fn of(rules: Rules<By>) -> Self {
        Self { rules: Arc::new(rules), configuration: PhantomData }
    }

    /// So many events of each user, over all connections.
    #[must_use]
    pub fn per_user(self, rate: Rate) -> Self {
        self.rule(By::User, rate)
    }

    /// So many events of each tenant, over all users.
    #[must_use]
    pub fn per_tenant(self, rate: Rate) -> Self {
        self.rule(By::Tenant, rate)
    }

    /// How many keys the memory has places for: see [`RateLimits::most_keys`](super::RateLimits::most_keys).
    #[must_use]
    pub fn most_keys(mut self, most: usize) -> Self {
        Arc::make_mut(&mut self.rules).set_most_keys(most);
        self
    }

    /// What becomes of a handshake when the store does not answer; it is refused if nothing is said.
    #[must_use]
    pub fn at_connect(mut self, on_failure: OnFailure) -> Self {
        Arc::make_mut(&mut self.rules).set_at_connect(on_failure);
        self
    }

    fn rule(mut self, by: By, rate: Rate) -> Self {
        Arc::make_mut(&mut self.rules).push(by, rate);
        self
    }

    /// Counts an event of somebody. `$disconnect` is never held back: it says what has happened.
    ///
    /// # Errors
    /// If a rule has let enough through, or cannot know.
    ///
    /// # Cancel safety
    /// Dropped before it ends, the event may have been counted.
    pub async fn admit(&self, sender: &KnownSender<'_>) -> Result<(), LimitError> {
        let (user, tenant) = (sender.identity.user(), sender.identity.tenant());
        self.admit_named(sender, user, tenant).await
    }

    async fn admit_named(
        &self,
        sender: &KnownSender<'_>,
        user: Option<&str>,
        tenant: Option<&str>,
    ) -> Result<(), LimitError> {
        let sender = &sender.sender;
        if sender.is(EventType::Disconnect) {
            return Ok(());
        }
        let key = |by| match by {
            By::User => Some(user.map_or_else(|| Key::Nobody(sender.event.connection_id()), Key::User)),
            By::Tenant => tenant.map(Key::Tenant),
        };
        self.rules.admit(sender, key).await
    }

    /// What [`limit_users`](super::limit_users) does, for middleware of one's own.
    pub async fn run(&self, sender: &KnownSender<'_>, next: impl Next) -> Reply {
        if sender.sender.is(EventType::Connect) {
            return self.connect(sender, next).await;
        }
        match self.admit(sender).await {
            Ok(()) => next.run().await,
            Err(refused) => refused.into_reply(),
        }
    }

    /// Who it is, is known when what stands inside has accepted: authentication, or the handler.
    async fn connect(&self, sender: &KnownSender<'_>, next: impl Next) -> Reply {
        let reply = next.run().await;
        if !reply.is_success() {
            return reply;
        }
        let accept = reply.accept();
        let user = accept.and_then(|accept| accept.user.as_deref()).or(sender.identity.user());
        let tenant = accept.and_then(|accept| accept.tenant.as_deref()).or(sender.identity.tenant());
        match self.admit_named(sender, user, tenant).await {
            Ok(()) => reply,
            Err(refused) => refused.into_reply(),
        }
    }
}

impl<For> Clone for UserLimits<For> {
    fn clone(&self) -> Self {
        Self { rules: Arc::clone(&self.rules), configuration: PhantomData }
    }
}

impl<For> fmt::Debug for UserLimits<For> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("UserLimits").field(&self.rules).finish()
    }
}
