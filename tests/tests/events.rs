//! Reading events: the contract's samples (§2.2), what may be missing or null (§2.1), and everything else.

use aws_lambda_events::apigw::ApiGatewayWebsocketProxyRequest;
use lift_ws::event::{Envelope, Event, EventType, to_bytes};
use proptest::prelude::*;
use serde_json::{Value, json};

const CONNECT: &str = include_str!("../samples/connect.json");
const MESSAGE: &str = include_str!("../samples/message.json");
const DISCONNECT: &str = include_str!("../samples/disconnect.json");

/// Reads an event and hands it to `check`.
fn with_event<R>(bytes: &[u8], check: impl FnOnce(Event<'_>) -> R) -> R {
    let mut scratch = String::new();
    match Envelope::parse(bytes, &mut scratch) {
        Ok(Envelope::WebSocket(event)) => check(event),
        other => panic!("not an event: {other:?}"),
    }
}

fn sample(json: &str) -> Value {
    serde_json::from_str(json).unwrap()
}

/// §2.2, the sample of CONNECT.
#[test]
fn the_connect_sample_is_read() {
    with_event(CONNECT.as_bytes(), |event| {
        assert_eq!(event.event_type(), EventType::Connect);
        assert_eq!(event.route_key(), "$connect");
        assert_eq!(event.connection_id(), "AbCdEdXyZ_wCQr0=");
        assert_eq!(event.request_id(), "AbCdEFgHiJkFlmN=");
        assert_eq!((event.api_id(), event.stage()), ("a1b2c3d4e5", "prod"));
        assert_eq!(event.domain_name(), "a1b2c3d4e5.execute-api.eu-central-1.amazonaws.com");
        assert_eq!((event.connected_at(), event.request_time_epoch()), (1777976430100, 1777976430101));
        assert_eq!((event.source_ip(), event.user_agent()), ("192.0.2.10", Some("ExampleBrowser/1.0")));
        assert_eq!((event.message_id(), event.body(), event.is_base64_encoded()), (None, "", false));
        assert!(event.authorizer_json().unwrap().contains("user-42"));
    });
}

/// §2.2, the sample of MESSAGE.
#[test]
fn the_message_sample_is_read() {
    with_event(MESSAGE.as_bytes(), |event| {
        assert_eq!((event.event_type(), event.route_key()), (EventType::Message, "join"));
        assert_eq!(event.message_id(), Some("AbCdKcXyZ_wCQr0="));
        assert_eq!(event.body(), r#"{"action":"join","room":"blue"}"#);
    });
}

/// §2.2, the sample of DISCONNECT.
#[test]
fn the_disconnect_sample_is_read() {
    with_event(DISCONNECT.as_bytes(), |event| {
        assert_eq!((event.event_type(), event.route_key()), (EventType::Disconnect, "$disconnect"));
        assert_eq!(event.disconnect_status_code(), Some(1005));
        assert_eq!(event.disconnect_reason(), "Client-side close frame status not set");
    });
}

/// §2.3: their types and ours hold the same, both ways, for every sample.
#[test]
fn every_sample_converts_to_and_from_aws_lambda_events() {
    for json in [CONNECT, MESSAGE, DISCONNECT] {
        let theirs: ApiGatewayWebsocketProxyRequest = serde_json::from_str(json).unwrap();
        with_event(json.as_bytes(), |ours| {
            let converted = ApiGatewayWebsocketProxyRequest::try_from(&ours).unwrap();
            let (mut expected, converted) = (theirs.clone(), converted);
            // what no handler asks for is not kept
            expected.request_context.extended_request_id = None;
            expected.request_context.request_time = None;
            expected.request_context.message_direction = None;
            assert_eq!(converted, expected);
            let back = to_bytes(&theirs).unwrap();
            with_event(&back, |back| {
                assert_eq!(format!("{back:?}"), format!("{ours:?}"));
                assert_eq!((back.body(), back.message_id()), (ours.body(), ours.message_id()));
                assert_eq!(back.disconnect_status_code(), ours.disconnect_status_code());
                assert_eq!((back.source_ip(), back.user_agent()), (ours.source_ip(), ours.user_agent()));
            });
        });
    }
}

/// §2.1: "deserializers must take both absent and null" (and unknown fields, and the old all-null identity).
#[test]
fn every_field_may_be_absent_or_null_but_those_that_make_an_event() {
    let needed = ["requestContext", "eventType", "connectionId", "routeKey"];
    for json in [CONNECT, MESSAGE, DISCONNECT] {
        let names: Vec<String> = paths(&sample(json), String::new());
        for path in names.iter().filter(|path| !needed.iter().any(|name| path.ends_with(&format!("/{name}"))))
        {
            for change in [None, Some(Value::Null)] {
                let mut event = sample(json);
                let (parent, name) = path.rsplit_once('/').unwrap();
                let parent = event.pointer_mut(parent).unwrap().as_object_mut().unwrap();
                match change.clone() {
                    None => drop(parent.remove(name)),
                    Some(null) => drop(parent.insert(name.to_owned(), null)),
                }
                with_event(event.to_string().as_bytes(), |event| assert!(!event.connection_id().is_empty()));
            }
        }
    }
}

/// The JSON pointers of all members of objects (names with `/` or `~` do not occur).
fn paths(value: &Value, at: String) -> Vec<String> {
    let Value::Object(members) = value else { return Vec::new() };
    let below = |(name, value)| {
        let here = format!("{at}/{name}");
        let mut all = paths(value, here.clone());
        all.push(here);
        all
    };
    members.iter().flat_map(below).collect()
}

/// §2.1, shape history: until 2021 `identity` listed every key with `null`.
#[test]
fn the_old_identity_of_nulls_is_read() {
    let mut event = sample(MESSAGE);
    event["requestContext"]["identity"] = json!({"cognitoIdentityPoolId": null, "userArn": null, "userAgent": null, "sourceIp": "192.0.2.1", "user": null});
    with_event(event.to_string().as_bytes(), |event| {
        assert_eq!((event.user_agent(), event.source_ip()), (None, "192.0.2.1"))
    });
}

/// §2.3: numbers may arrive as text elsewhere; a time that is none is no reason to refuse an event.
#[test]
fn numbers_may_be_text() {
    let mut event = sample(DISCONNECT);
    event["requestContext"]["connectedAt"] = json!("17");
    event["requestContext"]["disconnectStatusCode"] = json!("1001");
    event["requestContext"]["requestTimeEpoch"] = json!("soon");
    with_event(event.to_string().as_bytes(), |event| {
        assert_eq!(
            (event.connected_at(), event.disconnect_status_code(), event.request_time_epoch()),
            (17, Some(1001), 0)
        );
    });
}

fn refusal(bytes: &[u8]) -> String {
    let mut scratch = String::new();
    match Envelope::parse(bytes, &mut scratch) {
        Err(error) => error.to_string(),
        Ok(envelope) => panic!("it was read: {envelope:?}"),
    }
}

#[test]
fn what_is_no_event_is_refused_with_what_and_where() {
    assert_eq!(refusal(b""), "malformed event: the event is empty at byte 0");
    assert_eq!(refusal(b"[]"), "malformed event: expected an object at byte 0");
    assert_eq!(refusal(b"{} {}"), "malformed event: text after the event at byte 3");
    assert_eq!(refusal(b"{\"a\":\"\xff\"}"), "malformed event: not UTF-8 at byte 6");
    assert_eq!(refusal(br#"{"body":"\ud800"}"#), "malformed event: lone surrogate at byte 11");
    let deep = format!(r#"{{"x":{}1{}}}"#, "[".repeat(200), "]".repeat(200));
    assert!(refusal(deep.as_bytes()).contains("nested too deep"));
    let mut event = sample(MESSAGE);
    event["requestContext"].as_object_mut().unwrap().remove("connectionId");
    assert!(refusal(event.to_string().as_bytes()).contains("`requestContext.connectionId` is missing"));
}

fn source(json: &Value) -> String {
    let bytes = json.to_string();
    let mut scratch = String::new();
    match Envelope::parse(bytes.as_bytes(), &mut scratch) {
        Ok(Envelope::Other(other)) => format!("{:?}", other.source()),
        other => panic!("not another payload: {other:?}"),
    }
}

/// §4: an authorizer's event has a request context like CONNECT's; it must never run `$connect`.
#[test]
fn an_authorizer_event_is_no_connect() {
    let mut event = sample(CONNECT);
    event["type"] = json!("REQUEST");
    event["methodArn"] = json!("arn:aws:execute-api:eu-central-1:123456789012:a1b2c3d4e5/prod/$connect");
    let bytes = event.to_string();
    let mut scratch = String::new();
    let Ok(Envelope::Authorizer(asked)) = Envelope::parse(bytes.as_bytes(), &mut scratch) else {
        panic!("no event of an authorizer")
    };
    assert_eq!(asked.method_arn(), event["methodArn"].as_str());
    assert_eq!((asked.event_type(), asked.route_key()), (EventType::Connect, "$connect"));
    event["methodArn"] = json!(["arn"]);
    assert!(matches!(
        Envelope::parse(event.to_string().as_bytes(), &mut scratch),
        Ok(Envelope::WebSocket(_))
    ));
}

#[test]
fn records_name_their_source() {
    assert_eq!(
        source(&json!({"Records": [{"messageId": "m", "eventSource": "aws:sqs"}, {}]})),
        r#"Records("aws:sqs")"#
    );
    assert_eq!(source(&json!({"Records": []})), r#"Records("")"#);
    assert_eq!(source(&json!({"hello": 1})), "Unknown");
    assert_eq!(source(&json!({"requestContext": 7})), "Unknown");
}

/// The reader agrees with serde_json about text: escapes, surrogates, cuts.
fn text_agrees(literal: &str) {
    let bytes = format!(
        r#"{{"requestContext":{{"eventType":"MESSAGE","routeKey":"r","connectionId":"c"}},"body":{literal}}}"#
    );
    let theirs: Result<String, _> = serde_json::from_str(literal);
    let mut scratch = String::new();
    match (Envelope::parse(bytes.as_bytes(), &mut scratch), theirs) {
        (Ok(Envelope::WebSocket(event)), Ok(text)) => assert_eq!(event.body(), text),
        (Err(_), Err(_)) => {}
        (ours, theirs) => panic!("{literal}: ours {ours:?}, serde_json's {theirs:?}"),
    }
}

proptest! {
    #[test]
    fn any_bytes_are_read_or_refused(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
        let mut scratch = String::new();
        let _ = Envelope::parse(&bytes, &mut scratch);
    }

    #[test]
    fn a_sample_with_a_few_bytes_changed_is_read_or_refused(
        which in 0..3usize,
        changes in proptest::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..6),
        cut in any::<prop::sample::Index>(),
    ) {
        let mut bytes = [CONNECT, MESSAGE, DISCONNECT][which].as_bytes().to_vec();
        for (at, byte) in changes {
            let at = at.index(bytes.len());
            bytes[at] = byte;
        }
        let mut scratch = String::new();
        let _ = Envelope::parse(&bytes, &mut scratch);
        let _ = Envelope::parse(&bytes[..cut.index(bytes.len())], &mut scratch);
    }

    #[test]
    fn any_text_is_read_as_serde_json_reads_it(text in any::<String>()) {
        text_agrees(&serde_json::to_string(&text).unwrap());
    }

    #[test]
    fn any_escape_is_read_as_serde_json_reads_it(inner in r#"([a-z]|\\(["\\/bfnrtu]|u[0-9a-fA-F]{4}|ud[89ab][0-9a-f]{2}\\ud[c-f][0-9a-f]{2})){0,8}"#) {
        text_agrees(&format!("\"{inner}\""));
    }
}
