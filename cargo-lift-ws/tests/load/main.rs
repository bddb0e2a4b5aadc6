//! `cargo lift-ws load` against real servers on the loopback.

mod server;

use std::io::Write;
use std::process::Stdio;
use std::time::Duration;

use serde_json::Value;
use tokio::process::Command;
use tokio::time::timeout;

use server::{Manner, Server};

/// Nothing takes this long; it turns a hanging test into a failing one.
const PATIENCE: Duration = Duration::from_secs(20);

struct Done {
    is_success: bool,
    stdout: String,
    stderr: String,
}

async fn load(url: &str, arguments: &[&str]) -> Done {
    load_trusting(url, arguments, None).await
}

fn command(url: &str, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_cargo-lift-ws"));
    command.args(["lift-ws", "load", url]).args(arguments).stdin(Stdio::null()).kill_on_drop(true);
    command
}

async fn load_trusting(url: &str, arguments: &[&str], roots: Option<&std::path::Path>) -> Done {
    let mut command = command(url, arguments);
    if let Some(roots) = roots {
        command.env("SSL_CERT_FILE", roots);
    }
    let output = command.output().await.expect("the binary starts");
    Done {
        is_success: output.status.success(),
        stdout: String::from_utf8(output.stdout).unwrap(),
        stderr: String::from_utf8(output.stderr).unwrap(),
    }
}

fn figures(done: &Done) -> Value {
    assert!(done.is_success, "{}", done.stderr);
    serde_json::from_str(&done.stdout).unwrap_or_else(|error| panic!("{error}: {}", done.stdout))
}

#[tokio::test]
async fn every_message_of_a_closed_loop_is_answered_and_timed() {
    let server = Server::start(Manner::Echo).await;
    let arguments = [
        "--connections",
        "20",
        "--duration",
        "300ms",
        "--send",
        "c{{connection}} m{{message}}",
        "--json",
        "-",
    ];
    let figures = figures(&load(&server.url(), &arguments).await);
    assert_eq!(figures["connections"]["opened"], 20);
    assert_eq!(figures["connections"]["handshake"]["count"], 20);
    let (sent, answered) = (figures["messages"]["sent"].as_u64(), figures["messages"]["answered"].as_u64());
    assert!(answered.unwrap() >= 20, "{figures}");
    assert!(sent.unwrap() - answered.unwrap() <= 20, "one is on its way for each connection: {figures}");
    assert_eq!(figures["latency"]["count"], answered.unwrap());
    assert_eq!(figures["connections"]["lost"], serde_json::json!({}));
    let mut first = server.first_messages();
    first.sort();
    let mut expected: Vec<String> = (1..=20).map(|connection| format!("c{connection} m1")).collect();
    expected.sort();
    assert_eq!(first, expected);
}

#[tokio::test]
async fn a_script_is_played_step_by_step() {
    let folder = tempfile::tempdir().unwrap();
    let script = folder.path().join("chat.load");
    std::fs::write(
        &script,
        "send hello\nreceive hello\nrepeat\nsend x{{message}}\nreceive x{{message}}\npause 1ms\n",
    )
    .unwrap();
    let picture = folder.path().join("load.svg");
    let server = Server::start(Manner::Echo).await;
    let arguments = [
        "--connections",
        "2",
        "--duration",
        "200ms",
        "--script",
        script.to_str().unwrap(),
        "--picture",
        picture.to_str().unwrap(),
    ];
    let done = load(&server.url(), &arguments).await;
    assert!(done.is_success, "{}", done.stderr);
    assert!(done.stdout.starts_with("connections  2 of 2 opened in "), "{}", done.stdout);
    assert!(done.stdout.contains("\nlatency      p50 "), "{}", done.stdout);
    assert_eq!(server.first_messages(), ["hello", "hello"]);
    let picture = std::fs::read_to_string(picture).unwrap();
    assert!(picture.starts_with("<svg ") && picture.contains("<polyline "), "{picture}");
}

#[tokio::test]
async fn hundreds_of_connections_are_opened_at_once_held_and_closed_and_all_are_accounted_for() {
    let server = Server::start(Manner::Silent).await;
    let arguments = ["--connections", "400", "--duration", "100ms", "--json", "-"];
    let figures = figures(&load(&server.url(), &arguments).await);
    let connections = &figures["connections"];
    assert_eq!((&connections["wanted"], &connections["opened"]), (&400.into(), &400.into()), "{figures}");
    assert_eq!(connections["handshake"]["count"], 400);
    let (rate, time) = (&connections["openedPerSecond"], &connections["openedInSeconds"]);
    assert!((rate.as_f64().unwrap() * time.as_f64().unwrap() - 400.0).abs() < 0.1, "{figures}");
    for failures in ["notOpened", "lost"] {
        assert_eq!(connections[failures], serde_json::json!({}), "{figures}");
    }
}

