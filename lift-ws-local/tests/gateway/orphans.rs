//! Nothing outlives a gateway: neither one that is dropped, nor one whose process ends or is killed.

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use lift_ws_local::{Function, GatewayEvent, LocalGateway};
use tokio::time::timeout;
use tokio_tungstenite::connect_async;

use crate::client::manifest;

/// Nothing takes this long; it turns a test that would hang into one that fails.
const PATIENCE: Duration = Duration::from_secs(30);

/// Starts a process of its own, writes both ids into a file, and ends by no signal but SIGKILL.
const STUBBORN: &str = r#"
trap '' TERM INT HUP
sleep 1000 &
echo $$ $! > "$MARKER.new"
mv "$MARKER.new" "$MARKER"
while :; do wait; sleep 1000; done
"#;

/// A gateway whose `$connect` has started an environment.
async fn serve(marker: &Path) -> LocalGateway {
    let program = Function::new("/bin/sh").args(["-c", STUBBORN]).env("MARKER", marker);
    let (sender, mut told) = tokio::sync::mpsc::unbounded_channel();
    let builder = LocalGateway::builder(manifest(&["$connect"]), program);
    let gateway = builder.on_event(move |event| drop(sender.send(event))).start().await.unwrap();
    let url = gateway.url();
    tokio::spawn(async move { drop(connect_async(url).await) });
    let started =
        async { while !matches!(told.recv().await, Some(GatewayEvent::EnvironmentStarted { .. })) {} };
    timeout(PATIENCE, started).await.expect("an environment starts");
    until(|| marker.exists()).await;
    gateway
}

/// Asks again and again, until the deadline: nobody tells of a file that another process writes, nor of the end of a
/// process that is not our child.
async fn until(mut condition: impl FnMut() -> bool) {
    let end = Instant::now() + PATIENCE;
    while !condition() {
        assert!(Instant::now() < end, "it never happens");
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
}

/// The ids in the marker: the environment's process and the one that it has started.
fn processes(marker: &Path) -> Vec<String> {
    let text = std::fs::read_to_string(marker).unwrap();
    let processes: Vec<_> = text.split_whitespace().map(str::to_owned).collect();
    assert_eq!(processes.len(), 2);
    processes
}

/// Whether a process has ended; whether somebody has asked for its exit status does not matter.
fn has_ended(process: &str) -> bool {
    let stat = std::fs::read_to_string(Path::new("/proc").join(process).join("stat"));
    stat.map_or(true, |stat| stat.rsplit_once(") ").is_some_and(|(_, state)| state.starts_with(['Z', 'X'])))
}

/// This test binary as a process of its own, that runs the one below.
fn other_process(marker: &Path, ending: &str) -> Child {
    let args = ["--ignored", "--exact", "orphans::serve_until_ended", "--nocapture", "--quiet"];
    Command::new(std::env::current_exe().unwrap())
        .args(args)
        .env("ORPHANS_MARKER", marker)
        .env("ORPHANS_ENDING", ending)
        .stdout(Stdio::null())
        .spawn()
        .unwrap()
}

#[tokio::test]
#[ignore = "this is the process that the other tests end, not a test"]
async fn serve_until_ended() {
    let Some(marker) = std::env::var_os("ORPHANS_MARKER").map(PathBuf::from) else { return };
    let gateway = serve(&marker).await;
    std::fs::write(marker.with_extension("ready"), "").unwrap();
    match std::env::var("ORPHANS_ENDING").unwrap().as_str() {
        "drop" => drop(gateway),
        "exit" => {}
        _ => std::future::pending().await,
    }
    std::process::exit(0);
}

#[tokio::test]
async fn a_gateway_that_is_dropped_has_ended_its_processes_although_it_did_not_wait() {
    let dir = tempfile::tempdir().unwrap();
    let marker = dir.path().join("processes");
    let gateway = serve(&marker).await;
    drop(gateway);
    for process in processes(&marker) {
        until(|| has_ended(&process)).await;
    }
}

#[tokio::test]
async fn a_process_that_ends_right_after_its_gateway_leaves_nothing_behind() {
    for ending in ["drop", "exit"] {
        let dir = tempfile::tempdir().unwrap();
        let marker = dir.path().join("processes");
        let status = other_process(&marker, ending).wait().unwrap();
        assert!(status.success(), "{ending}: {status}");
        for process in processes(&marker) {
            until(|| has_ended(&process)).await;
        }
    }
}

#[tokio::test]
async fn a_process_that_is_killed_leaves_nothing_behind() {
    let dir = tempfile::tempdir().unwrap();
    let marker = dir.path().join("processes");
    let mut process = other_process(&marker, "never");
    until(|| marker.with_extension("ready").exists()).await;
    process.kill().unwrap();
    process.wait().unwrap();
    for process in processes(&marker) {
        until(|| has_ended(&process)).await;
    }
}
