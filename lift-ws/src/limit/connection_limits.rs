//! How many connections somebody may have open.

use super::{LimitError, LimitErrorKind, OnFailure};
use crate::connection::{Connections, Found, Identity, SendErrorKind};
use crate::error::Public;
use crate::event::Event;
use crate::extract::{AvailableOn, ConnectionsRejection, FromEvent, State};
use crate::middleware::Next;
use crate::route::{Connect, Needs};
use crate::store::Listed;
use crate::{Error, IntoReply, Reply, Scope, ws_middleware};

/// How many of the oldest connections the gateway is asked about, before a handshake is refused for their sake.
const ASKED_ABOUT: usize = 16;

/// How many connections a user, or a tenant, may have open. [`limit_connections`] takes it from the state.
///
/// ```
/// use lift_ws::limit::ConnectionLimits;
///
/// let five_devices = ConnectionLimits::new().per_user(5).close_oldest();
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ConnectionLimits {
    per_user: Option<u32>,
    per_tenant: Option<u32>,
    closes_oldest: bool,
    anonymous: bool,
    on_failure: OnFailure,
}

impl ConnectionLimits {
    /// No limit yet. One more than there may be is refused; so is whoever is nobody; so are all if the table cannot be read.
    #[must_use]
    pub const fn new() -> Self {
        Self {
            per_user: None,
            per_tenant: None,
            closes_oldest: false,
            anonymous: false,
            on_failure: OnFailure::Refuse,
        }
    }

    /// At most so many of each user.
    #[must_use]
    pub const fn per_user(mut self, most: u32) -> Self {
        self.per_user = Some(most);
        self
    }

    /// At most so many of each tenant.
    #[must_use]
    pub const fn per_tenant(mut self, most: u32) -> Self {
        self.per_tenant = Some(most);
        self
    }

    /// Closes the oldest connection where there is one too many, in place of refusing the new one. Its client is sent
    /// `too_many_connections` before. One that turns out to be gone is removed from the table, and nobody hears of its end.
    #[must_use]
    pub const fn close_oldest(mut self) -> Self {
        self.closes_oldest = true;
        self
    }

    /// Lets in who is nobody: a handshake that names no user, or no tenant where those are counted. It is not counted.
    ///
    /// Without it such a handshake is refused, since it is also what a middleware sees that stands inside the one that
    /// authenticates, and so would count nobody.
    #[must_use]
    pub const fn allow_anonymous(mut self) -> Self {
        self.anonymous = true;
        self
    }

    /// What becomes of a handshake when the table cannot be read; it is refused if nothing is said.
    #[must_use]
    pub const fn on_failure(mut self, then: OnFailure) -> Self {
        self.on_failure = then;
        self
    }

    async fn check(&self, arrival: &Arrival<'_>, reply: &Reply) -> Result<(), LimitError> {
        let accept = reply.accept();
        let authorized = Identity::authorized(arrival.event).unwrap_or_default();
        let user = accept.and_then(|accept| accept.user.as_deref()).or(authorized.user());
        let tenant = accept.and_then(|accept| accept.tenant.as_deref()).or(authorized.tenant());
        let conns = arrival.connections;
        if let Some(most) = self.per_user
            && let Some(user) = self.named(user)?
        {
            self.make_room(conns, || conns.find_user(user), most).await?;
        }
        if let Some(most) = self.per_tenant
            && let Some(tenant) = self.named(tenant)?
        {
            self.make_room(conns, || conns.find_tenant(tenant), most).await?;
        }
        Ok(())
    }

