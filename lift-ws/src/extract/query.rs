//! The query string of the handshake.

use super::rejection::QueryRejection;
use super::{AvailableOn, FromEvent};
use crate::fields::Fields;
use crate::{Scope, route};
use serde::Deserialize;

/// The query string of the handshake, as `T`. Values arrive as text and are read as numbers and booleans where
/// `T` says so; a name that stands several times fills a list, else the last one counts.
///
/// ```
/// use lift_ws::prelude::*;
///
/// #[derive(Deserialize)]
/// struct Join<'q> { #[serde(borrow)] name: Text<'q>, page: Option<u32> }
///
/// #[ws_route("$connect")]
/// async fn connect(Query(join): Query<Join<'_>>) -> Accept { Accept::new().user(join.name) }
/// ```
///
/// Of another shape, the handshake is refused with 400.
#[derive(Clone, Copy, Debug)]
pub struct Query<T>(pub T);

impl<'e, S, T: Deserialize<'e>> FromEvent<'e, S> for Query<T> {
    type Rejection = QueryRejection;
    fn from_event(scope: &'e Scope<'e, S>) -> Result<Self, QueryRejection> {
        let event = scope.event();
        let all =
            if event.multi_value_query().is_empty() { event.query() } else { event.multi_value_query() };
        T::deserialize(Fields::new(all)).map(Query).map_err(QueryRejection::new)
    }
}
impl<T> AvailableOn<route::Connect> for Query<T> {}
impl<T> AvailableOn<route::Authorize> for Query<T> {}
