//! The function: it runs in this process and talks to the Runtime API, whose address a program of the gateway tells.

use std::sync::Arc;
use std::time::Duration;

use lift_ws_local::core::Manifest;
use lift_ws_local::{Authority, Function, GatewayEvent, LocalGateway};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::sync::mpsc;
use tokio::time::timeout;

const PATIENCE: Duration = Duration::from_secs(30);
const MANIFEST: &str =
    r#"{ "routes": [{ "routeKey": "$default", "twoWay": true }, { "routeKey": "$disconnect" }] }"#;

/// A gateway whose function answers every message with its text.
pub(crate) struct Echo {
    gateway: LocalGateway,
    disconnects: mpsc::UnboundedReceiver<u16>,
}

impl Echo {
    pub(crate) async fn start(authority: Arc<Authority>) -> Self {
        let program =
            Function::new("/bin/sh").args(["-c", "echo api $AWS_LAMBDA_RUNTIME_API; exec sleep 1000"]);
        let (told, disconnects) = mpsc::unbounded_channel();
        let runtime = tokio::runtime::Handle::current();
        let on_event = move |event| {
            if let GatewayEvent::Output { line, .. } = event
                && let Some(api) = line.strip_prefix("api ")
            {
                runtime.spawn(serve(api.to_owned(), told.clone()));
            }
        };
        let manifest = Manifest::parse(MANIFEST).unwrap();
        let builder = LocalGateway::builder(manifest, program).environments(1).authority(authority);
        Self { gateway: builder.on_event(on_event).start().await.unwrap(), disconnects }
    }

    pub(crate) fn port(&self) -> u16 {
        self.gateway.port()
    }

    /// The code that the function is told at the end of the next connection.
    pub(crate) async fn disconnected(&mut self) -> u16 {
        let told = timeout(PATIENCE, self.disconnects.recv()).await;
        told.expect("the function is told").expect("it runs")
    }
}

/// Echoes until the gateway ends.
async fn serve(api: String, told: mpsc::UnboundedSender<u16>) {
    while let Some((head, event)) = http(&api, "GET", "invocation/next", "").await {
        let id = head.lines().find_map(|line| line.strip_prefix("lambda-runtime-aws-request-id: "));
        let id = id.expect("every event has an id");
        let event: Value = serde_json::from_str(&event).expect("events are JSON");
        if let Some(code) = event["requestContext"]["disconnectStatusCode"].as_u64() {
            let _ = told.send(u16::try_from(code).expect("a code has two bytes"));
        }
        let answer = json!({ "statusCode": 200, "body": event["body"].as_str().unwrap_or_default() });
        http(&api, "POST", &format!("invocation/{id}/response"), &answer.to_string()).await;
    }
}

/// Head and body of the answer, if there is one.
async fn http(address: &str, method: &str, path: &str, body: &str) -> Option<(String, String)> {
    let mut stream = TcpStream::connect(address).await.ok()?;
    let request = format!(
        "{method} /2018-06-01/runtime/{path} HTTP/1.1\r\nhost: {address}\r\nconnection: close\r\ncontent-length: {}\r\n\r\n{body}",
        body.len()
    );
    stream.write_all(request.as_bytes()).await.ok()?;
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).await.ok()?;
    let answer = String::from_utf8(answer).ok()?;
    let (head, body) = answer.split_once("\r\n\r\n")?;
    Some((head.to_owned(), body.to_owned()))
}
