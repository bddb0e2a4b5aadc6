//! The control endpoint over real sockets: who may use it, and what it does.

use std::net::{IpAddr, Ipv4Addr, UdpSocket};

use futures_util::SinkExt;
use lift_ws_local::GatewayEvent;
use serde_json::json;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_tungstenite::tungstenite::Message;

use crate::client::{PATIENCE, Response, Watched, http, refused, scripted, start};

/// What a change needs.
const CONTROL: &str = "x-lift-control: 1\r\ncontent-type: application/json\r\n";

async fn controlled() -> Watched {
    start(scripted(&["$connect", "$disconnect"]).control(true)).await
}

async fn get(watched: &Watched, path: &str) -> Response {
    http(&watched.address(), "GET", path, "", "").await
}

async fn change(watched: &Watched, method: &str, path: &str, body: &str) -> Response {
    http(&watched.address(), method, path, CONTROL, body).await
}

/// A request as it stands, and the answer's status and the rest.
async fn raw(address: &str, request: &str) -> (u16, String) {
    let mut stream = TcpStream::connect(address).await.unwrap();
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = String::new();
    timeout(PATIENCE, stream.read_to_string(&mut answer)).await.expect("an answer comes").unwrap();
    (answer.split(' ').nth(1).and_then(|status| status.parse().ok()).unwrap_or(0), answer)
}

