//! WebSockets and HTTP on the gateway's own port.

use std::time::Duration;

use futures_util::SinkExt;
use lift_ws_local::clock::ManualClock;
use lift_ws_local::core::Moment;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::protocol::frame::coding::{CloseCode, Data, OpCode};
use tokio_tungstenite::tungstenite::protocol::frame::{CloseFrame, Frame};

use crate::client::{Client, Watched, http, refused, scripted, start};

async fn send_frame(client: &mut Client, kind: Data, payload: impl Into<Vec<u8>>, is_final: bool) {
    let frame = Frame::message(payload.into(), OpCode::Data(kind), is_final);
    client.socket.send(Message::Frame(frame)).await.unwrap();
}

#[tokio::test]
async fn a_message_is_answered_on_a_two_way_route() {
    let watched = start(scripted(&[])).await;
    let mut client = watched.connect().await;
    assert_eq!(client.ask("hello \u{1f600}").await, "hello \u{1f600}");
}

#[tokio::test]
async fn fragments_are_put_together_and_large_replies_come_in_frames_of_32_kb() {
    let watched = start(scripted(&[])).await;
    let mut client = watched.connect().await;
    let part = "y".repeat(32 * 1024);
    send_frame(&mut client, Data::Text, part.clone(), false).await;
    client.socket.send(Message::Ping("between".into())).await.unwrap();
    send_frame(&mut client, Data::Continue, part.clone(), false).await;
    send_frame(&mut client, Data::Continue, part.clone(), true).await;
    assert!(matches!(client.next().await, Some(Ok(Message::Pong(data))) if data == "between"));
    // The client itself refuses frames above 32 KB.
    assert_eq!(client.hear().await, part.repeat(3));
}

#[tokio::test]
async fn a_whole_message_of_128_kb_passes_and_one_byte_more_closes_with_1009() {
    let watched = start(scripted(&[])).await;
    let mut client = watched.connect().await;
    let part = "z".repeat(32 * 1024);
    for kind in [Data::Text, Data::Continue, Data::Continue] {
        send_frame(&mut client, kind, part.clone(), false).await;
    }
    send_frame(&mut client, Data::Continue, part.clone(), true).await;
    assert_eq!(client.hear().await.len(), 128 * 1024);
    for kind in [Data::Text, Data::Continue, Data::Continue, Data::Continue] {
        send_frame(&mut client, kind, part.clone(), false).await;
    }
    send_frame(&mut client, Data::Continue, "z", true).await;
    assert_eq!(client.closed().await, (1009, "Message is larger than 128 KB".to_owned()));
}

#[tokio::test]
async fn frames_that_are_not_taken_close_with_the_code_of_the_contract() {
    let watched = start(scripted(&[])).await;
    let too_large = "x".repeat(32 * 1024 + 1).into_bytes();
    for (kind, payload, code) in [
        (Data::Binary, b"\x00\x01".to_vec(), 1003),
        (Data::Text, too_large, 1009),
        (Data::Text, b"\xff\xfe".to_vec(), 1007),
        (Data::Continue, b"nothing to continue".to_vec(), 1002),
    ] {
        let mut client = watched.connect().await;
        send_frame(&mut client, kind, payload, true).await;
        assert_eq!(client.closed().await.0, code);
    }
}

#[tokio::test]
async fn a_very_large_frame_still_hears_its_close_code() {
    let watched = start(scripted(&[])).await;
    let mut client = watched.connect().await;
    // Most of it is still on its way when the gateway closes.
    let _ = client.socket.send(Message::text("x".repeat(8 << 20))).await;
    assert_eq!(client.closed().await.0, 1009);
}

#[tokio::test]
async fn the_clients_close_code_and_reason_reach_disconnect() {
    let mut watched = start(scripted(&["$disconnect"])).await;
    let mut client = watched.connect().await;
    let frame = CloseFrame { code: CloseCode::Library(4001), reason: "bye".into() };
    client.socket.close(Some(frame)).await.unwrap();
    assert_eq!(watched.printed("disconnected ").await, "4001 \"bye\"");
    assert_eq!(client.closed().await, (4001, "bye".to_owned()));
    let mut client = watched.connect().await;
    client.socket.close(None).await.unwrap();
    let status_not_set = "1005 \"Client-side close frame status not set\"";
    assert_eq!(watched.printed("disconnected ").await, status_not_set);
}

#[tokio::test]
async fn a_client_that_vanishes_is_disconnected_with_1006() {
    let mut watched = start(scripted(&["$disconnect"])).await;
    let client = watched.connect().await;
    drop(client);
    assert_eq!(watched.printed("disconnected ").await, "1006 \"\"");
}

