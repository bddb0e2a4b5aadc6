use lift_ws::extract::{Authorizer, Cookies, Deadline, Headers, RequestContext, SourceIp, StageVariables, Subprotocols, UserAgent};
use lift_ws::prelude::*;
use lift_ws::{AvailableOn, FromEvent, Invocation, Scope};
use std::convert::Infallible;

#[derive(Deserialize)]
struct Named<'q> {
    #[serde(borrow)]
    name: Text<'q>,
}

/// An extractor of ours, for messages alone.
struct Length(usize);
impl<'e, S> FromEvent<'e, S> for Length {
    type Rejection = Infallible;
    fn from_event(scope: &'e Scope<'e, S>) -> Result<Self, Infallible> {
        Ok(Length(scope.event().body().len()))
    }
}
impl AvailableOn<lift_ws::route::Message> for Length {}

#[ws_route("$connect")]
async fn connect(
    query: Option<Query<Named<'_>>>,
    _: Headers<'_>,
    _: Cookies<'_>,
    _: Subprotocols<'_>,
    _: UserAgent<'_>,
    _: Option<SourceIp<'_>>,
) {
    drop(query.map(|Query(named)| named.name.len()));
}

#[ws_route("say")]
async fn say(
    length: Length,
    again: Result<Length, Infallible>,
    _: Option<Json<Named<'_>>>,
    _: Option<Authorizer<Named<'_>>>,
    _: StageVariables<'_>,
    _: RequestContext<'_>,
    _: Deadline,
    _: Invocation<'_>,
    _: ConnectionId<'_>,
    _: &Event<'_>,
) -> Json<usize> {
    Json(length.0 + again.map_or(0, |length| length.0))
}

#[ws_route("$disconnect")]
async fn bye(_: DisconnectReason<'_>, _: Option<Connection<'_>>, _: Option<Connections>) {}

#[ws_app(routes = [connect, say, bye])]
struct All;

fn main() {
    assert_eq!(All::ROUTES.len(), 3);
}