#[tokio::test]
async fn without_it_its_paths_are_like_any_other() {
    let watched = start(scripted(&[])).await;
    for path in ["/_lift", "/_lift/api", "/_lift/api/faults", "/_lift/x"] {
        let (there, nowhere) = (get(&watched, path).await, get(&watched, "/_nothing").await);
        let without_ids = |body: &str| body.split("connectionId").next().map(str::to_owned);
        assert_eq!(there.status, nowhere.status, "{path}");
        assert_eq!(without_ids(&there.body), without_ids(&nowhere.body), "{path}");
        assert_eq!(there.header("x-frame-options"), None);
        assert_ne!(change(&watched, "POST", path, r#"{"fault":"kill"}"#).await.status, 201);
    }
    assert!(watched.gateway.faults().is_empty());
}

#[tokio::test]
async fn a_stage_cannot_have_its_name() {
    let error = scripted(&[]).control(true).stage("_lift").start().await.unwrap_err().to_string();
    assert!(error.contains("cannot be called `_lift`") && error.contains("--no-control"), "{error}");
    assert!(scripted(&[]).stage("_lift").start().await.is_ok(), "without it, the name is free");
}

#[tokio::test]
async fn what_there_is_is_listed_and_no_page_may_frame_or_keep_it() {
    let watched = controlled().await;
    let index = get(&watched, "/_lift/api").await;
    assert_eq!(index.status, 200);
    assert_eq!(index.json()["resources"][1], "/_lift/api/faults");
    for (name, value) in [
        ("cache-control", "no-store"),
        ("x-frame-options", "DENY"),
        ("x-content-type-options", "nosniff"),
        ("cross-origin-resource-policy", "same-origin"),
    ] {
        assert_eq!(index.header(name), Some(value), "{name}");
    }
    assert!(index.header("access-control-allow-origin").is_none());
    assert_eq!(get(&watched, "/_lift/nothing").await.status, 404);
    assert_eq!(get(&watched, "/_lift/api/nothing").await.status, 404);
}

#[tokio::test]
async fn another_host_is_refused_whatever_it_asks() {
    let watched = controlled().await;
    for host in ["evil.example", "localhost.evil.example", "10.0.0.1", "localhost:80@evil.example"] {
        let request = format!(
            "POST /_lift/api/faults HTTP/1.1\r\nhost: {host}\r\nconnection: close\r\n{CONTROL}content-length: 16\r\n\r\n\
             {{\"fault\":\"kill\"}}"
        );
        assert_eq!(raw(&watched.address(), &request).await.0, 403, "{host}");
        let request = format!("GET /_lift/api HTTP/1.1\r\nhost: {host}\r\nconnection: close\r\n\r\n");
        assert_eq!(raw(&watched.address(), &request).await.0, 403, "{host}");
    }
    // The target's host outdoes the header's (RFC 9112).
    let request =
        "GET http://evil.example/_lift/api HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n";
    assert_eq!(raw(&watched.address(), request).await.0, 403);
    let two = "GET /_lift/api HTTP/1.1\r\nhost: localhost\r\nhost: evil.example\r\nconnection: close\r\n\r\n";
    assert_eq!(raw(&watched.address(), two).await.0, 400);
    assert!(watched.gateway.faults().is_empty());
}

#[tokio::test]
async fn pages_of_other_origins_are_refused_and_those_of_this_port_are_not() {
    let watched = controlled().await;
    let this = format!("http://{}", watched.address());
    for (headers, expected) in [
        ("origin: https://evil.example\r\n".to_owned(), 403),
        ("origin: null\r\n".to_owned(), 403),
        // Another program's page on this machine is another origin.
        ("origin: http://127.0.0.1:1\r\n".to_owned(), 403),
        ("sec-fetch-site: cross-site\r\n".to_owned(), 403),
        ("sec-fetch-site: same-site\r\n".to_owned(), 403),
        (format!("origin: {this}\r\nsec-fetch-site: same-origin\r\n"), 201),
        ("sec-fetch-site: none\r\n".to_owned(), 201),
    ] {
        let headers = format!("{CONTROL}{headers}");
        let path = "/_lift/api/faults";
        let answer = http(&watched.address(), "POST", path, &headers, r#"{"fault":"cut:x1"}"#).await;
        assert_eq!(answer.status, expected, "{headers}");
    }
    // A browser asks first whether a page may send such a header; it gets no leave.
    let asking = "origin: https://evil.example\r\naccess-control-request-method: POST\r\n\
                  access-control-request-headers: x-lift-control\r\n";
    let answer = http(&watched.address(), "OPTIONS", "/_lift/api/faults", asking, "").await;
    assert_eq!((answer.status, answer.header("access-control-allow-headers")), (403, None));
}

#[tokio::test]
async fn what_a_form_can_send_changes_nothing() {
    let watched = controlled().await;
    let body = r#"{"fault":"kill"}"#;
    for (headers, expected) in [
        ("", 403),
        ("content-type: application/json\r\n", 403),
        ("content-type: application/json\r\nx-lift-control: yes\r\n", 403),
        ("x-lift-control: 1\r\n", 415),
        ("x-lift-control: 1\r\ncontent-type: text/plain\r\n", 415),
        ("x-lift-control: 1\r\ncontent-type: application/x-www-form-urlencoded\r\n", 415),
    ] {
        for method in ["POST", "PUT"] {
            let answer = http(&watched.address(), method, "/_lift/api/faults", headers, body).await;
            assert_eq!(answer.status, expected, "{method} {headers}");
        }
    }
    assert_eq!(http(&watched.address(), "DELETE", "/_lift/api/faults", "", "").await.status, 403);
    assert!(watched.gateway.faults().is_empty());
}

#[tokio::test]
async fn a_wrong_method_says_which_are_right() {
    let watched = controlled().await;
    for (method, path, allowed) in [
        ("DELETE", "/_lift/api", "GET"),
        ("PATCH", "/_lift/api/faults", "GET, POST, PUT, DELETE"),
        ("POST", "/_lift/api/faults/1", "DELETE"),
        ("DELETE", "/_lift/api/clock", "POST"),
        ("POST", "/_lift/api/environments", "GET"),
        ("PUT", "/_lift/api/environments/1/kill", "POST"),
    ] {
        let answer = change(&watched, method, path, "").await;
        assert_eq!((answer.status, answer.header("allow")), (405, Some(allowed)), "{method} {path}");
    }
}

#[tokio::test]
async fn a_body_that_is_too_large_or_makes_no_sense_is_refused() {
    let watched = controlled().await;
    let padded = format!(r#"{{"fault":"kill{}"}}"#, " ".repeat(70 * 1024));
    assert_eq!(change(&watched, "POST", "/_lift/api/faults", &padded).await.status, 413);
    for body in [
        "",
        "kill",
        "[]",
        "{}",
        r#"{"fault":"kil"}"#,
        r#"{"fault":"kill","often":1}"#,
        r#"{"fault":1}"#,
        "\u{0}",
    ] {
        let answer = change(&watched, "POST", "/_lift/api/faults", body).await;
        assert_eq!(answer.status, 400, "{body}");
        assert!(answer.json()["message"].is_string(), "{body}");
    }
    for body in ["{}", r#"{"jump":"soon"}"#, r#"{"jump":"-5s"}"#, r#"{"jump":600}"#] {
        assert_eq!(change(&watched, "POST", "/_lift/api/clock", body).await.status, 400, "{body}");
    }
    let nested = "[".repeat(10_000);
    assert_eq!(change(&watched, "PUT", "/_lift/api/faults", &nested).await.status, 400);
    assert!(watched.gateway.faults().is_empty());
}

/// An address of this machine that is not the loopback's, if it has one. No packet is sent.
fn own_address() -> Option<IpAddr> {
    let socket = UdpSocket::bind((Ipv4Addr::UNSPECIFIED, 0)).ok()?;
    socket.connect((Ipv4Addr::new(192, 0, 2, 1), 9)).ok()?;
    Some(socket.local_addr().ok()?.ip()).filter(|ip| !ip.is_loopback() && !ip.is_unspecified())
}

#[allow(clippy::print_stderr, reason = "whoever runs it should know that nothing was checked")]
#[tokio::test]
async fn a_port_that_is_opened_to_the_network_is_still_controlled_from_the_loopback_alone() {
    let watched = start(scripted(&[]).control(true).host(Ipv4Addr::UNSPECIFIED.into())).await;
    assert_eq!(get(&watched, "/_lift/api").await.status, 200);
    // A machine without a network has nobody to keep out.
    let Some(own) = own_address() else {
        return eprintln!("not checked: this machine has no address besides the loopback");
    };
    let address = format!("{own}:{}", watched.gateway.port());
    for host in [address.as_str(), "localhost", "127.0.0.1"] {
        let request = format!("GET /_lift/api HTTP/1.1\r\nhost: {host}\r\nconnection: close\r\n\r\n");
        let (status, answer) = raw(&address, &request).await;
        assert_eq!(status, 403, "{host}");
        assert!(answer.contains("over the loopback"), "{answer}");
    }
}

#[tokio::test]
async fn tricks_with_the_path_lead_nowhere() {
    let watched = controlled().await;
    let nowhere = get(&watched, "/nothing").await.status;
    for path in [
        "//_lift/api",
        "/%5flift/api",
        "/%5Flift/api",
        "/_LIFT/api",
        "/_lift%2fapi",
        "/_lifted/api",
        "/./_lift/api",
    ] {
        let answer = get(&watched, path).await;
        assert_eq!((answer.status, answer.header("x-frame-options")), (nowhere, None), "{path}");
    }
    // These are its own, and there is nothing.
    for path in [
        "/_lift/../dev",
        "/_lift/..",
        "/_lift//api",
        "/_lift/api/",
        "/_lift/@connections/x",
        "/_lift/api/../faults",
    ] {
        let answer = get(&watched, path).await;
        assert_eq!((answer.status, answer.header("x-frame-options")), (404, Some("DENY")), "{path}");
    }
    // Nor is a handshake there a way round.
    let upgrade = format!(
        "GET /_lift/../dev HTTP/1.1\r\nhost: {}\r\nconnection: upgrade\r\nupgrade: websocket\r\n\
         sec-websocket-version: 13\r\nsec-websocket-key: c2FtcGxlLWtleS0wMDAwMQ==\r\n\r\n",
        watched.address()
    );
    let mut stream = TcpStream::connect(watched.address()).await.unwrap();
    stream.write_all(upgrade.as_bytes()).await.unwrap();
    let mut first = [0; 12];
    stream.read_exact(&mut first).await.unwrap();
    assert_eq!(&first, b"HTTP/1.1 404");
}

#[tokio::test]
async fn faults_are_added_counted_and_taken_away() {
    let mut watched = controlled().await;
    let added =
        change(&watched, "POST", "/_lift/api/faults", r#"{"fault":"throttle-connects","once":true}"#).await;
    assert_eq!((added.status, added.json()), (201, json!({ "id": 1, "fault": "throttle-connects:x1" })));
    let every = change(&watched, "POST", "/_lift/api/faults", r#"{"fault":"throttle-posts:every-2"}"#).await;
    assert_eq!(every.json()["id"], 2);
    assert_eq!(refused(watched.connect_with("").await), 429);
    let told = watched.told(|event| match event {
        GatewayEvent::Fault(fault) => Some(fault.to_string()),
        _ => None,
    });
    assert!(told.await.starts_with("throttle-connects of "));
    let mut client = watched.connect().await;
    let id = client.id().await;
    assert_eq!(watched.manage("POST", &id, "x").await.status, 200);
    assert_eq!(watched.manage("POST", &id, "x").await.status, 429);
    let report = get(&watched, "/_lift/api/faults").await.json();
    assert_eq!(report["happened"], json!({ "throttle-connects": 1, "throttle-posts": 1 }));
    let rule = json!([{ "id": 2, "fault": "throttle-posts:every-2", "occasions": 2, "happened": 1 }]);
    assert_eq!(report["faults"], rule);
    assert!(report["seed"].is_u64() && report["kinds"].as_array().unwrap().len() >= 15);
    assert_eq!(report["kinds"][1]["fault"], "delay-disconnect:5s");
    assert_eq!(change(&watched, "DELETE", "/_lift/api/faults/2", "").await.status, 204);
    assert_eq!(change(&watched, "DELETE", "/_lift/api/faults/2", "").await.status, 404);
    assert_eq!(change(&watched, "DELETE", "/_lift/api/faults/x", "").await.status, 404);
    assert!(watched.gateway.faults().is_empty());
}

#[tokio::test]
async fn a_plan_with_its_seed_replaces_what_there_is() {
    let watched = controlled().await;
    change(&watched, "POST", "/_lift/api/faults", r#"{"fault":"kill"}"#).await;
    let plan = r#"{"seed":7,"faults":["slow:200ms:0.5","drop-disconnect:0.1"]}"#;
    let report = change(&watched, "PUT", "/_lift/api/faults", plan).await.json();
    assert_eq!((&report["seed"], report["faults"].as_array().unwrap().len()), (&json!(7), 2));
    assert_eq!(report["faults"][0]["fault"], "slow:200ms:0.5");
    assert_eq!(change(&watched, "DELETE", "/_lift/api/faults", "").await.status, 204);
    assert!(watched.gateway.faults().is_empty());
}

#[tokio::test]
async fn a_jump_of_ten_minutes_ends_what_was_idle() {
    let mut watched = controlled().await;
    let mut client = watched.connect().await;
    let jumped = change(&watched, "POST", "/_lift/api/clock", r#"{"jump":"9m"}"#).await;
    assert_eq!(jumped.json(), json!({ "closed": 0 }));
    let jumped = change(&watched, "POST", "/_lift/api/clock", r#"{"jump":"1m"}"#).await;
    assert_eq!(jumped.json(), json!({ "closed": 1 }));
    assert_eq!(client.closed().await, (1001, "Going away".to_owned()));
    assert_eq!(watched.printed("disconnected ").await, "1001 \"Going away\"");
}

#[tokio::test]
async fn an_environment_is_killed_by_its_number() {
    let mut watched = start(scripted(&[]).environments(1).control(true)).await;
    let mut client = watched.connect().await;
    client.say(r#"{"do":"sleep","ms":600000}"#).await;
    let pid = watched.printed("sleeping ").await;
    let environments = get(&watched, "/_lift/api/environments").await.json();
    assert_eq!(environments, json!({ "environments": [{ "id": 1 }] }));
    assert_eq!(change(&watched, "POST", "/_lift/api/environments/1/kill", "").await.status, 204);
    assert!(client.hear().await.starts_with(r#"{"message": "Internal server error", "#));
    assert_ne!(client.ask(r#"{"do":"pid"}"#).await, pid);
    for number in ["9", "x", "-1", "99999999999"] {
        let path = format!("/_lift/api/environments/{number}/kill");
        assert_eq!(change(&watched, "POST", &path, "").await.status, 404, "{number}");
    }
}

#[tokio::test]
async fn the_endpoint_does_not_get_in_the_way_of_clients() {
    let watched = controlled().await;
    let mut client = watched.connect().await;
    client.socket.send(Message::text("x")).await.unwrap();
    assert_eq!(client.hear().await, "x");
    assert_eq!(get(&watched, "/_lift/api").await.status, 200);
    assert_eq!(client.ask("y").await, "y");
}
