//! Contract §1.1: the kinds of routes, §1.3: messages that no route takes.

use lift_ws_local::core::{Action, HandshakeRequest, NoRoute, Verdict};

use crate::support::{World, frame_of};

// §1.1: "`$connect` | while the upgrade request is pending; the 101 is withheld until the integration finishes"
#[test]
fn the_handshake_is_withheld_until_connect_has_answered() {
    let mut world = World::usual();
    world.handshake(HandshakeRequest::get("/prod"));
    assert_eq!(world.route().as_deref(), Some("$connect"));
    assert!(world.accepted().is_none() && world.refused().is_none());
    world.returns(r#"{"statusCode":200}"#);
    assert!(world.accepted().is_some());
}

// §1.1: "`$disconnect` | after the connection is already closed, by client or server; best effort"
#[test]
fn disconnect_runs_after_either_side_has_closed() {
    for by_client in [true, false] {
        let mut world = World::usual();
        let connection = world.connect();
        if by_client {
            world.close(&connection, Some(1000), "");
        } else {
            world.manage("DELETE", &format!("/prod/@connections/{connection}"), b"");
        }
        assert_eq!(world.route().as_deref(), Some("$disconnect"));
        let event = world.event();
        // The connection is closed already: the function cannot reach it any more.
        assert_eq!(world.post(&connection, "x").status, 410);
        assert_eq!(event["requestContext"]["connectionId"], connection.as_str());
    }
}

// §1.1: "`$default` | message whose expression cannot be evaluated, matches no route, or is not JSON"
#[test]
fn default_takes_what_no_other_route_takes() {
    let mut world = World::usual();
    let connection = world.connect();
    for text in ["{}", r#"{"action":"nope"}"#, "hello", "", "{", "[]", "7", "null"] {
        world.message(&connection, text);
        assert_eq!(world.route().as_deref(), Some("$default"), "{text}");
        assert_eq!(world.event()["body"], text);
    }
}

// §1.1: "custom | message whose evaluated expression equals the route key exactly"
#[test]
fn a_custom_route_takes_messages_that_name_it() {
    let mut world = World::usual();
    let connection = world.connect();
    world.message(&connection, r#"{"action":"say"}"#);
    assert_eq!(world.route().as_deref(), Some("say"));
}

// §1.1: "Custom route keys must not start with `$` (reserved)"
#[test]
fn a_manifest_with_a_reserved_key_is_refused() {
    let error =
        lift_ws_local::core::Manifest::parse(r#"{"routes":[{"routeKey":"say"},{"routeKey":"$say"}]}"#);
    assert!(error.unwrap_err().to_string().contains("route 2 of the manifest has the key `$say`"));
}

// §1.1: "`$connect` and `$disconnect` are chosen by lifecycle, never by the expression"; §1.2, last but one
// bullet, and §9: a client that names them matches nothing.
#[test]
fn a_client_cannot_name_the_lifecycle_routes() {
    for key in ["$connect", "$disconnect"] {
        let text = format!(r#"{{"action":"{key}"}}"#);
        let mut world = World::usual();
        let connection = world.connect();
        world.message(&connection, &text);
        assert_eq!(world.route().as_deref(), Some("$default"));
        assert_eq!(world.event()["requestContext"]["eventType"], "MESSAGE");

        let mut world = World::with_routes(&["$connect", "$disconnect"]);
        let connection = world.connect();
        world.message(&connection, &text);
        assert!(world.invoked().is_none());
        assert!(world.sent()[0].starts_with(r#"{"message": "Forbidden""#));
    }
}

// §1.1: "One integration may serve many routes": the same function gets the events of all, each with its key.
#[test]
fn the_event_names_its_route_so_that_one_function_serves_all() {
    let mut world = World::usual();
    let connection = world.connect();
    for (text, key) in [(r#"{"action":"say"}"#, "say"), (r#"{"action":"ask"}"#, "ask"), ("?", "$default")] {
        world.message(&connection, text);
        assert_eq!(world.event()["requestContext"]["routeKey"], key);
    }
}

// §1.1: "All three predefined routes are optional. No integration for `$connect` is legal: the handshake simply
// succeeds. What is lost: subprotocol negotiation, notification, …"
#[test]
fn without_connect_and_disconnect_connections_come_and_go_unnoticed() {
    let mut world = World::with_routes(&["say"]);
    let mut request = HandshakeRequest::get("/prod");
    request.headers.push(("Sec-WebSocket-Protocol".into(), "demo.v1".into()));
    world.handshake(request);
    let (connection, subprotocol) = world.accepted().unwrap();
    assert_eq!((world.invoked().is_none(), subprotocol), (true, None));
    assert!(world.close(&connection, Some(1000), "").is_empty());
}

// §1.1: "An API without `$default` still serves its other routes"
#[test]
fn without_default_the_other_routes_are_served() {
    let mut world = World::with_routes(&["say"]);
    let connection = world.connect();
    world.message(&connection, r#"{"action":"say"}"#);
    assert_eq!(world.route().as_deref(), Some("say"));
}

// §1.1: "A `$connect` *route* that exists but has no target: U". A manifest cannot say so: each of its routes is
// served by the function. The gateway asks it, and takes a function that cannot be called as a failure.
#[test]
fn a_connect_route_that_nothing_answers_refuses() {
    assert_eq!(World::connect_status(crate::support::unavailable()), 502);
}

// §1.3: "a text frame, the connection stays open, no integration is called"
#[test]
fn a_message_without_route_gets_a_frame_and_the_connection_stays() {
    let mut world = World::with_routes(&["say"]);
    let connection = world.connect();
    for text in [r#"{"action":"nope"}"#, "hello"] {
        world.message(&connection, text);
        assert!(world.invoked().is_none() && world.closed().is_none());
        assert_eq!(world.sent().len(), 1);
    }
    world.message(&connection, r#"{"action":"say"}"#);
    assert_eq!(world.route().as_deref(), Some("say"));
}

// §1.3: "one space after `"message":` and after each comma, none after the other two colons"
#[test]
fn the_forbidden_frame_has_the_layout_that_was_seen() {
    let mut world = World::with_routes(&["say"]);
    let connection = world.connect();
    world.message(&connection, "{}");
    let frame = world.sent()[0].to_owned();
    let parsed: serde_json::Value = serde_json::from_str(&frame).unwrap();
    let request_id = parsed["requestId"].as_str().unwrap();
    assert_eq!(
        frame,
        format!(r#"{{"message": "Forbidden", "connectionId":"{connection}", "requestId":"{request_id}"}}"#)
    );
    assert_eq!(frame, frame_of("Forbidden", &serde_json::json!({ "requestContext": parsed })));
    // Ids are sixteen characters of URL-safe base64, the last a `=` (§8.14).
    assert_eq!((request_id.len(), request_id.ends_with('=')), (16, true));
}

// §1.3: "The same frame is reported for routes that exist in the template but that the running stage does not
// know". The terminal says which key was asked for, so that the reason is found.
#[test]
fn the_terminal_hears_which_key_had_no_route() {
    let mut world = World::with_routes(&["say"]);
    let connection = world.connect();
    for (message, key, reason) in [
        (r#"{"action":"added-later"}"#, "added-later", NoRoute::UnknownKey),
        (r#"{"action":"$connect"}"#, "$connect", NoRoute::UnknownKey),
        (r#"{"acton":"say"}"#, "", NoRoute::NoKey),
        ("hello", "", NoRoute::NotJson),
    ] {
        let actions = world.message(&connection, message);
        let told = actions.iter().find_map(|action| match action {
            Action::Finished(finished) => Some((finished.route_key.as_str(), &finished.verdict)),
            _ => None,
        });
        assert_eq!(told, Some((key, &Verdict::NoRoute(reason))), "{message}");
    }
}
