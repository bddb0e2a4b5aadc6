//! The management API of the gateway (`@connections`): the [`Poster`] trait and what implements it.

mod error;
#[cfg(feature = "aws")]
mod outcome;
pub mod recording;
#[cfg(feature = "aws")]
pub mod sdk;
#[cfg(feature = "aws")]
pub mod signed;

use std::fmt;
use std::sync::Arc;

use bytes::Bytes;

pub use self::error::{PostError, PostErrorKind};
use crate::store::BoxFuture;

/// What the gateway knows about a connection (contract §5.1).
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct ConnectionInfo {
    /// When it was made, in milliseconds since the epoch.
    pub connected_at: Option<u64>,
    /// When a message last passed in either direction, in milliseconds since the epoch.
    pub last_active_at: Option<u64>,
    /// The client's address.
    pub source_ip: Option<String>,
    /// What the client called itself.
    pub user_agent: Option<String>,
}

/// Posts to connections over the management API.
///
/// One call is one request: retries, deadlines and rate are [`Connections`](crate::connection::Connections)'
/// affair, so an implementation does not retry. `callback_url` is the base of `…/@connections/{id}`.
pub trait Poster: fmt::Debug + Send + Sync + 'static {
    /// Sends one message.
    ///
    /// # Errors
    ///
    /// A [`PostError`] that says whether the message may have arrived.
    fn post<'a>(
        &'a self,
        callback_url: &'a str,
        connection_id: &'a str,
        message: Bytes,
    ) -> BoxFuture<'a, Result<(), PostError>>;

    /// Asks what the gateway knows about a connection.
    ///
    /// # Errors
    ///
    /// [`PostErrorKind::Gone`] if the connection does not exist.
    fn info<'a>(
        &'a self,
        callback_url: &'a str,
        connection_id: &'a str,
    ) -> BoxFuture<'a, Result<ConnectionInfo, PostError>>;

    /// Closes a connection. The gateway takes no code and no reason; the client sees 1000.
    ///
    /// # Errors
    ///
    /// [`PostErrorKind::Gone`] if the connection does not exist.
    fn disconnect<'a>(
        &'a self,
        callback_url: &'a str,
        connection_id: &'a str,
    ) -> BoxFuture<'a, Result<(), PostError>>;

    /// Opens the network connection ahead of the first event. Failing is no harm, so nothing is returned.
    fn prewarm<'a>(&'a self, callback_url: &'a str) -> BoxFuture<'a, ()> {
        let _ = callback_url;
        Box::pin(std::future::ready(()))
    }
}

impl<P: Poster + ?Sized> Poster for Arc<P> {
    fn post<'a>(&'a self, url: &'a str, id: &'a str, message: Bytes) -> BoxFuture<'a, Result<(), PostError>> {
        (**self).post(url, id, message)
    }

    fn info<'a>(&'a self, url: &'a str, id: &'a str) -> BoxFuture<'a, Result<ConnectionInfo, PostError>> {
        (**self).info(url, id)
    }

    fn disconnect<'a>(&'a self, url: &'a str, id: &'a str) -> BoxFuture<'a, Result<(), PostError>> {
        (**self).disconnect(url, id)
    }

    fn prewarm<'a>(&'a self, url: &'a str) -> BoxFuture<'a, ()> {
        (**self).prewarm(url)
    }
}
