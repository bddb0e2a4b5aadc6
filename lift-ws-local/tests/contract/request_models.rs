//! Contract §3.4: request models, which are JSON Schemas of draft 4.

use lift_ws_local::core::Verdict;
use serde_json::{Value, json};

use crate::support::World;

fn modelled(route: Value) -> Value {
    json!({
        "routes": [route, { "routeKey": "$default" }],
        "models": {
            "Say": {
                "$schema": "http://json-schema.org/draft-04/schema#",
                "type": "object",
                "properties": {
                    "text": { "type": "string", "maxLength": 5 },
                    // Draft 4 writes a boolean here, later drafts a number.
                    "count": { "type": "number", "minimum": 0, "exclusiveMinimum": true },
                },
                "required": ["action", "text"],
            },
            "Anything": {},
        },
    })
}

fn say() -> Value {
    json!({ "routeKey": "say", "requestModels": { "$default": "Say" } })
}

// §3.4: "request model validation failed | `message` = `Bad request body`, with `connectionId` and `messageId` | stays open"
#[test]
#[cfg(feature = "models")]
fn a_message_that_does_not_fit_its_model_is_a_bad_request() {
    for (message, reason) in [
        (r#"{"action":"say"}"#, "as a whole: \"text\" is a required property"),
        (r#"{"action":"say","text":7}"#, "at `/text`: 7 is not of type \"string\""),
        (r#"{"action":"say","text":"longer"}"#, "at `/text`: \"longer\" is longer than 5 characters"),
        (
            r#"{"action":"say","text":"x","count":0}"#,
            "at `/count`: 0 is less than or equal to the minimum of 0",
        ),
    ] {
        let mut world = World::with_manifest(modelled(say()));
        let connection = world.connect();
        world.message(&connection, message);
        assert!(world.invoked().is_none() && world.closed().is_none(), "{message}");
        let frame: Value = serde_json::from_str(world.sent()[0]).unwrap();
        let id = frame["messageId"].as_str().unwrap();
        assert_eq!(
            world.sent()[0],
            format!(
                r#"{{"message": "Bad request body", "connectionId":"{connection}", "messageId":"{id}"}}"#
            )
        );
        let Verdict::Refused { status: 400, reason: told } = world.finished().verdict else {
            panic!("{message}")
        };
        assert_eq!(told, format!("the message does not fit the model `Say`: {reason}"));
        world.message(&connection, r#"{"action":"say","text":"short","count":1}"#);
        assert_eq!(world.route().as_deref(), Some("say"));
        world.message(&connection, "x");
        assert_eq!(world.route().as_deref(), Some("$default"), "other routes have no model");
    }
}

// DG-val: the model selection expression chooses the model, and `$default` where none has its key.
#[test]
#[cfg(feature = "models")]
fn the_model_selection_expression_chooses_the_model() {
    let route = json!({
        "routeKey": "say",
        "modelSelectionExpression": "$request.body.kind",
        "requestModels": { "strict": "Say", "loose": "Anything" },
    });
    let mut world = World::with_manifest(modelled(route));
    let connection = world.connect();
    for (kind, fits) in [("strict", false), ("loose", true), ("other", true)] {
        world.message(&connection, &json!({ "action": "say", "kind": kind }).to_string());
        assert_eq!(world.invoked().is_some(), fits, "{kind}");
    }
}

// A message that is no JSON fits no model.
#[test]
#[cfg(feature = "models")]
fn text_that_is_not_json_is_a_bad_request_on_a_route_with_a_model() {
    let manifest = json!({
        "routes": [{ "routeKey": "$default", "requestModels": { "$default": "Anything" } }],
        "models": { "Anything": {} },
    });
    let mut world = World::with_manifest(manifest);
    let connection = world.connect();
    world.message(&connection, "hello");
    assert!(world.sent()[0].starts_with(r#"{"message": "Bad request body", "#));
}

#[test]
#[cfg(feature = "models")]
fn mistakes_about_models_say_what_to_write() {
    let problem = |route: Value| World::problem(modelled(route));
    assert_eq!(
        problem(json!({ "routeKey": "say", "requestModels": { "$default": "Sya" } })),
        "`requestModels` of the route `say`: the model `Sya` is not among `models`: write its JSON Schema there"
    );
    assert!(
        problem(json!({ "routeKey": "say", "modelSelectionExpression": "$", "requestModels": { "$default": "Say" } }))
            .starts_with("`modelSelectionExpression` of the route `say`: `$`, character 2: messages have no such variable")
    );
    assert_eq!(
        problem(json!({ "routeKey": "$connect", "requestModels": { "$default": "Say" } })),
        "`$connect` has `requestModels`, but no body: remove them"
    );
    let mut wrong = modelled(say());
    wrong["models"]["Say"]["type"] = "objekt".into();
    let problem = World::problem(wrong);
    assert!(problem.contains("the model `Say` is no JSON Schema of draft 4: "), "{problem}");
}

#[test]
#[cfg(not(feature = "models"))]
fn a_gateway_without_the_feature_says_so_instead_of_letting_everything_through() {
    let problem = World::problem(modelled(say()));
    assert!(problem.ends_with("this gateway was built without the feature `models`"), "{problem}");
}