#[tokio::test]
async fn connect_decides_the_handshake_by_its_status() {
    let watched = start(scripted(&["$connect"])).await;
    assert!(watched.connect_with("?status=201").await.is_ok());
    for status in [301, 401, 501] {
        assert_eq!(refused(watched.connect_with(&format!("?status={status}")).await), status);
    }
    assert_eq!(refused(watched.connect_with("?fail=yes").await), 502);
}

#[tokio::test]
async fn a_subprotocol_is_what_connect_returns() {
    let watched = start(scripted(&["$connect"])).await;
    let headers = "upgrade: websocket\r\nsec-websocket-version: 13\r\n\
                   sec-websocket-key: c2FtcGxlLWtleS0wMDAwMQ==\r\nsec-websocket-protocol: chat.v1, chat.v2\r\n";
    for (query, expected) in [("?protocol=chat.v2", Some("chat.v2")), ("", None)] {
        let mut stream = TcpStream::connect(watched.address()).await.unwrap();
        let head = format!("GET /dev{query} HTTP/1.1\r\nhost: x\r\nconnection: Upgrade\r\n{headers}\r\n");
        stream.write_all(head.as_bytes()).await.unwrap();
        let answer = read_head(&mut stream).await;
        assert!(answer.starts_with("HTTP/1.1 101 "), "{answer}");
        let protocol = answer.lines().find_map(|line| line.strip_prefix("sec-websocket-protocol: "));
        assert_eq!(protocol, expected);
    }
}

#[tokio::test]
async fn header_names_reach_the_function_as_the_client_spelled_them() {
    let mut watched = start(scripted(&["$connect"])).await;
    let mut stream = TcpStream::connect(watched.address()).await.unwrap();
    let head = "GET /dev?print=headers HTTP/1.1\r\nhOsT: x\r\nConnection: Upgrade\r\nUPGRADE: websocket\r\n\
                Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: c2FtcGxlLWtleS0wMDAwMQ==\r\nx-MiXeD: 1\r\n\r\n";
    stream.write_all(head.as_bytes()).await.unwrap();
    let headers: serde_json::Value = serde_json::from_str(&watched.printed("headers ").await).unwrap();
    assert_eq!(headers["x-MiXeD"], "1");
    assert_eq!(headers["hOsT"], "x");
    assert_eq!(headers["Connection"], serde_json::Value::Null);
}

#[tokio::test]
async fn header_names_keep_their_spelling_behind_other_requests_on_the_same_connection() {
    let mut watched = start(scripted(&["$connect"])).await;
    let mut stream = TcpStream::connect(watched.address()).await.unwrap();
    for method in ["POST", "GET"] {
        let request =
            format!("{method} /dev/@connections/x HTTP/1.1\r\nhost: x\r\ncontent-length: 6\r\n\r\nA: b\r\n");
        stream.write_all(request.as_bytes()).await.unwrap();
        let answer = read_head(&mut stream).await;
        let length = answer.lines().find_map(|line| line.strip_prefix("content-length: ")).unwrap();
        stream.read_exact(&mut vec![0; length.parse().unwrap()]).await.unwrap();
    }
    let head = "GET /dev?print=headers HTTP/1.1\r\nhOsT: x\r\nConnection: Upgrade\r\nUPGRADE: websocket\r\n\
                Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: c2FtcGxlLWtleS0wMDAwMQ==\r\nx-MiXeD: 1\r\n\r\n";
    stream.write_all(head.as_bytes()).await.unwrap();
    let headers: serde_json::Value = serde_json::from_str(&watched.printed("headers ").await).unwrap();
    assert_eq!(headers["x-MiXeD"], "1");
}

#[tokio::test]
async fn a_key_that_is_not_sixteen_bytes_is_no_upgrade_and_a_request_needs_one_host() {
    let watched = start(scripted(&[])).await;
    let upgrade = "connection: upgrade\r\nupgrade: websocket\r\nsec-websocket-version: 13\r\n";
    let key = "sec-websocket-key: c2FtcGxlLWtleS0wMDAwMQ==\r\n";
    for (headers, status) in [
        (format!("host: x\r\n{upgrade}{key}"), "101"),
        (format!("host: x\r\n{upgrade}sec-websocket-key: c2FtcGxlL!tleS0wMDAwMQ==\r\n"), "426"),
        (format!("{upgrade}{key}"), "400"),
        (format!("host: x\r\nhost: y\r\n{upgrade}{key}"), "400"),
    ] {
        let mut stream = TcpStream::connect(watched.address()).await.unwrap();
        stream.write_all(format!("GET /dev HTTP/1.1\r\n{headers}\r\n").as_bytes()).await.unwrap();
        assert_eq!(read_head(&mut stream).await.split(' ').nth(1), Some(status), "{headers}");
    }
}

