//! Logins that end while the connection stays open: by time, and by force.

use super::{AuthError, AuthErrorKind};
use crate::connection::{Connections, Record, millis};
use crate::event::EventType;
use crate::extract::{AvailableOn, ConnectionRejection, FromEvent, State};
use crate::middleware::Next;
use crate::route::{Connect, Disconnect, Message, Needs};
use crate::{IntoReply, Reply, Scope, ws_middleware};
use std::sync::Arc;
use std::time::Duration;

/// How soon a forced logout counts in environments that have the record in their cache, unless the rules say it.
const LOGOUTS_WITHIN: Duration = Duration::from_secs(1);

/// What [`check_session`] does with a message of somebody whose login has ended.
///
/// ```
/// # use lift_ws::auth::SessionRules;
/// let rules = SessionRules::refuse().except("renew");
/// ```
#[derive(Clone, Debug)]
pub struct SessionRules {
    closes: bool,
    except: Arc<[String]>,
    grace: Duration,
    logouts_within: Option<Duration>,
}

impl SessionRules {
    /// Messages are refused with `session_expired`; the connection stays open, and its client may log in again.
    #[must_use]
    pub fn refuse() -> Self {
        Self {
            closes: false,
            except: Arc::default(),
            grace: Duration::ZERO,
            logouts_within: Some(LOGOUTS_WITHIN),
        }
    }

    /// The client is sent `session_expired`, and the connection is closed.
    ///
    /// This happens at its next message: nothing runs while a client is silent. It is still sent what others say; where
    /// that must end too, send with [`Connections::find_user`] and look, or close by a job at the time of expiry.
    #[must_use]
    pub fn close() -> Self {
        Self { closes: true, ..Self::refuse() }
    }

    /// A route that works after the time is over: the one that [renews](super::Principal::renew) the login.
    #[must_use]
    pub fn except(mut self, route_key: impl Into<String>) -> Self {
        self.except = self.except.iter().cloned().chain([route_key.into()]).collect();
        self
    }

    /// Ends logins this much later than the token says; at once otherwise.
    #[must_use]
    pub fn with_grace(mut self, grace: Duration) -> Self {
        self.grace = grace;
        self
    }

    /// Sets how soon a [forced logout](crate::connection::Audience::disconnect) counts in environments that have the
    /// record in their cache; 1 second otherwise. Each looks that often, and only when messages come.
    #[must_use]
    pub fn logouts_within(mut self, time: Duration) -> Self {
        self.logouts_within = Some(time);
        self
    }

    /// Does not look for forced logouts: they count when the cache's life is over.
    #[must_use]
    pub fn ignore_logouts(mut self) -> Self {
        self.logouts_within = None;
        self
    }

    async fn check(&self, open: &Open<'_>) -> Result<(), Reply> {
        if let Some(within) = self.logouts_within {
            open.is_not_logged_out(within).await?;
        }
        let now = open.connections.now().saturating_sub(millis(self.grace));
        if !open.record.grant().is_over(now) || self.except.iter().any(|key| key == open.route) {
            return Ok(());
        }
        let refusal = AuthError::from(AuthErrorKind::SessionExpired).into_reply();
        if !self.closes {
            return Err(refusal);
        }
        open.close(&refusal).await;
        Err(Reply::status_only(refusal.status()))
    }
}

/// The open connection that a message is on, for middleware of the whole app: on `$connect` and `$disconnect` there is none.
///
/// [`check_session`] takes it. It reads the stored record.
#[derive(Clone, Copy, Debug)]
pub struct Session<'e>(Option<Open<'e>>);

#[derive(Clone, Copy, Debug)]
struct Open<'e> {
    record: &'e Record,
    connections: &'e Connections,
    route: &'e str,
}

impl<'e> Session<'e> {
    /// The record of the connection; `None` on `$connect` and `$disconnect`.
    pub fn record(&self) -> Option<&'e Record> {
        self.0.map(|open| open.record)
    }
}

impl Open<'_> {
    /// If it cannot be known, nobody comes through.
    async fn is_not_logged_out(&self, within: Duration) -> Result<(), Reply> {
        let id = self.record.connection_id();
        let known = async {
            self.connections.heed_logouts(within).await?;
            self.connections.record(id).await
        };
        match known.await {
            Ok(Some(_)) => Ok(()),
            Ok(None) => Err(ConnectionRejection::new().into_reply()),
            Err(error) => Err(error.into_reply()),
        }
    }

    async fn close(&self, refusal: &Reply) {
        let id = self.record.connection_id();
        let (code, message) = (refusal.error_code(), refusal.error_message());
        match self.connections.dismiss(id, code.unwrap_or_default(), message.unwrap_or_default()).await {
            Ok(()) => tracing::info!(connection_id = id, "closed: {}", AuthErrorKind::SessionExpired.code()),
            Err(error) => {
                let error = &error as &dyn std::error::Error;
                tracing::warn!(connection_id = id, error, "an expired connection could not be closed");
            }
        }
    }
}

impl<'e, S> FromEvent<'e, S> for Session<'e> {
    type Rejection = ConnectionRejection;

    fn from_event(scope: &'e Scope<'e, S>) -> Result<Self, Self::Rejection> {
        if scope.event().event_type() != EventType::Message || !scope.is_routed() {
            return Ok(Self(None));
        }
        let open = scope.record().zip(scope.connections());
        let open = open.map(|(record, connections)| {
            let route = scope.event().route_key();
            Open { record, connections, route }
        });
        open.map(|open| Self(Some(open))).ok_or_else(ConnectionRejection::new)
    }
}

impl AvailableOn<Connect> for Session<'_> {}

impl AvailableOn<Message> for Session<'_> {
    const NEEDS: Needs = Needs::RECORD.and(Needs::CONNECTIONS);
}

impl AvailableOn<Disconnect> for Session<'_> {}

/// Middleware, for the whole app or single routes, that lets no message through of somebody whose login has ended: because
/// the token's time is over, or by a [forced logout](crate::connection::Audience::disconnect).
///
/// What happens then is said by the [`SessionRules`] in the state.
///
/// ```
/// use lift_ws::auth::{SessionRules, check_session};
/// use lift_ws::prelude::*;
///
/// #[derive(Clone, FromRef)]
/// struct AppState { rules: SessionRules }
///
/// #[ws_route("say")]
/// async fn say(text: RawBody<'_>) {}
///
/// #[ws_app(state = AppState, middleware = [check_session], routes = [say])]
/// struct Chat;
///
/// # async fn load() -> AppState {
/// AppState { rules: SessionRules::close() }
/// # }
/// ```
///
/// It costs the record, which is cached, and one consistent read of the table a second and environment for forced logouts
/// ([`SessionRules::logouts_within`]). If that read fails, the message is refused.
#[ws_middleware(crate = crate)]
pub async fn check_session(
    State(rules): State<SessionRules>,
    session: Session<'_>,
    next: impl Next,
) -> Reply {
    if let Some(open) = &session.0
        && let Err(refusal) = rules.check(open).await
    {
        return refusal;
    }
    next.run().await
}
