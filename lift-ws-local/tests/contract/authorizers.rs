//! Contract §4: what an authorizer's outcome means for the handshake.

use lift_ws_local::core::{Api, SocketId};
use lift_ws_local::core::{EventType, HandshakeRequest, Input, Manifest, Moment, Outcome, Verdict};
use serde_json::{Value, json};

use crate::support::{World, allowing, browser, failed, frame_of, policy, returned, unavailable};

const ARN: &str = "arn:aws:execute-api:us-east-1:000000000000:a1b2c3d4e5/prod/$connect";

/// A gateway whose authorizer is being asked.
fn asked() -> World {
    let mut world = World::guarded(&[]);
    world.handshake(HandshakeRequest::get("/prod"));
    assert_eq!(world.event()["type"], "REQUEST");
    world
}

/// Status and verdict of a handshake whose authorizer ends like this.
fn refusal(outcome: Outcome) -> (u16, Verdict) {
    let mut world = asked();
    let event = world.event();
    world.finishes(outcome);
    assert!(world.invoked().is_none(), "`$connect` does not run");
    let (status, body) = world.refused().expect("refused");
    let message = match status {
        401 => "Unauthorized",
        403 => "Forbidden",
        _ => "Internal server error",
    };
    assert_eq!(body, frame_of(message, &event));
    let finished = world.finished();
    assert_eq!((finished.event_type, finished.route_key.as_str()), (EventType::Authorizer, "$connect"));
    assert_eq!(world.gateway.next_wakeup(), None);
    (status, finished.verdict)
}

fn reason(outcome: Outcome, expected: u16) -> String {
    match refusal(outcome) {
        (status, Verdict::Refused { status: told, reason }) => {
            assert_eq!((status, told), (expected, expected));
            reason
        }
        other => panic!("not refused by a verdict: {other:?}"),
    }
}

fn error(error_message: &str) -> Outcome {
    let message = format!("Error: {error_message}");
    Outcome::FunctionError { message, error_message: Some(error_message.to_owned()) }
}

