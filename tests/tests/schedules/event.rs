//! Events in the gateway's shape (contract §2), written as text: thousands of schedules make many of them.

use super::world::{SCOPES, now, world};

/// What all events say of their connection.
fn context(id: &str, kind: &str, route: &str, more: &str) -> String {
    let (scope, connected_at) = world(|w| (w.connections[id].scope, w.connections[id].connected_at));
    let ((api, stage), now) = (SCOPES[scope], now());
    format!(
        r#""requestContext":{{"routeKey":"{route}","eventType":"{kind}","extendedRequestId":"x","requestId":"x","messageDirection":"IN","stage":"{stage}","connectedAt":{connected_at},"requestTimeEpoch":{now},"identity":{{"sourceIp":"192.0.2.10"}},"domainName":"ws.test","connectionId":"{id}","apiId":"{api}"{more}}},"isBase64Encoded":false"#
    )
}

pub(crate) fn connect(
    id: &str,
    user: Option<&str>,
    tenant: Option<&str>,
    groups: &str,
    how: &str,
) -> Vec<u8> {
    let named = |name: &str, value: Option<&str>| {
        value.map(|value| format!(r#""{name}":"{value}","#)).unwrap_or_default()
    };
    let user = named("user", user) + &named("tenant", tenant);
    let users = user.replace(":\"", ":[\"").replace("\",", "\"],");
    let context = context(id, "CONNECT", "$connect", "");
    format!(
        r#"{{"headers":{{"Host":"ws.test"}},"multiValueHeaders":{{"Host":["ws.test"]}},"queryStringParameters":{{{user}"groups":"{groups}","how":"{how}"}},"multiValueQueryStringParameters":{{{users}"groups":["{groups}"],"how":["{how}"]}},{context}}}"#
    )
    .into_bytes()
}

/// The body is JSON without line breaks or backslashes.
pub(crate) fn message(id: &str, route: &str, body: &str) -> Vec<u8> {
    let context = context(id, "MESSAGE", route, r#","messageId":"m""#);
    format!(r#"{{{context},"body":"{}"}}"#, body.replace('"', "\\\"")).into_bytes()
}

pub(crate) fn disconnect(id: &str, code: u16) -> Vec<u8> {
    let more = format!(r#","disconnectStatusCode":{code},"disconnectReason":"""#);
    let context = context(id, "DISCONNECT", "$disconnect", &more);
    format!(r#"{{"headers":{{"Host":"ws.test"}},"multiValueHeaders":{{"Host":["ws.test"]}},{context}}}"#)
        .into_bytes()
}
