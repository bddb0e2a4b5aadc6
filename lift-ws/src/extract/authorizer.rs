//! What the Lambda authorizer said.

use super::rejection::AuthorizerRejection;
use super::{AvailableOn, FromEvent};
use crate::Scope;
use crate::fields::Fields;
use crate::route::Kind;
use serde::Deserialize;

/// What the Lambda authorizer returned, as `T`: `principalId` and each context value, on every event of the
/// connection (contract §4); [`Allow::context`](crate::authorizer::Allow::context) writes it. Numbers and booleans may arrive as such or as text: both are read.
///
/// ```
/// use lift_ws::prelude::*;
/// use lift_ws::extract::Authorizer;
///
/// #[derive(Deserialize)]
/// #[serde(rename_all = "camelCase")]
/// struct Who<'e> { #[serde(borrow)] principal_id: Text<'e>, level: Option<u8> }
///
/// #[ws_route("whoami")]
/// async fn whoami(Authorizer(who): Authorizer<Who<'_>>) -> Json<String> { Json(who.principal_id.into_owned()) }
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Authorizer<T>(pub T);

impl<'e, S, T: Deserialize<'e>> FromEvent<'e, S> for Authorizer<T> {
    type Rejection = AuthorizerRejection;
    fn from_event(scope: &'e Scope<'e, S>) -> Result<Self, AuthorizerRejection> {
        let json = scope.event().authorizer_json().ok_or_else(AuthorizerRejection::absent)?;
        T::deserialize(Fields::new(json)).map(Authorizer).map_err(AuthorizerRejection::new)
    }
}
impl<K: Kind, T> AvailableOn<K> for Authorizer<T> {}
