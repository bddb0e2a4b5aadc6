//! How many messages and handshakes there may be, by what the event itself says.

use super::rules::Rules;
use super::source::Source;
use super::{LimitError, LimitStore, OnFailure, Rate, Sender};
use crate::event::EventType;
use crate::middleware::Next;
use crate::{IntoReply, Reply};
use std::any::type_name;
use std::fmt;
use std::hash::Hash;
use std::marker::PhantomData;
use std::sync::Arc;

/// How many messages and handshakes may come of a connection, or of an address. [`limit_rate`](super::limit_rate) takes it
/// from the state.
///
/// ```
/// use lift_ws::limit::{Rate, RateLimits};
///
/// let limits: RateLimits = RateLimits::in_memory()
///     .per_connection(Rate::per_second(10).burst(20))
///     .per_source_ip(Rate::per_second(100))
///     .handshakes_per_source_ip(Rate::per_minute(30));
/// ```
///
/// An event has to pass all rules that concern it; one that is refused takes nothing from the others in memory. In a store
/// the rules are asked in the order in which they are written: write the narrow ones first.
///
/// `For` tells configurations apart where an app has several: see [`rate_limit!`](crate::rate_limit).
pub struct RateLimits<For = ()> {
    rules: Arc<Rules<By>>,
    configuration: PhantomData<fn() -> For>,
}

#[derive(Clone, Copy, Debug)]
enum By {
    Connection,
    SourceIp,
    HandshakeIp,
}

#[derive(Hash)]
enum Key<'e> {
    Connection(&'e str),
    SourceIp(Source<'e>),
    HandshakeIp(Source<'e>),
}

impl fmt::Display for Key<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Key::Connection(id) => write!(f, "c#{id}"),
            Key::SourceIp(source) => write!(f, "i#{source}"),
            Key::HandshakeIp(source) => write!(f, "h#{source}"),
        }
    }
}

impl<For> RateLimits<For> {
    /// Counts in the memory of each environment: nothing is read or written, and nothing is allocated for a key that is
    /// known.
    ///
    /// It is approximate. An environment sees only what comes to it, so that with ten of them ten times as much may come
    /// through; a new one knows nothing of what was.
    #[must_use]
    pub fn in_memory() -> Self {
        Self::of(Rules::in_memory())
    }

    /// Counts in a store that all environments share, such as the connections' table: exactly, by one conditional write
    /// for each event and rule. What is refused costs a write too.
    ///
    /// Each rule counts in windows of time, `per × burst / count` long, and lets `burst` events through in each. So at the
    /// border between two windows at most twice the burst comes at once, and no stretch of time has more than
    /// `2 × burst + count × time / per`. A bucket would need two calls where there is a burst: one to learn how full it is,
    /// and one to take a token on condition that it still is.
    ///
    /// If the store does not answer within two seconds, messages go on or are refused as you say; a handshake is refused,
    /// unless [`at_connect`](Self::at_connect) says otherwise.
    #[must_use]
    pub fn exact(store: impl LimitStore, on_failure: OnFailure) -> Self {
        Self::of(Rules::in_store(store, type_name::<For>(), on_failure))
    }

    fn of(rules: Rules<By>) -> Self {
        Self { rules: Arc::new(rules), configuration: PhantomData }
    }

    /// So many messages of each connection.
    ///
    /// Who connects again is another connection: limit users or addresses too.
    #[must_use]
    pub fn per_connection(self, rate: Rate) -> Self {
        self.rule(By::Connection, rate)
    }

    /// So many events, messages and handshakes alike, from each address. Of IPv6 the network (`/64`) counts.
    ///
    /// Behind CloudFront the address is CloudFront's (contract §2.1), and people in one house may share theirs.
    #[must_use]
    pub fn per_source_ip(self, rate: Rate) -> Self {
        self.rule(By::SourceIp, rate)
    }

    /// So many handshakes from each address.
    ///
    /// It needs a `$connect` route: without one no middleware runs at handshakes, and every client comes in.
    #[must_use]
    pub fn handshakes_per_source_ip(self, rate: Rate) -> Self {
        self.rule(By::HandshakeIp, rate)
    }

    /// How many keys the memory has places for; 10,000 if nothing is said, which takes 160 KB. It starts anew.
    ///
    /// With more keys than that, those are forgotten whose buckets are nearest to full.
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

    /// Counts an event. `$disconnect` is never held back: it says what has happened.
    ///
    /// # Errors
    /// If a rule has let enough through, or cannot know.
    ///
    /// # Cancel safety
    /// Dropped before it ends, the event may have been counted.
    pub async fn admit(&self, sender: &Sender<'_>) -> Result<(), LimitError> {
        let (message, connect) = (sender.is(EventType::Message), sender.is(EventType::Connect));
        let key = |by| match by {
            By::Connection => message.then(|| Key::Connection(sender.event.connection_id())),
            By::SourceIp => (message || connect).then(|| Key::SourceIp(sender.source())),
            By::HandshakeIp => connect.then(|| Key::HandshakeIp(sender.source())),
        };
        self.rules.admit(sender, key).await
    }

    /// What [`limit_rate`](super::limit_rate) does, for middleware of one's own.
    pub async fn run(&self, sender: &Sender<'_>, next: impl Next) -> Reply {
        match self.admit(sender).await {
            Ok(()) => next.run().await,
            Err(refused) => refused.into_reply(),
        }
    }
}

impl<For> Clone for RateLimits<For> {
    fn clone(&self) -> Self {
        Self { rules: Arc::clone(&self.rules), configuration: PhantomData }
    }
}

impl<For> fmt::Debug for RateLimits<For> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("RateLimits").field(&self.rules).finish()
    }
}
