//! Faults on demand: what AWS does now and then, and a program or client should be tested against.
//!
//! ```text
//! FaultPlan ── a seed and FaultRules: which Fault (kind.rs), how often (rule.rs)
//!     │
//!     ▼
//! Faults ── what goes wrong at this Occasion? ──▶ FaultMet
//! ```
//!
//! A client or program gets exactly what the true cause would give it, so that its reaction can be tested before, or
//! without, the cause.

mod active;
mod kind;
mod plan;
mod rule;
mod time;

use std::time::Duration;

pub use active::{FaultMet, FaultReport, Faults, RuleReport};
pub use kind::FaultKind;
pub use plan::FaultPlan;
pub use rule::{FaultRule, FaultRuleError, FaultRuleId};
#[cfg(feature = "server")]
pub(crate) use time::parse_duration;

/// Something that goes wrong; how often says a [`FaultRule`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Fault {
    /// A handshake is refused with 403, as for a wrong API key.
    Forbidden,
    /// A handshake is refused with 429, as when connections are throttled.
    ConnectThrottled,
    /// A message that has a route is refused as one that its request model does not allow.
    BadRequestBody,
    /// A message that has a route is refused as one too many.
    MessageThrottled,
    /// A request to `@connections` is answered with 429, as when posts are throttled or the client's socket buffer is
    /// full.
    ManagementThrottled,
    /// A connection is closed with 1001 just before a post to it, which is answered with 410: what a broadcast meets
    /// whose list of connections is older than the connections.
    ConnectionCut,
    /// A connection ends without its DISCONNECT, which AWS does not guarantee (contract §6.4).
    DisconnectLost,
    /// DISCONNECT comes this much later (contract §6.4).
    DisconnectLate(Duration),
    /// DISCONNECT comes twice, the same event again (contract §6.4).
    DisconnectTwice,
    /// A message is held back for up to this time, so that those of one connection change their order: AWS runs them
    /// in parallel (contract §6.4). At most 16 of a connection are held.
    MessageShuffled(Duration),
    /// The answer to an event comes this much later, and possibly too late.
    SlowIntegration(Duration),
    /// The function does its work, but the gateway has given up waiting: the client hears of a timeout at once.
    IntegrationTimeout,
    /// An environment starts this much later.
    ColdStart(Duration),
    /// An environment dies in the middle of an event: its work is done, its answer is lost.
    EnvironmentKilled,
    /// Nothing is removed from the database for this time, however long it has expired, or until the rule is taken away; on
    /// AWS it may take days.
    ExpiryLate(Duration),
}

/// When something may go wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Occasion {
    /// A handshake with this stage.
    Handshake,
    /// A message that has a route.
    Message,
    /// The event of a message, before the function gets it.
    MessageEvent,
    /// A request to `@connections`.
    Management,
    /// A post to an open connection.
    Post,
    /// A connection has ended that the function is to hear of.
    Disconnect,
    /// The function has answered an event of the WebSocket API.
    Answer,
    /// The shell is about to start an environment.
    EnvironmentStart,
    /// An environment hands its answer in, of whatever event.
    EnvironmentAnswer,
    /// The shell is about to look for expired items, whether or not there are any.
    Expiry,
}

impl Fault {
    /// When it may happen.
    #[must_use]
    pub const fn occasion(self) -> Occasion {
        match self {
            Self::Forbidden | Self::ConnectThrottled => Occasion::Handshake,
            Self::BadRequestBody | Self::MessageThrottled => Occasion::Message,
            Self::MessageShuffled(_) => Occasion::MessageEvent,
            Self::ManagementThrottled => Occasion::Management,
            Self::ConnectionCut => Occasion::Post,
            Self::DisconnectLost | Self::DisconnectLate(_) | Self::DisconnectTwice => Occasion::Disconnect,
            Self::SlowIntegration(_) | Self::IntegrationTimeout => Occasion::Answer,
            Self::ColdStart(_) => Occasion::EnvironmentStart,
            Self::EnvironmentKilled => Occasion::EnvironmentAnswer,
            Self::ExpiryLate(_) => Occasion::Expiry,
        }
    }
}
