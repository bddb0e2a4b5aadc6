//! The tool as a process: starting it, talking to what it serves, ending it.

use std::path::{Path, PathBuf};
use std::process::{ExitStatus, Stdio};
use std::time::Duration;

use futures_util::{SinkExt, StreamExt};
use tokio::io::{AsyncBufReadExt, AsyncRead, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::TcpStream;
use tokio::process::{Child, Command};
use tokio::sync::mpsc;
use tokio::time::timeout;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::{Error, Message};
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async};

/// Nothing takes this long, not even a build on a busy machine; it turns a hanging test into a failing one.
pub(crate) const PATIENCE: Duration = Duration::from_secs(240);

/// `cargo lift-ws dev` with these arguments, not started yet.
pub(crate) fn dev<S: AsRef<std::ffi::OsStr>>(arguments: impl IntoIterator<Item = S>) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_cargo-lift-ws"));
    command.args(["lift-ws", "dev"]).args(arguments);
    // What `cargo test` sets would make a package of our own the current one.
    for (name, _) in std::env::vars_os() {
        if name.to_string_lossy().starts_with("CARGO_") && name != "CARGO_HOME" {
            command.env_remove(name);
        }
    }
    // The authority of these tests is not that of who runs them.
    command.env("XDG_DATA_HOME", env!("CARGO_TARGET_TMPDIR"));
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).kill_on_drop(true);
    command
}

/// A file of the foreign programs.
pub(crate) fn foreign(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/foreign").join(name)
}

/// A running tool that has said `ready`.
pub(crate) struct Running {
    child: Child,
    pub(crate) url: String,
    pub(crate) stdout: Lines,
    pub(crate) stderr: Lines,
    kept: Vec<Client>,
}

/// Lines of output as they come.
pub(crate) struct Lines {
    lines: mpsc::UnboundedReceiver<String>,
    /// All that were read so far.
    read: Vec<String>,
}

impl Lines {
    fn of(from: impl AsyncRead + Unpin + Send + 'static) -> Self {
        let (sender, lines) = mpsc::unbounded_channel();
        tokio::spawn(async move {
            let mut from = BufReader::new(from).lines();
            while let Ok(Some(line)) = from.next_line().await {
                let _ = sender.send(line);
            }
        });
        Self { lines, read: Vec::new() }
    }

    pub(crate) async fn next(&mut self) -> String {
        let line = timeout(PATIENCE, self.lines.recv()).await.expect("a line comes").expect("the tool runs");
        self.read.push(line.clone());
        line
    }

    /// The next line that contains this.
    pub(crate) async fn with(&mut self, text: &str) -> String {
        let before = self.read.len();
        let find = async {
            while let Some(line) = self.lines.recv().await {
                self.read.push(line.clone());
                if line.contains(text) {
                    return Some(line);
                }
            }
            None
        };
        let found = timeout(PATIENCE, find).await.ok().flatten();
        found.unwrap_or_else(|| panic!("no line with {text:?}, but\n{}", self.read[before..].join("\n")))
    }

    /// The lines with this among those that were read so far.
    pub(crate) fn seen(&self, text: &str) -> Vec<String> {
        self.read.iter().filter(|line| line.contains(text)).cloned().collect()
    }
}

impl Running {
    pub(crate) async fn start(mut command: Command) -> Self {
        let mut child = command.spawn().unwrap();
        let mut stdout = Lines::of(child.stdout.take().unwrap());
        let mut stderr = Lines::of(child.stderr.take().unwrap());
        let Some(first) = timeout(PATIENCE, stdout.lines.recv()).await.expect("the tool says something")
        else {
            let mut said = Vec::new();
            while let Some(line) = stderr.lines.recv().await {
                said.push(line);
            }
            panic!("the tool ended:\n{}", said.join("\n"));
        };
        let url = first.strip_prefix("ready ").expect("the first line says ready").to_owned();
        Self { child, url, stdout, stderr, kept: Vec::new() }
    }

    pub(crate) async fn connect(&self) -> Client {
        self.connect_with("").await.unwrap()
    }

    pub(crate) async fn connect_with(&self, query: &str) -> Result<Client, Error> {
        Client::open(&format!("{}{query}", self.url)).await
    }

    /// Keeps a client's socket open for as long as the tool runs.
    pub(crate) fn keep(&mut self, client: Client) {
        self.kept.push(client);
    }

