//! The authorizer as a process: what goes over the Lambda Runtime API, byte by byte (contract §4 and §7).
//!
//! The function is this very binary, run with the name of one of its tests.

use crate::tokens::{SECRET, claims, claims_with, hs256};
use lift_ws::auth::{JwtVerifier, TokenSource, authorize};
use lift_ws::prelude::*;
use lift_ws::testing::TestEvent;
use serde_json::{Value, json};
use std::process::{Child, Command, Stdio};
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc;

/// Set where this binary is to be the function.
const FUNCTION: &str = "LIFT_WS_TEST_AUTHORIZER_FUNCTION";

#[derive(Clone, FromRef)]
struct AppState {
    tokens: JwtVerifier,
}

#[ws_app(state = AppState, authorizer = authorize)]
struct Door;

async fn load() -> Result<AppState, Error> {
    let tokens = JwtVerifier::hs256(SECRET).audience("chat").roles("roles");
    Ok(AppState { tokens: tokens.source(TokenSource::query("token")).build()? })
}

/// No test where nobody runs it as the function.
#[test]
fn this_binary_is_the_authorizer() {
    if std::env::var_os(FUNCTION).is_some() {
        lift_ws::main::<Door, _>(load).unwrap();
    }
}

/// The Runtime API, as far as one function needs it, and the function.
struct Lambda {
    listener: TcpListener,
    function: Child,
}

impl Drop for Lambda {
    fn drop(&mut self) {
        let _ = self.function.kill();
        let _ = self.function.wait();
    }
}

impl Lambda {
    async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let function = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "authorizer_on_the_wire::this_binary_is_the_authorizer", "--nocapture"])
            .env(FUNCTION, "1")
            .env("AWS_LAMBDA_RUNTIME_API", listener.local_addr().unwrap().to_string())
            .env("AWS_LAMBDA_FUNCTION_NAME", "door")
            .env("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "128")
            .env("AWS_LAMBDA_FUNCTION_VERSION", "$LATEST")
            .env_remove("AWS_LAMBDA_MAX_CONCURRENCY")
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        Self { listener, function }
    }

    /// Where each event's answer went, `response` or `error`, and the answer.
    async fn invoke(&self, events: Vec<Vec<u8>>) -> Vec<(String, Value)> {
        let (number, (tell, mut answers)) = (events.len(), mpsc::unbounded_channel());
        let events = std::sync::Mutex::new(events.into_iter().rev().collect::<Vec<_>>());
        let serve = async {
            let mut connections = futures_util::stream::FuturesUnordered::new();
            loop {
                tokio::select! {
                    accepted = self.listener.accept() => {
                        connections.push(serve(accepted.unwrap().0, &events, &tell));
                    }
                    Some(()) = futures_util::StreamExt::next(&mut connections), if !connections.is_empty() => {}
                }
            }
        };
        let collect = async {
            let mut all = Vec::new();
            while all.len() < number {
                all.push(answers.recv().await.unwrap());
            }
            all
        };
        let answered = async {
            tokio::select! {
                () = serve => unreachable!("it serves forever"),
                all = collect => all,
            }
        };
        tokio::time::timeout(std::time::Duration::from_secs(60), answered).await.expect("no answer")
    }
}

/// The requests of one connection.
async fn serve(
    stream: TcpStream,
    events: &std::sync::Mutex<Vec<Vec<u8>>>,
    tell: &mpsc::UnboundedSender<(String, Value)>,
) {
    let mut stream = BufReader::new(stream);
    while let Some((path, body)) = request(&mut stream).await {
        let answer = match path.rsplit('/').next().unwrap() {
            "register" => {
                "HTTP/1.1 200 OK\r\nLambda-Extension-Identifier: 1\r\nContent-Length: 2\r\n\r\n{}".to_owned()
            }
            "next" if path.contains("extension") => std::future::pending().await,
            "next" => match events.lock().unwrap().pop() {
                Some(event) => format!(
                    "HTTP/1.1 200 OK\r\nLambda-Runtime-Aws-Request-Id: r{}\r\nLambda-Runtime-Deadline-Ms: 4102444800000\r\n\
                     Lambda-Runtime-Invoked-Function-Arn: arn:aws:lambda:eu-central-1:123456789012:function:door\r\n\
                     Content-Type: application/json\r\nContent-Length: {}\r\n\r\n{}",
                    event.len(),
                    event.len(),
                    String::from_utf8(event).unwrap()
                ),
                None => return,
            },
            kind => {
                tell.send((kind.to_owned(), serde_json::from_slice(&body).unwrap())).unwrap();
                "HTTP/1.1 202 Accepted\r\nContent-Length: 0\r\n\r\n".to_owned()
            }
        };
        stream.get_mut().write_all(answer.as_bytes()).await.unwrap();
    }
}

/// The path, and the body.
async fn request(stream: &mut BufReader<TcpStream>) -> Option<(String, Vec<u8>)> {
    let (mut first, mut length, mut is_chunked) = (String::new(), 0, false);
    stream.read_line(&mut first).await.ok().filter(|read| *read > 0)?;
    loop {
        let mut line = String::new();
        stream.read_line(&mut line).await.ok()?;
        let line = line.trim().to_ascii_lowercase();
        match line.split_once(':') {
            None => break,
            Some(("content-length", value)) => length = value.trim().parse().unwrap(),
            Some(("transfer-encoding", _)) => is_chunked = true,
            Some(_) => {}
        }
    }
    let mut body = vec![0; length];
    stream.read_exact(&mut body).await.ok()?;
    while is_chunked {
        let mut size = String::new();
        stream.read_line(&mut size).await.ok()?;
        let size = usize::from_str_radix(size.trim(), 16).unwrap();
        let mut chunk = vec![0; size + 2];
        stream.read_exact(&mut chunk).await.ok()?;
        body.extend_from_slice(&chunk[..size]);
        is_chunked = size > 0;
    }
    Some((first.split(' ').nth(1)?.to_owned(), body))
}

#[tokio::test]
async fn lambda_is_told_a_policy_the_one_word_or_a_failure() {
    let asked = |token: &str| TestEvent::authorize().query("token", token);
    let good = asked(&hs256(&claims()));
    let lambda = Lambda::start().await;
    let answers = lambda
        .invoke(vec![
            good.to_bytes(),
            asked(&hs256(&claims_with(json!({"exp": 1})))).to_bytes(),
            good.clone()
                .field("methodArn", "arn:aws:execute-api:eu-central-1:123456789012:a/prod/GET/*")
                .to_bytes(),
            b"{\"type\":\"REQUEST\"".to_vec(),
        ])
        .await;
    let kinds: Vec<_> = answers.iter().map(|(kind, _)| kind.as_str()).collect();
    assert_eq!(kinds, ["response", "error", "error", "error"], "{answers:?}");
    assert_eq!(answers[0].1["principalId"], "ann");
    assert_eq!(answers[0].1["context"]["roles"], "admin");
    assert_eq!(answers[1].1, json!({"errorType": "lift_ws::Error", "errorMessage": "Unauthorized"}));
    let failed = answers[2].1["errorMessage"].as_str().unwrap();
    assert!(failed.starts_with("the authorizer failed: the log of request"), "{failed}");
    assert!(answers[3].1["errorMessage"].as_str().unwrap().contains("malformed event"), "{answers:?}");
}
