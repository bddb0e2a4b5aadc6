//! A function that does anything: requests to the Runtime API in any order, with any ids, headers and bodies, also half ones.
#![no_main]

use libfuzzer_sys::fuzz_target;
use lift_ws_fuzz::{Choices, Home, dial, header, read_head};
use std::io::{Read, Write};
use std::net::TcpStream;
use std::sync::LazyLock;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

static INPUTS: AtomicU64 = AtomicU64::new(0);
static HOME: LazyLock<Home> = LazyLock::new(|| Home::start(&["$disconnect", "one-way", "$default"]));

const RUNTIME: &str = "/2018-06-01/runtime/";
const PATHS: [&str; 12] = [
    "/2018-06-01/runtime/init/error",
    "/2018-06-01/runtime/restore/next",
    "/2018-06-01/runtime/restore/error",
    "/2018-06-01/runtime/invocation/",
    "/2018-06-01/runtime/invocation//response",
    "/2018-06-01/runtime/invocation/00000000-0000-4000-8000-000000000000/response",
    "/2018-06-01/runtime/invocation/00000000-0000-4000-8000-000000000000/error",
    "/2020-01-01/extension/register",
    "/2020-01-01/extension/init/error",
    "/2018-06-01/",
    "/",
    "*",
];
const HEADERS: [&str; 8] = [
    "lambda-runtime-function-error-type: Runtime.Any\r\n",
    "lambda-runtime-function-error-type: \u{7f}\r\n",
    "lambda-extension-name: any\r\n",
    "origin: http://evil.test\r\n",
    "host: evil.test\r\n",
    "transfer-encoding: chunked\r\n",
    "expect: 100-continue\r\n",
    "connection: keep-alive\r\n",
];
const BODIES: [&[u8]; 7] = [
    b"",
    b"null",
    b"{\"statusCode\":200,\"body\":\"hello\"}",
    b"{\"statusCode\":200,\"body\":7}",
    b"{\"errorType\":\"A\",\"errorMessage\":\"B\",\"stackTrace\":[]}",
    b"\"text\"",
    b"{\"statusCode\":\"200\",\"headers\":{\"a\":[1]},\"isBase64Encoded\":true}",
];

fuzz_target!(|bytes: &[u8]| {
    let mut choices = Choices(bytes);
    let mut client = HOME.socket();
    let mut polls: Vec<TcpStream> = Vec::new();
    let mut ids: Vec<String> = Vec::new();
    let mut asked = false;
    for _ in 0..24 {
        if choices.0.is_empty() {
            break;
        }
        match choices.below(10) {
            // The client says something, which needs an environment.
            0 | 1 => {
                let payload = choices.bytes();
                let text = String::from_utf8_lossy(payload);
                let text = &text.as_bytes()[..text.len().min(120)];
                let frame = [&[0x81, 0x80 | text.len() as u8, 0, 0, 0, 0][..], text].concat();
                if client.write_all(&frame).is_err() {
                    client = HOME.socket();
                }
                if !asked {
                    // The first environment, or the one that has replaced it.
                    asked = true;
                    if HOME.newest().0 == 0 {
                        HOME.environment(0);
                    }
                }
            }
            2 | 3 => polls.extend(request(&format!("GET {RUNTIME}invocation/next"), "", b"")),
            4 => ids.extend(polls.iter_mut().filter_map(event_of)),
            5 | 6 => {
                let id = ids.last().cloned().unwrap_or_default();
                let kind = choices.one_of(&["response", "error"]);
                let nonce = match choices.below(4) {
                    0 => format!("lambda-runtime-invocation-id: {id}\r\n"),
                    1 => "lambda-runtime-invocation-id: other\r\n".to_owned(),
                    _ => String::new(),
                };
                let body = if choices.below(2) == 0 { choices.bytes() } else { choices.one_of(&BODIES) };
                polls.extend(request(&format!("POST {RUNTIME}invocation/{id}/{kind}"), &nonce, body));
            }
            7 => {
                let line = format!("{} {}", choices.one_of(&["GET", "POST", "PUT", "HEAD", "CONNECT"]), choices.one_of(&PATHS));
                polls.extend(request(&line, choices.one_of(&HEADERS), choices.one_of(&BODIES)));
            }
            8 => {
                let bytes = choices.bytes();
                polls.extend(raw(bytes));
            }
            _ => HOME.pass(Duration::from_millis(u64::from(choices.byte()) * 200)),
        }
    }
    drop(polls);
    // Now and then all that is still open ends by its timeout, and its environment with it.
    if INPUTS.fetch_add(1, Ordering::Relaxed) % 16 == 0 {
        HOME.pass(Duration::from_secs(31));
    }
    answers_still();
});

/// The gateway works on: it answers what it can answer by itself.
fn answers_still() {
    let mut stream = HOME.dial();
    let _ = stream.write_all(b"GET /dev HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n");
    let head = read_head(&mut stream).expect("the gateway answers");
    assert!(head.starts_with("HTTP/1.1 426 "), "{head}");
}

fn request(line: &str, headers: &str, body: &[u8]) -> Option<TcpStream> {
    let head = format!("{line} HTTP/1.1\r\nhost: 127.0.0.1\r\n{headers}content-length: {}\r\n\r\n", body.len());
    raw(&[head.as_bytes(), body].concat())
}

/// On a connection of its own. The environment may be gone.
fn raw(bytes: &[u8]) -> Option<TcpStream> {
    let mut stream = dial(&HOME.newest().1).ok()?;
    stream.write_all(bytes).ok()?;
    Some(stream)
}

/// The id of an event that has come in answer to a poll; nothing waits for one.
fn event_of(poll: &mut TcpStream) -> Option<String> {
    poll.set_read_timeout(Some(Duration::from_micros(500))).ok()?;
    let mut answer = vec![0; 8 * 1024];
    let length = poll.read(&mut answer).ok()?;
    let head = String::from_utf8_lossy(&answer[..length]).into_owned();
    header(&head, "lambda-runtime-aws-request-id").map(str::to_owned)
}
