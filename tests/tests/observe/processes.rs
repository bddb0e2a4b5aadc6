//! As Lambda runs it: a process that asks a Runtime API for events, in both run modes, until SIGTERM.
//!
//! The function is this very binary, run with the name of one of its tests.

use crate::emf::assert_is_metrics;
use lift_ws::observe::{Metrics, Spans, metrics, trace};
use lift_ws::prelude::*;
use lift_ws::testing::TestEvent;
use serde_json::Value;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// Set where this binary is to be the function.
const FUNCTION: &str = "LIFT_WS_TEST_FUNCTION";
/// Nothing takes this long; it only keeps a failure from hanging.
const PATIENCE: Duration = Duration::from_secs(60);

#[derive(Clone, FromRef)]
struct AppState {
    spans: Spans,
    metrics: Metrics,
}

#[ws_route("say")]
async fn say(invocation: lift_ws::Invocation<'_>) -> Json<String> {
    // so that events of one environment run at the same time where they may
    tokio::time::sleep(Duration::from_millis(20)).await;
    Json(invocation.trace_id.unwrap_or("none").to_owned())
}

#[derive(Debug)]
#[ws_app(state = AppState, middleware = [trace, metrics], routes = [say])]
struct Chat;

async fn load() -> Result<AppState, Error> {
    let metrics = Metrics::builder().service("chat").period(PATIENCE * 100).build();
    Ok(AppState { spans: Spans::new(), metrics })
}

#[test]
fn is_the_function_where_it_is_asked_to_be() {
    if std::env::var_os(FUNCTION).is_some() {
        lift_ws::main::<Chat, _>(load).unwrap();
    }
}

/// A Runtime API that gives out events, each with a trace of its own.
struct RuntimeApi {
    address: String,
    /// Number and body of each answer.
    answers: Receiver<(usize, Value)>,
}

fn root(number: usize) -> String {
    format!("1-5759e988-{number:024x}")
}

