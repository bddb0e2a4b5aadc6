//! Where limits are kept that all environments share.

#[cfg(feature = "aws")]
mod dynamodb;
mod memory;

#[cfg(feature = "aws")]
pub use self::dynamodb::DynamoLimitStore;
pub use self::memory::MemoryLimitStore;

use crate::store::{BoxFuture, StoreError};
use std::fmt;
use std::sync::Arc;

/// Where limits are kept that all environments share: counters, and who works on what.
///
/// [`limit_store_contract`](crate::testing::limit_store_contract) checks a store of yours. What has expired may be forgotten,
/// and need not be.
pub trait LimitStore: fmt::Debug + Send + Sync + 'static {
    /// Counts one under a key in a window, if fewer than `most` were counted there; says whether it did. Of any number of
    /// calls, wherever they come from, `most` do.
    ///
    /// After `expires_at`, in seconds since the epoch, the window is over.
    ///
    /// # Errors
    /// When the store cannot be written. It may have counted.
    fn count<'a>(
        &'a self,
        scope: &'a str,
        key: &'a str,
        window: u64,
        most: u32,
        expires_at: u64,
    ) -> BoxFuture<'a, Result<bool, StoreError>>;

    /// Begins what is to be done once: of any number of attempts under a key one is the [`First`](Begun::First), until its
    /// lease ends or it is [given up](Self::give_up). Once it is [done](Self::finish), none is until it has expired.
    ///
    /// An attempt may ask again, and reads the same.
    ///
    /// # Errors
    /// When the store cannot be written. The attempt may have begun.
    fn begin<'a>(
        &'a self,
        scope: &'a str,
        key: &'a str,
        attempt: &'a Attempt,
    ) -> BoxFuture<'a, Result<Begun, StoreError>>;

    /// Keeps what came of an attempt, if nobody has taken its place meanwhile.
    ///
    /// # Errors
    /// When the store cannot be written.
    fn finish<'a>(
        &'a self,
        scope: &'a str,
        key: &'a str,
        attempt: &'a Attempt,
        outcome: &'a str,
    ) -> BoxFuture<'a, Result<(), StoreError>>;

    /// Forgets an attempt, so that there can be another, if nobody has taken its place meanwhile.
    ///
    /// # Errors
    /// When the store cannot be written.
    fn give_up<'a>(
        &'a self,
        scope: &'a str,
        key: &'a str,
        attempt: &'a Attempt,
    ) -> BoxFuture<'a, Result<(), StoreError>>;
}

/// An attempt at what is to be done once.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Attempt {
    /// Unlike that of any other attempt.
    pub token: String,
    /// When it begins, in milliseconds since the epoch.
    pub now: u64,
    /// Until when nobody else may try, in milliseconds since the epoch.
    pub lease_until: u64,
    /// When all is forgotten, in seconds since the epoch.
    pub expires_at: u64,
}

impl Attempt {
    /// An attempt.
    #[must_use]
    pub fn new(token: impl Into<String>, now: u64, lease_until: u64, expires_at: u64) -> Self {
        Self { token: token.into(), now, lease_until, expires_at }
    }
}

/// What an attempt finds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Begun {
    /// It is the one.
    First,
    /// Another is at it.
    InProgress,
    /// It was done before, and this came of it.
    Done(String),
}

impl<S: LimitStore + ?Sized> LimitStore for Arc<S> {
    fn count<'a>(
        &'a self,
        scope: &'a str,
        key: &'a str,
        window: u64,
        most: u32,
        expires_at: u64,
    ) -> BoxFuture<'a, Result<bool, StoreError>> {
        (**self).count(scope, key, window, most, expires_at)
    }

    fn begin<'a>(
        &'a self,
        scope: &'a str,
        key: &'a str,
        attempt: &'a Attempt,
    ) -> BoxFuture<'a, Result<Begun, StoreError>> {
        (**self).begin(scope, key, attempt)
    }

    fn finish<'a>(
        &'a self,
        scope: &'a str,
        key: &'a str,
        attempt: &'a Attempt,
        outcome: &'a str,
    ) -> BoxFuture<'a, Result<(), StoreError>> {
        (**self).finish(scope, key, attempt, outcome)
    }

    fn give_up<'a>(
        &'a self,
        scope: &'a str,
        key: &'a str,
        attempt: &'a Attempt,
    ) -> BoxFuture<'a, Result<(), StoreError>> {
        (**self).give_up(scope, key, attempt)
    }
}
