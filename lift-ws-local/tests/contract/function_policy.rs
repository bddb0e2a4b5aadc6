//! Contract §4: the function's resource policy names the API and the route.

use lift_ws_local::core::{HandshakeRequest, Verdict};
use serde_json::{Value, json};

use crate::support::{World, frame_of};

/// An API whose function may be called for these sources.
fn permitted(sources: &[&str], more: Value) -> World {
    let statement = |source: &&str| {
        json!({
            "Effect": "Allow",
            "Principal": { "Service": "apigateway.amazonaws.com" },
            "Action": "lambda:InvokeFunction",
            "Condition": { "ArnLike": { "AWS:SourceArn": source } },
        })
    };
    let statements: Vec<Value> = sources.iter().map(statement).collect();
    let mut manifest = json!({
        "routes": [{ "routeKey": "$connect" }, { "routeKey": "$disconnect" }, { "routeKey": "say" }],
        "functionPolicy": { "Version": "2012-10-17", "Statement": statements },
    });
    for (key, value) in more.as_object().unwrap() {
        manifest[key] = value.clone();
    }
    World::with_manifest(manifest)
}

const CONNECT: &str = "arn:aws:execute-api:us-east-1:000000000000:a1b2c3d4e5/prod/$connect";
const ALL: &str = "arn:aws:execute-api:us-east-1:000000000000:a1b2c3d4e5/*";

// §4: "Lambda resource policy: principal `apigateway.amazonaws.com`, source ARN `…:{apiId}/{stage}/$connect`"
#[test]
fn a_route_that_the_functions_policy_does_not_name_cannot_be_called() {
    let mut world = permitted(&[CONNECT], json!({}));
    let connection = world.connect();
    // §3.4: "bad permissions … | Internal server error | stays open"
    world.message(&connection, r#"{"action":"say"}"#);
    assert!(world.invoked().is_none() && world.closed().is_none());
    assert!(world.sent()[0].starts_with(r#"{"message": "Internal server error", "connectionId":""#));
    match world.finished().verdict {
        Verdict::Unavailable { message } => assert_eq!(
            message,
            "API Gateway may not call the function: its policy allows apigateway.amazonaws.com nothing for the source \
             `arn:aws:execute-api:us-east-1:000000000000:a1b2c3d4e5/prod/say`; add that to `functionPolicy`, and on AWS \
             with `aws lambda add-permission`"
        ),
        other => panic!("{other:?}"),
    }
    world.close(&connection, None, "");
    assert!(world.invoked().is_none());
    assert_eq!(world.gateway.next_wakeup(), None);
}

#[test]
fn a_connect_that_cannot_be_called_is_502() {
    let mut world = permitted(&["arn:aws:execute-api:*:*:other/*"], json!({}));
    world.handshake(HandshakeRequest::get("/prod"));
    let (status, body) = world.refused().expect("refused at once");
    assert_eq!((status, body.starts_with(r#"{"message": "Internal server error", "#)), (502, true));
    assert_eq!(world.gateway.next_wakeup(), None);
}

#[test]
fn an_authorizer_needs_a_permission_of_its_own() {
    let mut world = permitted(&[CONNECT], json!({ "authorizer": {} }));
    world.handshake(HandshakeRequest::get("/prod"));
    assert_eq!(world.refused().expect("refused").0, 500);
    let mut world = permitted(&[ALL], json!({ "authorizer": {} }));
    world.handshake(HandshakeRequest::get("/prod"));
    assert_eq!(world.event()["type"], "REQUEST");
}

#[test]
fn what_the_policy_allows_is_called_as_without_one() {
    let mut world = permitted(&[ALL], json!({}));
    let connection = world.connect();
    world.message(&connection, r#"{"action":"say"}"#);
    let frame = frame_of("Internal server error", &world.event());
    world.returns("null");
    assert_eq!(world.sent(), [frame]);
}

#[test]
fn a_policy_that_is_none_is_told() {
    let problem = World::problem(json!({ "functionPolicy": { "Statement": [{ "Effect": "Allow" }] } }));
    assert_eq!(
        problem,
        "`functionPolicy` of the manifest: statement 1 of the policy: there is no `Principal`"
    );
}
