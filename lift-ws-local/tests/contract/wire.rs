//! Every byte that the gateway itself writes, beside files: events, frames, refusals, answers of `@connections`.
//!
//! `UPDATE_EXPECT=1 cargo test -p lift-ws-local --test contract wire` writes `tests/contract/wire/` anew. Ids come from the
//! seed and are replaced by what they are; times are those of the test.

use std::fmt::Write as _;
use std::time::Duration;

use expect_test::expect_file;
use lift_ws_local::core::{
    Action, ConnectionId, DomainMapping, Fault, FrameFault, HandshakeRequest, Input, ManagementRequest,
    Outcome,
};
use serde_json::{Value, json};

use crate::signed::by_botocore;
use crate::support::{World, allowing, browser, failed, policy, returned, unavailable};

/// What is written, one thing after another under its name.
#[derive(Default)]
struct Page {
    text: String,
}

impl Page {
    fn add(&mut self, name: &str, written: &str) {
        if !self.text.is_empty() {
            self.text.push('\n');
        }
        write!(self.text, "# {name}\n{written}\n").unwrap();
    }
}

/// The text without the ids that the seed makes, which are the members of this name.
fn normal(text: &str) -> String {
    let mut text = text.to_owned();
    for (member, name) in [
        ("connectionId", "CONNECTION"),
        ("extendedRequestId", "REQUEST"),
        ("requestId", "REQUEST"),
        ("messageId", "MESSAGE"),
        ("X-Amzn-Trace-Id", "TRACE"),
    ] {
        for opening in [format!("\"{member}\":\""), format!("\"{member}\":[\"")] {
            let mut normal = String::new();
            let mut rest = text.as_str();
            while let Some((before, after)) = rest.split_once(&opening) {
                let (_, after) = after.split_once('"').expect("the text ends");
                normal += &format!("{before}{opening}{name}\"");
                rest = after;
            }
            normal += rest;
            text = normal;
        }
    }
    text
}