// §4: "Allow policy covering `…/{stage}/$connect` | continues to `$connect` integration"
#[test]
fn an_allow_goes_on_to_connect_which_decides() {
    for resource in
        [ARN, "*", "arn:aws:execute-api:*:*:*/prod/$connect", "arn:aws:execute-api:*:*:a1b2c3d4e5/*"]
    {
        let mut world = asked();
        world.returns(&allowing(resource));
        assert_eq!(world.finished().verdict, Verdict::Authorized, "{resource}");
        assert!(world.accepted().is_none() && world.refused().is_none(), "the handshake still waits");
        assert_eq!(world.event()["requestContext"]["eventType"], "CONNECT");
        world.returns(r#"{"statusCode":200,"headers":{"Sec-WebSocket-Protocol":"v1"}}"#);
        assert_eq!(world.accepted().unwrap().1.as_deref(), Some("v1"));
    }
    let mut world = asked();
    world.returns(&allowing(ARN));
    world.returns(r#"{"statusCode":418}"#);
    assert_eq!(world.refused().unwrap().0, 418);
}

#[test]
fn without_a_connect_route_an_allow_opens_the_connection() {
    let mut world = World::with_manifest(json!({ "routes": [{ "routeKey": "say" }], "authorizer": {} }));
    world.handshake(HandshakeRequest::get("/prod"));
    world.returns(&allowing(ARN));
    let (connection, subprotocol) = world.accepted().expect("open");
    assert_eq!(subprotocol, None);
    world.message(&connection, r#"{"action":"say"}"#);
    assert_eq!(world.event()["requestContext"]["authorizer"]["principalId"], "user-42");
}

// §4: "Deny, or no statement matches | 403"; §3.2: "authorizer refuses | 401 or 403"
#[test]
fn a_deny_or_no_matching_statement_is_403() {
    let deny = json!({ "Effect": "Deny", "Action": "execute-api:Invoke", "Resource": ARN });
    assert_eq!(reason(returned(&policy(deny)), 403), format!("statement 1 of the policy denies `{ARN}`"));
    for (action, resource) in [
        ("execute-api:ManageConnections", ARN),
        ("execute-api:Invoke", "arn:aws:execute-api:us-east-1:000000000000:a1b2c3d4e5/prod/say"),
        ("execute-api:Invoke", "arn:aws:execute-api:us-east-1:000000000000:a1b2c3d4e5/dev/$connect"),
    ] {
        let statement = json!({ "Effect": "Allow", "Action": action, "Resource": resource });
        reason(returned(&policy(statement)), 403);
    }
    let nothing =
        json!({ "principalId": "x", "policyDocument": { "Version": "2012-10-17", "Statement": [] } });
    reason(returned(&nothing.to_string()), 403);
}

// §4: "Trap: a REST-style resource `…/{stage}/*/*` does not match `…/{stage}/$connect`"
#[test]
fn a_rest_resource_does_not_match_and_the_reason_says_so() {
    let resource = "arn:aws:execute-api:us-east-1:000000000000:a1b2c3d4e5/prod/*/*";
    assert_eq!(
        reason(returned(&allowing(resource)), 403),
        format!(
            "the policy's resource `{resource}` does not match `{ARN}`: one segment follows the stage, the route, and \
             no method; return the event's `methodArn` as the resource"
        )
    );
}

// §4: "error string exactly `Unauthorized` | 401"
#[test]
fn the_error_unauthorized_and_no_other_is_401() {
    reason(error("Unauthorized"), 401);
    for other in ["unauthorized", "Unauthorized.", "[401] Unauthorized", ""] {
        assert_eq!(refusal(error(other)).0, 500, "{other}");
    }
}

// §4: "any other error, or output that is not a policy (e.g. `{statusCode:401}`) | 500"
#[test]
fn any_other_error_or_output_is_500() {
    assert_eq!(
        refusal(failed()),
        (500, Verdict::FunctionError { message: "secret: the database said no".into() })
    );
    assert_eq!(refusal(unavailable()).0, 500);
    let nested =
        json!({ "principalId": "x", "policyDocument": { "Statement": [] }, "context": { "a": [1] } });
    for result in [
        r#"{"statusCode":401}"#,
        r#"{"statusCode":200}"#,
        r#"{"isAuthorized":true}"#,
        "null",
        "",
        "\"Unauthorized\"",
        r#"{"principalId":"x"}"#,
        r#"{"principalId":"x","policyDocument":"{}"}"#,
        &nested.to_string(),
    ] {
        let (status, verdict) = refusal(returned(result));
        assert!(status == 500 && matches!(verdict, Verdict::Malformed { .. }), "{result}: {verdict:?}");
    }
}

// §4: "Result size limit 8 KB"
#[test]
fn a_result_above_8_kb_is_500() {
    let result = |bytes: usize| {
        let mut result: Value = serde_json::from_str(&allowing(ARN)).unwrap();
        result["context"]["filler"] = "".into();
        let filler = bytes - result.to_string().len();
        result["context"]["filler"] = "x".repeat(filler).into();
        returned(&result.to_string())
    };
    let mut world = asked();
    world.finishes(result(8192));
    assert_eq!(world.finished().verdict, Verdict::Authorized);
    assert_eq!(refusal(result(8193)).0, 500);
}

// §4: "Timeout for WebSocket authorizers: U"; here the gateway waits as it does for integrations, and the
// function's own timeout is a function error.
#[test]
fn an_authorizer_that_does_not_answer_is_500() {
    let mut world = asked();
    let invoked = world.invoked().unwrap();
    let started = world.now;
    world.wait_for_wakeup();
    assert_eq!(world.now, started + 29_000);
    assert_eq!(world.refused(), Some((500, frame_of("Internal server error", &invoked.event))));
    let outcome = returned(&allowing(ARN));
    assert!(world.input(Input::Invoked { invocation: invoked.id, outcome }).is_empty(), "it is too late");
}

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

#[test]
fn what_is_no_handshake_with_this_stage_is_refused_before_the_authorizer() {
    let plain = HandshakeRequest { upgrade: false, ..HandshakeRequest::get("/prod") };
    for (request, expected) in [(plain, 426), (HandshakeRequest::get("/other"), 403)] {
        let mut world = World::guarded(&["route.request.header.Authorization"]);
        world.handshake(request);
        assert_eq!(world.refused().unwrap().0, expected);
    }
}

// §4: "Caching: none"
#[test]
fn every_handshake_is_asked_about() {
    let mut world = World::guarded(&[]);
    for _ in 0..3 {
        world.handshake(browser("/prod?token=x"));
        assert_eq!(world.event()["type"], "REQUEST");
        world.returns(&allowing(ARN));
        world.returns(r#"{"statusCode":200}"#);
        world.accepted().expect("open");
    }
}

// §4: "Evaluated only at `$connect`"; §1.1: "protects the whole API because every connection passes it"
#[test]
fn messages_are_not_asked_about() {
    let mut world = asked();
    world.returns(&allowing(ARN));
    world.returns(r#"{"statusCode":200}"#);
    let connection = world.accepted().unwrap().0;
    world.message(&connection, r#"{"action":"say"}"#);
    assert_eq!(world.route().as_deref(), Some("say"));
}

// §4: "later changes do not touch open connections"
#[test]
fn an_authorizer_that_comes_or_goes_does_not_touch_open_connections() {
    let of = |manifest: Value| {
        let mut api = Api::from_manifest(&Manifest::parse(&manifest.to_string()).unwrap()).unwrap();
        (api.api_id, api.stage) = ("a1b2c3d4e5".into(), "prod".into());
        api
    };
    let mut world = asked();
    world.returns(&allowing(ARN));
    world.returns(r#"{"statusCode":200}"#);
    let connection = world.accepted().unwrap().0;
    world.gateway.set_api(of(json!({ "routes": [{ "routeKey": "say" }] })));
    world.message(&connection, r#"{"action":"say"}"#);
    assert_eq!(
        world.event()["requestContext"]["authorizer"],
        json!({ "tenant": "t-7", "principalId": "user-42" })
    );
    let unguarded = world.connect();
    world.gateway.set_api(of(json!({ "routes": [{ "routeKey": "say" }], "authorizer": {} })));
    world.message(&unguarded, r#"{"action":"say"}"#);
    assert!(world.event()["requestContext"].get("authorizer").is_none());
}

#[test]
fn a_swap_during_the_authorizer_finishes_what_was_begun() {
    let mut world = asked();
    let manifest = json!({ "routes": [{ "routeKey": "$connect" }], "authorizer": {} });
    let mut api = Api::from_manifest(&Manifest::parse(&manifest.to_string()).unwrap()).unwrap();
    (api.api_id, api.stage) = ("a1b2c3d4e5".into(), "prod".into());
    let invocation = world.invoked().unwrap().id;
    world.gateway.set_api(api);
    world.input(Input::Invoked { invocation, outcome: returned(&allowing(ARN)) });
    world.returns(r#"{"statusCode":200}"#);
    world.accepted().expect("open");
}

#[test]
fn a_client_that_leaves_during_the_authorizer_is_gone_as_soon_as_it_is_accepted() {
    let mut world = World::guarded(&[]);
    let socket = world.handshake(HandshakeRequest::get("/prod"));
    let invocation = world.invoked().unwrap().id;
    assert!(world.input(Input::HandshakeAbandoned { socket }).is_empty());
    world.input(Input::Invoked { invocation, outcome: returned(&allowing(ARN)) });
    assert_eq!(world.event()["requestContext"]["eventType"], "CONNECT", "as on AWS, nobody noticed yet");
    world.returns(r#"{"statusCode":200}"#);
    assert!(world.accepted().is_none());
    assert_eq!(world.disconnected(), Some((1006, String::new())));
    assert_eq!(world.event()["requestContext"]["authorizer"]["principalId"], "user-42");
}

#[test]
fn a_client_that_leaves_and_is_refused_leaves_nothing() {
    for outcome in [returned("{}"), error("Unauthorized"), returned(&allowing("arn:aws:s3:::x"))] {
        let mut world = World::guarded(&[]);
        let socket = world.handshake(HandshakeRequest::get("/prod"));
        let invocation = world.invoked().unwrap().id;
        world.input(Input::HandshakeAbandoned { socket });
        world.input(Input::Invoked { invocation, outcome });
        assert!(world.refused().is_none() && world.invoked().is_none());
        assert_eq!(world.gateway.next_wakeup(), None);
    }
}

#[test]
fn a_client_that_leaves_between_authorizer_and_connect_is_told_as_gone() {
    let mut world = World::guarded(&[]);
    let socket = world.handshake(HandshakeRequest::get("/prod"));
    world.returns(&allowing(ARN));
    let invocation = world.invoked().unwrap().id;
    world.input(Input::HandshakeAbandoned { socket });
    world.input(Input::Invoked { invocation, outcome: returned(r#"{"statusCode":200}"#) });
    assert!(world.accepted().is_none());
    assert_eq!(world.disconnected(), Some((1006, String::new())));
}

#[test]
fn handshakes_at_once_do_not_mix_what_their_authorizers_said() {
    let mut world = World::guarded(&[]);
    let ask =
        |world: &mut World| (world.handshake(HandshakeRequest::get("/prod")), world.invoked().unwrap().id);
    let (ann, bob) = (ask(&mut world), ask(&mut world));
    let context = |world: &World| world.event()["requestContext"]["authorizer"]["principalId"].clone();
    let answer = |principal: &str| returned(&allowing("*").replace("user-42", principal));
    world.input(Input::Invoked { invocation: bob.1, outcome: answer("bob") });
    assert_eq!(context(&world), "bob");
    let bobs_connect = world.invoked().unwrap().id;
    world.input(Input::Invoked { invocation: ann.1, outcome: answer("ann") });
    assert_eq!(context(&world), "ann");
    world.returns(r#"{"statusCode":401}"#);
    assert_eq!(refused_socket(&world), Some(ann.0));
    world.input(Input::Invoked { invocation: bobs_connect, outcome: returned(r#"{"statusCode":200}"#) });
    let connection = world.accepted().unwrap().0;
    world.message(&connection, r#"{"action":"say"}"#);
    assert_eq!(context(&world), "bob");
}

fn refused_socket(world: &World) -> Option<SocketId> {
    world.actions.iter().find_map(|action| match action {
        lift_ws_local::core::Action::Refuse { socket, .. } => Some(*socket),
        _ => None,
    })
}

#[test]
fn a_connection_whose_authorizer_is_asked_is_not_there_for_posts_yet() {
    let mut world = asked();
    let connection = world.event()["requestContext"]["connectionId"].as_str().unwrap().into();
    assert_eq!(world.post(&connection, "x").status, 410);
}

// §6.1: the two hours start with the handshake, not with the authorizer's answer.
#[test]
fn the_time_that_an_authorizer_takes_is_part_of_the_connections() {
    let mut world = World::with_manifest(json!({ "authorizer": {} }));
    world.handshake(HandshakeRequest::get("/prod"));
    let began = world.now;
    let invocation = world.invoked().unwrap().id;
    world.now += 20_000;
    world.input(Input::Invoked { invocation, outcome: returned(&allowing(ARN)) });
    let connection = world.accepted().unwrap().0;
    let answer = world.manage("GET", &format!("/prod/@connections/{connection}"), b"").body;
    assert!(answer.contains(&Moment::from_millis(began).to_string()), "{answer}");
}