#[tokio::test]
async fn a_message_behind_the_handshake_in_the_same_packet_is_not_lost() {
    let watched = start(scripted(&[])).await;
    let mut stream = TcpStream::connect(watched.address()).await.unwrap();
    let mut bytes = b"GET /dev HTTP/1.1\r\nhost: x\r\nconnection: upgrade\r\nupgrade: websocket\r\n\
        sec-websocket-version: 13\r\nsec-websocket-key: c2FtcGxlLWtleS0wMDAwMQ==\r\n\r\n"
        .to_vec();
    // A masked text frame "hi", with a mask of zeros.
    bytes.extend([0x81, 0x82, 0, 0, 0, 0, b'h', b'i']);
    stream.write_all(&bytes).await.unwrap();
    read_head(&mut stream).await;
    let mut frame = [0; 4];
    stream.read_exact(&mut frame).await.unwrap();
    assert_eq!(&frame, b"\x81\x02hi");
}

#[tokio::test]
async fn a_client_that_leaves_during_connect_is_not_left_open() {
    let mut watched = start(scripted(&["$connect", "$disconnect"])).await;
    let mut stream = TcpStream::connect(watched.address()).await.unwrap();
    let head = "GET /dev?print=headers HTTP/1.1\r\nhost: x\r\nconnection: upgrade\r\nupgrade: websocket\r\n\
                sec-websocket-version: 13\r\nsec-websocket-key: c2FtcGxlLWtleS0wMDAwMQ==\r\n\r\n";
    stream.write_all(head.as_bytes()).await.unwrap();
    watched.printed("headers ").await;
    drop(stream);
    // Whether it left before or after the 101: a program that accepted it hears of its end.
    assert_eq!(watched.printed("disconnected ").await, "1006 \"\"");
}

#[tokio::test]
async fn plain_http_is_426_on_the_stage_and_403_elsewhere() {
    let watched = start(scripted(&["$connect"])).await;
    let plain = http(&watched.address(), "GET", "/dev", "", "").await;
    assert_eq!((plain.status, plain.header("upgrade")), (426, Some("websocket")));
    assert_eq!(http(&watched.address(), "GET", "/dev/below", "", "").await.status, 426);
    assert_eq!(http(&watched.address(), "GET", "/other", "", "").await.status, 403);
    let old = "connection: upgrade\r\nupgrade: websocket\r\nsec-websocket-version: 8\r\n";
    assert_eq!(http(&watched.address(), "GET", "/dev", old, "").await.status, 426);
}

#[tokio::test]
async fn an_offer_of_compression_is_not_taken_up() {
    let watched = start(scripted(&[])).await;
    let mut stream = TcpStream::connect(watched.address()).await.unwrap();
    let head = "GET /dev HTTP/1.1\r\nhost: x\r\nconnection: upgrade\r\nupgrade: websocket\r\n\
                sec-websocket-version: 13\r\nsec-websocket-key: c2FtcGxlLWtleS0wMDAwMQ==\r\n\
                sec-websocket-extensions: permessage-deflate; client_max_window_bits\r\n\r\n";
    stream.write_all(head.as_bytes()).await.unwrap();
    let answer = read_head(&mut stream).await;
    assert!(answer.starts_with("HTTP/1.1 101 "), "{answer}");
    assert!(!answer.to_lowercase().contains("sec-websocket-extensions"), "{answer}");
    // A frame with the bit of a compressed message set is a violation then.
    stream.write_all(&[0xc1, 0x82, 0, 0, 0, 0, b'h', b'i']).await.unwrap();
    let mut close = [0; 4];
    stream.read_exact(&mut close).await.unwrap();
    assert_eq!((close[0], &close[2..]), (0x88, &1002_u16.to_be_bytes()[..]));
}

#[tokio::test]
async fn a_ping_is_answered_and_none_is_sent() {
    let watched = start(scripted(&[])).await;
    let mut client = watched.connect().await;
    client.socket.send(Message::Ping("are you there?".into())).await.unwrap();
    assert!(matches!(client.next().await, Some(Ok(Message::Pong(data))) if data == "are you there?"));
    // `ask` fails if anything but the answer comes.
    assert_eq!(client.ask("x").await, "x");
}

