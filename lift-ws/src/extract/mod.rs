//! Extractors: what a handler or middleware may take as arguments.
//!
//! They are synchronous and borrow from the event and the state. What must be awaited (the stored record) is
//! loaded before, where the signature asks for it.
//!
//! | argument | authorizer | `$connect` | messages | `$disconnect` | what it is |
//! | --- | --- | --- | --- | --- | --- |
//! | [`Json<T>`], [`Text`], [`RawBody`] | | | ✓ | | the message |
//! | [`Query<T>`], [`Headers`], [`TypedHeader<T>`], [`Cookies`], [`Subprotocols`] | ✓ | ✓ | | | the handshake |
//! | [`DisconnectReason`] | | | | ✓ | close code and reason |
//! | [`State<T>`] | ✓ | ✓ | ✓ | ✓ | a part of the state |
//! | [`Provided<T>`](crate::provide::Provided) | | ✓ | ✓ | ✓ | a value from middleware |
//! | [`Connections`](crate::connection::Connections) | ✓ | ✓ | ✓ | ✓ | the handle for sending |
//! | [`Connection`](crate::connection::Connection) | | | ✓ | ✓ | the stored record |
//! | [`Identity`](crate::connection::Identity) | | | ✓ | ✓ | user and tenant, from the authorizer or the record |
//! | [`Principal`](crate::auth::Principal) | | | ✓ | ✓ | user, tenant, roles and expiry, from the record |
//! | [`Handshake`](crate::auth::Handshake) | ✓ | ✓ | | | tokens and the page's origin |
//! | [`Authorizer<T>`] | | ✓ | ✓ | ✓ | what the authorizer said |
//! | [`StageVariables`] | ✓ | ✓ | ✓ | ✓ | what the gateway adds |
//! | [`ConnectionId`], [`SourceIp`], [`UserAgent`], [`RequestContext`], [`Deadline`], [`Invocation`] | ✓ | ✓ | ✓ | ✓ | about the request |
//!
//! `Option<E>` gives `None`, and `Result<E, E::Rejection>` the rejection, where `E` alone would refuse the event.

mod authorizer;
mod body;
mod context;
mod cookies;
mod deadline;
mod disconnect_reason;
mod headers;
mod option;
mod pairs;
mod query;
mod rejection;
mod stage_variables;
mod state;
mod subprotocols;
mod text;
mod typed_header;

pub use authorizer::Authorizer;
pub use body::{Json, RawBody};
pub use context::{ConnectionId, RequestContext, SourceIp, UserAgent};
pub use cookies::Cookies;
pub use deadline::Deadline;
pub(crate) use deadline::integration_timeout;
pub use disconnect_reason::DisconnectReason;
pub use headers::Headers;
pub use query::Query;
pub use rejection::{
    AuthorizerRejection, ConnectionRejection, ConnectionsRejection, HeaderRejection, JsonRejection,
    QueryRejection, StageVariablesRejection, TextRejection,
};
pub use stage_variables::StageVariables;
pub use state::{FromRef, State};
pub use subprotocols::Subprotocols;
pub use text::Text;
pub use typed_header::{FromHeader, Origin, TypedHeader};

pub(crate) use pairs::Pairs;

use crate::event::Event;
use crate::route::Needs;
use crate::{IntoReply, Invocation, Scope};
use std::convert::Infallible;

/// An argument that can be made from an event and the app's state.
///
/// Implement it, and [`AvailableOn`], for extractors of your own:
///
/// ```
/// use lift_ws::prelude::*;
/// use lift_ws::{AvailableOn, FromEvent, Scope};
///
/// /// The client speaks the second version of our protocol.
/// struct Modern(bool);
///
/// impl<'e, S> FromEvent<'e, S> for Modern {
///     type Rejection = std::convert::Infallible;
///     fn from_event(scope: &'e Scope<'e, S>) -> Result<Self, Self::Rejection> {
///         Ok(Modern(scope.event().body().contains("\"v\":2")))
///     }
/// }
/// impl<K> AvailableOn<K> for Modern {}
///
/// #[ws_route("say")]
/// async fn say(Modern(modern): Modern) -> Json<bool> { Json(modern) }
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not an extractor for an app of state `{S}`",
    label = "cannot be extracted from a WebSocket event",
    note = "an argument must implement `FromEvent`: `Json<T>`, `State<T>`, `ConnectionId<'_>`, `Connections`, …"
)]
pub trait FromEvent<'e, S>: Sized {
    /// Why it could not be made; it becomes the reply.
    type Rejection: IntoReply;
    /// Makes it.
    ///
    /// # Errors
    /// If the event does not hold what it takes.
    fn from_event(scope: &'e Scope<'e, S>) -> Result<Self, Self::Rejection>;
}

/// On which kinds of event an extractor works, whatever the state, and what it needs there.
///
/// `K` is one of [`Connect`](crate::route::Connect), [`Message`](crate::route::Message),
/// [`Disconnect`](crate::route::Disconnect) and, for Lambda authorizers, [`Authorize`](crate::route::Authorize).
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not available on a `{K}` route",
    label = "this event does not hold what it is made from",
    note = "a body (`Json`, `Text`, `RawBody`) is in messages; headers, cookies and the query string are in `$connect`; the close code is in `$disconnect`",
    note = "what messages need from the handshake is stored at `$connect`: `Accept::new().user(…).attributes(…)`, then `Connection<'_>`",
    note = "an extractor of yours implements `FromEvent<'e, S>` and `AvailableOn<K>`"
)]
pub trait AvailableOn<K> {
    /// What it needs beyond the event.
    const NEEDS: Needs = Needs::NONE;
}

impl<'e, S> FromEvent<'e, S> for &'e Event<'e> {
    type Rejection = Infallible;
    fn from_event(scope: &'e Scope<'e, S>) -> Result<Self, Infallible> {
        Ok(scope.event())
    }
}
impl<K> AvailableOn<K> for &Event<'_> {}

impl<'e, S> FromEvent<'e, S> for Invocation<'e> {
    type Rejection = Infallible;
    fn from_event(scope: &'e Scope<'e, S>) -> Result<Self, Infallible> {
        Ok(scope.invocation())
    }
}
impl<K> AvailableOn<K> for Invocation<'_> {}