    fn named<'n>(&self, name: Option<&'n str>) -> Result<Option<&'n str>, LimitError> {
        match name.filter(|name| !name.is_empty()) {
            None if !self.anonymous => Err(LimitError::new(LimitErrorKind::Anonymous).because(
                "the handshake names nobody whose connections could be counted: list `limit_connections` before the \
                 middleware that authenticates, or say `allow_anonymous()`",
            )),
            name => Ok(name),
        }
    }

    async fn make_room<'c>(
        &self,
        conns: &Connections,
        find: impl Fn() -> Found<'c>,
        most: u32,
    ) -> Result<(), LimitError> {
        let open = match find().first(most.saturating_add(1)).await {
            Ok(open) => open,
            Err(error) => return self.unknown(error.into()),
        };
        let too_many = open.len().saturating_add(1).saturating_sub(most as usize);
        if too_many == 0 {
            return Ok(());
        }
        if most == 0 {
            return Err(LimitErrorKind::TooManyConnections.into());
        }
        if self.closes_oldest {
            return self.close(conns, &open[..too_many.min(open.len())]).await;
        }
        let gone = gone(conns, &open).await;
        if gone < too_many {
            return Err(LimitErrorKind::TooManyConnections.into());
        }
        // Behind those that were read there may be others.
        match find().first(most.saturating_add(u32::try_from(gone).unwrap_or(0))).await {
            Ok(open) if open.len() - gone.min(open.len()) < most as usize => Ok(()),
            Ok(_) => Err(LimitErrorKind::TooManyConnections.into()),
            Err(error) => self.unknown(error.into()),
        }
    }

    async fn close(&self, conns: &Connections, oldest: &[Listed]) -> Result<(), LimitError> {
        let Public { code, message, .. } = LimitErrorKind::TooManyConnections.public();
        for Listed { connection_id, .. } in oldest {
            match conns.dismiss(connection_id, code, message).await {
                Ok(()) => tracing::info!(connection_id, "closed: {code}"),
                Err(error) if matches!(error.kind(), SendErrorKind::Gone) => {}
                Err(error) => self.unknown(error.into())?,
            }
        }
        Ok(())
    }

    fn unknown(&self, error: Error) -> Result<(), LimitError> {
        match self.on_failure {
            OnFailure::Refuse => Err(LimitError::new(LimitErrorKind::Unavailable).because(error)),
            OnFailure::Admit => {
                tracing::warn!(%error, "the limit of connections cannot be known; the handshake goes on");
                Ok(())
            }
        }
    }
}

impl Default for ConnectionLimits {
    fn default() -> Self {
        Self::new()
    }
}

/// How many of the oldest are not open any more: their `$disconnect` was lost. Young ones may be in their handshake.
async fn gone(conns: &Connections, open: &[Listed]) -> usize {
    let old = open.iter().take(ASKED_ABOUT).filter(|listed| listed.connected_at < conns.connected_before());
    let answers = old.map(|listed| conns.info(&listed.connection_id));
    let answers = futures_util::future::join_all(answers).await;
    let is_gone = |answer: &Result<_, crate::connection::SendError>| {
        answer.as_ref().is_err_and(|error| error.kind() == SendErrorKind::Gone)
    };
    answers.iter().filter(|answer| is_gone(answer)).count()
}

/// A handshake, and the handle by which others are found.
#[derive(Clone, Copy, Debug)]
pub struct Arrival<'e> {
    event: &'e Event<'e>,
    connections: &'e Connections,
}

impl<'e, S> FromEvent<'e, S> for Arrival<'e> {
    type Rejection = ConnectionsRejection;
    fn from_event(scope: &'e Scope<'e, S>) -> Result<Self, Self::Rejection> {
        let connections = scope.connections().ok_or_else(ConnectionsRejection::new)?;
        Ok(Arrival { event: scope.event(), connections })
    }
}

impl AvailableOn<Connect> for Arrival<'_> {
    const NEEDS: Needs = Needs::CONNECTIONS;
}

/// Middleware for `$connect` that bounds how many connections a user, or a tenant, has open.
///
/// The [`ConnectionLimits`] come from the state. One too many is refused with 429, or takes the place of the oldest. It counts
/// after what stands inside it has said who it is: list it before the middleware that authenticates.
///
/// It reads the index of users (or tenants), one row more than there may be: half a read unit for some 25. The index follows
/// the table within a moment, so handshakes of the same moment do not see each other: two at once may both come in. Before
/// one is refused, the gateway is asked about the 16 oldest, since the `$disconnect` of some may have been lost.
///
/// ```
/// use lift_ws::limit::{ConnectionLimits, limit_connections};
/// use lift_ws::prelude::*;
///
/// #[derive(Clone, FromRef)]
/// struct AppState { limits: ConnectionLimits }
///
/// #[ws_route("$connect", middleware = [limit_connections])]
/// async fn connect() -> Accept { Accept::new().user("ann") }
///
/// #[ws_app(state = AppState, routes = [connect])]
/// struct Chat;
///
/// # fn load() -> AppState {
/// AppState { limits: ConnectionLimits::new().per_user(5) }
/// # }
/// ```
#[ws_middleware(crate = crate)]
pub async fn limit_connections(
    State(limits): State<ConnectionLimits>,
    arrival: Arrival<'_>,
    next: impl Next,
) -> Reply {
    let reply = next.run().await;
    if !reply.is_success() {
        return reply;
    }
    match limits.check(&arrival, &reply).await {
        Ok(()) => reply,
        Err(refused) => refused.into_reply(),
    }
}
