//! However the tool ends, nothing is left behind.

use crate::little::{LittleApp, all_end, is_running};
use crate::running::{Running, dev, foreign};

/// Several environments in the middle of events, each with a process that it has started itself; their ids.
async fn busy() -> (Running, Vec<String>) {
    let routes = foreign("routes.json").display().to_string();
    let program = format!("sleep 1000 & echo grandchild $!; exec python3 {}", foreign("loop.py").display());
    let arguments =
        ["--port", "0", "--environments", "3", "--routes", &routes, "--", "/bin/sh", "-c", &program];
    let mut running = Running::start(dev(arguments)).await;
    let mut pids = Vec::new();
    for _ in 0..3 {
        let mut client = running.connect().await;
        pids.push(client.ask(r#"{"action":"who"}"#).await);
        client.say(r#"{"action":"slow","seconds":600}"#).await;
        running.stderr.with("sleeping").await;
        running.keep(client);
    }
    pids.sort();
    pids.dedup();
    assert_eq!(pids.len(), 3, "each is busy, so each is another");
    let grandchildren = running.stderr.seen("grandchild ");
    pids.extend(grandchildren.iter().map(|line| line.rsplit(' ').next().unwrap().to_owned()));
    assert_eq!(pids.len(), 6);
    assert!(pids.iter().all(|pid| is_running(pid)));
    (running, pids)
}

#[tokio::test]
async fn ctrl_c_ends_environments_in_the_middle_of_events_and_what_they_have_started() {
    let (running, pids) = busy().await;
    assert_eq!(running.end("-INT").await.code(), Some(0));
    assert!(!pids.iter().any(|pid| is_running(pid)));
}

#[tokio::test]
async fn a_tool_that_is_killed_takes_its_environments_and_what_they_have_started_along() {
    let (running, pids) = busy().await;
    running.end("-KILL").await;
    all_end(&pids).await;
}

#[tokio::test]
async fn what_a_killed_tool_has_left_is_removed_by_the_next() {
    let app = LittleApp::that_answers("one");
    let running = Running::start(app.dev(&[])).await;
    let port = running.url.rsplit(':').next().unwrap().split('/').next().unwrap().to_owned();
    running.end("-KILL").await;
    assert_eq!(app.set_aside(), 1, "nobody could remove it");
    // Its port is free again too.
    let next = Running::start(app.dev(&["--port", &port])).await;
    assert_eq!(next.connect().await.ask("?").await, "one");
    assert_eq!(next.end("-TERM").await.code(), Some(0));
    assert_eq!(app.set_aside(), 0);
}