/// CONNECT, MESSAGE and DISCONNECT, and what an authorizer is asked.
fn events(page: &mut Page, name: &str, manifest: Value, request: HandshakeRequest) {
    let has_authorizer = manifest.get("authorizer").is_some();
    let mut world = World::with_manifest(manifest);
    world.handshake(request);
    let mut event = |world: &World, kind: &str| {
        page.add(&format!("{name}: {kind}"), &normal(&world.invoked().expect("an event").bytes));
    };
    if has_authorizer {
        event(&world, "authorizer");
        world.returns(&allowing("*"));
    }
    event(&world, "CONNECT");
    world.returns(r#"{"statusCode":200}"#);
    let connection = world.accepted().expect("open").0;
    world.wait(Duration::from_millis(11_150));
    world.message(&connection, "{\"action\":\"say\",\n\t\"text\":\"\\u00e9 é \u{1F600}\"}");
    event(&world, "MESSAGE");
    world.returns(r#"{"statusCode":200}"#);
    world.wait(Duration::from_millis(850));
    world.close(&connection, Some(1001), "");
    event(&world, "DISCONNECT");
}

fn manifest(connect: Value, more: Value) -> Value {
    let mut route = json!({ "routeKey": "$connect" });
    let mut manifest = json!({});
    for (into, from) in [(&mut route, connect), (&mut manifest, more)] {
        for (key, value) in from.as_object().expect("an object") {
            into[key] = value.clone();
        }
    }
    manifest["routes"] = json!([route, { "routeKey": "$disconnect" }, { "routeKey": "say" }]);
    manifest
}

#[test]
fn events_have_the_bytes_of_the_file() {
    let page = &mut Page::default();
    let plain = || manifest(json!({}), json!({}));
    events(page, "a bare client", plain(), HandshakeRequest::get("/prod"));
    events(page, "a browser", plain(), browser("/prod"));
    events(page, "a query", plain(), browser("/prod?room=red&room=blue&empty=&flag&caf%C3%A9=a+b%2Bc"));
    let variables = json!({ "stageVariables": { "tier": "test", "a": "" } });
    events(page, "stage variables", manifest(json!({}), variables), HandshakeRequest::get("/prod"));
    let authorized = json!({ "authorizer": {}, "stageVariables": { "tier": "test" } });
    events(page, "an authorizer", manifest(json!({}), authorized), browser("/prod?room=red"));
    let bare = json!({ "authorizer": {} });
    events(page, "an authorizer, a bare client", manifest(json!({}), bare), HandshakeRequest::get("/prod"));
    let mut keyed = HandshakeRequest::get("/prod");
    keyed.headers.push(("x-api-key".into(), "secret".into()));
    let keys = json!({ "apiKeys": [{ "id": "key-of-ann", "value": "secret" }] });
    events(page, "an API key", manifest(json!({ "apiKeyRequired": true }), keys), keyed);
    let iam = || manifest(json!({ "authorizationType": "AWS_IAM" }), json!({}));
    events(page, "IAM by header", iam(), by_botocore("header").handshake());
    events(page, "IAM by query", iam(), by_botocore("query").handshake());
    let mut over_tls = HandshakeRequest::get("/prod");
    over_tls.secure = true;
    over_tls.source_ip = "2001:db8::7".parse().unwrap();
    over_tls.headers =
        [("host", "127.0.0.1:9000"), ("X-Forwarded-For", "192.0.2.1"), ("X-One", "a"), ("x-one", "b\"\\")]
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .into();
    events(page, "TLS, IPv6 and odd headers", plain(), over_tls);
    let mut by_domain = HandshakeRequest::get("/chat");
    by_domain.mapping = Some(DomainMapping { domain_name: "ws.example.org".into(), path: "chat".into() });
    events(page, "a custom domain", plain(), by_domain);
    expect_file!["wire/events.txt"].assert_eq(&page.text);
}

// How connections end, in the event that tells of it.
#[test]
fn disconnects_have_the_bytes_of_the_file() {
    type End = fn(&mut World, &ConnectionId);
    let ends: [(&str, End); 9] = [
        ("the client's code and reason", |world, id| {
            world.close(id, Some(4001), "bye \"now\"");
        }),
        ("a close frame without status", |world, id| {
            world.close(id, None, "");
        }),
        ("a lost connection", |world, id| {
            world.lose(id);
        }),
        ("a binary frame", |world, id| {
            world.bad_frame(id, FrameFault::Binary);
        }),
        ("a frame above 32 KB", |world, id| {
            world.bad_frame(id, FrameFault::FrameTooLarge);
        }),
        ("a message above 128 KB", |world, id| {
            world.bad_frame(id, FrameFault::MessageTooLarge);
        }),
        ("text that is not UTF-8", |world, id| {
            world.bad_frame(id, FrameFault::InvalidUtf8);
        }),
        ("ten minutes idle", |world, _| world.wait_for_wakeup()),
        ("DELETE of @connections", |world, id| {
            drop(world.manage("DELETE", &format!("/prod/@connections/{id}"), b""));
        }),
    ];
    let page = &mut Page::default();
    for (name, end) in ends {
        let mut world = World::usual();
        let connection = world.connect();
        end(&mut world, &connection);
        let closed = world.closed().map_or("none".to_owned(), |(code, reason)| format!("{code} {reason}"));
        let event = normal(&world.invoked().expect("DISCONNECT").bytes);
        page.add(name, &format!("close frame: {closed}\n{event}"));
    }
    expect_file!["wire/disconnects.txt"].assert_eq(&page.text);
}

fn frame(page: &mut Page, name: &str, mut world: World, happens: impl FnOnce(&mut World, &ConnectionId)) {
    let connection = world.connect();
    happens(&mut world, &connection);
    let sent: Vec<String> = world.sent().into_iter().map(normal).collect();
    assert!(world.closed().is_none(), "{name}: the connection stays open");
    page.add(name, &sent.join("\n"));
}

fn ends_like(outcome: Outcome) -> impl FnOnce(&mut World, &ConnectionId) {
    move |world, connection| {
        world.message(connection, r#"{"action":"say"}"#);
        world.finishes(outcome);
    }
}

fn say(world: &mut World, connection: &ConnectionId) {
    world.message(connection, r#"{"action":"say"}"#);
}

// §1.3, §3.4: every frame that the gateway itself sends.
#[test]
fn frames_have_the_bytes_of_the_file() {
    let page = &mut Page::default();
    frame(page, "no route and no $default", World::with_routes(&["say"]), |world, connection| {
        world.message(connection, "hello");
    });
    frame(page, "a function error", World::usual(), ends_like(failed()));
    frame(page, "a function that cannot be called", World::usual(), ends_like(unavailable()));
    frame(page, "a malformed result", World::usual(), ends_like(returned("null")));
    let forbidden = manifest(
        json!({}),
        json!({ "functionPolicy": { "Statement": {
            "Effect": "Allow", "Principal": "*", "Action": "*",
            "Condition": { "ArnLike": { "AWS:SourceArn": "arn:aws:execute-api:*:*:*/prod/$connect" } },
        }}}),
    );
    frame(page, "a function that may not be called", World::with_manifest(forbidden), say);
    frame(page, "a two-way reply above 128 KB", World::usual(), |world, connection| {
        world.message(connection, r#"{"action":"ask"}"#);
        let body = "x".repeat(131_073);
        world.returns(&json!({ "statusCode": 200, "body": body }).to_string());
    });
    frame(page, "a function that takes too long", World::usual(), |world, connection| {
        say(world, connection);
        world.wait_for_wakeup();
    });
    let throttled = json!({ "routeSettings": { "say": { "throttlingBurstLimit": 0 } } });
    frame(page, "a throttled route", World::with_manifest(manifest(json!({}), throttled)), say);
    frame(page, "a message that its model does not allow", World::usual(), |world, connection| {
        // As the model would, also in a build without models.
        world.fault(Fault::BadRequestBody);
        say(world, connection);
    });
    expect_file!["wire/frames.txt"].assert_eq(&page.text);
}

/// Status, content type and body of a refusal.
fn refusal(world: &World) -> String {
    let refused = world.actions.iter().find_map(|action| match action {
        Action::Refuse { status, content_type, body, .. } => {
            Some(format!("{status}\nContent-Type: {content_type}\n\n{}", String::from_utf8_lossy(body)))
        }
        _ => None,
    });
    normal(&refused.expect("a refusal"))
}

// §3.2, §4: every refusal of a handshake. Its headers on the wire are in `tests/gateway/wire.rs`.
#[test]
fn refusals_have_the_bytes_of_the_file() {
    let page = &mut Page::default();
    for (name, path, upgrade) in [
        ("another stage", "/other", true),
        ("a path below the stage", "/prod/below", true),
        ("no upgrade", "/prod", false),
    ] {
        let mut world = World::usual();
        world.handshake(HandshakeRequest { upgrade, ..HandshakeRequest::get(path) });
        page.add(name, &refusal(&world));
    }
    let mut world = World::usual();
    world.handshake(HandshakeRequest::get(&format!("/prod?{}", "a".repeat(4096))));
    page.add("a URL above 4096 characters", &refusal(&world));
    for (name, outcome) in [
        ("$connect returns 301", returned(r#"{"statusCode":301}"#)),
        ("$connect returns 400", returned(r#"{"statusCode":400,"body":"secret"}"#)),
        ("$connect returns 401", returned(r#"{"statusCode":401}"#)),
        ("$connect returns 403", returned(r#"{"statusCode":403}"#)),
        ("$connect returns 429", returned(r#"{"statusCode":429}"#)),
        ("$connect returns 499", returned(r#"{"statusCode":499}"#)),
        ("$connect returns 500", returned(r#"{"statusCode":500}"#)),
        ("$connect returns 501", returned(r#"{"statusCode":501}"#)),
        ("$connect returns 101", returned(r#"{"statusCode":101}"#)),
        ("$connect returns null", returned("null")),
        ("$connect fails", failed()),
        ("$connect cannot be called", unavailable()),
    ] {
        let mut world = World::usual();
        world.handshake(HandshakeRequest::get("/prod"));
        world.finishes(outcome);
        page.add(name, &refusal(&world));
    }
    let mut world = World::usual();
    world.handshake(HandshakeRequest::get("/prod"));
    world.wait_for_wakeup();
    page.add("$connect takes too long", &refusal(&world));
    let deny = policy(json!({ "Effect": "Deny", "Action": "*", "Resource": "*" }));
    let unauthorized =
        Outcome::FunctionError { message: "x".into(), error_message: Some("Unauthorized".into()) };
    for (name, outcome) in [
        ("the authorizer denies", returned(&deny)),
        ("the authorizer says Unauthorized", unauthorized),
        ("the authorizer fails", failed()),
        ("the authorizer returns no policy", returned(r#"{"statusCode":401}"#)),
    ] {
        let mut world = World::guarded(&[]);
        world.handshake(HandshakeRequest::get("/prod"));
        world.finishes(outcome);
        page.add(name, &refusal(&world));
    }
    let mut world = World::guarded(&["route.request.header.Authorization"]);
    world.handshake(HandshakeRequest::get("/prod"));
    page.add("an identity source is missing", &refusal(&world));
    for (name, connect, more) in [
        ("no API key", json!({ "apiKeyRequired": true }), json!({})),
        ("no signature", json!({ "authorizationType": "AWS_IAM" }), json!({})),
        (
            "a throttled $connect",
            json!({}),
            json!({ "routeSettings": { "$connect": { "throttlingBurstLimit": 0 } } }),
        ),
    ] {
        let mut world = World::with_manifest(manifest(connect, more));
        world.handshake(HandshakeRequest::get("/prod"));
        page.add(name, &refusal(&world));
    }
    expect_file!["wire/refusals.txt"].assert_eq(&page.text);
}

// §5: every answer of `@connections`.
#[test]
fn answers_of_connections_have_the_bytes_of_the_file() {
    let mut world = World::with_manifest(json!({
        "routes": [{ "routeKey": "$connect" }],
        "callers": [{ "accessKeyId": "nobody", "secretAccessKey": "x", "policy": { "Statement": [] } }],
    }));
    let connection = world.connect_with(browser("/prod"));
    let silent = world.connect();
    world.handshake(HandshakeRequest::get("/prod"));
    let connecting = world.event()["requestContext"]["connectionId"].as_str().unwrap().to_owned();
    world.wait(Duration::from_millis(1234));
    let at = |id: &str| format!("/prod/@connections/{id}");
    let (open, stranger) = (at(connection.as_str()), at("AbCdEdXyZ_wCQr0="));
    let page = &mut Page::default();
    let nobody = "AWS4-HMAC-SHA256 Credential=nobody/20260505/us-east-1/execute-api/aws4_request, SignedHeaders=host, Signature=0";
    let mut call =
        |world: &mut World, name: &str, method: &str, path: &str, body: &[u8], signature: Option<&str>| {
            let mut request = ManagementRequest::new(method, path, body.to_vec());
            if let Some(signature) = signature {
                request.headers.clear();
                if !signature.is_empty() {
                    request.headers.insert("authorization", signature.parse().unwrap());
                    request.headers.insert("x-amz-date", "20260505T102030Z".parse().unwrap());
                }
            }
            let answered = world.manage_by(request);
            let error =
                answered.error_type.map(|kind| format!("\nx-amzn-ErrorType: {kind}")).unwrap_or_default();
            page.add(name, &format!("{}{error}\n\n{}", answered.status, answered.body));
        };
    let world = &mut world;
    call(world, "GET of a browser's connection", "GET", &open, b"", None);
    call(world, "GET of a client without user agent", "GET", &at(silent.as_str()), b"", None);
    call(world, "POST", "POST", &open, b"hello", None);
    call(world, "GET after the post", "GET", &open, b"", None);
    call(world, "POST above 128 KB", "POST", &open, &vec![b'x'; 131_073], None);
    call(world, "POST that is not UTF-8", "POST", &open, b"\xff", None);
    call(world, "another method", "PUT", &open, b"", None);
    call(world, "POST to a connection in $connect", "POST", &at(&connecting), b"x", None);
    call(world, "POST to nobody", "POST", &stranger, b"x", None);
    call(world, "a malformed id", "GET", &at("abc"), b"", None);
    call(world, "another stage", "GET", &stranger.replace("prod", "dev"), b"", None);
    call(world, "no stage", "GET", &stranger.replace("/prod", ""), b"", None);
    call(world, "no signature", "GET", &open, b"", Some(""));
    call(
        world,
        "a signature for another service",
        "GET",
        &open,
        b"",
        Some("AWS4-HMAC-SHA256 Credential=a/b/c/s3/aws4_request"),
    );
    call(world, "a caller whose policy allows nothing", "GET", &stranger, b"", Some(nobody));
    world.input(Input::Fault(Fault::ManagementThrottled));
    call(world, "throttled", "POST", &open, b"x", None);
    call(world, "DELETE", "DELETE", &open, b"", None);
    call(world, "DELETE once more", "DELETE", &open, b"", None);
    expect_file!["wire/management.txt"].assert_eq(&page.text);
}
