//! How much anybody may ask for, and how long it may take: middleware, each usable by itself.
//!
//! | middleware | what it holds back | configuration |
//! | --- | --- | --- |
//! | [`limit_rate`] | too many messages or handshakes of a connection or an address | [`RateLimits`] |
//! | [`limit_users`] | too many of a user or a tenant | [`UserLimits`] |
//! | [`limit_connections`] | too many open connections of a user or a tenant | [`ConnectionLimits`] |
//! | [`check_message`] | messages that are too large, or nested too deep | [`MessageRules`] |
//! | [`within_deadline`] | handlers that are too slow | none, or [`deadline!`](crate::deadline) |
//! | [`once`] | messages that come twice | [`Once`] |
//!
//! The configuration is a part of the state; a part that is missing is a compile error. What a refused client reads is in
//! [`LimitErrorKind`]. `docs/guide/limits.md` shows them at work.

mod buckets;
mod connection_limits;
mod deadline;
mod depth;
mod error;
mod failure;
mod idempotency;
mod message_rules;
mod middleware;
mod rate;
mod rate_limits;
mod rules;
mod sender;
mod source;
mod store;
mod user_limits;

pub use self::connection_limits::{Arrival, ConnectionLimits, limit_connections};
pub use self::deadline::{DeadlineRules, within_deadline};
pub use self::error::{LimitError, LimitErrorKind};
pub use self::failure::OnFailure;
pub use self::idempotency::{Once, once};
pub use self::message_rules::{MessageRules, check_message};
pub use self::middleware::{limit_rate, limit_users};
pub use self::rate::Rate;
pub use self::rate_limits::RateLimits;
pub use self::sender::{KnownSender, Sender};
#[cfg(feature = "aws")]
pub use self::store::DynamoLimitStore;
pub use self::store::{Attempt, Begun, LimitStore, MemoryLimitStore};
pub use self::user_limits::UserLimits;
