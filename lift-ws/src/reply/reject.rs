//! Refusing a connection.

use super::{BoxError, Reply};

/// `$connect` refuses the connection: the handshake fails with this HTTP status (contract §3.2), and nothing is
/// stored. Browsers do not show the status to a page; other clients do.
///
/// ```
/// use lift_ws::prelude::*;
///
/// #[ws_route("$connect")]
/// async fn connect() -> Result<Accept, Reject> {
///     Err(Reject::forbidden().because("the trial is over"))
/// }
/// ```
#[derive(Debug)]
#[must_use = "a `Reject` does nothing unless `$connect` returns it"]
pub struct Reject {
    status: u16,
    cause: Option<BoxError>,
}

impl Reject {
    /// With a status from 300 to 599; anything else becomes 403.
    pub const fn new(status: u16) -> Self {
        let status = if matches!(status, 300..=599) { status } else { 403 };
        Reject { status, cause: None }
    }

    /// 401: who are you?
    pub const fn unauthorized() -> Self {
        Reject::new(401)
    }

    /// 403: not you.
    pub const fn forbidden() -> Self {
        Reject::new(403)
    }

    /// Why, for the log alone.
    pub fn because(self, cause: impl Into<BoxError>) -> Self {
        Reject { cause: Some(cause.into()), ..self }
    }

    /// The status.
    pub const fn status(&self) -> u16 {
        self.status
    }

    pub(super) fn into_reply(self) -> Reply {
        let reply = Reply::error("rejected", "the connection was refused").with_status(self.status);
        match self.cause {
            Some(cause) => reply.with_cause(cause),
            None => reply,
        }
    }
}
