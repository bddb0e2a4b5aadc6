//! Contract §2.1: which fields events have, and when.

use std::time::Duration;

use lift_ws_local::core::HandshakeRequest;
use serde_json::{Value, json};

use crate::support::{START, World, browser, keys};

/// CONNECT, MESSAGE and DISCONNECT of one connection that was opened with this request.
pub(crate) fn three_events(world: &mut World, request: HandshakeRequest) -> [Value; 3] {
    world.handshake(request);
    let connect = world.event();
    world.returns(r#"{"statusCode":200}"#);
    let connection = world.accepted().unwrap().0;
    world.wait(Duration::from_millis(11_150));
    world.message(&connection, r#"{"action":"say"}"#);
    let message = world.event();
    world.wait(Duration::from_millis(500));
    world.close(&connection, None, "");
    [connect, message, world.event()]
}

pub(crate) fn usual_events(path: &str) -> [Value; 3] {
    three_events(&mut World::usual(), browser(path))
}

fn each_context(events: [Value; 3]) -> [Value; 3] {
    events.map(|mut event| event["requestContext"].take())
}

// §2.1: "`stageVariables` | absent in every sample without stage variables; object when the stage has some"
#[test]
fn stage_variables_are_there_if_the_stage_has_some() {
    for event in usual_events("/prod") {
        assert!(event.get("stageVariables").is_none());
    }
    let routes = json!({ "routes": [
        { "routeKey": "$connect" }, { "routeKey": "$disconnect" }, { "routeKey": "say" },
    ]});
    let mut world = World::with_api(routes, |api| {
        api.stage_variables.insert("tier".into(), "test".into());
    });
    for event in three_events(&mut world, browser("/prod")) {
        assert_eq!(event["stageVariables"], json!({ "tier": "test" }));
    }
}

// §2.1: "`pathParameters`, `path`, `httpMethod`, `resource` | never | never | never"; "`.status`, `.error`,
// `.integrationLatency`, `.accountId`, `.resourceId`, `.resourcePath`, `.httpMethod` | not seen"
#[test]
fn nothing_of_http_apis_is_there() {
    let [connect, message, disconnect] = usual_events("/prod?a=b");
    assert_eq!(
        keys(&connect),
        [
            "headers",
            "isBase64Encoded",
            "multiValueHeaders",
            "multiValueQueryStringParameters",
            "queryStringParameters",
            "requestContext",
        ]
    );
    assert_eq!(keys(&message), ["body", "isBase64Encoded", "requestContext"]);
    assert_eq!(keys(&disconnect), ["headers", "isBase64Encoded", "multiValueHeaders", "requestContext"]);
}

#[test]
fn the_request_context_has_no_other_keys() {
    let common = [
        "apiId",
        "connectedAt",
        "connectionId",
        "domainName",
        "eventType",
        "extendedRequestId",
        "identity",
        "messageDirection",
        "requestId",
        "requestTime",
        "requestTimeEpoch",
        "routeKey",
        "stage",
    ];
    let [connect, message, disconnect] = each_context(usual_events("/prod"));
    assert_eq!(keys(&connect), common);
    let with = |more: &[&'static str]| {
        let mut all = [&common[..], more].concat();
        all.sort_unstable();
        all
    };
    assert_eq!(keys(&message), with(&["messageId"]));
    assert_eq!(keys(&disconnect), with(&["disconnectReason", "disconnectStatusCode"]));
}

// §2.1: "`body` | absent | string, exactly the client's text message (reassembled) | absent"
#[test]
fn the_body_is_the_text_of_the_message() {
    let [connect, message, disconnect] = usual_events("/prod");
    assert!(connect.get("body").is_none() && disconnect.get("body").is_none());
    assert_eq!(message["body"], r#"{"action":"say"}"#);
    let mut world = World::usual();
    let connection = world.connect();
    let text = "{\"action\": \"say\",\n\t\"text\": \"\\u00e9 é \u{1F600} \u{7f}\"}";
    world.message(&connection, text);
    assert_eq!(world.event()["body"], text);
}

// §2.1: "`isBase64Encoded` | `false` | `false` | `false`"
#[test]
fn nothing_is_base64_encoded() {
    for event in usual_events("/prod") {
        assert_eq!(event["isBase64Encoded"], false);
    }
}

// §2.1: "`requestContext.routeKey` | `$connect` | chosen key | `$disconnect`"
#[test]
fn each_event_names_its_route_key() {
    let route_keys = each_context(usual_events("/prod")).map(|mut context| context["routeKey"].take());
    assert_eq!(route_keys, ["$connect", "say", "$disconnect"].map(Value::from));
}

// §2.1: "`.eventType` | `CONNECT` | `MESSAGE` | `DISCONNECT`"
#[test]
fn each_event_names_its_type() {
    let types = each_context(usual_events("/prod")).map(|mut context| context["eventType"].take());
    assert_eq!(types, ["CONNECT", "MESSAGE", "DISCONNECT"].map(Value::from));
}

// §2.1: "`.messageId` | absent | yes | absent"
#[test]
fn messages_alone_have_a_message_id() {
    let [connect, message, disconnect] = each_context(usual_events("/prod"));
    assert!(connect.get("messageId").is_none() && disconnect.get("messageId").is_none());
    let id = message["messageId"].as_str().unwrap();
    assert_eq!((id.len(), id.ends_with('=')), (16, true));
    assert_ne!(message["messageId"], message["requestId"]);
}

// §2.1: "`.messageDirection` | `IN` | `IN` | `IN`"
#[test]
fn the_direction_is_always_in() {
    for context in each_context(usual_events("/prod")) {
        assert_eq!(context["messageDirection"], "IN");
    }
}

// §2.1: "`.connectionId`, `.apiId`, `.stage`, `.domainName` | yes | yes | yes"
#[test]
fn each_event_names_connection_api_stage_and_domain() {
    let contexts = each_context(usual_events("/prod"));
    for context in &contexts {
        assert_eq!(context["connectionId"], contexts[0]["connectionId"]);
        assert_eq!(context["connectionId"].as_str().unwrap().len(), 16);
        assert_eq!(context["apiId"], "a1b2c3d4e5");
        assert_eq!(context["stage"], "prod");
        assert_eq!(context["domainName"], "127.0.0.1:9000");
    }
}

// §2.1: "`.connectedAt` (number, epoch ms, constant for the connection)"
#[test]
fn connected_at_is_constant_for_the_connection() {
    for context in each_context(usual_events("/prod")) {
        assert_eq!(context["connectedAt"], START);
    }
}

// §2.1: "`.requestTimeEpoch` (number, epoch ms; 0-2 ms after connectedAt on CONNECT)"
#[test]
fn the_request_time_in_milliseconds_is_that_of_the_event() {
    let times = each_context(usual_events("/prod")).map(|mut context| context["requestTimeEpoch"].take());
    assert_eq!(times, [START, START + 11_150, START + 11_650].map(Value::from));
}

// §2.1: "`.requestTime` (`dd/MMM/yyyy:HH:mm:ss +0000`)"
#[test]
fn the_request_time_is_in_the_format_of_logs() {
    let times = each_context(usual_events("/prod")).map(|mut context| context["requestTime"].take());
    assert_eq!(
        times,
        ["05/May/2026:10:20:30 +0000", "05/May/2026:10:20:41 +0000", "05/May/2026:10:20:41 +0000"]
            .map(Value::from)
    );
}

// §2.1: "`.requestId`, `.extendedRequestId` (always equal)"
#[test]
fn request_ids_differ_between_events_and_equal_the_extended_ones() {
    let contexts = each_context(usual_events("/prod"));
    for context in &contexts {
        assert_eq!(context["requestId"], context["extendedRequestId"]);
        assert_eq!(context["requestId"].as_str().unwrap().len(), 16);
    }
    assert_ne!(contexts[0]["requestId"], contexts[1]["requestId"]);
    assert_ne!(contexts[1]["requestId"], contexts[2]["requestId"]);
}

// §2.1: "`.identity.sourceIp` | yes | yes | yes"
#[test]
fn the_source_ip_is_on_every_event() {
    for context in each_context(usual_events("/prod")) {
        assert_eq!(context["identity"]["sourceIp"], "192.0.2.10");
    }
}

// §2.1: "`.identity.userAgent` | only if the client sent User-Agent | same, remembered | same, remembered"
#[test]
fn the_user_agent_is_remembered_if_one_was_sent() {
    for context in each_context(usual_events("/prod")) {
        assert_eq!(context["identity"]["userAgent"], "ExampleBrowser/1.0");
    }
    for context in each_context(three_events(&mut World::usual(), HandshakeRequest::get("/prod"))) {
        assert!(context["identity"].get("userAgent").is_none());
    }
}

// §2.1: "`.identity.apiKey`, `.apiKeyId` | when an API key is required"; "`.identity.accountId/caller/…` | with
// IAM auth"; "Shape history: … since 2022 null keys are dropped". This API requires neither.
#[test]
fn the_identity_has_neither_keys_nor_nulls_without_authentication() {
    for context in each_context(usual_events("/prod")) {
        assert_eq!(keys(&context["identity"]), ["sourceIp", "userAgent"]);
    }
}

// §2.1: "`.authorizer.*` | with a Lambda authorizer". This API has none.
#[test]
fn without_authorizer_there_is_no_authorizer_context() {
    for context in each_context(usual_events("/prod")) {
        assert!(context.get("authorizer").is_none());
    }
}

// §2.1: "`.disconnectStatusCode` (number), `.disconnectReason` (string, may be `""`) | absent | absent | yes"
#[test]
fn disconnect_alone_tells_how_it_ended() {
    let [connect, message, disconnect] = each_context(usual_events("/prod"));
    for context in [connect, message] {
        assert!(context.get("disconnectStatusCode").is_none() && context.get("disconnectReason").is_none());
    }
    assert_eq!(disconnect["disconnectStatusCode"], 1005);
    assert_eq!(disconnect["disconnectReason"], "Client-side close frame status not set");
}
