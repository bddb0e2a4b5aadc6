//! Who may come in: origins, tokens, tickets.
//!
//! | question | answer | feature |
//! | --- | --- | --- |
//! | Which pages may connect? | [`check_origin`], [`AllowedOrigins`] | |
//! | Who is it? | [`jwt_middleware!`](crate::jwt_middleware), [`JwtVerifier`] | `jwt` |
//! | Who is it, without a token in the URL? | [`redeem_ticket`], [`Tickets`] | `tickets` |
//! | Who is it, asked before `$connect`, by a Lambda authorizer? | [`authorize`], [`#[ws_authorizer]`](macro@crate::ws_authorizer) | `jwt` for the ready-made one |
//! | Who is it, behind a Lambda authorizer? | [`trust_authorizer`] | |
//! | Who was it, on a later message? | [`Principal`] | |
//! | May they do this? | [`require_role!`](crate::require_role), [`require_user`] | |
//! | Is the login over? | [`check_session`], [`SessionRules`] | |
//! | How does it go on without connecting again? | [`Principal::renew`] | |
//! | How is a user logged out by force? | [`Audience::disconnect`](crate::connection::Audience::disconnect) | |
//!
//! All of it is ordinary [middleware](macro@crate::ws_middleware) that takes its configuration from the state:
//! what is missing there is a compile error. It belongs to `$connect`: messages have no headers, and what is known
//! of the client from then on is its stored [`Principal`].
//!
//! Whoever does not come in reads the same text whatever the reason ([`AuthError`]); the log has the reason, and
//! neither it nor the table ever holds a token or a ticket.
//!
//! # Tickets
//!
//! A page cannot set a header on a WebSocket, and a token in a URL ends up in logs. So a page that is logged in asks
//! for a ticket over HTTP, and connects with that: it is good once, and for half a minute.

mod authorizer_context;
#[cfg(any(feature = "jwt", feature = "tickets"))]
mod claims;
mod error;
mod handshake;
#[cfg(feature = "jwt")]
mod jwt;
mod origin;
mod permission;
mod principal;
mod session;
mod source;
#[cfg(feature = "tickets")]
mod ticket;

pub(crate) use self::authorizer_context::ANONYMOUS;
#[cfg(any(feature = "jwt", feature = "tickets"))]
pub use self::claims::Claims;
pub use self::error::{AuthError, AuthErrorKind};
pub use self::handshake::Handshake;
#[cfg(feature = "jwt")]
pub use self::jwt::{
    HttpsFetch, InvalidVerifier, JwtVerifier, JwtVerifierBuilder, KeyFetch, MAX_TOKEN_BYTES, authenticate,
    authorize,
};
pub use self::origin::{AllowedOrigins, InvalidOrigin, check_origin};
pub use self::permission::{require_user, trust_authorizer};
use self::principal::LEEWAY;
pub use self::principal::Principal;
pub use self::session::{Session, SessionRules, check_session};
pub use self::source::TokenSource;
#[cfg(all(feature = "tickets", feature = "aws"))]
pub use self::ticket::DynamoTicketStore;
#[cfg(feature = "tickets")]
pub use self::ticket::{MemoryTicketStore, Ticket, TicketStore, Tickets, redeem_ticket};