#[tokio::test]
async fn what_happens_to_connections_is_counted_by_its_reason() {
    let closing = Server::start(Manner::CloseWith(1001, "Going away")).await;
    let figures = figures(&load(&closing.url(), &["--connections", "3", "--send", "x", "--json", "-"]).await);
    assert_eq!(figures["connections"]["lost"]["closed with 1001, Going away"], 3, "{figures}");

    let silent = Server::start(Manner::Silent).await;
    let arguments =
        ["--connections", "2", "--duration", "300ms", "--timeout", "50ms", "--send", "x", "--json", "-"];
    let figures = self::figures(&load(&silent.url(), &arguments).await);
    assert!(figures["messages"]["unanswered"].as_u64().unwrap() >= 2, "{figures}");
    assert_eq!(figures["messages"]["answered"], 0);
    assert_eq!(figures["latency"], Value::Null);
}

#[tokio::test]
async fn a_terminal_that_nobody_reads_holds_up_no_client() {
    let server = Server::start(Manner::Echo).await;
    let (unread, mut full) = std::io::pipe().unwrap();
    // As much as a pipe takes.
    full.write_all(&[b' '; 64 * 1024]).unwrap();
    let arguments = ["--connections", "2", "--duration", "100ms", "--send", "x", "--json", "-"];
    let tool = command(&server.url(), &arguments).stdout(Stdio::piped()).stderr(full).spawn().unwrap();
    let output = timeout(PATIENCE, tool.wait_with_output()).await.expect("it ends");
    let figures: Value = serde_json::from_slice(&output.unwrap().stdout).unwrap();
    assert!(figures["messages"]["answered"].as_u64() > Some(0), "{figures}");
    drop(unread);
}

#[tokio::test]
async fn a_refusal_of_all_says_why() {
    let server = Server::start(Manner::Refuse).await;
    let done = load(&server.url(), &["--connections", "3"]).await;
    assert!(!done.is_success);
    assert!(
        done.stderr.contains("none of 3 connections could be opened: refused with 403 Forbidden"),
        "{}",
        done.stderr
    );
    assert!(done.stderr.contains("does the path of the URL name a stage"), "{}", done.stderr);
}

#[tokio::test]
async fn where_nobody_listens_it_is_asked_whether_the_gateway_runs() {
    let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let done = load(&format!("ws://{free}/dev"), &["--connections", "1"]).await;
    assert!(!done.is_success);
    assert!(done.stderr.contains("is `cargo lift-ws dev` running there?"), "{}", done.stderr);
}

#[tokio::test]
async fn headers_and_subprotocols_are_offered() {
    let server = Server::start(Manner::Echo).await;
    let arguments = [
        "--connections",
        "1",
        "--duration",
        "10ms",
        "--header",
        "X-Test: a b",
        "--subprotocol",
        "v1",
        "--subprotocol",
        "v2",
    ];
    let done = load(&server.url(), &arguments).await;
    assert!(done.is_success, "{}", done.stderr);
    assert_eq!(server.offered(), [("a b".to_owned(), "v1, v2".to_owned())]);
}

#[tokio::test]
async fn another_machine_is_refused_unless_it_is_owned() {
    let done = load("ws://192.0.2.1:9/dev", &[]).await;
    assert!(!done.is_success);
    assert!(done.stderr.contains("`192.0.2.1` is not on this machine"), "{}", done.stderr);
    assert!(done.stderr.contains("--i-own-this-endpoint"), "{}", done.stderr);
}

#[tokio::test]
async fn what_cannot_be_meant_is_told() {
    for (url, expected) in [
        ("http://127.0.0.1/dev", "it does not begin with ws:// or wss://"),
        ("127.0.0.1:3000", "it does not begin with ws:// or wss://"),
        ("ws://127.0.0.1/{{user}}", "`{{user}}` is unknown"),
    ] {
        let done = load(url, &[]).await;
        assert!(!done.is_success && done.stderr.contains(expected), "{url}: {}", done.stderr);
    }
    let folder = tempfile::tempdir().unwrap();
    let script = folder.path().join("bad.load");
    std::fs::write(&script, "send x\nwait 1s\n").unwrap();
    let done = load("ws://127.0.0.1:9/dev", &["--script", script.to_str().unwrap()]).await;
    assert!(done.stderr.contains("bad.load, line 2: `wait` is no step"), "{}", done.stderr);
}

#[tokio::test]
async fn an_endpoint_with_a_certificate_is_loaded_where_its_authority_is_trusted() {
    let folder = tempfile::tempdir().unwrap();
    let roots = folder.path().join("roots.pem");
    let server = Server::start_tls(&roots).await;
    let arguments = ["--connections", "3", "--duration", "50ms", "--send", "x", "--json", "-"];
    let figures = figures(&load_trusting(&server.url(), &arguments, Some(&roots)).await);
    assert_eq!(figures["connections"]["opened"], 3);
    assert!(figures["messages"]["answered"].as_u64().unwrap() >= 3, "{figures}");
    let other = folder.path().join("other.pem");
    Server::start_tls(&other).await;
    let done = load_trusting(&server.url(), &arguments, Some(&other)).await;
    assert!(!done.is_success && done.stderr.contains("certificate"), "{}", done.stderr);
}
