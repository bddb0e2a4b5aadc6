//! One error for handlers and for `main`: what the client may know, and what the log should.

use crate::auth::AuthError;
use crate::chain::Chain;
use crate::connection::SendError;
use crate::reply::BoxError;
use crate::store::StoreError;
use crate::{IntoReply, Reply};
use std::any::Any;
use std::borrow::Cow;
use std::fmt;

/// An error with two faces: a code and a message for the client, a cause for the log.
///
/// Any error converts into it by `?`, as an internal one: the client then reads `internal_error` and the request
/// id, and no text of ours. A [`StoreError`] and a [`SendError`] keep their code where they have one for clients,
/// such as `too_many_groups`.
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
    /// The log has it already.
    logged: bool,
    code: Cow<'static, str>,
    message: Cow<'static, str>,
    cause: Option<BoxError>,
}

impl Error {
    /// An error for the client: a code for programs, a message for people. Status 400.
    pub fn new(code: impl Into<Cow<'static, str>>, message: impl Into<Cow<'static, str>>) -> Self {
        Error { status: 400, logged: false, code: code.into(), message: message.into(), cause: None }
    }

    /// An error of the server: the log gets `cause`, the client `internal_error`. Status 500.
    pub fn internal(cause: impl Into<BoxError>) -> Self {
        Error { status: 500, cause: Some(cause.into()), ..Error::new("internal_error", "internal error") }
    }

    /// What Lambda is told of an event of which the log has been told.
    pub(crate) fn logged(status: u16, message: impl Into<Cow<'static, str>>) -> Self {
        Error { status, logged: true, ..Error::new("not_answered", message) }
    }

    #[cfg_attr(not(feature = "lambda"), allow(dead_code))]
    pub(crate) const fn is_logged(&self) -> bool {
        self.logged
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
        Chain(&**cause).fmt(f)
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
        let public = known(&error).unwrap_or(Public::INTERNAL);
        Error::new(public.code, public.message).with_status(public.status).with_cause(error)
    }
}

/// What a client may know of an error that the log gets whole.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Public {
    pub(crate) status: u16,
    pub(crate) code: &'static str,
    pub(crate) message: &'static str,
}

impl Public {
    pub(crate) const INTERNAL: Public =
        Public { status: 500, code: "internal_error", message: "internal error" };
}

/// The errors of this crate that say something to clients: one conversion serves all errors, so it has to look.
fn known(error: &dyn Any) -> Option<Public> {
    let of_store = error.downcast_ref::<StoreError>().map(StoreError::public);
    let of_send = || error.downcast_ref::<SendError>().map(SendError::public);
    let of_auth = || error.downcast_ref::<AuthError>().map(AuthError::public);
    of_store.or_else(of_send).or_else(of_auth)
}

impl From<Error> for BoxError {
    fn from(error: Error) -> Self {
        error.to_string().into()
    }
}

impl IntoReply for StoreError {
    const TWO_WAY: bool = false;
    fn into_reply(self) -> Reply {
        Error::from(self).into_reply()
    }
}

impl IntoReply for SendError {
    const TWO_WAY: bool = false;
    fn into_reply(self) -> Reply {
        Error::from(self).into_reply()
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::connection::SendErrorKind;
    use crate::store::StoreErrorKind;

    fn by_question_mark<E: std::error::Error + Send + Sync + 'static>(error: E) -> Error {
        let convert = || -> Result<(), Error> { Err(error)? };
        convert().unwrap_err()
    }

    #[test]
    fn an_error_of_another_crate_is_internal_and_its_text_stays_in_the_log() {
        let error = by_question_mark("x".parse::<u8>().unwrap_err());
        assert_eq!((error.code(), error.status()), ("internal_error", 500));
        assert_eq!(error.public_message(), "internal error");
        assert!(error.cause().unwrap().to_string().contains("digit"));
    }

    #[test]
    fn what_clients_may_know_of_the_store_and_of_sending_survives_the_question_mark() {
        for (error, code, status) in [
            (by_question_mark(StoreError::new(StoreErrorKind::UnknownConnection)), "unknown_connection", 410),
            (by_question_mark(StoreError::new(StoreErrorKind::InvalidGroup)), "invalid_group", 400),
            (by_question_mark(StoreError::new(StoreErrorKind::TooManyGroups)), "too_many_groups", 400),
            (by_question_mark(StoreError::new(StoreErrorKind::NoTable)), "internal_error", 500),
            (by_question_mark(SendError::new(SendErrorKind::TooLarge)), "message_too_large", 413),
            (by_question_mark(SendError::new(SendErrorKind::Forbidden)), "internal_error", 500),
            (
                by_question_mark(SendError::from(StoreError::new(StoreErrorKind::UnknownConnection))),
                "unknown_connection",
                410,
            ),
        ] {
            assert_eq!((error.code(), error.status()), (code, status));
            assert!(error.cause().is_some(), "{code}");
        }
    }

    #[test]
    fn a_handler_that_returns_them_replies_with_the_same_codes_and_no_internal_text() {
        let error = StoreError::new(StoreErrorKind::NoTable).about("secret-table");
        let reply = error.into_reply();
        assert_eq!((reply.error_code(), reply.status()), (Some("internal_error"), 500));
        assert_eq!(reply.error_message(), Some("internal error"));
        assert!(reply.cause().unwrap().to_string().contains("secret-table"));
        let reply = SendError::new(SendErrorKind::TooLarge).into_reply();
        assert_eq!((reply.error_code(), reply.status()), (Some("message_too_large"), 413));
    }
}
