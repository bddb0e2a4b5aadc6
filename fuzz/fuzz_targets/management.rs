//! Any request to `@connections`, about connections that are open, gone or never were: each has an answer that is none of a failure.
#![no_main]

use libfuzzer_sys::fuzz_target;
use lift_ws_fuzz::{Choices, Home, SIGNATURE, read_all};
use std::io::{Read, Write};
use std::net::{Shutdown, TcpStream};
use std::sync::{LazyLock, Mutex, PoisonError};

static HOME: LazyLock<&'static Home> = LazyLock::new(|| {
    let home: &'static Home = Box::leak(Box::new(Home::start(&["$disconnect"])));
    home.echo();
    home
});

/// An open connection and its id.
static OPEN: LazyLock<Mutex<(TcpStream, String)>> = LazyLock::new(|| Mutex::new(connect()));

const METHODS: [&str; 8] = ["POST", "GET", "DELETE", "PUT", "HEAD", "OPTIONS", "CONNECT", "\u{1f600}"];
const PATHS: [&str; 12] = [
    "/dev/@connections/",
    "/dev/%40connections/",
    "/dev//@connections/",
    "/other/@connections/",
    "/@connections/",
    "/dev/@connections",
    "dev/@connections/",
    "http://elsewhere.test/dev/@connections/",
    "/dev/@connections/x/",
    "/d%65v/%40%63onnections/",
    "/dev/@connections/?q=",
    "*",
];
const HEADERS: [&str; 9] = [
    "",
    "authorization: AWS4-HMAC-SHA256 Credential=a/b/c/lambda/aws4_request\r\n",
    "authorization: \u{e4}\r\n",
    "origin: http://evil.test\r\n",
    "transfer-encoding: chunked\r\n",
    "content-length: 18446744073709551616\r\n",
    "expect: 100-continue\r\n",
    "host: elsewhere.test\r\n",
    "upgrade: websocket\r\nconnection: upgrade\r\n",
];

fuzz_target!(|bytes: &[u8]| {
    let mut open = OPEN.lock().unwrap_or_else(PoisonError::into_inner);
    let mut choices = Choices(bytes);
    let mut sent = Vec::new();
    for _ in 0..=choices.below(4) {
        sent.extend(request(&mut choices, &open.1));
    }
    let mut stream = HOME.dial();
    let _ = stream.write_all(&sent);
    let _ = stream.shutdown(Shutdown::Write);
    let answer = read_all(&mut stream);
    // What begins as TLS does gets an alert.
    if sent.first() != Some(&0x16) {
        check(&answer);
    }
    // What was posted is read, and a connection that was deleted is replaced.
    if !drain(&mut open.0) {
        *open = connect();
    }
});

fn request(choices: &mut Choices<'_>, id: &str) -> Vec<u8> {
    if choices.below(8) == 0 {
        return choices.bytes().to_vec();
    }
    let methods = if choices.below(4) == 0 { &METHODS[..] } else { &METHODS[..3] };
    let method = choices.one_of(methods);
    let path = if choices.below(4) == 0 { choices.one_of(&PATHS) } else { PATHS[0] };
    let id = match choices.below(6) {
        0 => String::from_utf8_lossy(choices.bytes()).into_owned(),
        1 => "AbCdEdXyZ_wCQr0=".to_owned(),
        2 => id.to_owned(),
        _ => id.replace('=', "%3D"),
    };
    let signature = if choices.below(8) == 0 { String::new() } else { format!("authorization: {SIGNATURE}\r\n") };
    let odd = if choices.below(4) == 0 { choices.one_of(&HEADERS) } else { "" };
    let mut body = choices.bytes().to_vec();
    if choices.below(16) == 0 {
        body = body.repeat(600);
    }
    let head = format!("{method} {path}{id} HTTP/1.1\r\nhost: x\r\n{signature}{odd}content-length: {}\r\n\r\n", body.len());
    [head.into_bytes(), body].concat()
}

/// If there is an answer, it is one, and no failure of the gateway.
fn check(answer: &[u8]) {
    if answer.is_empty() {
        return;
    }
    let head = String::from_utf8_lossy(&answer[..answer.len().min(64)]);
    let status = head.strip_prefix("HTTP/1.1 ").or_else(|| head.strip_prefix("HTTP/1.0 ")).and_then(|rest| rest.get(..3));
    let status: u16 = status.and_then(|status| status.parse().ok()).unwrap_or_else(|| panic!("no answer: {head}"));
    assert!(matches!(status, 100 | 101 | 200 | 204 | 400..=499), "{head}");
}

/// Reads what has come; `false` if the connection has ended.
fn drain(stream: &mut TcpStream) -> bool {
    let mut bytes = [0; 64 * 1024];
    let _ = stream.set_nonblocking(true);
    let ended = loop {
        match stream.read(&mut bytes) {
            Ok(0) => break true,
            // A close frame of the gateway: short, and alone or last.
            Ok(length) if bytes[..length].contains(&0x88) => break true,
            Ok(_) => {}
            Err(error) => break error.kind() != std::io::ErrorKind::WouldBlock,
        }
    };
    let _ = stream.set_nonblocking(false);
    !ended
}

/// An order that no route has: the gateway's answer tells the connection's id.
fn connect() -> (TcpStream, String) {
    let mut stream = HOME.socket();
    let order = b"{\"action\":\"id\"}";
    let frame = [&[0x81, 0x80 | order.len() as u8, 0, 0, 0, 0][..], order].concat();
    let _ = stream.write_all(&frame);
    let mut head = [0; 2];
    let _ = stream.read_exact(&mut head);
    let mut text = vec![0; usize::from(head[1])];
    let _ = stream.read_exact(&mut text);
    let text = String::from_utf8_lossy(&text);
    let id = text.split("\"connectionId\":\"").nth(1).and_then(|rest| rest.split('"').next());
    (stream, id.unwrap_or_default().to_owned())
}
