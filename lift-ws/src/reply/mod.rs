//! What goes back.

mod accept;
mod answer;
mod into_reply;
mod reject;

pub use accept::Accept;
pub(crate) use answer::{Answer, Correlation};
pub use into_reply::{Bodiless, IntoReply, Status};
pub use reject::Reject;

use crate::buffer::Buffer;
use serde::Serialize;
use std::borrow::Cow;
use std::fmt;
use std::num::NonZeroU32;
use std::time::Duration;

pub(crate) type BoxError = Box<dyn std::error::Error + Send + Sync>;

/// A handler's or middleware's answer: a status, and perhaps a body or an error.
///
/// Most handlers return `()`, [`Json<T>`](crate::extract::Json), [`Accept`] or a `Result`; middleware passes
/// replies on, and makes one to stop an event:
///
/// ```
/// use lift_ws::prelude::*;
///
/// #[ws_middleware]
/// async fn gate(event: &Event<'_>, next: impl Next) -> Reply {
///     if event.body().len() > 10_000 {
///         return Reply::error("too_long", "at most 10,000 bytes").with_status(413);
///     }
///     next.run().await
/// }
/// ```
///
/// On `$connect` the status decides the handshake; on messages it has no effect on AWS (contract §3).
#[must_use = "a reply does nothing unless it is returned"]
pub struct Reply {
    status: u16,
    body: Body,
    accept: Option<Box<Accept>>,
    cause: Option<BoxError>,
}

#[derive(Debug)]
pub(crate) enum Body {
    Empty,
    Json(Buffer),
    Text(Buffer),
    Error { code: Cow<'static, str>, message: Cow<'static, str>, retry_after: Option<Milliseconds> },
}

/// Small, since each reply has room for it.
pub(crate) type Milliseconds = NonZeroU32;

impl Reply {
    /// 200 and no body.
    pub const fn ok() -> Self {
        Reply { status: 200, body: Body::Empty, accept: None, cause: None }
    }

    /// A status and no body. It decides a handshake; on messages it has no effect (contract §3.3).
    pub const fn status_only(status: u16) -> Self {
        Reply { status, body: Body::Empty, accept: None, cause: None }
    }

    /// `value` as JSON. If it cannot be serialised, the client gets `internal_error` and the log the reason.
    pub fn json(value: &(impl Serialize + ?Sized)) -> Self {
        match Buffer::json(value) {
            Ok(text) => Reply { body: Body::Json(text), ..Reply::ok() },
            Err(error) => Reply::internal(error),
        }
    }

    /// A text frame as it stands.
    pub fn text(text: &str) -> Self {
        Reply { body: Body::Text(Buffer::text(text)), ..Reply::ok() }
    }

    /// An error for the client: a code that programs look at, and a message for people. Status 400.
    pub fn error(code: impl Into<Cow<'static, str>>, message: impl Into<Cow<'static, str>>) -> Self {
        let body = Body::Error { code: code.into(), message: message.into(), retry_after: None };
        Reply { status: 400, body, accept: None, cause: None }
    }

    /// An error of the server: the client gets `internal_error` and the request id, the log gets `cause`. Status 500.
    pub fn internal(cause: impl Into<BoxError>) -> Self {
        Reply {
            cause: Some(cause.into()),
            ..Reply::error("internal_error", "internal error").with_status(500)
        }
    }

    pub(crate) fn accepting(accept: Accept) -> Self {
        let accept = (!accept.is_plain()).then(|| Box::new(accept));
        Reply { accept, ..Reply::ok() }
    }

    /// The same reply with another status.
    pub fn with_status(self, status: u16) -> Self {
        Reply { status, ..self }
    }

    /// The same error with when it is worth trying again: clients read it as `retryAfterMs`, in milliseconds and rounded
    /// up. Other replies stay as they are.
    ///
    /// ```
    /// # use lift_ws::Reply;
    /// # use std::time::Duration;
    /// let busy = Reply::error("busy", "nobody has time now").retry_after(Duration::from_secs(2));
    /// assert_eq!(busy.retries_after(), Some(Duration::from_secs(2)));
    /// ```
    pub fn retry_after(mut self, time: Duration) -> Self {
        if let Body::Error { retry_after, .. } = &mut self.body {
            let milliseconds = time.as_nanos().div_ceil(1_000_000).try_into().unwrap_or(u32::MAX);
            *retry_after = Milliseconds::new(milliseconds);
        }
        self
    }

