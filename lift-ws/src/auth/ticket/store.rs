//! Where tickets are kept.

use crate::store::{BoxFuture, StoreError};
use std::fmt;
use std::sync::Arc;

/// Where tickets are kept: all environments see the same.
///
/// A ticket is known by the hash of its secret; the store never sees the secret itself.
pub trait TicketStore: fmt::Debug + Send + Sync + 'static {
    /// Keeps a ticket, as text, until it is taken. After `expires_at`, in seconds since the epoch, it may be
    /// forgotten.
    ///
    /// # Errors
    /// When the store cannot be written.
    fn put<'a>(
        &'a self,
        scope: &'a str,
        hash: &'a str,
        ticket: &'a str,
        expires_at: u64,
    ) -> BoxFuture<'a, Result<(), StoreError>>;

    /// Takes a ticket out. Of all that try, at whatever time and place, exactly one gets it.
    ///
    /// # Errors
    /// When the store cannot be written. The ticket may be lost then.
    fn take<'a>(&'a self, scope: &'a str, hash: &'a str)
    -> BoxFuture<'a, Result<Option<String>, StoreError>>;
}

impl<S: TicketStore + ?Sized> TicketStore for Arc<S> {
    fn put<'a>(
        &'a self,
        scope: &'a str,
        hash: &'a str,
        ticket: &'a str,
        expires_at: u64,
    ) -> BoxFuture<'a, Result<(), StoreError>> {
        (**self).put(scope, hash, ticket, expires_at)
    }

    fn take<'a>(
        &'a self,
        scope: &'a str,
        hash: &'a str,
    ) -> BoxFuture<'a, Result<Option<String>, StoreError>> {
        (**self).take(scope, hash)
    }
}
