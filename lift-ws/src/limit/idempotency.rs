//! What is done once, however often the message comes.

use super::failure::{PATIENCE, within};
use super::{Attempt, Begun, LimitError, LimitErrorKind, LimitStore, OnFailure, Sender};
use crate::connection::{Clock, Identity, SystemClock, millis};
use crate::event::EventType;
use crate::extract::State;
use crate::middleware::Next;
use crate::reply::Correlation;
use crate::store::StoreError;
use crate::{IntoReply, Reply, random, ws_middleware};
use std::borrow::Cow;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

/// How long what was done is remembered, unless something else is said.
const KEPT: Duration = Duration::from_secs(24 * 60 * 60);

/// The longest reply that is kept, in bytes, unless something else is said.
const LARGEST_REPLY: usize = 32 * 1024;

/// The longest reply that can be kept: a row holds 400 KB.
const LARGEST_ROW: usize = 384 * 1024;

/// How long Lambda lets a function run at most, in milliseconds.
const LONGEST_INVOCATION: u64 = 15 * 60 * 1_000;

/// Environments' clocks may be so far apart, in milliseconds.
const CLOCKS_APART: u64 = 1_000;

/// How messages are known again that come twice, and for how long. [`once`] takes it from the state.
///
/// ```
/// use lift_ws::limit::{MemoryLimitStore, Once};
/// use std::time::Duration;
///
/// // In production a `DynamoLimitStore`.
/// let rules = Once::new(MemoryLimitStore::new()).kept_for(Duration::from_secs(60 * 60));
/// ```
#[derive(Clone)]
pub struct Once {
    store: Arc<dyn LimitStore>,
    kept: Duration,
    largest_reply: usize,
    needs_id: bool,
    on_failure: OnFailure,
}

impl Once {
    /// In a store that all environments share.
    #[must_use]
    pub fn new(store: impl LimitStore) -> Self {
        Self {
            store: Arc::new(store),
            kept: KEPT,
            largest_reply: LARGEST_REPLY,
            needs_id: true,
            on_failure: OnFailure::Refuse,
        }
    }

    /// How long what was done is remembered; a day if nothing is said.
    #[must_use]
    pub fn kept_for(mut self, time: Duration) -> Self {
        self.kept = time;
        self
    }

    /// The longest reply that is kept for duplicates, in bytes; 32 KB if nothing is said, 384 KB at most. Each KB is a write
    /// unit. Of a longer one duplicates read `already_done`.
    #[must_use]
    pub fn largest_reply(mut self, bytes: usize) -> Self {
        self.largest_reply = bytes.min(LARGEST_ROW);
        self
    }

    /// Runs messages without `id` as if they came once; they are refused as `missing_id` if nothing is said.
    #[must_use]
    pub fn allow_missing_id(mut self) -> Self {
        self.needs_id = false;
        self
    }

    /// What becomes of a message when the store does not answer; it is refused if nothing is said.
    #[must_use]
    pub fn on_failure(mut self, then: OnFailure) -> Self {
        self.on_failure = then;
        self
    }

    /// What [`once`] does, for middleware of one's own.
    ///
    /// # Cancel safety
    /// Dropped while the handler runs, the message stays `in_progress` until the invocation's deadline.
    pub async fn run(&self, sender: &Sender<'_>, who: &Identity<'_>, next: impl Next) -> Reply {
        if !sender.is(EventType::Message) {
            return next.run().await;
        }
        let Some(id) = Correlation::of(sender.event).text() else {
            return match self.needs_id {
                true => LimitError::new(LimitErrorKind::MissingId).into_reply(),
                false => next.run().await,
            };
        };
        let (scope, key) = (sender.scope(), key(sender, who, id));
        let doing = Doing { rules: self, sender, scope, key, attempt: self.attempt(sender) };
        match doing.begin().await {
            Ok(Begun::First) => {
                let reply = next.run().await;
                doing.end(&reply).await;
                reply
            }
            Ok(Begun::InProgress) => LimitError::new(LimitErrorKind::InProgress).into_reply(),
            Ok(Begun::Done(outcome)) => again(&outcome),
            Err(error) if self.on_failure == OnFailure::Admit => {
                doing.warn(&error, "it cannot be known whether a message came before; it is run");
                next.run().await
            }
            Err(error) => LimitError::new(LimitErrorKind::Unavailable).because(error).into_reply(),
        }
    }

    fn attempt(&self, sender: &Sender<'_>) -> Attempt {
        let now = SystemClock.now();
        // Not the gateway's patience: the handler may run until Lambda ends it.
        let lease_until = match sender.invocation.deadline_ms {
            0 => now.saturating_add(LONGEST_INVOCATION),
            deadline => deadline,
        };
        let lease_until = lease_until.saturating_add(CLOCKS_APART);
        let kept = millis(self.kept);
        let expires_at = now.saturating_add(kept).max(lease_until) / 1_000 + 1;
        Attempt::new(random::token(), now, lease_until, expires_at)
    }

