//! However the tool ends, nothing is left behind.

use std::time::Duration;

use tokio::io::{AsyncBufReadExt, BufReader, Lines};
use tokio::process::{Child, ChildStderr, ChildStdout};
use tokio::time::timeout;

use crate::little::{LittleApp, all_end, is_running};
use crate::running::{Client, PATIENCE, Running, dev, foreign};

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

/// A tool whose stderr nobody reads, with more to say than the pipe takes.
struct Unread {
    tool: Child,
    /// Open, or the tool would learn that nobody is there.
    _pipes: (Lines<BufReader<ChildStdout>>, ChildStderr),
    client: Client,
    /// The process of the one environment.
    pid: String,
}

impl Unread {
    async fn start() -> Self {
        let routes = foreign("routes.json").display().to_string();
        let line = "-".repeat(200);
        let program = format!(
            "trap '' TERM; yes {line} | head -n 2000 >&2; exec python3 {}",
            foreign("loop.py").display()
        );
        let arguments =
            ["--port", "0", "--environments", "1", "--routes", &routes, "--", "/bin/sh", "-c", &program];
        let mut tool = dev(arguments).spawn().unwrap();
        let (stdout, stderr) = (tool.stdout.take().unwrap(), tool.stderr.take().unwrap());
        let mut lines = BufReader::new(stdout).lines();
        let first = timeout(PATIENCE, lines.next_line()).await.expect("it starts");
        let first = first.unwrap().expect("a first line");
        let mut client = Client::open(first.strip_prefix("ready ").unwrap()).await.unwrap();
        let pid = client.ask(r#"{"action":"who"}"#).await;
        Self { tool, _pipes: (lines, stderr), client, pid }
    }

    fn interrupt(&self) {
        let pid = self.tool.id().unwrap().to_string();
        assert!(std::process::Command::new("kill").args(["-INT", &pid]).status().unwrap().success());
    }
}

#[tokio::test]
async fn ctrl_c_ends_all_while_nobody_reads_what_the_tool_says() {
    let mut unread = Unread::start().await;
    unread.interrupt();
    let status = timeout(PATIENCE, unread.tool.wait()).await.expect("it ends").unwrap();
    assert_eq!(status.code(), Some(0));
    assert!(!is_running(&unread.pid));
}

#[tokio::test]
async fn another_ctrl_c_waits_for_nothing() {
    let mut unread = Unread::start().await;
    // It heeds no SIGTERM, so that the orderly end takes its time.
    unread.client.say(r#"{"action":"slow","seconds":600}"#).await;
    let end = async {
        loop {
            unread.interrupt();
            // Those that come at once are one.
            if let Ok(status) = timeout(Duration::from_millis(100), unread.tool.wait()).await {
                return status.unwrap();
            }
        }
    };
    let status = timeout(PATIENCE, end).await.expect("it ends");
    assert_eq!(status.code(), Some(130));
    all_end(&[unread.pid]).await;
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
