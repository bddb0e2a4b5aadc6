//! The message as JSON, or as it came.

use super::rejection::JsonRejection;
use super::{AvailableOn, FromEvent};
use crate::{Scope, route};
use serde::{Deserialize, Serialize};
use std::convert::Infallible;

/// The message, as JSON of the shape `T`; as a reply, `T` as JSON.
///
/// `T` may borrow from the message: [`Text<'m>`](super::Text) borrows where the JSON text has no escapes and owns
/// where it has, `&'m str` refuses text with escapes (serde's rule), so keep it for identifiers of your own making.
///
/// ```
/// use lift_ws::prelude::*;
///
/// #[derive(Deserialize)]
/// struct Say<'m> { #[serde(borrow)] text: Text<'m> }
///
/// #[ws_route("shout")]
/// async fn shout(Json(say): Json<Say<'_>>) -> Json<String> { Json(say.text.to_uppercase()) }
/// ```
///
/// A message that is no JSON or has another shape is refused with `invalid_json` or `invalid_message`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Json<T>(pub T);

impl<'e, S, T: Deserialize<'e>> FromEvent<'e, S> for Json<T> {
    type Rejection = JsonRejection;
    fn from_event(scope: &'e Scope<'e, S>) -> Result<Self, JsonRejection> {
        serde_json::from_str(scope.event().body()).map(Json).map_err(JsonRejection::new)
    }
}
impl<T> AvailableOn<route::Message> for Json<T> {}

impl<T: Serialize> Serialize for Json<T> {
    fn serialize<Z: serde::Serializer>(&self, to: Z) -> Result<Z::Ok, Z::Error> {
        self.0.serialize(to)
    }
}

/// The message as it came, JSON or not.
///
/// ```
/// use lift_ws::prelude::*;
///
/// #[ws_route("$default")]
/// async fn unknown(RawBody(body): RawBody<'_>) -> Reply {
///     Reply::error("unknown_action", format!("nothing here takes {} bytes", body.len()))
/// }
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RawBody<'e>(pub &'e str);

impl<'e, S> FromEvent<'e, S> for RawBody<'e> {
    type Rejection = Infallible;
    fn from_event(scope: &'e Scope<'e, S>) -> Result<Self, Infallible> {
        Ok(RawBody(scope.event().body()))
    }
}
impl AvailableOn<route::Message> for RawBody<'_> {}