    /// Listens as the script does that pages get in development.
    pub(crate) async fn listen_as_page(&self) -> Client {
        self.listen_from(None).await.unwrap()
    }

    pub(crate) async fn listen_from(&self, origin: Option<&str>) -> Result<Client, Error> {
        let (address, _stage) = self.url.rsplit_once('/').unwrap();
        let mut request = format!("{address}/_lift/dev").into_client_request().unwrap();
        if let Some(origin) = origin {
            request.headers_mut().insert("origin", origin.parse().unwrap());
        }
        let (socket, _) = timeout(PATIENCE, connect_async(request)).await.expect("the handshake ends")?;
        Ok(Client { socket })
    }

    /// Status and body of what is at this path, as a program gets it.
    pub(crate) async fn get(&self, path: &str) -> (u16, String) {
        let (address, _stage) = self.url.strip_prefix("ws://").unwrap().split_once('/').unwrap();
        let mut stream = TcpStream::connect(address).await.unwrap();
        let request = format!("GET {path} HTTP/1.1\r\nhost: {address}\r\nconnection: close\r\n\r\n");
        stream.write_all(request.as_bytes()).await.unwrap();
        let mut answer = String::new();
        timeout(PATIENCE, stream.read_to_string(&mut answer)).await.expect("it is answered").unwrap();
        let (head, body) = answer.split_once("\r\n\r\n").unwrap();
        (head.split(' ').nth(1).unwrap().parse().unwrap(), body.to_owned())
    }

    /// Sends a signal, waits for the end, and gives all lines of stderr that were not read before.
    pub(crate) async fn end_and_read(mut self, signal: &str) -> Vec<String> {
        self.signal(signal);
        timeout(PATIENCE, self.child.wait()).await.expect("it ends").unwrap();
        let mut rest = Vec::new();
        while let Some(line) = timeout(PATIENCE, self.stderr.lines.recv()).await.expect("its output ends") {
            rest.push(line);
        }
        rest
    }

    /// Sends a signal and waits for the end.
    pub(crate) async fn end(mut self, signal: &str) -> ExitStatus {
        self.signal(signal);
        timeout(PATIENCE, self.child.wait()).await.expect("it ends").unwrap()
    }

    fn signal(&self, signal: &str) {
        let pid = self.child.id().unwrap().to_string();
        assert!(std::process::Command::new("kill").args([signal, &pid]).status().unwrap().success());
    }
}

pub(crate) struct Client {
    socket: WebSocketStream<MaybeTlsStream<TcpStream>>,
}

impl Client {
    pub(crate) async fn open(url: &str) -> Result<Self, Error> {
        let (socket, _) = timeout(PATIENCE, connect_async(url)).await.expect("the handshake ends")?;
        Ok(Self::of(socket))
    }

    pub(crate) fn of(socket: WebSocketStream<MaybeTlsStream<TcpStream>>) -> Self {
        Self { socket }
    }

    pub(crate) async fn say(&mut self, text: &str) {
        self.socket.send(Message::text(text)).await.unwrap();
    }

    pub(crate) async fn hear(&mut self) -> String {
        let heard = timeout(PATIENCE, self.socket.next()).await.expect("something is heard");
        match heard {
            Some(Ok(Message::Text(text))) => text.as_str().to_owned(),
            other => panic!("no text, but {other:?}"),
        }
    }

    pub(crate) async fn ask(&mut self, text: &str) -> String {
        self.say(text).await;
        self.hear().await
    }

    /// What a page is told next.
    pub(crate) async fn news(&mut self) -> serde_json::Value {
        serde_json::from_str(&self.hear().await).unwrap()
    }

    /// What a page is told when the build has come to this.
    pub(crate) async fn news_of(&mut self, build: &str) -> serde_json::Value {
        loop {
            let news = self.news().await;
            if news["build"] == build {
                return news;
            }
        }
    }

    pub(crate) async fn close(mut self) {
        self.socket.close(None).await.unwrap();
    }
}

/// Status, stdout and stderr of a tool that ends by itself.
pub(crate) async fn refused(mut command: Command) -> (Option<i32>, String, String) {
    let output = timeout(PATIENCE, command.output()).await.expect("it ends").unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    (output.status.code(), text(output.stdout), text(output.stderr))
}
