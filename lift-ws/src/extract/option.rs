//! Extractors that may be missing.

use super::{AvailableOn, FromEvent};
use crate::Scope;
use crate::route::Needs;
use std::convert::Infallible;

impl<'e, S, E: FromEvent<'e, S>> FromEvent<'e, S> for Option<E> {
    type Rejection = Infallible;
    fn from_event(scope: &'e Scope<'e, S>) -> Result<Self, Infallible> {
        Ok(E::from_event(scope).ok())
    }
}
impl<K, E: AvailableOn<K>> AvailableOn<K> for Option<E> {
    const NEEDS: Needs = E::NEEDS;
}

impl<'e, S, E: FromEvent<'e, S>> FromEvent<'e, S> for Result<E, E::Rejection> {
    type Rejection = Infallible;
    fn from_event(scope: &'e Scope<'e, S>) -> Result<Self, Infallible> {
        Ok(E::from_event(scope))
    }
}
impl<K, E: AvailableOn<K>, R> AvailableOn<K> for Result<E, R> {
    const NEEDS: Needs = E::NEEDS;
}