    /// The same reply with what the log should know. Clients do not see it.
    pub fn with_cause(self, cause: impl Into<BoxError>) -> Self {
        Reply { cause: Some(cause.into()), ..self }
    }

    /// The status.
    pub const fn status(&self) -> u16 {
        self.status
    }

    /// Is the status 2xx?
    pub const fn is_success(&self) -> bool {
        matches!(self.status, 200..=299)
    }

    /// The body as text: JSON, or a text frame; `None` if there is none or it is an error.
    pub fn body(&self) -> Option<&str> {
        match &self.body {
            Body::Json(text) | Body::Text(text) => Some(&text.0),
            Body::Empty | Body::Error { .. } => None,
        }
    }

    /// The code of an error.
    pub fn error_code(&self) -> Option<&str> {
        match &self.body {
            Body::Error { code, .. } => Some(code),
            _ => None,
        }
    }

    /// The code of an error if it is a constant of the program, and no text made at run time: one of few, so that it may
    /// name a metric.
    pub fn static_error_code(&self) -> Option<&'static str> {
        match self.body {
            Body::Error { code: Cow::Borrowed(code), .. } => Some(code),
            _ => None,
        }
    }

    /// The message of an error, as the client gets it.
    pub fn error_message(&self) -> Option<&str> {
        match &self.body {
            Body::Error { message, .. } => Some(message),
            _ => None,
        }
    }

    /// When the client may try again, if the error says it.
    pub fn retries_after(&self) -> Option<Duration> {
        match &self.body {
            Body::Error { retry_after, .. } => {
                retry_after.map(|time| Duration::from_millis(time.get().into()))
            }
            _ => None,
        }
    }

    /// What the log is told of an error.
    pub fn cause(&self) -> Option<&(dyn std::error::Error + Send + Sync + 'static)> {
        self.cause.as_deref()
    }

    /// What `$connect` accepts the connection as.
    pub fn accept(&self) -> Option<&Accept> {
        self.accept.as_deref()
    }

    /// The same reply with what `f` makes of its `Accept`; an anonymous one if the handler said nothing.
    ///
    /// Middleware of `$connect` completes with it what the handler accepts. It is not called for an error.
    ///
    /// ```
    /// use lift_ws::prelude::*;
    ///
    /// #[ws_middleware]
    /// async fn everybody_hears_the_news(event: &Event<'_>, next: impl Next) -> Reply {
    ///     next.run().await.map_accept(|accept| accept.group("news"))
    /// }
    /// ```
    pub fn map_accept(mut self, f: impl FnOnce(Accept) -> Accept) -> Self {
        if self.is_success() {
            let accept = f(self.accept.take().map(|accept| *accept).unwrap_or_default());
            self.accept = (!accept.is_plain()).then(|| Box::new(accept));
        }
        self
    }

    /// A body as it is kept for later: the text, and whether it is JSON.
    pub(crate) fn parts(&self) -> Option<(&str, bool)> {
        match &self.body {
            Body::Json(text) => Some((&text.0, true)),
            Body::Text(text) => Some((&text.0, false)),
            Body::Empty | Body::Error { .. } => None,
        }
    }

    /// The reply of a body that was kept.
    pub(crate) fn of_parts(text: &str, is_json: bool) -> Self {
        match is_json {
            true => Reply { body: Body::Json(Buffer::text(text)), ..Reply::ok() },
            false => Reply::text(text),
        }
    }

    pub(crate) const fn has_body(&self) -> bool {
        !matches!(self.body, Body::Empty)
    }
}

impl fmt::Debug for Reply {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut debug = f.debug_struct("Reply");
        debug.field("status", &self.status).field("body", &self.body);
        if let Some(accept) = &self.accept {
            debug.field("accept", accept);
        }
        if let Some(cause) = &self.cause {
            debug.field("cause", cause);
        }
        debug.finish()
    }
}
