//! What `aws_lambda_events` does with WebSocket events (contract §2.3), which is why ours are read by hand; and
//! that it reads what the local gateway sends.
//!
//! These are facts about a published crate. When one changes, the contract is to be corrected.

use aws_lambda_events::apigw::{
    ApiGatewayCustomAuthorizerRequestTypeRequest, ApiGatewayCustomAuthorizerResponse,
    ApiGatewayProxyResponse, ApiGatewayWebsocketProxyRequest,
};
use lift_ws::auth::Principal;
use lift_ws::event::{Envelope, EventType};
use lift_ws::prelude::Allow;
use lift_ws::testing::TestEvent;
use lift_ws_local::core::{
    Action, Api, Gateway, HandshakeRequest, Input, Manifest, Moment, Outcome, SocketId,
};
use serde_json::{Value, json};

const CONNECT: &str = include_str!("../samples/connect.json");
const MESSAGE: &str = include_str!("../samples/message.json");
const DISCONNECT: &str = include_str!("../samples/disconnect.json");

type Request = ApiGatewayWebsocketProxyRequest;

fn sample(json: &str) -> Value {
    serde_json::from_str(json).unwrap()
}

/// The sample of MESSAGE with the value at this pointer changed, or taken out.
fn message_with(pointer: &str, value: Option<Value>) -> Result<Request, serde_json::Error> {
    let mut event = sample(MESSAGE);
    let (parent, key) = pointer.rsplit_once('/').unwrap();
    let members = event.pointer_mut(parent).unwrap().as_object_mut().unwrap();
    match value {
        Some(value) => members.insert(key.to_owned(), value),
        None => members.remove(key),
    };
    serde_json::from_value(event)
}

/// §2.3: "the three samples above; `headers`/query/`stageVariables`/`isBase64Encoded`/`authorizer` = null or
/// absent; old all-null identity | parse"
#[test]
fn the_samples_parse_with_parts_absent_or_null() {
    for json in [CONNECT, MESSAGE, DISCONNECT] {
        serde_json::from_str::<Request>(json).unwrap();
    }
    for pointer in [
        "/headers",
        "/multiValueHeaders",
        "/queryStringParameters",
        "/multiValueQueryStringParameters",
        "/stageVariables",
        "/isBase64Encoded",
        "/requestContext/authorizer",
    ] {
        message_with(pointer, None).unwrap();
        message_with(pointer, Some(Value::Null)).unwrap_or_else(|error| panic!("{pointer}: {error}"));
    }
    let old = json!({ "cognitoIdentityPoolId": null, "accountId": null, "userAgent": null, "sourceIp": "192.0.2.1" });
    message_with("/requestContext/identity", Some(old)).unwrap();
}

/// §2.3: "`identity` absent | parses (empty)"
#[test]
fn an_absent_identity_is_empty() {
    let request = message_with("/requestContext/identity", None).unwrap();
    assert_eq!(request.request_context.identity.source_ip, None);
}

/// §2.3: "`identity: null` | error"
#[test]
fn a_null_identity_is_an_error() {
    assert!(message_with("/requestContext/identity", Some(Value::Null)).is_err());
}

/// §2.3: "`connectedAt` or `requestTimeEpoch` missing, or given as a string | error"
#[test]
fn a_missing_or_textual_time_is_an_error() {
    for pointer in ["/requestContext/connectedAt", "/requestContext/requestTimeEpoch"] {
        assert!(message_with(pointer, None).is_err(), "{pointer}");
        assert!(message_with(pointer, Some(json!("1777976430100"))).is_err(), "{pointer}");
    }
}

/// §2.3: "`requestContext` missing | error"
#[test]
fn a_missing_request_context_is_an_error() {
    assert!(message_with("/requestContext", None).is_err());
}

/// §2.3: "`disconnectStatusCode` as a string | error"
#[test]
fn a_textual_disconnect_status_is_an_error() {
    assert!(message_with("/requestContext/disconnectStatusCode", Some(json!("1005"))).is_err());
    assert!(message_with("/requestContext/disconnectStatusCode", Some(json!(1005))).is_ok());
}

/// §2.3: "a header value with a control character | error for the whole event"
#[test]
fn a_control_character_in_a_header_is_an_error() {
    assert!(message_with("/headers", Some(json!({ "x-tag": "a\u{1}b" }))).is_err());
}

/// §2.3: "re-serialising a parsed MESSAGE | not faithful: emits many nulls, empty maps, `resource`,
/// `pathParameters`…"
#[test]
fn a_message_does_not_survive_the_round_trip() {
    let request: Request = serde_json::from_str(MESSAGE).unwrap();
    let again = serde_json::to_value(request).unwrap();
    assert_eq!(again["resource"], Value::Null);
    assert_eq!(again["pathParameters"], json!({}));
    assert_ne!(again, sample(MESSAGE));
}

/// §2.3: "`event_type`, `message_direction`, `route_key` are free strings, no enum"
#[test]
fn event_types_are_free_text() {
    let request = message_with("/requestContext/eventType", Some(json!("NONSENSE"))).unwrap();
    assert_eq!(request.request_context.event_type.as_deref(), Some("NONSENSE"));
}

/// §2.3: "`identity.principalOrgId`, `clientCert` and any unknown field are dropped unless feature
/// `catch-all-fields` is on"
#[test]
fn unknown_fields_are_dropped() {
    let identity = json!({ "sourceIp": "192.0.2.1", "principalOrgId": "o-1", "clientCert": {} });
    let request = message_with("/requestContext/identity", Some(identity)).unwrap();
    let again = serde_json::to_value(request).unwrap();
    let identity = again["requestContext"]["identity"].as_object().unwrap();
    assert!(!identity.contains_key("principalOrgId") && !identity.contains_key("clientCert"));
}

