//! The local gateway under load: a closed loop of clients over real sockets, answered by our release binary.

use crate::report::{Gate, Report};
use futures_util::{SinkExt, StreamExt};
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};
use tokio_tungstenite::connect_async;
use tokio_tungstenite::tungstenite::Message;

const SECTION: &str = "local gateway (release, 50 connections in a closed loop, 4 environments)";
const CONNECTIONS: usize = 50;
const MESSAGE: &str = r#"{"action":"sendMessage","room":"blue","text":"hello everybody in the blue room"}"#;

/// Adds the row.
///
/// # Errors
///
/// When the gateway or the function cannot be built, does not start, or answers wrongly.
pub(crate) fn measure(root: &Path, quick: bool, report: &mut Report) -> Result<(), String> {
    crate::build(root, "lift-ws-bench-function", "ours", "")?;
    crate::build(root, "cargo-lift-ws", "cargo-lift-ws", "")?;
    let gateway = Gateway::start(root)?;
    let runtime =
        tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(|e| e.to_string())?;
    let seconds = if quick { 2 } else { 8 };
    let rate = runtime.block_on(load(&gateway.address, Duration::from_secs(seconds)))?;
    report.figure(SECTION, "two-way echo, answered messages per second", "/s", rate, Gate::AtLeast(3000.0));
    Ok(())
}

/// Answered messages per second, after a warm-up in which all environments start.
async fn load(address: &str, time: Duration) -> Result<f64, String> {
    let start = Instant::now();
    let counted = start + time / 4;
    let end = counted + time;
    let clients = (0..CONNECTIONS).map(|_| client(address, counted, end));
    let answered: Vec<usize> = futures_util::future::try_join_all(clients).await?;
    Ok((answered.iter().sum::<usize>() as f64 / time.as_secs_f64()).round())
}

/// Sends the next message when the last is answered; counts answers between `counted` and `end`.
async fn client(address: &str, counted: Instant, end: Instant) -> Result<usize, String> {
    let (mut socket, _) = connect_async(address).await.map_err(|error| format!("{address}: {error}"))?;
    let mut answered = 0;
    while Instant::now() < end {
        socket.send(Message::text(MESSAGE)).await.map_err(|error| error.to_string())?;
        match socket.next().await {
            Some(Ok(Message::Text(answer))) if answer.contains("\"said\"") => {}
            other => return Err(format!("unexpected answer: {other:?}")),
        }
        let now = Instant::now();
        answered += usize::from(now >= counted && now < end);
    }
    let _ = socket.close(None).await;
    Ok(answered)
}

struct Gateway {
    process: Child,
    address: String,
}

impl Gateway {
    fn start(root: &Path) -> Result<Self, String> {
        let release = crate::target(root).join("release");
        let function = release.join("ours");
        let mut process = Command::new(release.join("cargo-lift-ws"))
            .current_dir(root)
            .args(["lift-ws", "dev", "--port", "0", "--environments", "4", "--routes"])
            .arg(manifest(&function, &crate::target(root).join("bench-routes.json"))?)
            .arg("--")
            .arg(&function)
            .env("AWS_LAMBDA_LOG_LEVEL", "warn")
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .map_err(|error| format!("cargo-lift-ws: {error}"))?;
        let mut lines = BufReader::new(process.stdout.take().ok_or("no output")?).lines();
        let ready = lines.by_ref().map_while(Result::ok).find_map(|line| {
            let start = line.find("ws://")?;
            line.contains("ready").then(|| line[start..].split_whitespace().next().map(str::to_owned))?
        });
        // Whoever writes lines wants a reader.
        std::thread::spawn(move || lines.for_each(drop));
        let mut gateway = Self { process, address: String::new() };
        match ready {
            Some(address) => gateway.address = address,
            None => return Err(format!("the gateway did not start: {:?}", gateway.process.wait())),
        }
        Ok(gateway)
    }
}

impl Drop for Gateway {
    fn drop(&mut self) {
        // In order, so that it ends its environments.
        let _ = Command::new("kill").arg(self.process.id().to_string()).status();
        let _ = self.process.wait();
    }
}

/// The routes of the function, as it describes itself.
fn manifest(function: &Path, file: &Path) -> Result<PathBuf, String> {
    let described =
        Command::new(function).env("LIFT_WS_DESCRIBE", "1").output().map_err(|error| error.to_string())?;
    std::fs::write(file, described.stdout).map_err(|error| error.to_string())?;
    Ok(file.to_path_buf())
}
