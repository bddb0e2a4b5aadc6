//! Contract §3.2, §4: API keys.

use lift_ws_local::core::{HandshakeRequest, Verdict};
use serde_json::{Value, json};

use crate::events::three_events;
use crate::support::{World, keys};

fn keyed(more: Value) -> World {
    let mut manifest = json!({
        "routes": [
            { "routeKey": "$connect", "apiKeyRequired": true },
            { "routeKey": "$disconnect" },
            { "routeKey": "say" },
        ],
        "apiKeys": [
            { "id": "key-of-ann", "value": "secret" },
            { "value": "old", "enabled": false },
        ],
    });
    for (key, value) in more.as_object().unwrap() {
        manifest[key] = value.clone();
    }
    World::with_manifest(manifest)
}

fn showing(key: Option<&str>) -> HandshakeRequest {
    let mut request = HandshakeRequest::get("/prod");
    request.headers.extend(key.map(|key| ("X-Api-Key".to_owned(), key.to_owned())));
    request
}

fn refusal(world: &World) -> String {
    let (status, body) = world.refused().expect("refused");
    assert_eq!((status, body.starts_with(r#"{"message": "Forbidden", "#)), (403, true));
    match world.finished().verdict {
        Verdict::Refused { status: 403, reason } => reason,
        other => panic!("not refused: {other:?}"),
    }
}

// §3.2: "API key missing or invalid | 403"; §4: "key read from `$request.header.x-api-key`"
#[test]
fn a_missing_or_invalid_api_key_is_403_and_the_function_is_not_called() {
    for (key, expected) in [
        (None, "`$connect` asks for an API key, and the header `x-api-key` has none"),
        (Some(""), "`$connect` asks for an API key, and the header `x-api-key` has none"),
        (Some("Secret"), "the API key in the header `x-api-key` is none of `apiKeys`"),
        (Some("old"), "the API key `key2` is not enabled"),
    ] {
        let mut world = keyed(json!({}));
        world.handshake(showing(key));
        assert!(world.invoked().is_none());
        assert_eq!(refusal(&world), expected);
    }
    let mut world = keyed(json!({}));
    world.connect_with(showing(Some("secret")));
}

// §2.1: "`.identity.apiKey`, `.apiKeyId` | when an API key is required"
#[test]
fn the_identity_names_the_key_that_was_required() {
    for event in three_events(&mut keyed(json!({})), showing(Some("secret"))) {
        let identity = &event["requestContext"]["identity"];
        assert_eq!((&identity["apiKey"], &identity["apiKeyId"]), (&json!("secret"), &json!("key-of-ann")));
        assert_eq!(keys(identity), ["apiKey", "apiKeyId", "sourceIp"]);
    }
    // A key that nobody asked for is but a header.
    for event in three_events(&mut World::usual(), showing(Some("secret"))) {
        assert_eq!(keys(&event["requestContext"]["identity"]), ["sourceIp"]);
    }
}

fn allowing(usage_key: Value) -> String {
    json!({
        "principalId": "user-42",
        "policyDocument": { "Statement": { "Effect": "Allow", "Action": "*", "Resource": "*" } },
        "usageIdentifierKey": usage_key,
    })
    .to_string()
}

// §4: "or from `$context.authorizer.usageIdentifierKey` …- the second is the only one usable from browsers"
#[test]
fn the_key_may_come_from_the_authorizer() {
    let by_authorizer = || {
        keyed(json!({
            "authorizer": {}, "apiKeySelectionExpression": "$context.authorizer.usageIdentifierKey",
        }))
    };
    let mut world = by_authorizer();
    world.handshake(showing(None));
    world.returns(&allowing(json!("secret")));
    assert_eq!(world.event()["requestContext"]["identity"]["apiKeyId"], "key-of-ann");
    for (usage_key, expected) in [
        (
            json!(null),
            "`$connect` asks for an API key, and `usageIdentifierKey` of the authorizer's result has none",
        ),
        (
            json!("other"),
            "the API key in `usageIdentifierKey` of the authorizer's result is none of `apiKeys`",
        ),
    ] {
        let mut world = by_authorizer();
        // A key in the header does not help.
        world.handshake(showing(Some("secret")));
        world.returns(&allowing(usage_key));
        assert!(world.invoked().is_none());
        let (status, _) = world.refused().expect("refused");
        assert_eq!(status, 403);
        let reasons = format!("{:?}", world.actions);
        assert!(reasons.contains(expected), "{reasons}");
    }
    let mut world = by_authorizer();
    world.handshake(showing(None));
    world.returns(&allowing(json!(7)));
    assert_eq!(world.refused().unwrap().0, 500, "a result that is none");
}

#[test]
fn mistakes_about_keys_say_what_to_write() {
    let problem = |manifest: Value| World::problem(manifest);
    assert!(
        problem(json!({ "apiKeySelectionExpression": "$request.querystring.key" }))
            .ends_with("write `$request.header.x-api-key` or `$context.authorizer.usageIdentifierKey`")
    );
    assert!(
        problem(json!({ "routes": [{ "routeKey": "say", "apiKeyRequired": true }] }))
            .ends_with("write \"apiKeyRequired\" on `$connect`, which protects every route")
    );
    assert!(
        problem(json!({
            "routes": [{ "routeKey": "$connect", "apiKeyRequired": true }],
            "apiKeySelectionExpression": "${context.authorizer.usageIdentifierKey}",
        }))
        .contains("and there is none: add \"authorizer\": {}, or write \"$request.header.x-api-key\"")
    );
    assert!(
        problem(json!({ "apiKeys": [{ "id": "x" }] }))
            .starts_with("`apiKeys` of the manifest: missing field `value`: write \"apiKeys\": [{\"id\"")
    );
}
