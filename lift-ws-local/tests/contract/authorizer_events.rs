//! Contract §4 and §2: the authorizer's event, and what it leaves in all later ones.

use std::time::Duration;

use lift_ws_local::core::HandshakeRequest;
use serde_json::{Value, json};

use crate::support::{START, World, allowing, browser, keys};

fn id(event: &Value, name: &str) -> String {
    event["requestContext"][name].as_str().unwrap().to_owned()
}

// §4: "event payload: `type: "REQUEST"`, `methodArn` …", with the sample's header order of DG-auth. `X-Forwarded-Port`
// and `-Proto` say what is true at home, and `domainName` and `Host` have the port.
#[test]
fn the_authorizers_event_has_the_bytes_of_the_sample() {
    let mut world = World::guarded(&["route.request.querystring.room"]);
    world.handshake(browser("/prod?room=red&room=blue"));
    let invoked = world.invoked().unwrap();
    let expected = r#"{"type":"REQUEST","methodArn":"arn:aws:execute-api:us-east-1:000000000000:a1b2c3d4e5/prod/$connect","headers":{"Connection":"upgrade","content-length":"0","Host":"127.0.0.1:9000","Origin":"https://app.example.org","Sec-WebSocket-Extensions":"permessage-deflate; client_max_window_bits","Sec-WebSocket-Key":"c2FtcGxlLWtleS0wMDAwMQ==","Sec-WebSocket-Protocol":"demo.v1","Sec-WebSocket-Version":"13","Upgrade":"websocket","User-Agent":"ExampleBrowser/1.0","X-Amzn-Trace-Id":"Root=1-6a000000-0123456789abcdef01234567","X-Forwarded-For":"192.0.2.10","X-Forwarded-Port":"9000","X-Forwarded-Proto":"http"},"multiValueHeaders":{"Connection":["upgrade"],"content-length":["0"],"Host":["127.0.0.1:9000"],"Origin":["https://app.example.org"],"Sec-WebSocket-Extensions":["permessage-deflate; client_max_window_bits"],"Sec-WebSocket-Key":["c2FtcGxlLWtleS0wMDAwMQ=="],"Sec-WebSocket-Protocol":["demo.v1"],"Sec-WebSocket-Version":["13"],"Upgrade":["websocket"],"User-Agent":["ExampleBrowser/1.0"],"X-Amzn-Trace-Id":["Root=1-6a000000-0123456789abcdef01234567"],"X-Forwarded-For":["192.0.2.10"],"X-Forwarded-Port":["9000"],"X-Forwarded-Proto":["http"]},"queryStringParameters":{"room":"blue"},"multiValueQueryStringParameters":{"room":["red","blue"]},"stageVariables":{},"requestContext":{"routeKey":"$connect","eventType":"CONNECT","extendedRequestId":"REQUEST","requestTime":"05/May/2026:10:20:30 +0000","messageDirection":"IN","stage":"prod","connectedAt":1777976430100,"requestTimeEpoch":1777976430100,"identity":{"userAgent":"ExampleBrowser/1.0","sourceIp":"192.0.2.10"},"requestId":"ID","domainName":"127.0.0.1:9000","connectionId":"CONNECTION","apiId":"a1b2c3d4e5"}}"#;
    let expected = expected
        .replace(
            r#""extendedRequestId":"REQUEST""#,
            &format!(r#""extendedRequestId":"{}""#, id(&invoked.event, "requestId")),
        )
        .replace(r#""requestId":"ID""#, &format!(r#""requestId":"{}""#, id(&invoked.event, "requestId")))
        .replace("CONNECTION", &id(&invoked.event, "connectionId"));
    assert_eq!(invoked.bytes, expected);
    assert_eq!(invoked.deadline, START + 29_000);
}

// §4: "all three present as `{}` when empty, unlike CONNECT"; "no `isBase64Encoded`"; "No `pathParameters`"
#[test]
fn empty_maps_are_there_and_nothing_of_other_events_is() {
    let mut world = World::guarded(&[]);
    world.handshake(HandshakeRequest::get("/prod"));
    let event = world.event();
    for map in ["queryStringParameters", "multiValueQueryStringParameters", "stageVariables"] {
        assert_eq!(event[map], json!({}), "{map}");
    }
    let expected = [
        "headers",
        "methodArn",
        "multiValueHeaders",
        "multiValueQueryStringParameters",
        "queryStringParameters",
        "requestContext",
        "stageVariables",
        "type",
    ];
    assert_eq!(keys(&event), expected);
}

#[test]
fn stage_variables_and_headers_of_several_values_are_told() {
    let routes = json!({ "routes": [{ "routeKey": "$connect" }], "authorizer": {} });
    let mut world = World::with_api(routes, |api| {
        api.stage_variables.insert("tier".into(), "test".into());
    });
    let mut request = HandshakeRequest::get("/prod");
    for (name, value) in
        [("X-One", "a"), ("x-one", "b"), ("Connection", "keep-alive, Upgrade"), ("UPGRADE", "WebSocket")]
    {
        request.headers.push((name.into(), value.into()));
    }
    world.handshake(request);
    let event = world.event();
    assert_eq!(event["stageVariables"], json!({ "tier": "test" }));
    assert_eq!(event["multiValueHeaders"]["X-One"], json!(["a", "b"]));
    assert_eq!(event["headers"]["X-One"], "b");
    // In the gateway's own words, once, as AWS has them.
    assert_eq!(
        (&event["headers"]["Connection"], &event["headers"]["Upgrade"]),
        (&json!("upgrade"), &json!("websocket"))
    );
    assert!(event["headers"].get("UPGRADE").is_none());
}

// §4: "`requestContext` like CONNECT's"; both events tell of one request.
#[test]
fn connect_has_the_same_request_as_the_authorizer_and_not_its_headers() {
    let mut world = World::guarded(&[]);
    let mut request = browser("/prod?room=red");
    request.headers.retain(|(name, _)| name != "X-Amzn-Trace-Id");
    world.handshake(request);
    let (asked, invocation) = (world.event(), world.invoked().unwrap().id);
    world.wait(Duration::from_millis(700));
    let outcome = crate::support::returned(&allowing("*"));
    world.input(lift_ws_local::core::Input::Invoked { invocation, outcome });
    let connect = world.event();
    let mut context = connect["requestContext"].clone();
    let authorizer = context.as_object_mut().unwrap().remove("authorizer");
    assert_eq!(authorizer, Some(json!({ "tenant": "t-7", "principalId": "user-42" })));
    assert_eq!(context, asked["requestContext"]);
    assert_eq!(connect["queryStringParameters"], json!({ "room": "red" }));
    let withheld = ["Connection", "content-length", "Upgrade"];
    for (name, value) in asked["headers"].as_object().unwrap() {
        let expected = (!withheld.contains(&name.as_str())).then_some(value);
        assert_eq!(connect["headers"].get(name), expected, "{name}");
    }
    assert!(world.invoked().unwrap().deadline == START + 700 + 29_000, "each has the whole time");
}

// §4: "`principalId` plus flat string/number/boolean values appear in `requestContext.authorizer` of CONNECT, MESSAGE
// and DISCONNECT"; §2.1: "`.authorizer.*` | with a Lambda authorizer | yes, repeated on every message | yes"
#[test]
fn principal_and_context_are_on_all_three_events() {
    let context =
        json!({ "tenant": "t-7", "level": 3, "ratio": 0.5, "admin": true, "note": "a \"b\"", "none": null });
    let mut world = World::guarded(&[]);
    world.handshake(browser("/prod"));
    let mut result: Value = serde_json::from_str(&allowing("*")).unwrap();
    result["context"] = context;
    world.returns(&result.to_string());
    let connect = world.event();
    world.returns(r#"{"statusCode":200}"#);
    let connection = world.accepted().unwrap().0;
    world.message(&connection, r#"{"action":"say"}"#);
    let message = world.event();
    world.close(&connection, None, "");
    let disconnect = world.event();
    let expected = json!({
        "tenant": "t-7", "level": "3", "ratio": "0.5", "admin": "true", "note": "a \"b\"", "none": null,
        "principalId": "user-42",
    });
    for event in [&connect, &message, &disconnect] {
        assert_eq!(event["requestContext"]["authorizer"], expected);
    }
    let types = [connect, message, disconnect].map(|event| id(&event, "eventType"));
    assert_eq!(types, ["CONNECT", "MESSAGE", "DISCONNECT"]);
}

// §2.2: where `authorizer` stands in the samples.
#[test]
fn the_context_stands_where_the_samples_have_it() {
    let authorizer = r#""authorizer":{"tenant":"t-7","principalId":"user-42"}"#;
    let mut world = World::guarded(&[]);
    world.handshake(browser("/prod"));
    world.returns(&allowing("*"));
    let connect = format!(r#""requestContext":{{"routeKey":"$connect",{authorizer},"eventType":"CONNECT","#);
    assert!(world.invoked().unwrap().bytes.contains(&connect));
    world.returns(r#"{"statusCode":200}"#);
    let connection = world.accepted().unwrap().0;
    world.message(&connection, r#"{"action":"say"}"#);
    let message = format!(r#"{{"requestContext":{{"routeKey":"say",{authorizer},"messageId":""#);
    assert!(world.invoked().unwrap().bytes.starts_with(&message));
    world.close(&connection, None, "");
    let disconnect = format!(
        r#""requestContext":{{"routeKey":"$disconnect","disconnectStatusCode":1005,{authorizer},"eventType":"DISCONNECT","#
    );
    assert!(world.invoked().unwrap().bytes.contains(&disconnect));
}
