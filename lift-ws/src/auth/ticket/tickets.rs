//! Issuing tickets and taking them.

use super::secret;
use super::{Ticket, TicketStore};
use crate::auth::{AuthError, AuthErrorKind, Claims, Handshake, TokenSource};
use crate::connection::{Clock, SystemClock, millis};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

const LIFE: Duration = Duration::from_secs(30);
const LONGEST_LIFE: Duration = Duration::from_secs(5 * 60);
/// The longest text in which a ticket is looked for; ours have 43 bytes.
const MAX_SECRET_BYTES: usize = 128;

/// Issues tickets and takes them: for pages that should not put a token into a URL.
///
/// A ticket is good once and for 30 seconds. What the client holds is a secret of 32 random bytes; what is stored is
/// its hash. Who issues (an HTTP back end, or a handler) and the app that takes must agree on the scope, a text such
/// as `{apiId}/{stage}`: a ticket of one is none in another.
///
/// ```
/// use lift_ws::auth::{Principal, MemoryTicketStore, Ticket, Tickets};
///
/// # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(async {
/// let tickets = Tickets::new(MemoryTicketStore::new(), "a1b2c3/prod");
/// let secret = tickets.issue(&Ticket::new(&Principal::of_user("ann"))).await?;
/// println!("wss://a1b2c3.execute-api.eu-central-1.amazonaws.com/prod?ticket={secret}");
/// # Ok::<(), lift_ws::auth::AuthError>(()) }).unwrap();
/// ```
#[derive(Clone)]
pub struct Tickets {
    store: Arc<dyn TicketStore>,
    scope: Arc<str>,
    life: Duration,
    source: TokenSource,
    clock: Arc<dyn Clock>,
}

/// A row: the ticket, and until when it is good, in milliseconds since the epoch.
#[derive(Deserialize, Serialize)]
struct Row<T> {
    #[serde(rename = "e")]
    good_until: u64,
    #[serde(flatten)]
    ticket: T,
}

impl Tickets {
    /// Tickets in a store, of a scope.
    #[must_use]
    pub fn new(store: impl TicketStore, scope: impl Into<String>) -> Self {
        Self {
            store: Arc::new(store),
            scope: scope.into().into(),
            life: LIFE,
            source: TokenSource::query("ticket"),
            clock: Arc::new(SystemClock),
        }
    }

    /// How long a ticket is good, at most 5 minutes; 30 seconds if nothing is said.
    #[must_use]
    pub fn with_life(mut self, life: Duration) -> Self {
        self.life = life.min(LONGEST_LIFE);
        self
    }

    /// Where a ticket is looked for; the query parameter `ticket` if nothing is said.
    #[must_use]
    pub fn with_source(mut self, source: TokenSource) -> Self {
        self.source = source;
        self
    }

    /// Sets the clock.
    #[must_use]
    pub fn with_clock(mut self, clock: impl Clock) -> Self {
        self.clock = Arc::new(clock);
        self
    }

    /// Issues a ticket, and returns the secret that its holder shows.
    ///
    /// # Errors
    /// If it cannot be stored.
    ///
    /// # Cancel safety
    /// Dropped before it ends, the ticket may have been stored; nobody knows its secret, and it expires.
    pub async fn issue(&self, ticket: &Ticket) -> Result<String, AuthError> {
        let failed = || AuthError::from(AuthErrorKind::TicketsUnavailable);
        let secret = secret::draw().ok_or_else(|| failed().with_source("the system has no randomness"))?;
        let good_until = self.clock.now().saturating_add(millis(self.life));
        let row = serde_json::to_string(&Row { good_until, ticket })
            .map_err(|error| failed().with_source(error))?;
        // whole seconds, and not before its end
        let expires_at = good_until / 1_000 + 1;
        let put = self.store.put(&self.scope, &secret::hash(&secret), &row, expires_at).await;
        put.map(|()| secret).map_err(|error| failed().with_source(error))
    }

    /// Is there a ticket in this handshake, good or not?
    #[must_use]
    pub fn is_shown(&self, handshake: &Handshake<'_>) -> bool {
        let found = handshake.token(std::slice::from_ref(&self.source));
        found.map_or_else(|error| error.kind() != AuthErrorKind::MissingToken, |_| true)
    }

    /// Takes the ticket of a handshake: it is used up, also if whoever shows it is not its holder.
    ///
    /// # Errors
    /// If there is none, or none that is good: whatever it is, clients read the same. If the store fails, nobody
    /// comes in.
    ///
    /// # Cancel safety
    /// Dropped before it ends, the ticket may be used up.
    pub async fn redeem<T: DeserializeOwned>(
        &self,
        handshake: &Handshake<'_>,
    ) -> Result<Claims<T>, AuthError> {
        let secret = handshake.token(std::slice::from_ref(&self.source))?;
        if secret.len() > MAX_SECRET_BYTES {
            return Err(AuthErrorKind::UnknownTicket.into());
        }
        let taken = self.store.take(&self.scope, &secret::hash(&secret)).await;
        let failed = |error| AuthError::from(AuthErrorKind::TicketsUnavailable).with_source(error);
        let row = taken.map_err(failed)?.ok_or(AuthErrorKind::UnknownTicket)?;
        let row: Row<Ticket> = serde_json::from_str(&row).map_err(|_| {
            AuthError::from(AuthErrorKind::UnknownTicket).with_detail("its row cannot be read")
        })?;
        let now = self.clock.now();
        if now >= row.good_until || row.ticket.is_over(now) {
            return Err(AuthErrorKind::UnknownTicket.into());
        }
        row.ticket.check(handshake)?;
        row.ticket.into_claims()
    }
}

impl fmt::Debug for Tickets {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Tickets")
            .field("scope", &self.scope)
            .field("life", &self.life)
            .finish_non_exhaustive()
    }
}