/// §2.3: "No WebSocket response type; `ApiGatewayProxyResponse` … `Default` serialises `statusCode: 0`"
#[test]
fn a_default_proxy_response_has_status_zero() {
    assert_eq!(serde_json::to_value(ApiGatewayProxyResponse::default()).unwrap()["statusCode"], 0);
}

/// §2.3: "`ApiGatewayCustomAuthorizerRequestTypeRequest` accepts a WebSocket authorizer event but its request
/// context has no connectionId, routeKey, eventType, connectedAt, domainName"
#[test]
fn an_authorizer_request_lacks_the_connection() {
    let mut event = sample(CONNECT);
    event["type"] = json!("REQUEST");
    event["methodArn"] = json!("arn:aws:execute-api:eu-central-1:123456789012:a1b2c3d4e5/prod/$connect");
    let request: ApiGatewayCustomAuthorizerRequestTypeRequest = serde_json::from_value(event).unwrap();
    let again = serde_json::to_value(request).unwrap();
    let context = again["requestContext"].as_object().unwrap();
    for key in ["connectionId", "routeKey", "eventType", "connectedAt", "domainName"] {
        assert!(!context.contains_key(key), "{key}");
    }
}

/// An authorizer's event and its result, in their types and ours.
#[test]
fn an_authorizers_event_and_result_are_read_by_both() {
    let event = TestEvent::authorize().query("token", "t").stage_variable("tier", "gold");
    let theirs: ApiGatewayCustomAuthorizerRequestTypeRequest =
        serde_json::from_slice(&event.to_bytes()).unwrap();
    assert_eq!(theirs.type_.as_deref(), Some("REQUEST"));
    assert_eq!(theirs.query_string_parameters.first("token"), Some("t"));
    assert_eq!(theirs.headers["connection"], "upgrade");
    let bytes = serde_json::to_vec(&theirs).unwrap();
    let mut scratch = String::new();
    let Ok(Envelope::Authorizer(ours)) = Envelope::parse(&bytes, &mut scratch) else {
        panic!("their request is no event of an authorizer to us")
    };
    assert_eq!(ours.method_arn(), theirs.method_arn.as_deref());
    assert_eq!((ours.api_id(), ours.stage(), ours.source_ip()), ("test", "test", "192.0.2.10"));

    let ann = Principal::of_user("ann").with_role("admin").with_expiry(1_767_225_600);
    let ours = Allow::new(&ann).context(json!({"plan": "gold", "n": 7, "on": true}));
    let ours = ours.to_policy(theirs.method_arn.as_deref().unwrap()).unwrap();
    let response: ApiGatewayCustomAuthorizerResponse = serde_json::from_value(ours.clone()).unwrap();
    assert_eq!(response.principal_id.as_deref(), Some("ann"));
    let statement = &response.policy_document.statement[0];
    assert_eq!(
        (&*statement.action[0], Some(&*statement.resource[0])),
        ("execute-api:Invoke", theirs.method_arn.as_deref())
    );
    let again = serde_json::to_value(response).unwrap();
    assert_eq!((&again["context"], &again["principalId"]), (&ours["context"], &ours["principalId"]));
}

/// The events of one connection to the local gateway: CONNECT, MESSAGE, DISCONNECT.
fn gateway_events() -> Vec<(EventType, Vec<u8>)> {
    let manifest = Manifest::parse(
        r#"{ "routes": [{ "routeKey": "$connect" }, { "routeKey": "$disconnect" }, { "routeKey": "$default" }] }"#,
    );
    let mut gateway = Gateway::new(Api::from_manifest(&manifest.unwrap()).unwrap(), 1);
    let mut actions = Vec::new();
    let now = Moment::from_millis(1_777_976_430_100);
    let mut request = HandshakeRequest::get("/dev?room=red&room=blue");
    request.headers.push(("User-Agent".into(), "ExampleBrowser/1.0".into()));
    gateway.handle(now, Input::Handshake { socket: SocketId(1), request }, &mut actions);
    let Some(Action::Invoke { invocation, connection, .. }) = actions.first().cloned() else {
        panic!("`$connect` is asked first, not {actions:?}");
    };
    let outcome = Outcome::Returned(r#"{"statusCode":200}"#.into());
    gateway.handle(now, Input::Invoked { invocation, outcome }, &mut actions);
    let text = "\"escaped\" \u{1F600}".to_owned();
    gateway.handle(now, Input::Message { connection: connection.clone(), text }, &mut actions);
    gateway.handle(now, Input::Closed { connection, code: None, reason: String::new() }, &mut actions);
    let events = actions.into_iter().filter_map(|action| match action {
        Action::Invoke { event, .. } => Some(event.to_vec()),
        _ => None,
    });
    [EventType::Connect, EventType::Message, EventType::Disconnect].into_iter().zip(events).collect()
}

/// The gateway's events are events to this crate and to ours.
#[test]
fn the_events_of_the_local_gateway_are_read_by_both() {
    let events = gateway_events();
    assert_eq!(events.len(), 3);
    for (event_type, bytes) in events {
        let request: Request = serde_json::from_slice(&bytes).unwrap();
        let mut scratch = String::new();
        let Ok(Envelope::WebSocket(event)) = Envelope::parse(&bytes, &mut scratch) else {
            panic!("{event_type:?} is no event to us")
        };
        assert_eq!(event.event_type(), event_type);
        let context = request.request_context;
        assert_eq!(context.connection_id.as_deref(), Some(event.connection_id()));
        assert_eq!(context.route_key.as_deref(), Some(event.route_key()));
        assert_eq!(request.body.as_deref().unwrap_or_default(), event.body());
    }
}
