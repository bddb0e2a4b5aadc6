//! What the inspector costs: one client asks so many times, with no inspector, with one that nobody looks at, or with one
//! that is looked at. The instructions of the whole process tell the difference. To start takes more than a thousand messages do
//! (the certificate), so only what further messages add counts; the client is in it too:
//!
//! ```text
//! cargo build --release -p lift-ws-local --example inspector_cost
//! for mode in off closed open; do
//!     for messages in 2000 6000; do
//!         valgrind --tool=callgrind --callgrind-out-file=/dev/null target/release/examples/inspector_cost $mode $messages
//!     done
//! done
//! ```

use std::error::Error;
use std::io::{BufRead, BufReader, Write};
use std::net::TcpStream;
use std::time::Instant;

use futures_util::{SinkExt, StreamExt};
use lift_ws_local::core::Manifest;
use lift_ws_local::{Function, LocalGateway};
use tokio_tungstenite::connect_async_with_config;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::protocol::WebSocketConfig;

const MESSAGE: &str =
    r#"{"action":"echo","room":"blue","text":"a message of ordinary size, as people write them"}"#;

fn main() -> Result<(), Box<dyn Error>> {
    match std::env::var("AWS_LAMBDA_RUNTIME_API") {
        Ok(api) => answer_events(&api),
        Err(_) => tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(measure()),
    }
}

async fn measure() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let mode = arguments.next().unwrap_or_else(|| "closed".to_owned());
    let messages: usize = arguments.next().map_or(Ok(2_000), |count| count.parse())?;
    let clients: usize = arguments.next().map_or(Ok(1), |count| count.parse())?;
    let manifest = Manifest::parse(r#"{ "routes": [{ "routeKey": "echo", "twoWay": true }] }"#)?;
    let function = Function::new(std::env::current_exe()?);
    let builder = LocalGateway::builder(manifest, function).environments(clients.min(4));
    let gateway = builder.control(mode != "off").start().await?;
    if mode == "open" {
        let port = gateway.port();
        std::thread::spawn(move || look(port));
    }
    let started = Instant::now();
    let talking = (0..clients).map(|_| tokio::spawn(talk(gateway.url(), messages / clients)));
    for talk in talking.collect::<Vec<_>>() {
        talk.await??;
    }
    let rate = (messages as f64 / started.elapsed().as_secs_f64()).round();
    writeln!(std::io::stdout(), "{mode}: {messages} messages of {clients} clients, {rate} a second")?;
    gateway.shutdown().await;
    Ok(())
}

async fn talk(url: String, messages: usize) -> Result<(), tokio_tungstenite::tungstenite::Error> {
    // What is read is cleared before, so that the usual 128 KiB would be most of all work.
    let config = WebSocketConfig::default().read_buffer_size(4 * 1024);
    let (mut socket, _) = connect_async_with_config(url, Some(config), false).await?;
    for _ in 0..messages {
        socket.send(Message::text(MESSAGE)).await?;
        while !socket.next().await.transpose()?.is_some_and(|answer| answer.is_text()) {}
    }
    Ok(())
}

/// Asks for changes as the page does, and throws them away, until the gateway ends.
fn look(port: u16) -> std::io::Result<()> {
    let mut stream = TcpStream::connect(("127.0.0.1", port))?;
    let mut reader = BufReader::new(stream.try_clone()?);
    let (mut query, mut body) = (String::new(), Vec::new());
    loop {
        write!(stream, "GET /_lift/api/changes{query} HTTP/1.1\r\nhost: 127.0.0.1:{port}\r\n\r\n")?;
        let (status, _) = read_answer(&mut reader, &mut body)?;
        if status.contains(" 200 ") {
            let changes: serde_json::Value = serde_json::from_slice(&body)?;
            query = format!(
                "?gateway={}&version={}&next={}",
                changes["gateway"], changes["version"], changes["next"]
            );
        }
    }
}

/// A Runtime API loop that costs next to nothing.
fn answer_events(api: &str) -> Result<(), Box<dyn Error>> {
    let mut stream = TcpStream::connect(api)?;
    stream.set_nodelay(true)?;
    let mut reader = BufReader::new(stream.try_clone()?);
    let answer = serde_json::json!({ "statusCode": 200, "body": MESSAGE }).to_string();
    let mut event = Vec::new();
    loop {
        stream.write_all(b"GET /2018-06-01/runtime/invocation/next HTTP/1.1\r\nhost: 127.0.0.1\r\n\r\n")?;
        let (_, id) = read_answer(&mut reader, &mut event)?;
        let request = format!(
            "POST /2018-06-01/runtime/invocation/{id}/response HTTP/1.1\r\nhost: 127.0.0.1\r\ncontent-length: {}\r\n\r\n{answer}",
            answer.len()
        );
        stream.write_all(request.as_bytes())?;
        read_answer(&mut reader, &mut event)?;
    }
}

/// Reads an answer: its status line, and the request id, if it has one.
fn read_answer(reader: &mut impl BufRead, body: &mut Vec<u8>) -> std::io::Result<(String, String)> {
    let (mut status, mut id, mut length) = (String::new(), String::new(), 0);
    let mut line = String::new();
    loop {
        line.clear();
        if reader.read_line(&mut line)? == 0 {
            std::process::exit(0);
        }
        if status.is_empty() {
            status.clone_from(&line);
            continue;
        }
        match line.trim_end().split_once(": ") {
            Some(("lambda-runtime-aws-request-id", value)) => id = value.to_owned(),
            Some(("content-length", value)) => length = value.parse().unwrap_or(0),
            Some(_) => {}
            None if line.trim_end().is_empty() => break,
            None => {}
        }
    }
    body.resize(length, 0);
    reader.read_exact(body)?;
    Ok((status, id))
}
