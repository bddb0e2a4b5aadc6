//! Contract §4: what a handshake must have before its authorizer is asked.

use lift_ws_local::core::{HandshakeRequest, Verdict};
use serde_json::json;

use crate::support::{World, allowing, browser};

// §4: "Identity sources: … All must be present and non-empty, else the gateway answers 401 without calling the
// function"
#[test]
fn a_missing_or_empty_identity_source_is_401_and_the_function_is_not_called() {
    let refused = |source: &str, request: HandshakeRequest| {
        let mut world = World::guarded(&["context.connectionId", source]);
        world.handshake(request);
        if world.invoked().is_some() {
            return false;
        }
        assert_eq!(world.refused().unwrap().0, 401);
        let Verdict::Refused { status: 401, reason } = world.finished().verdict else { panic!("no reason") };
        assert!(
            reason.starts_with(&format!("the identity source `{source}` is missing or empty")),
            "{reason}"
        );
        assert_eq!(world.gateway.next_wakeup(), None);
        true
    };
    let with_header = |name: &str, value: &str| {
        let mut request = HandshakeRequest::get("/prod");
        request.headers.push((name.to_owned(), value.to_owned()));
        request
    };
    let (header, query) = ("route.request.header.Authorization", "route.request.querystring.token");
    assert!(refused(header, HandshakeRequest::get("/prod?Authorization=x")));
    assert!(refused(header, with_header("Authorization", "")));
    assert!(refused(query, with_header("token", "x")));
    for path in ["/prod", "/prod?token", "/prod?token=", "/prod?Token=x", "/prod?token=x&token="] {
        assert!(refused(query, HandshakeRequest::get(path)), "{path}");
    }
    // Names of headers have no case, and all that a function would see counts.
    assert!(!refused(header, with_header("aUTHORIZATION", "Bearer x")));
    assert!(!refused("route.request.header.host", HandshakeRequest::get("/prod")));
    assert!(!refused("route.request.header.upgrade", HandshakeRequest::get("/prod")));
    assert!(!refused(query, HandshakeRequest::get("/prod?token=&token=x")));
}

#[test]
fn stage_variables_and_the_context_can_be_identity_sources() {
    let asks = |source: &str, request: HandshakeRequest| {
        let manifest = json!({ "authorizer": { "identitySources": [source] } });
        let mut world = World::with_api(manifest, |api| {
            api.stage_variables.insert("tier".into(), "test".into());
            api.stage_variables.insert("none".into(), String::new());
        });
        world.handshake(request);
        world.invoked().is_some()
    };
    for source in ["stageVariables.tier", "context.stage", "context.connectedAt", "context.identity.sourceIp"]
    {
        assert!(asks(source, HandshakeRequest::get("/prod")), "{source}");
    }
    for source in ["stageVariables.none", "stageVariables.Tier", "context.nothing", "context.stage.deeper"] {
        assert!(!asks(source, HandshakeRequest::get("/prod")), "{source}");
    }
    let user_agent = "context.identity.userAgent";
    assert!(asks(user_agent, browser("/prod")) && !asks(user_agent, HandshakeRequest::get("/prod")));
}

// §4: "Token via Sec-WebSocket-Protocol …: identity source `route.request.header.Sec-WebSocket-Protocol`; the function
// must echo one offered value (the marker)"
#[test]
fn a_token_in_the_subprotocol_reaches_the_authorizer_and_connect_echoes_the_marker() {
    let mut world = World::guarded(&["route.request.header.Sec-WebSocket-Protocol"]);
    let mut request = HandshakeRequest::get("/prod");
    request.headers.push(("sec-websocket-protocol".into(), "app.v1, bearer.abc".into()));
    world.handshake(request);
    assert_eq!(world.event()["headers"]["sec-websocket-protocol"], "app.v1, bearer.abc");
    world.returns(&allowing("*"));
    world.returns(r#"{"statusCode":200,"headers":{"Sec-WebSocket-Protocol":"app.v1"}}"#);
    assert_eq!(world.accepted().unwrap().1.as_deref(), Some("app.v1"));
}
