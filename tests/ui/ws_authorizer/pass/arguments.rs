use lift_ws::auth::{AuthError, Handshake, Principal};
use lift_ws::extract::Origin;
use lift_ws::prelude::*;

#[derive(Clone)]
struct Keys;

#[derive(Clone, FromRef)]
struct AppState {
    keys: Keys,
}

#[derive(Deserialize)]
struct Shown<'q> {
    #[serde(borrow)]
    token: Text<'q>,
}

#[derive(Serialize)]
struct Extra<'e> {
    plan: &'e str,
}

#[ws_authorizer(
    identity_sources = [
        "route.request.header.Sec-WebSocket-Protocol",
        "route.request.querystring.token",
        "stageVariables.tier",
        "context.identity.sourceIp",
    ],
)]
async fn authorize<'e>(
    State(keys): State<Keys>,
    handshake: Handshake<'e>,
    headers: Headers<'_>,
    origin: Option<TypedHeader<Origin<'_>>>,
    Query(shown): Query<Shown<'e>>,
    cookies: Cookies<'_>,
    offered: Subprotocols<'_>,
    stage: Option<StageVariables<'_>>,
    conns: Connections,
    id: ConnectionId<'_>,
    address: SourceIp<'_>,
    agent: UserAgent<'_>,
    context: RequestContext<'_>,
    deadline: Deadline,
    lambda: lift_ws::Invocation<'_>,
    event: &Event<'_>,
) -> Result<Allow<Extra<'static>>, AuthError> {
    let _ = (keys, handshake, headers, origin, cookies, offered, stage, conns, id);
    let _ = (address, agent, context.connected_at(), deadline.remaining(), lambda.request_id);
    assert!(event.method_arn().is_some());
    Ok(Allow::new(&Principal::of_user(shown.token.into_owned())).context(Extra { plan: "gold" }))
}

#[ws_app(state = AppState, authorizer = authorize)]
struct Door;

fn main() {
    let authorizer = Door::AUTHORIZER.unwrap();
    assert_eq!(authorizer.identity_sources.len(), 4);
    assert!(authorizer.needs.has(lift_ws::route::Needs::CONNECTIONS));
    assert!(Door::NEEDS.has(lift_ws::route::Needs::CONNECTIONS));
}