#[tokio::test]
async fn a_page_is_served_beside_the_api() {
    let web = tempfile::tempdir().unwrap();
    std::fs::write(web.path().join("index.html"), "<p>hello").unwrap();
    let watched = start(scripted(&[]).web(web.path())).await;
    let page = http(&watched.address(), "GET", "/", "", "").await;
    assert_eq!((page.status, page.body.as_str()), (200, "<p>hello"));
    assert_eq!(page.header("content-type"), Some("text/html; charset=utf-8"));
    assert_eq!(http(&watched.address(), "GET", "/missing.js", "", "").await.status, 404);
    assert_eq!(http(&watched.address(), "GET", "/dev", "", "").await.status, 426);
    assert_eq!(http(&watched.address(), "GET", "/%64ev", "", "").await.status, 426);
    assert_eq!(watched.connect().await.ask("works").await, "works");
}

#[tokio::test]
async fn an_idle_connection_is_closed_after_ten_minutes_of_the_gateways_clock() {
    let clock = ManualClock::starting_at(Moment::from_millis(1_777_976_430_100));
    let mut watched = start(scripted(&["$disconnect"]).clock(clock.clone())).await;
    let mut client = watched.connect().await;
    assert_eq!(client.ask("x").await, "x");
    clock.advance(Duration::from_secs(10 * 60));
    assert_eq!(client.closed().await, (1001, "Going away".to_owned()));
    assert_eq!(watched.printed("disconnected ").await, "1001 \"Going away\"");
}

#[tokio::test]
async fn a_client_that_sends_half_a_request_is_closed_after_thirty_seconds_of_the_gateways_clock() {
    let clock = ManualClock::starting_at(Moment::from_millis(1_777_976_430_100));
    let watched = start(scripted(&[]).clock(clock.clone())).await;
    let (mut half, mut silent) = (connect(&watched).await, connect(&watched).await);
    half.write_all(b"GET /dev HTTP/1.1\r\nhost: ").await.unwrap();
    let mut whole = connect(&watched).await;
    whole.write_all(b"GET /dev HTTP/1.1\r\nhost: x\r\n\r\n").await.unwrap();
    assert!(read_head(&mut whole).await.starts_with("HTTP/1.1 426 "));
    let mut client = watched.connect().await;
    // The gateway has accepted all of them: they came before the last, whose handshake is complete.
    clock.advance(Duration::from_secs(30));
    for stream in [&mut half, &mut silent] {
        let mut byte = [0; 1];
        let end = tokio::time::timeout(Duration::from_secs(30), stream.read(&mut byte)).await;
        assert_eq!(end.expect("the gateway closes it").unwrap_or(0), 0);
    }
    // Who has sent a request may take time for the next.
    whole.write_all(b"GET /dev HTTP/1.1\r\nhost: x\r\n\r\n").await.unwrap();
    assert!(read_head(&mut whole).await.contains("HTTP/1.1 426 "));
    assert_eq!(client.ask("x").await, "x");
}

#[tokio::test]
async fn a_body_that_does_not_come_is_waited_for_for_thirty_seconds_of_the_gateways_clock() {
    let clock = ManualClock::starting_at(Moment::from_millis(1_777_976_430_100));
    let watched = start(scripted(&[]).clock(clock.clone())).await;
    let mut stalled = connect(&watched).await;
    let head =
        "POST /dev/@connections/x HTTP/1.1\r\nhost: x\r\nexpect: 100-continue\r\ncontent-length: 9\r\n\r\n";
    stalled.write_all(head.as_bytes()).await.unwrap();
    // It is said when the body is waited for.
    assert!(read_head(&mut stalled).await.starts_with("HTTP/1.1 100 "));
    stalled.write_all(b"half").await.unwrap();
    clock.advance(Duration::from_secs(30));
    assert!(read_head(&mut stalled).await.starts_with("HTTP/1.1 408 "));
    let end = tokio::time::timeout(Duration::from_secs(30), stalled.read(&mut [0; 1])).await;
    assert_eq!(end.expect("the gateway closes it").unwrap_or(0), 0);
}

#[tokio::test]
async fn a_port_that_is_taken_is_named_with_a_way_out() {
    let watched = start(scripted(&[])).await;
    let port = watched.gateway.port();
    let error = scripted(&[]).port(port).start().await.unwrap_err().to_string();
    assert!(error.starts_with(&format!("port {port} is in use: ")) && error.contains("--port 0"), "{error}");
}

async fn connect(watched: &Watched) -> TcpStream {
    TcpStream::connect(watched.address()).await.unwrap()
}

async fn read_head(stream: &mut TcpStream) -> String {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(stream.read_u8().await.unwrap());
    }
    String::from_utf8(head).unwrap()
}
