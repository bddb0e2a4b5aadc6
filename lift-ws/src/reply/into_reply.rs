//! What a handler may return.

use super::{Accept, Reject, Reply};
use crate::extract::{Json, Text};
use serde::Serialize;
use std::convert::Infallible;

/// A value that a handler may return.
///
/// Implement it for errors of your own:
///
/// ```
/// use lift_ws::prelude::*;
///
/// enum ChatError { NoSuchRoom, TooLong { most: usize } }
///
/// impl IntoReply for ChatError {
///     fn into_reply(self) -> Reply {
///         match self {
///             ChatError::NoSuchRoom => Reply::error("no_such_room", "there is no such room"),
///             ChatError::TooLong { most } => Reply::error("too_long", format!("at most {most} bytes")),
///         }
///     }
/// }
///
/// #[ws_route("say")]
/// async fn say(RawBody(body): RawBody<'_>) -> Result<(), ChatError> {
///     if body.len() > 100 { Err(ChatError::TooLong { most: 100 }) } else { Ok(()) }
/// }
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a reply",
    label = "a handler cannot return this",
    note = "return `()`, `Json<T>`, `Text`, `Accept` (on `$connect`), `Reply`, or `Result<T, E>` of two replies; implement `IntoReply` for an error of yours",
    note = "`Result<T, lift_ws::Error>` takes any error by `?`"
)]
pub trait IntoReply {
    /// Does a success carry a body to the client? It makes the route two-way. Of a `Result` the success type
    /// decides, so for errors it does not matter.
    const TWO_WAY: bool = true;

    /// Does it decide a handshake? Then no message route may return it. Of a `Result` both types count.
    const HANDSHAKE: bool = false;

    /// The reply.
    fn into_reply(self) -> Reply;
}

impl IntoReply for () {
    const TWO_WAY: bool = false;
    fn into_reply(self) -> Reply {
        Reply::ok()
    }
}

impl IntoReply for Reply {
    fn into_reply(self) -> Reply {
        self
    }
}

impl IntoReply for Infallible {
    const TWO_WAY: bool = false;
    fn into_reply(self) -> Reply {
        match self {}
    }
}

impl<T: Serialize> IntoReply for Json<T> {
    fn into_reply(self) -> Reply {
        Reply::json(&self.0)
    }
}

impl IntoReply for Text<'_> {
    fn into_reply(self) -> Reply {
        Reply::text(&self)
    }
}

impl IntoReply for String {
    fn into_reply(self) -> Reply {
        Reply::text(&self)
    }
}

impl IntoReply for &str {
    fn into_reply(self) -> Reply {
        Reply::text(self)
    }
}

/// A status alone: it decides a handshake, and has no effect on messages (contract §3.3).
///
/// ```
/// use lift_ws::prelude::*;
///
/// #[ws_route("$connect")]
/// async fn connect() -> Status { Status(503) }
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Status(pub u16);

impl IntoReply for Status {
    const TWO_WAY: bool = false;
    fn into_reply(self) -> Reply {
        Reply::status_only(self.0)
    }
}

impl IntoReply for Accept {
    const TWO_WAY: bool = false;
    const HANDSHAKE: bool = true;
    fn into_reply(self) -> Reply {
        Reply::accepting(self)
    }
}

impl IntoReply for Reject {
    const TWO_WAY: bool = false;
    const HANDSHAKE: bool = true;
    fn into_reply(self) -> Reply {
        Reject::into_reply(self)
    }
}

/// The success type decides: an error frame does not make a route two-way.
impl<T: IntoReply, E: IntoReply> IntoReply for Result<T, E> {
    const TWO_WAY: bool = T::TWO_WAY;
    const HANDSHAKE: bool = T::HANDSHAKE || E::HANDSHAKE;
    fn into_reply(self) -> Reply {
        match self {
            Ok(value) => value.into_reply(),
            Err(error) => error.into_reply(),
        }
    }
}

/// What `$disconnect` may return.
#[diagnostic::on_unimplemented(
    message = "a `$disconnect` route cannot return `{Self}`",
    label = "the connection is gone, nobody would receive this value",
    note = "return `()` or `Result<(), E>`; to tell others, send with `Connections`"
)]
pub trait Bodiless: IntoReply {}
impl Bodiless for () {}
impl<T: Bodiless, E: IntoReply> Bodiless for Result<T, E> {}
