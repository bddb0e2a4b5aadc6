//! Contract §2.1: which fields events have, and when.

use std::time::Duration;

use lift_ws_local::core::{HandshakeRequest, Moment};
use serde_json::{Value, json};

use crate::support::{START, World, browser, keys};

/// CONNECT, MESSAGE and DISCONNECT of one connection that was opened with this request.
fn three_events(world: &mut World, request: HandshakeRequest) -> [Value; 3] {
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

fn usual_events(path: &str) -> [Value; 3] {
    three_events(&mut World::usual(), browser(path))
}

fn each_context(events: [Value; 3]) -> [Value; 3] {
    events.map(|mut event| event["requestContext"].take())
}

// §2.1: "`headers`, `multiValueHeaders` | yes: client's upgrade headers plus `X-Amzn-Trace-Id`,
// `X-Forwarded-For/-Port/-Proto` | absent | yes but a stub"
#[test]
fn connect_has_headers_message_none_and_disconnect_a_stub() {
    let [connect, message, disconnect] = usual_events("/prod");
    for name in
        ["Sec-WebSocket-Key", "X-Amzn-Trace-Id", "X-Forwarded-For", "X-Forwarded-Port", "X-Forwarded-Proto"]
    {
        assert!(connect["headers"][name].is_string(), "{name}");
        assert_eq!(connect["multiValueHeaders"][name], json!([connect["headers"][name]]), "{name}");
    }
    assert_eq!(connect["headers"]["X-Forwarded-For"], "192.0.2.10");
    assert!(message.get("headers").is_none() && message.get("multiValueHeaders").is_none());
    assert_eq!(
        disconnect["headers"],
        json!({ "Host": "127.0.0.1:9000", "x-api-key": "", "X-Forwarded-For": "", "x-restapi": "" })
    );
    assert_eq!(
        disconnect["multiValueHeaders"],
        json!({ "Host": ["127.0.0.1:9000"], "x-api-key": [""], "X-Forwarded-For": [""], "x-restapi": [""] })
    );
}

// §2.1: "only when the URL has a query; otherwise the keys are absent | absent | absent … single map holds the
// last value"
#[test]
fn the_query_is_in_connect_alone_and_only_if_there_is_one() {
    let [connect, message, disconnect] = usual_events("/prod?room=red&room=blue&name=J%C3%B6rg+K&flag");
    assert_eq!(connect["queryStringParameters"], json!({ "room": "blue", "name": "Jörg K", "flag": "" }));
    assert_eq!(
        connect["multiValueQueryStringParameters"],
        json!({ "room": ["red", "blue"], "name": ["Jörg K"], "flag": [""] })
    );
    let [bare, ..] = usual_events("/prod");
    let [empty, ..] = usual_events("/prod?");
    for event in [message, disconnect, bare, empty] {
        assert!(event.get("queryStringParameters").is_none());
        assert!(event.get("multiValueQueryStringParameters").is_none());
    }
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

// §2.1: "With a custom domain, `domainName` is that domain and `stage` is still the real stage name"
#[test]
fn the_domain_name_is_the_one_that_is_set() {
    let routes = json!({ "routes": [{ "routeKey": "$connect" }] });
    let mut world = World::with_api(routes, |api| api.domain_name = "ws.example.org".into());
    world.handshake(HandshakeRequest::get("/prod"));
    let event = world.event();
    assert_eq!(event["requestContext"]["domainName"], "ws.example.org");
    assert_eq!(event["requestContext"]["stage"], "prod");
    // A client without a Host header (HTTP/1.0) gets one, and without a port the scheme's counts.
    assert_eq!(event["headers"]["Host"], "ws.example.org");
    assert_eq!(event["headers"]["X-Forwarded-Port"], "80");
}

// §2.1: "Behind CloudFront `identity.userAgent` is `Amazon CloudFront` and `sourceIp` is CloudFront's": identity
// is the last hop; what that claims of its own client is in `X-Forwarded-For`.
#[test]
fn a_proxy_is_the_identity_and_its_client_is_in_the_headers() {
    let mut world = World::usual();
    let mut request = browser("/prod");
    request.headers.retain(|(name, _)| name != "User-Agent");
    request.headers.push(("User-Agent".into(), "Amazon CloudFront".into()));
    request.headers.push(("X-Forwarded-For".into(), "198.51.100.7".into()));
    request.headers.push(("X-Forwarded-Proto".into(), "gopher".into()));
    world.handshake(request);
    let event = world.event();
    let identity = json!({ "userAgent": "Amazon CloudFront", "sourceIp": "192.0.2.10" });
    assert_eq!(event["requestContext"]["identity"], identity);
    assert_eq!(event["headers"]["X-Forwarded-For"], "198.51.100.7, 192.0.2.10");
    // What a client says of the port and the protocol is not believed.
    assert_eq!(event["multiValueHeaders"]["X-Forwarded-Proto"], json!(["http"]));
}

// §2.1: "Header names in CONNECT keep the case that the client sent … the gateway's own are mixed case.
// CONNECT's `Host` has the port"
#[test]
fn header_names_keep_their_case_and_are_one_whatever_the_case() {
    let mut world = World::usual();
    let mut request = HandshakeRequest::get("/prod");
    for (name, value) in
        [("hOST", "127.0.0.1:9000"), ("x-tag", "first"), ("X-TAG", "second"), ("cookie", "a=b")]
    {
        request.headers.push((name.into(), value.into()));
    }
    world.handshake(request);
    let event = world.event();
    assert_eq!(event["headers"]["hOST"], "127.0.0.1:9000");
    assert_eq!(event["headers"]["x-tag"], "second");
    assert_eq!(event["multiValueHeaders"]["x-tag"], json!(["first", "second"]));
    assert_eq!(
        keys(&event["headers"]),
        [
            "X-Amzn-Trace-Id",
            "X-Forwarded-For",
            "X-Forwarded-Port",
            "X-Forwarded-Proto",
            "cookie",
            "hOST",
            "x-tag"
        ]
    );
    // A client that traces nothing is given a trace of this second.
    let root = event["headers"]["X-Amzn-Trace-Id"].as_str().unwrap();
    assert!(root.starts_with(&format!("Root=1-{:08x}-", START / 1000)) && root.len() == 40, "{root}");
}

// §2.1: "The integration event omits hop-by-hop `Connection`, `Upgrade`, `content-length`"
#[test]
fn hop_by_hop_headers_are_omitted() {
    let [connect, ..] = usual_events("/prod");
    for map in ["headers", "multiValueHeaders"] {
        for name in keys(&connect[map]) {
            let name = name.to_ascii_lowercase();
            assert!(!["connection", "upgrade", "content-length"].contains(&name.as_str()), "{name}");
        }
    }
}

// §2.1: "`sourceIp` may be IPv6"
#[test]
fn the_source_ip_may_be_ipv6() {
    let mut world = World::usual();
    let mut request = HandshakeRequest::get("/prod");
    request.source_ip = "2001:db8::7".parse().unwrap();
    world.handshake(request);
    let event = world.event();
    assert_eq!(event["requestContext"]["identity"]["sourceIp"], "2001:db8::7");
    assert_eq!(event["headers"]["X-Forwarded-For"], "2001:db8::7");
}

// §2.2: the samples, whose keys stand in this order. `X-Forwarded-Port` and `-Proto` say what is true at home,
// and `domainName` and `Host` have the port.
#[test]
fn connect_has_the_bytes_of_the_sample() {
    let mut world = World::usual();
    world.handshake(browser("/prod?room=red&room=blue"));
    let invoked = world.invoked().unwrap();
    let id = |name: &str| invoked.event["requestContext"][name].as_str().unwrap().to_owned();
    let expected = r#"{"headers":{"Host":"127.0.0.1:9000","Origin":"https://app.example.org","Sec-WebSocket-Extensions":"permessage-deflate; client_max_window_bits","Sec-WebSocket-Key":"c2FtcGxlLWtleS0wMDAwMQ==","Sec-WebSocket-Protocol":"demo.v1","Sec-WebSocket-Version":"13","User-Agent":"ExampleBrowser/1.0","X-Amzn-Trace-Id":"Root=1-6a000000-0123456789abcdef01234567","X-Forwarded-For":"192.0.2.10","X-Forwarded-Port":"9000","X-Forwarded-Proto":"http"},"multiValueHeaders":{"Host":["127.0.0.1:9000"],"Origin":["https://app.example.org"],"Sec-WebSocket-Extensions":["permessage-deflate; client_max_window_bits"],"Sec-WebSocket-Key":["c2FtcGxlLWtleS0wMDAwMQ=="],"Sec-WebSocket-Protocol":["demo.v1"],"Sec-WebSocket-Version":["13"],"User-Agent":["ExampleBrowser/1.0"],"X-Amzn-Trace-Id":["Root=1-6a000000-0123456789abcdef01234567"],"X-Forwarded-For":["192.0.2.10"],"X-Forwarded-Port":["9000"],"X-Forwarded-Proto":["http"]},"queryStringParameters":{"room":"blue"},"multiValueQueryStringParameters":{"room":["red","blue"]},"requestContext":{"routeKey":"$connect","eventType":"CONNECT","extendedRequestId":"REQUEST","requestTime":"05/May/2026:10:20:30 +0000","messageDirection":"IN","stage":"prod","connectedAt":1777976430100,"requestTimeEpoch":1777976430100,"identity":{"userAgent":"ExampleBrowser/1.0","sourceIp":"192.0.2.10"},"requestId":"REQUEST","domainName":"127.0.0.1:9000","connectionId":"CONNECTION","apiId":"a1b2c3d4e5"},"isBase64Encoded":false}"#;
    let expected = expected.replace("REQUEST", &id("requestId")).replace("CONNECTION", &id("connectionId"));
    assert_eq!(invoked.bytes, expected);
}

#[test]
fn message_has_the_bytes_of_the_sample() {
    let mut world = World::usual();
    let connection = world.connect_with(browser("/prod"));
    world.wait(Duration::from_millis(11_150));
    world.message(&connection, r#"{"action":"say","room":"blue"}"#);
    let invoked = world.invoked().unwrap();
    let id = |name: &str| invoked.event["requestContext"][name].as_str().unwrap().to_owned();
    let expected = r#"{"requestContext":{"routeKey":"say","messageId":"MSG","eventType":"MESSAGE","extendedRequestId":"REQUEST","requestTime":"05/May/2026:10:20:41 +0000","messageDirection":"IN","stage":"prod","connectedAt":1777976430100,"requestTimeEpoch":1777976441250,"identity":{"userAgent":"ExampleBrowser/1.0","sourceIp":"192.0.2.10"},"requestId":"REQUEST","domainName":"127.0.0.1:9000","connectionId":"CONNECTION","apiId":"a1b2c3d4e5"},"body":"{\"action\":\"say\",\"room\":\"blue\"}","isBase64Encoded":false}"#;
    let expected = expected
        .replace("REQUEST", &id("requestId"))
        .replace("CONNECTION", connection.as_str())
        .replace("MSG", &id("messageId"));
    assert_eq!(invoked.bytes, expected);
}

#[test]
fn disconnect_has_the_bytes_of_the_sample() {
    let mut world = World::usual();
    let connection = world.connect_with(browser("/prod"));
    world.now = Moment::from_millis(1_777_977_062_007).as_millis();
    // The connection would be idle by then without a message.
    world.now -= 500_000;
    world.post(&connection, "still here");
    world.now += 500_000;
    world.close(&connection, None, "");
    let invoked = world.invoked().unwrap();
    let request = invoked.event["requestContext"]["requestId"].as_str().unwrap();
    let expected = r#"{"headers":{"Host":"127.0.0.1:9000","x-api-key":"","X-Forwarded-For":"","x-restapi":""},"multiValueHeaders":{"Host":["127.0.0.1:9000"],"x-api-key":[""],"X-Forwarded-For":[""],"x-restapi":[""]},"requestContext":{"routeKey":"$disconnect","disconnectStatusCode":1005,"eventType":"DISCONNECT","extendedRequestId":"REQUEST","requestTime":"05/May/2026:10:31:02 +0000","messageDirection":"IN","disconnectReason":"Client-side close frame status not set","stage":"prod","connectedAt":1777976430100,"requestTimeEpoch":1777977062007,"identity":{"userAgent":"ExampleBrowser/1.0","sourceIp":"192.0.2.10"},"requestId":"REQUEST","domainName":"127.0.0.1:9000","connectionId":"CONNECTION","apiId":"a1b2c3d4e5"},"isBase64Encoded":false}"#;
    let expected = expected.replace("REQUEST", request).replace("CONNECTION", connection.as_str());
    assert_eq!(invoked.bytes, expected);
}
