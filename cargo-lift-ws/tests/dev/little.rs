//! A little app in a folder of its own, whose handler tests edit while it is served.
//!
//! It speaks the Runtime API with the standard library alone, so that its builds take no time.

use std::fs;
use std::path::{Path, PathBuf};

use tokio::process::Command;

use crate::running::dev;

const CARGO_TOML: &str = r#"
[package]
name = "little"
edition = "2021"

[package.metadata.lift-ws]
web = "page"

[workspace]
"#;

const MAIN_RS: &str = r##"
mod handler;

use std::io::{Read, Write};
use std::net::TcpStream;

const INVOCATION: &str = "/2018-06-01/runtime/invocation";

fn main() {
    if std::env::var_os("LIFT_WS_DESCRIBE").is_some() {
        println!("{}", r#"{"routes":[{"routeKey":"$default","twoWay":true}]}"#);
        return;
    }
    let api = std::env::var("AWS_LAMBDA_RUNTIME_API").unwrap();
    loop {
        let (head, event) = ask(&api, "GET", &format!("{INVOCATION}/next"), "");
        let header = |name: &str| {
            let line = head.lines().find_map(|line| line.to_ascii_lowercase().strip_prefix(name).map(str::to_owned));
            line.unwrap_or_default().trim().to_owned()
        };
        let answer = handler::answer(&event, &header("lambda-runtime-deadline-ms:"));
        let id = header("lambda-runtime-aws-request-id:");
        ask(&api, "POST", &format!("{INVOCATION}/{id}/response"), &format!("{{\"statusCode\":200,\"body\":{answer:?}}}"));
    }
}

fn ask(api: &str, method: &str, path: &str, body: &str) -> (String, String) {
    let mut stream = TcpStream::connect(api).unwrap();
    let length = body.len();
    write!(stream, "{method} {path} HTTP/1.1\r\nhost: {api}\r\nconnection: close\r\ncontent-length: {length}\r\n\r\n{body}").unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    (head.to_owned(), body.to_owned())
}
"##;

/// The app and its folder, which goes with it.
pub(crate) struct LittleApp(tempfile::TempDir);

impl LittleApp {
    /// An app whose handler answers with this text.
    pub(crate) fn that_answers(text: &str) -> Self {
        let app = Self(tempfile::tempdir().unwrap());
        for folder in ["src", "page"] {
            fs::create_dir(app.path(folder)).unwrap();
        }
        app.write("Cargo.toml", CARGO_TOML);
        app.write("src/main.rs", MAIN_RS);
        app.write("page/index.html", "<p>hello");
        app.answers(text);
        app
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    pub(crate) fn write(&self, name: &str, text: &str) {
        fs::write(self.path(name), text).unwrap();
    }

    /// Edits the handler: now it answers with this.
    pub(crate) fn answers(&self, text: &str) {
        self.handler(&format!("{text:?}.to_owned()"));
    }

    /// Edits the handler: its body, which knows the event and the deadline as texts.
    pub(crate) fn handler(&self, body: &str) {
        let handler = format!(
            "pub fn answer(event: &str, deadline: &str) -> String {{\n    let _ = (event, deadline);\n    {body}\n}}\n"
        );
        self.write("src/handler.rs", &handler);
    }

    /// The tool in the app's folder, on a free port unless one is named.
    pub(crate) fn dev(&self, options: &[&str]) -> Command {
        let port = if options.contains(&"--port") { &[][..] } else { &["--port", "0"] };
        let mut command = dev([port, options].concat());
        command.current_dir(self.0.path());
        command
    }

    /// The binaries that are set aside for running.
    pub(crate) fn set_aside(&self) -> usize {
        fs::read_dir(self.path("target/lift-ws")).map_or(0, Iterator::count)
    }
}

/// Whether a process is there and no zombie.
pub(crate) fn is_running(pid: &str) -> bool {
    let stat = fs::read_to_string(Path::new("/proc").join(pid).join("stat")).unwrap_or_default();
    let state = stat.rsplit_once(") ").map_or("", |(_, rest)| rest);
    !state.is_empty() && !state.starts_with('Z')
}

/// Waits until none of these is running; the test fails if that never happens.
pub(crate) async fn all_end(pids: &[String]) {
    let end = async {
        while pids.iter().any(|pid| is_running(pid)) {
            tokio::time::sleep(std::time::Duration::from_millis(10)).await;
        }
    };
    tokio::time::timeout(crate::running::PATIENCE, end).await.expect("they end");
}
