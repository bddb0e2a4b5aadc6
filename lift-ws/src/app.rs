//! What `#[ws_app]` implements.

use crate::authorizer::{AuthorizerInfo, Verdict};
use crate::event::{Event, OtherEvent, OtherSource};
use crate::job::{JobInfo, JobScope};
use crate::route::{Needs, RouteInfo};
use crate::{Error, Reply, Scope};

/// An app: its routes, its middleware, its state's type. [`#[ws_app]`](macro@crate::ws_app) implements it.
///
/// ```
/// use lift_ws::prelude::*;
///
/// #[ws_route("ping")]
/// async fn ping() -> Json<&'static str> { Json("pong") }
///
/// #[ws_app(routes = [ping])]
/// struct Echo;
///
/// assert_eq!(Echo::routes()[0].key, "ping");
/// assert!(Echo::routes()[0].two_way);
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not an app",
    label = "not annotated as an app",
    note = "annotate the struct with `#[ws_app(state = …, routes = […])]`"
)]
pub trait App: Sized + 'static {
    /// What handlers take parts of by [`State`](crate::extract::State).
    type State: Send + Sync + 'static;
    /// The struct's name.
    const NAME: &'static str;
    /// How the gateway finds the route key of a message, such as `$request.body.action` (contract §1.2).
    const ROUTE_SELECTION_EXPRESSION: &'static str;
    /// What any of the routes needs.
    const NEEDS: Needs;
    /// The paths of the app's middleware, outermost first.
    const MIDDLEWARE: &'static [&'static str];

    /// The routes, in the order of the list.
    fn routes() -> &'static [RouteInfo];

    /// The index of the event's route; `u16::MAX`, beyond all, if it has none.
    fn find(event: &Event<'_>) -> usize;

    /// Runs the app's middleware, and in it the route that `scope` names.
    fn dispatch<'e>(scope: &'e Scope<'e, Self::State>) -> impl Future<Output = Reply> + Send;

    /// Does the app take the events of its queue itself: for jobs, and for broadcasts that were handed over?
    const QUEUE: bool = false;
    /// The Lambda authorizer that the same function is, if it is one.
    const AUTHORIZER: Option<AuthorizerInfo> = None;
    /// Is there a function for payloads that are no WebSocket events?
    const HAS_OTHER: bool = false;

    /// The jobs, in the order of the list.
    fn jobs() -> &'static [JobInfo] {
        &[]
    }

    /// Runs the job with this index.
    fn run_job<'e>(
        _index: usize,
        scope: &'e JobScope<'e, Self::State>,
    ) -> impl Future<Output = Result<(), Error>> + Send {
        std::future::ready(Err(Error::internal(format!("there is no job `{}`", scope.name()))))
    }

    /// Decides on a handshake, if there is an authorizer.
    fn authorize<'e>(_scope: &'e Scope<'e, Self::State>) -> impl Future<Output = Verdict> + Send {
        std::future::ready(Verdict::failed("there is no authorizer"))
    }

    /// What to do with a payload that is no WebSocket event; `#[ws_app(other = …)]` names a function.
    fn other<'e>(
        event: OtherEvent<'e>,
        _state: &'e Self::State,
    ) -> impl Future<Output = Result<serde_json::Value, Error>> + Send {
        std::future::ready(Err(refuse(event.source())))
    }
}

fn refuse(source: OtherSource<'_>) -> Error {
    let what = match source {
        OtherSource::Authorizer => "an event for a Lambda authorizer".to_owned(),
        OtherSource::Records(source) => format!("records of `{source}`"),
        OtherSource::Unknown => "a payload without `requestContext.eventType`".to_owned(),
    };
    let argument = if source == OtherSource::Authorizer { "authorizer" } else { "other" };
    Error::internal(format!(
        "the function was given {what}, not an event of a WebSocket API; to take it, name a function in `#[ws_app({argument} = …)]`"
    ))
}

/// The reply to an event without a route. A gateway without a `$default` route answers by itself, so a message
/// gets here only if the gateway knows a route that the binary does not.
#[doc(hidden)]
pub fn unrouted<S>(scope: &Scope<'_, S>) -> Reply {
    use crate::event::EventType;
    match scope.event().event_type() {
        EventType::Connect | EventType::Disconnect => Reply::ok(),
        EventType::Message => Reply::error("no_route", "there is no route for this message").with_status(404),
    }
}

/// The union of the needs of `routes`, for `#[ws_app]`.
#[doc(hidden)]
pub const fn needs_of(routes: &[RouteInfo]) -> Needs {
    let (mut needs, mut i) = (Needs::NONE, 0);
    while i < routes.len() {
        needs = needs.and(routes[i].needs);
        i += 1;
    }
    needs
}
