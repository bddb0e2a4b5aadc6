//! Sources change under an open socket.

use crate::little::{LittleApp, all_end};
use crate::running::{Client, Running};

/// Waits until a new build has taken over.
async fn taken_over(running: &mut Running) {
    running.stderr.with("the new build takes new events").await;
}

/// The number of an environment's process, from the line that tells of its start.
fn pid(line: &str) -> String {
    let (_, rest) = line.split_once(", pid ").unwrap_or_else(|| panic!("{line}"));
    rest.trim_end_matches(')').to_owned()
}

#[tokio::test]
async fn an_edited_handler_answers_on_the_socket_that_was_open_before() {
    let app = LittleApp::that_answers("one");
    let mut running = Running::start(app.dev(&[])).await;
    let mut client = running.connect().await;
    assert_eq!(client.ask("?").await, "one");
    app.answers("two");
    taken_over(&mut running).await;
    assert_eq!(client.ask("?").await, "two");
    app.answers("three");
    taken_over(&mut running).await;
    assert_eq!(client.ask("?").await, "three");
    assert_eq!(running.end("-INT").await.code(), Some(0));
    assert_eq!(app.set_aside(), 0);
}

#[tokio::test]
async fn an_event_that_is_under_way_finishes_on_the_old_build() {
    let app = LittleApp::that_answers("");
    let flag = app.path("go on");
    app.handler(&format!(
        "if event.contains(\"wait\") {{\n        eprintln!(\"the old build waits\");\n        \
         while !std::path::Path::new({flag:?}).exists() {{ std::thread::sleep(std::time::Duration::from_millis(5)); }}\n    }}\n    \
         \"old\".to_owned()"
    ));
    let mut running = Running::start(app.dev(&[])).await;
    let mut early = running.connect().await;
    early.say("wait").await;
    let old = pid(&running.stderr.with(", pid ").await);
    running.stderr.with("the old build waits").await;
    app.answers("new");
    taken_over(&mut running).await;
    let mut late = running.connect().await;
    assert_eq!(late.ask("?").await, "new");
    std::fs::write(&flag, "").unwrap();
    assert_eq!(early.hear().await, "old");
    assert_eq!(early.ask("?").await, "new");
    all_end(&[old]).await;
}

#[tokio::test]
async fn of_ten_quick_saves_the_last_is_served() {
    let app = LittleApp::that_answers("0");
    let mut running = Running::start(app.dev(&[])).await;
    let mut client = running.connect().await;
    assert_eq!(client.ask("?").await, "0");
    for save in 1..=10 {
        app.answers(&save.to_string());
        tokio::task::yield_now().await;
    }
    let mut answer = String::new();
    while answer != "10" {
        taken_over(&mut running).await;
        answer = client.ask("?").await;
    }
}

#[tokio::test]
async fn a_file_that_is_included_is_a_source_and_one_that_lies_beside_is_none() {
    let app = LittleApp::that_answers("");
    app.write("src/greeting.txt", "hello");
    app.handler(r#"include_str!("greeting.txt").to_owned()"#);
    let mut running = Running::start(app.dev(&[])).await;
    let mut client = running.connect().await;
    let mut page = running.listen_as_page().await;
    assert_eq!(client.ask("?").await, "hello");
    app.write("src/greeting.txt", "good day");
    taken_over(&mut running).await;
    assert_eq!(client.ask("?").await, "good day");

    app.write("src/notes.txt", "nobody includes this");
    app.write("notes.md", "nor this");
    // What the page is told of after them shows that they have been looked at.
    for change in 1..=2 {
        app.write("page/index.html", &format!("<p>{change}"));
        while page.news().await["page"] != change {}
    }
    let said = running.end_and_read("-TERM").await;
    assert!(!said.iter().any(|line| line.contains("Rebuilding")), "{said:?}");
}

#[tokio::test]
async fn a_release_build_is_what_release_serves() {
    let app = LittleApp::that_answers("");
    app.handler("(if cfg!(debug_assertions) { \"debug\" } else { \"release\" }).to_owned()");
    let running = Running::start(app.dev(&["--release"])).await;
    let mut client: Client = running.connect().await;
    assert_eq!(client.ask("?").await, "release");
    assert!(!app.path("target/debug").exists());
}

#[tokio::test]
async fn without_timeouts_the_function_is_told_of_no_deadline_that_anybody_meets() {
    let app = LittleApp::that_answers("");
    app.handler(
        "format!(\"{deadline} {}\", std::env::var(\"LIFT_WS_INTEGRATION_TIMEOUT\").unwrap_or_default())",
    );
    let hours_left = |answer: &str| {
        let (deadline, patience) = answer.split_once(' ').unwrap();
        let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().as_millis();
        let left = deadline.parse::<u128>().unwrap().saturating_sub(now) / 3_600_000;
        (left, patience.to_owned())
    };
    let running = Running::start(app.dev(&[])).await;
    assert_eq!(hours_left(&running.connect().await.ask("?").await), (0, String::new()));
    assert_eq!(running.end("-TERM").await.code(), Some(0));

    let mut running = Running::start(app.dev(&["--no-timeouts"])).await;
    let (left, patience) = hours_left(&running.connect().await.ask("?").await);
    assert!(left >= 11, "{left} hours");
    assert_eq!(patience, (12 * 60 * 60).to_string());
    let pid = pid(&running.stderr.with(", pid ").await);
    assert!(std::fs::read_link(format!("/proc/{pid}/exe")).unwrap().starts_with(app.path("target/lift-ws")));
}

/// There is no lock file before the first build.
#[tokio::test]
async fn the_lock_file_that_the_first_build_writes_causes_no_second_one_and_another_one_does() {
    let app = LittleApp::that_answers("one");
    assert!(!app.path("Cargo.lock").exists());
    let mut running = Running::start(app.dev(&[])).await;
    let mut client = running.connect().await;
    assert_eq!(client.ask("?").await, "one");
    let lock = std::fs::read_to_string(app.path("Cargo.lock")).unwrap();
    app.answers("two");
    taken_over(&mut running).await;
    assert_eq!(running.stderr.seen("Rebuilding").len(), 1);
    assert_eq!(running.stderr.seen("Unchanged").len(), 0);
    app.write("Cargo.lock", &format!("{lock}\n# edited\n"));
    running.stderr.with("Rebuilding").await;
    running.stderr.with("Unchanged").await;
}
