//! What stands on the wire, byte for byte: the HTTP answers and the WebSocket frames of the gateway itself.
//!
//! `UPDATE_EXPECT=1 cargo test -p lift-ws-local --test gateway wire` writes `tests/gateway/wire/` anew.

use std::fmt::Write as _;

use expect_test::expect_file;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;

use crate::client::{PATIENCE, SIGNATURE, Watched, http, scripted, start};

const UPGRADE: &str = "connection: Upgrade\r\nupgrade: websocket\r\nsec-websocket-version: 13\r\n\
                       sec-websocket-key: c2FtcGxlLWtleS0wMDAwMQ==\r\n";

/// The text without the ids that are new each time.
fn normal(text: &str) -> String {
    let mut text = text.to_owned();
    for (opening, name) in [
        ("\"connectionId\":\"", "CONNECTION"),
        ("\"requestId\":\"", "REQUEST"),
        ("\"connectedAt\":\"", "TIME"),
        ("\"lastActiveAt\":\"", "TIME"),
    ] {
        if let Some((before, after)) = text.split_once(opening) {
            let (_, after) = after.split_once('"').expect("the text ends");
            text = format!("{before}{opening}{name}\"{after}");
        }
    }
    text
}

/// Sends a request's head and reads an answer's.
async fn upgraded(watched: &Watched, target: &str, headers: &str) -> (TcpStream, String) {
    let exchange = async {
        let mut stream = TcpStream::connect(watched.address()).await.unwrap();
        let head = format!("GET {target} HTTP/1.1\r\nhost: 127.0.0.1\r\n{UPGRADE}{headers}\r\n");
        stream.write_all(head.as_bytes()).await.unwrap();
        let mut answer = Vec::new();
        while !answer.ends_with(b"\r\n\r\n") {
            answer.push(stream.read_u8().await.unwrap());
        }
        (stream, answer)
    };
    let (stream, answer) = timeout(PATIENCE, exchange).await.expect("the handshake is answered");
    (stream, String::from_utf8(answer).unwrap().replace("\r\n", "\n").trim_end().to_owned())
}

// §3.2, §5: status line, headers and body.
#[tokio::test]
async fn http_answers_have_the_bytes_of_the_file() {
    let watched = start(scripted(&["$connect"])).await;
    let page = &mut String::new();
    for (name, target, headers) in [
        ("101", "/dev", ""),
        ("101 with a subprotocol", "/dev?protocol=chat.v2", "sec-websocket-protocol: chat.v1, chat.v2\r\n"),
    ] {
        let (_, head) = upgraded(&watched, target, headers).await;
        writeln!(page, "# {name}\n{head}\n").unwrap();
    }
    let close = |headers: &str| headers.replace("connection: Upgrade", "connection: Upgrade, close");
    let signed = format!("authorization: {SIGNATURE}\r\n");
    let stranger = "/dev/@connections/AbCdEdXyZ_wCQr0%3D";
    for (name, method, target, headers) in [
        ("another stage", "GET", "/other", close(UPGRADE)),
        ("no upgrade", "GET", "/dev", String::new()),
        ("$connect returns 401", "GET", "/dev?status=401", close(UPGRADE)),
        ("$connect fails", "GET", "/dev?fail=yes", close(UPGRADE)),
        ("GET of nobody", "GET", stranger, signed.clone()),
        ("POST to a malformed id", "POST", "/dev/@connections/abc", signed.clone()),
        ("no signature", "DELETE", stranger, String::new()),
    ] {
        let answer = http(&watched.address(), method, target, &headers, "").await;
        let head = answer.head.replace("\r\n", "\n");
        writeln!(page, "# {name}\n{head}\n\n{}\n", normal(&answer.body)).unwrap();
    }
    expect_file!["wire/http.txt"].assert_eq(page);
}

/// Reads one frame of the gateway: its first byte, and what is in it.
async fn frame(stream: &mut TcpStream) -> (u8, Vec<u8>) {
    let first = stream.read_u8().await.unwrap();
    let length = match stream.read_u8().await.unwrap() {
        126 => usize::from(stream.read_u16().await.unwrap()),
        127 => usize::try_from(stream.read_u64().await.unwrap()).unwrap(),
        masked @ 128.. => panic!("servers do not mask: {masked}"),
        length => usize::from(length),
    };
    let mut bytes = vec![0; length];
    stream.read_exact(&mut bytes).await.unwrap();
    (first, bytes)
}

// §3.4, §6.2: first byte, length and payload.
#[tokio::test]
async fn frames_have_the_bytes_of_the_file() {
    let watched = start(scripted(&[])).await;
    let page = &mut String::new();
    for (name, sent) in [
        ("a ping is answered", &[0x89_u8, 0x82, 0, 0, 0, 0, b'h', b'i'][..]),
        ("a close frame is answered with its code", &[0x88, 0x82, 0, 0, 0, 0, 0x0f, 0xa1]),
        ("a close frame without code", &[0x88, 0x80, 0, 0, 0, 0]),
        ("a binary frame", &[0x82, 0x81, 0, 0, 0, 0, 1]),
        ("a frame above 32 KB", &[0x81, 0xfe, 0x80, 0x01, 0, 0, 0, 0]),
        ("text that is not UTF-8", &[0x81, 0x81, 0, 0, 0, 0, 0xff]),
        ("a frame that is not masked", &[0x81, 0x01, b'x']),
        ("a reserved bit", &[0xc1, 0x81, 0, 0, 0, 0, b'x']),
    ] {
        let (mut stream, _) = upgraded(&watched, "/dev", "").await;
        let exchange = async {
            stream.write_all(sent).await.unwrap();
            frame(&mut stream).await
        };
        let answer = timeout(PATIENCE, exchange).await;
        let (first, bytes) = answer.unwrap_or_else(|_| panic!("no frame answers this: {name}"));
        let shown = match first {
            0x88 if bytes.len() >= 2 => {
                let code = u16::from_be_bytes([bytes[0], bytes[1]]);
                format!("{code} {}", String::from_utf8_lossy(&bytes[2..]))
            }
            _ => normal(&String::from_utf8_lossy(&bytes)),
        };
        writeln!(page, "# {name}\n0x{first:02x} {shown}\n").unwrap();
    }
    expect_file!["wire/frames.txt"].assert_eq(page);
}
