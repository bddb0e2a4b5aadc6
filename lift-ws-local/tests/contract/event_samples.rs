//! Contract §2.1: events as text, key by key.

use std::time::Duration;

use lift_ws_local::core::Moment;

use crate::support::{World, browser};

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
