//! Programs that are not ours: Runtime API loops in Python and JavaScript.

use std::path::Path;

use crate::running::{Running, dev, foreign};

const INTERNAL_SERVER_ERROR: &str = r#"{"message": "Internal server error", "#;

async fn serve(program: &[&str], options: &[&str]) -> Running {
    let (interpreter, file) = (program[0], foreign(program[1]));
    let mut arguments = vec!["--port".to_owned(), "0".to_owned(), "--routes".to_owned()];
    arguments.push(foreign("routes.json").display().to_string());
    arguments.extend(options.iter().map(|&option| option.to_owned()));
    arguments.extend(["--".to_owned(), interpreter.to_owned(), file.display().to_string()]);
    Running::start(dev(arguments)).await
}

const PYTHON: &[&str] = &["python3", "loop.py"];
const NODE: &[&str] = &["node", "loop.mjs"];

/// What both programs must do alike.
async fn talks_posts_fails_and_crashes(program: &[&str]) {
    let mut running = serve(program, &[]).await;
    assert!(running.url.starts_with("ws://127.0.0.1:") && running.url.ends_with("/dev"), "{}", running.url);
    let mut client = running.connect().await;
    let echo = r#"{"action":"echo","text":"gr\u00fc\u00df dich"}"#;
    assert_eq!(client.ask(echo).await, echo);
    assert_eq!(client.ask("no JSON at all").await, "no JSON at all");
    let post = r#"{"action":"post","text":"through @connections"}"#;
    assert_eq!(client.ask(post).await, post);
    running.stderr.with("posted: 200").await;
    let post_own = r#"{"action":"post-own","text":"by the URL that the program builds"}"#;
    assert_eq!(client.ask(post_own).await, post_own);
    running.stderr.with("posted by https: 200").await;
    assert!(client.ask(r#"{"action":"fail"}"#).await.starts_with(INTERNAL_SERVER_ERROR));
    running.stderr.with("failed as asked").await;
    let before = client.ask(r#"{"action":"who"}"#).await;
    assert!(client.ask(r#"{"action":"crash"}"#).await.starts_with(INTERNAL_SERVER_ERROR));
    running.stderr.with("exited with status 3 in the middle of an event").await;
    assert_eq!(client.ask(echo).await, echo);
    client.close().await;
    running.stderr.with(" 1005").await;
    assert_eq!(running.end("-TERM").await.code(), Some(0));
    assert!(!Path::new("/proc").join(before).exists());
}

#[tokio::test]
async fn a_python_program_is_served_unchanged() {
    talks_posts_fails_and_crashes(PYTHON).await;
}

#[tokio::test]
async fn a_node_program_is_served_unchanged() {
    talks_posts_fails_and_crashes(NODE).await;
}

#[tokio::test]
async fn a_killed_environment_gives_the_error_frame_and_nothing_hangs() {
    let mut running = serve(PYTHON, &["--environments", "1"]).await;
    let mut client = running.connect().await;
    let pid = client.ask(r#"{"action":"who"}"#).await;
    client.say(r#"{"action":"slow","seconds":600}"#).await;
    running.stderr.with("sleeping").await;
    assert!(std::process::Command::new("kill").args(["-KILL", &pid]).status().unwrap().success());
    assert!(client.hear().await.starts_with(INTERNAL_SERVER_ERROR));
    running.stderr.with("was ended by signal 9 in the middle of an event").await;
    assert_ne!(client.ask(r#"{"action":"who"}"#).await, pid);
}

#[tokio::test]
async fn connect_answers_with_its_status_and_subprotocol() {
    let running = serve(NODE, &["--stage", "prod"]).await;
    assert!(running.url.ends_with("/prod"));
    assert!(running.connect_with("?status=403").await.is_err());
    assert!(running.connect_with("?status=204").await.is_ok());
}

#[tokio::test]
async fn ctrl_c_ends_the_environments_in_the_middle_of_an_event() {
    let mut running = serve(PYTHON, &[]).await;
    let mut client = running.connect().await;
    let pid = client.ask(r#"{"action":"who"}"#).await;
    client.say(r#"{"action":"slow","seconds":600}"#).await;
    running.stderr.with("sleeping").await;
    assert_eq!(running.end("-INT").await.code(), Some(0));
    assert!(!Path::new("/proc").join(pid).exists());
}

#[tokio::test]
async fn each_event_is_one_line_of_route_connection_milliseconds_and_outcome() {
    let mut running = serve(PYTHON, &[]).await;
    let mut client = running.connect().await;
    client.ask(r#"{"action":"echo"}"#).await;
    let line = running.stderr.with("echo ").await;
    let words: Vec<&str> = line.split_whitespace().collect();
    let [route, connection, millis, unit, outcome] = words[..] else { panic!("{line}") };
    assert_eq!((route, unit, outcome), ("echo", "ms", "200"));
    assert_eq!(connection.len(), 16);
    assert!(millis.parse::<u64>().is_ok(), "{line}");
    // There is no terminal, so there are no colours.
    assert!(!line.contains('\x1b'));
}
