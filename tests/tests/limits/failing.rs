//! A store of limits that cannot be reached.

use lift_ws::limit::{Attempt, Begun, LimitStore};
use lift_ws::store::{BoxFuture, StoreError, StoreErrorKind};

#[derive(Debug)]
pub(crate) enum Failing {
    /// It says so.
    AtOnce,
    /// It never answers.
    Silently,
}

impl Failing {
    fn answer<T: Send>(&self) -> BoxFuture<'_, Result<T, StoreError>> {
        Box::pin(async move {
            match self {
                Failing::AtOnce => Err(StoreError::new(StoreErrorKind::Unavailable).about("secret-table")),
                Failing::Silently => std::future::pending().await,
            }
        })
    }
}

impl LimitStore for Failing {
    fn count<'a>(
        &'a self,
        _: &'a str,
        _: &'a str,
        _: u64,
        _: u32,
        _: u64,
    ) -> BoxFuture<'a, Result<bool, StoreError>> {
        self.answer()
    }

    fn begin<'a>(
        &'a self,
        _: &'a str,
        _: &'a str,
        _: &'a Attempt,
    ) -> BoxFuture<'a, Result<Begun, StoreError>> {
        self.answer()
    }

    fn finish<'a>(
        &'a self,
        _: &'a str,
        _: &'a str,
        _: &'a Attempt,
        _: &'a str,
    ) -> BoxFuture<'a, Result<(), StoreError>> {
        self.answer()
    }

    fn give_up<'a>(
        &'a self,
        _: &'a str,
        _: &'a str,
        _: &'a Attempt,
    ) -> BoxFuture<'a, Result<(), StoreError>> {
        self.answer()
    }
}