impl RuntimeApi {
    fn start(events: usize) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let (sender, answers) = channel();
        let left = Arc::new(Mutex::new((0..events).collect::<Vec<_>>()));
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                let (sender, left) = (sender.clone(), Arc::clone(&left));
                std::thread::spawn(move || serve(stream.unwrap(), &sender, &left));
            }
        });
        Self { address, answers }
    }

    fn function(&self, max_concurrency: &str) -> Child {
        Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "processes::is_the_function_where_it_is_asked_to_be", "--nocapture"])
            .env_remove("LIFT_WS_LOG")
            .env_remove("RUST_LOG")
            .envs([
                (FUNCTION, "1"),
                ("AWS_LAMBDA_RUNTIME_API", &self.address),
                ("AWS_LAMBDA_FUNCTION_NAME", "f"),
            ])
            .envs([("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "128"), ("AWS_LAMBDA_FUNCTION_VERSION", "1")])
            .env("AWS_LAMBDA_MAX_CONCURRENCY", max_concurrency)
            .stdout(Stdio::piped())
            .spawn()
            .unwrap()
    }
}

/// One connection: requests, one after the other. Who asks for more events than there are waits.
fn serve(stream: TcpStream, answers: &Sender<(usize, Value)>, left: &Mutex<Vec<usize>>) {
    let mut reader = BufReader::new(stream.try_clone().unwrap());
    let mut stream = stream;
    while let Some((path, body)) = request(&mut reader) {
        let event = TestEvent::message("say", "{}").to_bytes();
        if path.ends_with("/invocation/next") {
            let number = left.lock().unwrap().pop();
            let Some(number) = number else { return std::thread::sleep(PATIENCE) };
            let headers = format!(
                "Lambda-Runtime-Aws-Request-Id: {number}\r\nLambda-Runtime-Deadline-Ms: 99999999999999\r\n\
                 Lambda-Runtime-Invoked-Function-Arn: arn\r\nLambda-Runtime-Trace-Id: Root={};Sampled=1\r\n",
                root(number)
            );
            respond(&mut stream, &headers, &event);
        } else if let Some(number) = path.strip_suffix("/response").and_then(|path| path.rsplit('/').next()) {
            answers.send((number.parse().unwrap(), serde_json::from_slice(&body).unwrap())).unwrap();
            respond(&mut stream, "", b"{}");
        } else if path.ends_with("/extension/event/next") {
            return std::thread::sleep(PATIENCE);
        } else {
            respond(&mut stream, "Lambda-Extension-Identifier: x\r\n", b"{}");
        }
    }
}

fn request(reader: &mut BufReader<TcpStream>) -> Option<(String, Vec<u8>)> {
    let (mut line, mut length) = (String::new(), 0);
    reader.read_line(&mut line).ok().filter(|read| *read > 0)?;
    let path = line.split(' ').nth(1)?.to_owned();
    loop {
        line.clear();
        reader.read_line(&mut line).ok().filter(|read| *read > 0)?;
        match line.to_ascii_lowercase().strip_prefix("content-length:") {
            Some(text) => length = text.trim().parse().unwrap(),
            None if line == "\r\n" => break,
            None => {}
        }
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body).ok()?;
    Some((path, body))
}

fn respond(stream: &mut TcpStream, headers: &str, body: &[u8]) {
    let head = format!("HTTP/1.1 200 OK\r\n{headers}Content-Length: {}\r\n\r\n", body.len());
    let _ = stream.write_all(head.as_bytes()).and_then(|()| stream.write_all(body));
}

/// Runs events in a function that is then told to end, and gives its lines.
fn lines_of(max_concurrency: &str, events: usize) -> Vec<String> {
    let api = RuntimeApi::start(events);
    let mut function = api.function(max_concurrency);
    for _ in 0..events {
        let (number, answer) = api.answers.recv_timeout(PATIENCE).expect("each event is answered");
        assert_eq!(
            answer["body"],
            format!("\"Root={};Sampled=1\"", root(number)),
            "the header reaches the handler"
        );
    }
    let pid = rustix::process::Pid::from_child(&function);
    rustix::process::kill_process(pid, rustix::process::Signal::TERM).unwrap();
    let mut text = String::new();
    function.stdout.take().unwrap().read_to_string(&mut text).unwrap();
    assert!(function.wait().unwrap().success());
    text.lines().filter(|line| line.starts_with('{')).map(ToOwned::to_owned).collect()
}

fn check(lines: &[String], events: usize) {
    let (metrics, logs): (Vec<_>, Vec<_>) = lines.iter().partition(|line| line.starts_with("{\"_aws\""));
    metrics.iter().for_each(|line| assert_is_metrics(line));
    let read = |line: &&String| -> Value { serde_json::from_str(line).unwrap() };
    let metrics: Vec<_> = metrics.iter().map(read).collect();
    assert_eq!(metrics.len(), 2, "the first event's, and what was kept back");
    assert!(metrics[0]["InitDuration"].as_f64().unwrap() > 0.0);
    assert_eq!((&metrics[0]["Events"], &metrics[1]["Events"]), (&Value::from(1), &Value::from(events - 1)));
    let mut traces: Vec<_> = logs.iter().map(read).filter(|line| line["message"] == "answered").collect();
    traces.sort_by_key(|line| line["span"]["trace_id"].as_str().unwrap().to_owned());
    let traces: Vec<_> = traces.iter().map(|line| line["span"]["trace_id"].as_str().unwrap()).collect();
    assert_eq!(traces, (0..events).map(root).collect::<Vec<_>>());
}

#[test]
fn a_sequential_environment_keeps_traces_and_writes_what_it_kept_back_on_sigterm() {
    check(&lines_of("1", 5), 5);
}

#[test]
fn a_concurrent_environment_keeps_traces_apart_and_writes_what_it_kept_back_on_sigterm() {
    check(&lines_of("4", 12), 12);
}
