//! Contract §5: the `@connections` management API.

use std::time::Duration;

use lift_ws_local::core::{Action, DomainMapping, Fault, HandshakeRequest, ManagementRequest};

use crate::support::{Answered, SIGNED, World, browser};

/// A well-formed id that never was.
const STRANGER: &str = "AbCdEdXyZ_wCQr0=";

fn gone() -> Answered {
    Answered { status: 410, error_type: Some("GoneException"), body: String::new() }
}

// §5.1: "PostToConnection | body = raw bytes to send | 200"; §6.3: "delivered as a text frame"
#[test]
fn a_post_is_delivered_as_it_is() {
    let mut world = World::usual();
    let connection = world.connect();
    for text in ["hello", "", "{\"é\": \"\u{1F600}\"}\n"] {
        let answer = world.post(&connection, text);
        assert_eq!(answer, Answered { status: 200, error_type: None, body: String::new() });
        assert_eq!(world.sent(), [text]);
    }
}

// §5.1: "GetConnection | 200 `{"connectedAt": ISO 8601, "lastActiveAt": ISO 8601, "identity": {"sourceIp",
// "userAgent"}}`"
#[test]
fn a_connection_is_described() {
    let mut world = World::usual();
    let connection = world.connect_with(browser("/prod"));
    world.wait(Duration::from_millis(1500));
    world.message(&connection, r#"{"action":"say"}"#);
    let answer = world.manage("GET", &format!("/prod/@connections/{connection}"), b"");
    assert_eq!((answer.status, answer.error_type), (200, None));
    assert_eq!(
        answer.body,
        r#"{"connectedAt":"2026-05-05T10:20:30.100Z","identity":{"sourceIp":"192.0.2.10","userAgent":"ExampleBrowser/1.0"},"lastActiveAt":"2026-05-05T10:20:31.600Z"}"#
    );
}

// §5.4: "GetConnection without `userAgent` parses": the key is absent for a client that sent none.
#[test]
fn a_client_without_user_agent_has_none_in_its_description() {
    let mut world = World::usual();
    let connection = world.connect();
    let answer = world.manage("GET", &format!("/prod/@connections/{connection}"), b"");
    assert!(answer.body.contains(r#""identity":{"sourceIp":"127.0.0.1"}"#), "{}", answer.body);
}

// §5.1: "DeleteConnection | 204, empty"; "no close code or reason parameter"; §6.2: "1000 | server-side
// DeleteConnection | `Connection Closed Normally`"; §8.1: "DISCONNECT starts with the close frame"
#[test]
fn a_deleted_connection_is_closed_normally_and_disconnects_at_once() {
    let mut world = World::usual();
    let connection = world.connect();
    let answer = world.manage("DELETE", &format!("/prod/@connections/{connection}"), b"");
    assert_eq!(answer, Answered { status: 204, error_type: None, body: String::new() });
    assert_eq!(world.closed(), Some((1000, "Connection Closed Normally")));
    assert_eq!(world.disconnected(), Some((1000, "Connection Closed Normally".into())));
    // The client's answer to the close frame is not a second end.
    assert!(world.close(&connection, Some(1000), "").is_empty());
    assert!(world.lose(&connection).is_empty());
}

// §5.1: "429 LimitExceededException"; the header is what SDKs know it by
#[test]
fn throttled_calls_are_429() {
    let mut world = World::usual();
    let connection = world.connect();
    world.fault(Fault::ManagementThrottled);
    let answer = world.post(&connection, "x");
    assert_eq!((answer.status, answer.error_type), (429, Some("LimitExceededException")));
    assert!(world.sent().is_empty());
    assert_eq!(world.post(&connection, "x").status, 200);
}

// §5.2: "Omitting the stage on the default endpoint → 403 ForbiddenException"; §5.4: "wrong stage/endpoint, no
// permission | 403 ForbiddenException"
#[test]
fn another_stage_or_none_is_403() {
    let mut world = World::usual();
    let connection = world.connect();
    for path in [
        format!("/@connections/{connection}"),
        format!("/other/@connections/{connection}"),
        format!("/prod/prod/@connections/{connection}"),
        format!("/prod/@connections/{connection}/more"),
        "/prod/@connections".to_owned(),
        String::new(),
    ] {
        let answer = world.manage("POST", &path, b"x");
        assert_eq!((answer.status, answer.error_type), (403, Some("ForbiddenException")), "{path}");
        assert_eq!(answer.body, r#"{"message":"Forbidden"}"#);
    }
}

// §5.3: "An emulator must accept `@` and `%40`, `=` and `%3D`"
#[test]
fn either_encoding_of_the_path_is_taken() {
    let mut world = World::usual();
    let connection = world.connect();
    let bare = connection.as_str().trim_end_matches('=');
    for at in ["@", "%40"] {
        for equals in ["=", "%3D", "%3d"] {
            let path = format!("/prod/{at}connections/{bare}{equals}");
            assert!(ManagementRequest::is_for(&path));
            assert_eq!(world.manage("POST", &path, b"x").status, 200, "{path}");
        }
    }
}

// §5.3: "Content-Type" is ignored: the core does not even see it. §9: "accept any SigV4 signature for service
// `execute-api`, check presence only"
#[test]
fn a_signature_for_the_service_must_be_there() {
    let mut world = World::usual();
    let connection = world.connect();
    let path = format!("/prod/@connections/{connection}");
    let mut call = |authorization| {
        let answer = world.manage_signed("POST", &path, b"x", authorization);
        (answer.status, answer.error_type)
    };
    assert_eq!(call(Some(SIGNED)), (200, None));
    assert_eq!(call(None), (403, Some("MissingAuthenticationTokenException")));
    assert_eq!(call(Some("Bearer token")), (403, Some("InvalidSignatureException")));
    let of_another_service = SIGNED.replace("execute-api", "lambda");
    assert_eq!(call(Some(&of_another_service)), (403, Some("InvalidSignatureException")));
}

// §5.4: "connection closed | 410, error type GoneException, empty body"
#[test]
fn a_closed_connection_is_gone() {
    let mut world = World::usual();
    let connection = world.connect();
    world.close(&connection, None, "");
    for method in ["POST", "GET", "DELETE"] {
        let path = format!("/prod/@connections/{connection}");
        assert_eq!(world.manage(method, &path, b"x"), gone(), "{method}");
    }
}

// §5.4: "id never existed but is well-formed | 410 as well"
#[test]
fn a_well_formed_id_that_never_was_is_gone() {
    let mut world = World::usual();
    for method in ["POST", "GET", "DELETE"] {
        assert_eq!(world.manage(method, &format!("/prod/@connections/{STRANGER}"), b"x"), gone(), "{method}");
    }
}

// §5.4: "malformed id | 400 BadRequestException `Invalid connectionId: {id}`"
#[test]
fn a_malformed_id_is_400() {
    let mut world = World::usual();
    for id in ["nope", "AbCdEdXyZ_wCQr0", "AbCdEdXyZ_wCQr0==", "AbCdEdXyZ+wCQr0=", "%C3%A9", ""] {
        for method in ["POST", "GET", "DELETE"] {
            let answer = world.manage(method, &format!("/prod/@connections/{id}"), b"x");
            assert_eq!((answer.status, answer.error_type), (400, Some("BadRequestException")), "{id}");
        }
    }
    let answer = world.manage("GET", "/prod/@connections/a%22b", b"");
    assert_eq!(answer.body, r#"{"message":"Invalid connectionId: a\"b"}"#);
}

// §5.4 and §8.1: "connection still in `$connect` | 410 GoneException"; §8.1: "`@connections` must not wait for
// the invocation queue"
#[test]
fn a_connection_in_connect_is_gone_and_the_answer_does_not_wait() {
    let mut world = World::usual();
    world.handshake(HandshakeRequest::get("/prod"));
    let invoked = world.invoked().unwrap();
    let connection = invoked.event["requestContext"]["connectionId"].as_str().unwrap().to_owned();
    for method in ["POST", "GET", "DELETE"] {
        assert_eq!(world.manage(method, &format!("/prod/@connections/{connection}"), b"x"), gone());
    }
    let outcome = crate::support::returned(r#"{"statusCode":200}"#);
    world.input(lift_ws_local::core::Input::Invoked { invocation: invoked.id, outcome });
    assert_eq!(world.manage("POST", &format!("/prod/@connections/{connection}"), b"x").status, 200);
}

// §8.1: "Management calls arrive while the function is busy"
#[test]
fn a_post_is_sent_while_the_function_is_busy() {
    let mut world = World::usual();
    let connection = world.connect();
    world.message(&connection, r#"{"action":"ask"}"#);
    assert_eq!(world.post(&connection, "progress").status, 200);
    assert_eq!(world.sent(), ["progress"]);
}

// §5.4: "payload > 128 KB | 413 PayloadTooLargeException"
#[test]
fn a_post_above_128_kb_is_413() {
    let mut world = World::usual();
    let connection = world.connect();
    assert_eq!(world.post(&connection, &"x".repeat(131_072)).status, 200);
    let answer = world.post(&connection, &"x".repeat(131_073));
    assert_eq!((answer.status, answer.error_type), (413, Some("PayloadTooLargeException")));
    assert!(answer.body.contains(r#""message""#) && world.sent().is_empty());
}

// §5.4: "413 on GET/DELETE is `Unhandled` (not modelled there)": so a body changes nothing there.
#[test]
fn a_body_of_a_get_or_delete_is_never_too_large() {
    let mut world = World::usual();
    let connection = world.connect();
    let path = format!("/prod/@connections/{connection}");
    let body = vec![b'x'; 131_073];
    assert_eq!(world.manage("GET", &path, &body).status, 200);
    assert_eq!(world.manage("DELETE", &path, &body).status, 204);
    assert_eq!(world.manage("GET", &path, &body).status, 410);
}

// §6.4: "PostToConnection 200 = accepted by the gateway, not received by the client"
#[test]
fn a_post_is_answered_whether_the_client_receives_it_or_not() {
    let mut world = World::usual();
    let connection = world.connect();
    // The client is gone already, but the gateway does not know.
    assert_eq!(world.post(&connection, "lost").status, 200);
    world.lose(&connection);
    assert_eq!(world.disconnected(), Some((1006, String::new())));
    assert_eq!(world.post(&connection, "too late").status, 410);
}

// §5.2: "Custom domain: `https://{domain}/{basePath or nothing}`; do not append the stage when the API mapping already selects
// it: … refused with 403"
#[test]
fn a_custom_domain_has_its_mapping_instead_of_the_stage() {
    let mut world = World::usual();
    let connection = world.connect();
    for (mapping, path, expected) in [
        ("", "", 200),
        ("chat", "/chat", 200),
        ("", "/prod", 403),
        ("chat", "", 403),
        ("chat", "/chat/prod", 403),
        ("chat", "/prod", 403),
    ] {
        let mut request =
            ManagementRequest::new("POST", &format!("{path}/@connections/{connection}"), "hello");
        let domain_name = "ws.example.org".to_owned();
        request.mapping = Some(DomainMapping { domain_name, path: mapping.to_owned() });
        let answered = world.manage_by(request);
        assert_eq!(answered.status, expected, "{mapping:?} {path:?}");
        if expected == 403 {
            assert_eq!(answered.error_type, Some("ForbiddenException"));
        }
    }
}

// §6.3: "non-UTF-8 data: U": refused, since no text frame can hold it.
#[test]
fn a_post_that_is_not_utf8_is_400() {
    let mut world = World::usual();
    let connection = world.connect();
    let answer = world.manage("POST", &format!("/prod/@connections/{connection}"), b"\xff\xfe");
    assert_eq!((answer.status, answer.error_type), (400, Some("BadRequestException")));
    assert!(!world.actions.iter().any(|action| matches!(action, Action::Send { .. })));
}

#[test]
fn other_methods_are_403() {
    let mut world = World::usual();
    let connection = world.connect();
    for method in ["PUT", "PATCH", "HEAD", "post"] {
        let answer = world.manage(method, &format!("/prod/@connections/{connection}"), b"x");
        assert_eq!((answer.status, answer.error_type), (403, Some("ForbiddenException")), "{method}");
    }
}
