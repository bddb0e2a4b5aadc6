//! How many messages a gateway answers per second: clients that each wait for an answer before they go on.
//!
//! `cargo run --release -p lift-ws-local --example closed_loop [CONNECTIONS [ENVIRONMENTS [SECONDS]]]`
//!
//! The function is this program too: started with `AWS_LAMBDA_RUNTIME_API` it answers events over one
//! connection, without any library.

use std::error::Error;
use std::io::{BufRead, BufReader, Write};
use std::net::TcpStream;
use std::time::{Duration, Instant};

use futures_util::{SinkExt, StreamExt};
use lift_ws_local::core::Manifest;
use lift_ws_local::{Function, LocalGateway};
use tokio_tungstenite::connect_async;
use tokio_tungstenite::tungstenite::Message;

const MESSAGE: &str =
    r#"{"action":"echo","room":"blue","text":"a message of ordinary size, as people write them"}"#;

fn main() -> Result<(), Box<dyn Error>> {
    match std::env::var("AWS_LAMBDA_RUNTIME_API") {
        Ok(api) => answer_events(&api),
        Err(_) => tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(measure()),
    }
}

async fn measure() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1).map(|argument| argument.parse::<usize>());
    let mut argument = |default| arguments.next().unwrap_or(Ok(default));
    let (connections, environments, seconds) = (argument(50)?, argument(4)?, argument(5)?);
    let manifest = Manifest::parse(r#"{ "routes": [{ "routeKey": "echo", "twoWay": true }] }"#)?;
    let function = Function::new(std::env::current_exe()?);
    let gateway = LocalGateway::builder(manifest, function).environments(environments).start().await?;
    let started = Instant::now();
    let until = started + Duration::from_secs(seconds as u64);
    let clients: Vec<_> = (0..connections).map(|_| tokio::spawn(talk(gateway.url(), until))).collect();
    let mut latencies = Vec::new();
    for client in clients {
        latencies.extend(client.await??);
    }
    let elapsed = started.elapsed().as_secs_f64();
    latencies.sort_unstable();
    let at = |share: f64| latencies[((latencies.len() - 1) as f64 * share) as usize].as_secs_f64() * 1e3;
    let rate = latencies.len() as f64 / elapsed;
    writeln!(
        std::io::stdout(),
        "{connections} connections, {environments} environments: {rate:.0} answered messages/s, \
         p50 {:.2} ms, p99 {:.2} ms",
        at(0.5),
        at(0.99)
    )?;
    gateway.shutdown().await;
    Ok(())
}

/// Sends and waits for the answer, again and again; how long each took.
async fn talk(url: String, until: Instant) -> Result<Vec<Duration>, tokio_tungstenite::tungstenite::Error> {
    let (mut socket, _) = connect_async(url).await?;
    let mut latencies = Vec::new();
    while Instant::now() < until {
        let sent = Instant::now();
        socket.send(Message::text(MESSAGE)).await?;
        while !socket.next().await.transpose()?.is_some_and(|answer| answer.is_text()) {}
        latencies.push(sent.elapsed());
    }
    Ok(latencies)
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
        let id = read_answer(&mut reader, &mut event)?;
        let request = format!(
            "POST /2018-06-01/runtime/invocation/{id}/response HTTP/1.1\r\nhost: 127.0.0.1\r\ncontent-length: {}\r\n\r\n{answer}",
            answer.len()
        );
        stream.write_all(request.as_bytes())?;
        read_answer(&mut reader, &mut event)?;
    }
}

/// Reads an answer; the request id, if it has one.
fn read_answer(reader: &mut impl BufRead, body: &mut Vec<u8>) -> std::io::Result<String> {
    let (mut id, mut length) = (String::new(), 0);
    let mut line = String::new();
    loop {
        line.clear();
        if reader.read_line(&mut line)? == 0 {
            std::process::exit(0);
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
    Ok(id)
}
