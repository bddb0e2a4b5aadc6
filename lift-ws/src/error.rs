//! One error for handlers and for `main`: what the client may know, and what the log should.

use crate::reply::BoxError;
use crate::{IntoReply, Reply};
use std::borrow::Cow;
use std::fmt;

/// An error with two faces: a code and a message for the client, a cause for the log.
///
/// Any error converts into it by `?`, as an internal one: the client then reads `internal_error` and the request
/// id, and no text of ours.
///
/// ```
/// use lift_ws::prelude::*;
///
/// #[ws_route("rename")]
/// async fn rename(RawBody(name): RawBody<'_>) -> Result<Json<u32>, Error> {
///     if name.is_empty() {
///         return Err(Error::new("empty_name", "the name must not be empty"));
///     }
///     let row: u32 = "7".parse()?; // an internal error, were it one
///     Ok(Json(row))
/// }
/// ```
pub struct Error {
    status: u16,
    code: Cow<'static, str>,
    message: Cow<'static, str>,
    cause: Option<BoxError>,
}

impl Error {
    /// An error for the client: a code for programs, a message for people. Status 400.
    pub fn new(code: impl Into<Cow<'static, str>>, message: impl Into<Cow<'static, str>>) -> Self {
        Error { status: 400, code: code.into(), message: message.into(), cause: None }
    }

    /// An error of the server: the log gets `cause`, the client `internal_error`. Status 500.
    pub fn internal(cause: impl Into<BoxError>) -> Self {
        Error { status: 500, cause: Some(cause.into()), ..Error::new("internal_error", "internal error") }
    }

    /// The same error with another status; it decides a handshake.
    #[must_use]
    pub fn with_status(self, status: u16) -> Self {
        Error { status, ..self }
    }

    /// The same error with what the log should know.
    #[must_use]
    pub fn with_cause(self, cause: impl Into<BoxError>) -> Self {
        Error { cause: Some(cause.into()), ..self }
    }

    /// The code that the client gets.
    pub fn code(&self) -> &str {
        &self.code
    }

    /// The message that the client gets.
    pub fn public_message(&self) -> &str {
        &self.message
    }

    /// The status that decides a handshake.
    pub const fn status(&self) -> u16 {
        self.status
    }

    /// What the log is told.
    pub fn cause(&self) -> Option<&(dyn std::error::Error + Send + Sync + 'static)> {
        self.cause.as_deref()
    }
}

/// For logs: the whole chain of causes.
impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Some(cause) = &self.cause else { return f.write_str(&self.message) };
        write!(f, "{cause}")?;
        let mut next = cause.source();
        while let Some(cause) = next {
            write!(f, ": {cause}")?;
            next = cause.source();
        }
        Ok(())
    }
}

/// As `Display`: it is what `main` prints.
impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl<E: std::error::Error + Send + Sync + 'static> From<E> for Error {
    fn from(error: E) -> Self {
        Error::internal(error)
    }
}

impl From<Error> for BoxError {
    fn from(error: Error) -> Self {
        error.to_string().into()
    }
}

impl IntoReply for Error {
    const TWO_WAY: bool = false;
    fn into_reply(self) -> Reply {
        let reply = Reply::error(self.code, self.message).with_status(self.status);
        match self.cause {
            Some(cause) => reply.with_cause(cause),
            None => reply,
        }
    }
}