    fn outcome(&self, reply: &Reply) -> String {
        match reply.parts() {
            None => NOTHING.to_owned(),
            Some((text, _)) if text.len() > self.largest_reply => TOO_LARGE.to_owned(),
            Some((text, true)) => [JSON, text].concat(),
            Some((text, false)) => [TEXT, text].concat(),
        }
    }
}

// What an outcome begins with.
const NOTHING: &str = "-";
const TOO_LARGE: &str = "!";
const JSON: &str = "j";
const TEXT: &str = "t";

fn again(outcome: &str) -> Reply {
    if let Some(json) = outcome.strip_prefix(JSON) {
        return Reply::of_parts(json, true);
    }
    match outcome.strip_prefix(TEXT) {
        Some(text) => Reply::of_parts(text, false),
        None if outcome == NOTHING => Reply::ok(),
        None => LimitError::new(LimitErrorKind::AlreadyDone).into_reply(),
    }
}

/// Who, on which route, with which id: each part says how long it is, so that no two run into each other. At most some
/// 900 bytes: names have 512, route keys 128, ids 130.
fn key(sender: &Sender<'_>, who: &Identity<'_>, id: &str) -> String {
    let route = sender.event.route_key();
    let (kind, name) = match who.user() {
        Some(user) => ('u', user),
        None => ('c', sender.event.connection_id()),
    };
    format!("{kind}{}#{name}{}#{route}{}", name.len(), route.len(), alike(id))
}

/// The same for each way in which JSON can write an id: some clients escape what others do not. It is never longer.
fn alike(id: &str) -> Cow<'_, str> {
    if !id.contains('\\') {
        return Cow::Borrowed(id);
    }
    // Half a surrogate pair is no text; it stays as it is written.
    let text = serde_json::from_str::<String>(id).and_then(|text| serde_json::to_string(&text));
    text.map_or(Cow::Borrowed(id), Cow::Owned)
}

/// One message on its way.
struct Doing<'a> {
    rules: &'a Once,
    sender: &'a Sender<'a>,
    scope: String,
    key: String,
    attempt: Attempt,
}

impl Doing<'_> {
    async fn begin(&self) -> Result<Begun, StoreError> {
        within(PATIENCE, self.rules.store.begin(&self.scope, &self.key, &self.attempt)).await
    }

    /// An error of the handler leaves nothing: the client may try again. What cannot be noted stays in progress.
    async fn end(&self, reply: &Reply) {
        let store = &self.rules.store;
        let noted = match reply.is_success() {
            true => {
                let outcome = self.rules.outcome(reply);
                within(PATIENCE, store.finish(&self.scope, &self.key, &self.attempt, &outcome)).await
            }
            false => within(PATIENCE, store.give_up(&self.scope, &self.key, &self.attempt)).await,
        };
        if let Err(error) = noted {
            self.warn(
                &error,
                "what came of a message could not be noted; it stays in progress until its lease ends",
            );
        }
    }

    fn warn(&self, error: &StoreError, what: &str) {
        let (request_id, error) = (self.sender.event.request_id(), error as &dyn std::error::Error);
        tracing::warn!(request_id, error, "{what}");
    }
}

impl fmt::Debug for Once {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Once")
            .field("kept", &self.kept)
            .field("largest_reply", &self.largest_reply)
            .field("needs_id", &self.needs_id)
            .field("on_failure", &self.on_failure)
            .finish_non_exhaustive()
    }
}

/// Middleware for single routes that runs a handler once for each message `id`, however often the message comes: also over
/// another connection of the same user, and in another environment.
///
/// The [`Once`] comes from the state. The first wins. A duplicate that comes while the first runs reads `in_progress`; one that
/// comes later gets the first one's reply again, with its `id`, or on a one-way route nothing. If the handler answers with an
/// error, nothing is remembered, and the client may try again. So it may if the first was cut off, once the invocation's
/// deadline has passed.
///
/// A message is known by user (without one: the connection), route and `id`, which is that of the wire envelope: a text of at
/// most 128 bytes or an integer. It costs two writes for a message that comes once, and one for a duplicate.
///
/// Whatever the handler does outside, such as charging a card, happens at least once and not exactly once: an environment
/// that dies after the charge and before the note has done it, and the client's next try does it again. Hand the same `id`
/// on where the other side takes one.
///
/// ```
/// use lift_ws::limit::{Once, once};
/// use lift_ws::prelude::*;
///
/// #[derive(Clone, FromRef)]
/// struct AppState { once: Once }
///
/// /// `{"action":"pay","id":"order-17","cents":1200}`
/// #[ws_route("pay", middleware = [once])]
/// async fn pay(order: RawBody<'_>) -> Json<&'static str> { Json("paid") }
///
/// #[ws_app(state = AppState, routes = [pay])]
/// struct Shop;
///
/// # fn load(config: &str) -> AppState {
/// # let store = lift_ws::limit::MemoryLimitStore::new();
/// AppState { once: Once::new(store) }                         // `DynamoLimitStore::from_env().await`
/// # }
/// ```
#[ws_middleware(crate = crate)]
pub async fn once(
    State(rules): State<Once>,
    sender: Sender<'_>,
    who: Identity<'_>,
    next: impl Next,
) -> Reply {
    rules.run(&sender, &who, next).await
}
