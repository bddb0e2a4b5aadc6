//! The Runtime API over one connection, as programs use it, and as they might.

use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::TcpStream;
use tokio::time::timeout;

use crate::client::{PATIENCE, Response};
use crate::runtime_api::{id, runtime};

const POLL: &str = "GET /2018-06-01/runtime/invocation/next HTTP/1.1\r\nhost: localhost\r\n\r\n";

struct Connection(BufReader<TcpStream>);

impl Connection {
    async fn open(address: &str) -> Self {
        let stream = TcpStream::connect(address).await.unwrap();
        // Else the operating system would gather what is sent byte by byte.
        stream.set_nodelay(true).unwrap();
        Self(BufReader::new(stream))
    }

    async fn send(&mut self, request: &str) {
        self.0.get_mut().write_all(request.as_bytes()).await.unwrap();
    }

    async fn answer(&mut self) -> Response {
        timeout(PATIENCE, self.read()).await.expect("an answer comes")
    }

    async fn read(&mut self) -> Response {
        let mut head = String::new();
        while !head.ends_with("\r\n\r\n") {
            assert!(self.0.read_line(&mut head).await.unwrap() > 0, "it ends after {head:?}");
        }
        let status = head.split(' ').nth(1).unwrap().parse().unwrap();
        let mut response = Response { status, head, body: String::new() };
        let mut body = vec![0; response.header("content-length").unwrap().parse().unwrap()];
        self.0.read_exact(&mut body).await.unwrap();
        response.body = String::from_utf8(body).unwrap();
        response
    }
}

/// A response to an event, with its length or in pieces.
fn response(id: &str, body: &str) -> String {
    let json = serde_json::json!({ "statusCode": 200, "body": body }).to_string();
    format!("{}content-length: {}\r\n\r\n{json}", head(id), json.len())
}

fn response_in_pieces(id: &str, body: &str) -> String {
    let json = serde_json::json!({ "statusCode": 200, "body": body }).to_string();
    format!("{}transfer-encoding: chunked\r\n\r\n{:x}\r\n{json}\r\n0\r\n\r\n", head(id), json.len())
}

fn head(id: &str) -> String {
    format!("POST /2018-06-01/runtime/invocation/{id}/response HTTP/1.1\r\nHost: 127.0.0.1:1\r\n")
}

/// The status line and the names of the headers, in lower case and in order.
fn shape(response: &Response) -> Vec<String> {
    let mut lines = response.head.trim_end().lines();
    let status = lines.next().unwrap().to_owned();
    let names = lines.map(|line| line.split(':').next().unwrap().to_ascii_lowercase());
    std::iter::once(status).chain(names).collect()
}

#[tokio::test]
async fn a_request_written_in_an_unusual_way_is_answered_alike_on_the_same_connection() {
    let (runtime, mut client) = runtime(1, 1).await;
    let mut connection = Connection::open(&runtime.address).await;
    connection.send(POLL).await;
    let event = connection.answer().await;
    connection.send(&response(&id(&event), "one")).await;
    let taken = connection.answer().await;
    assert_eq!(client.ask("second").await, "one");
    connection.send(&POLL.replace("\r\n\r\n", "\r\nsec-fetch-site: none\r\n\r\n")).await;
    let unusual_event = connection.answer().await;
    assert_eq!(unusual_event.json()["body"], "second");
    assert_eq!(shape(&unusual_event), shape(&event));
    connection.send(&response_in_pieces(&id(&unusual_event), "two")).await;
    let unusual_taken = connection.answer().await;
    assert_eq!((shape(&unusual_taken), unusual_taken.body), (shape(&taken), taken.body));
    assert_eq!(client.hear().await, "two");
}

#[tokio::test]
async fn requests_may_come_in_small_pieces_or_two_at_once() {
    let (runtime, mut client) = runtime(1, 1).await;
    let mut connection = Connection::open(&runtime.address).await;
    for byte in POLL.chars() {
        connection.send(&byte.to_string()).await;
        tokio::task::yield_now().await;
    }
    let event = connection.answer().await;
    client.say("second").await;
    connection.send(&(response(&id(&event), "one") + POLL)).await;
    assert_eq!(connection.answer().await.status, 202);
    assert_eq!(connection.answer().await.json()["body"], "second");
    assert_eq!(client.hear().await, "one");
}

#[tokio::test]
async fn a_large_answer_arrives_whole() {
    let (runtime, mut client) = runtime(1, 1).await;
    let mut connection = Connection::open(&runtime.address).await;
    for large in ["x".repeat(20_000), "y".repeat(128 * 1024)] {
        connection.send(POLL).await;
        let event = connection.answer().await;
        connection.send(&response(&id(&event), &large)).await;
        assert_eq!(connection.answer().await.status, 202);
        assert!(client.hear().await == large);
        client.say("again").await;
    }
}

#[tokio::test]
async fn an_answer_with_a_body_that_is_no_response_fails_as_ever() {
    let (runtime, mut client) = runtime(1, 1).await;
    let mut connection = Connection::open(&runtime.address).await;
    connection.send(POLL).await;
    let event = connection.answer().await;
    connection.send(&format!("{}content-length: 0\r\n\r\n", head(&id(&event)))).await;
    assert_eq!(connection.answer().await.status, 202);
    assert!(client.hear().await.starts_with(r#"{"message": "Internal server error""#));
    // It was answered, so that it cannot be again; and what nobody asked for is unknown.
    connection.send(&response(&id(&event), "late")).await;
    assert_eq!(connection.answer().await.status, 403);
    connection.send(&response("00000000-0000-4000-8000-000000000000", "never")).await;
    assert_eq!(connection.answer().await.status, 400);
}

#[tokio::test]
async fn a_program_that_hangs_up_while_it_polls_takes_no_event_along() {
    let (runtime, mut client) = runtime(1, 1).await;
    let mut connection = Connection::open(&runtime.address).await;
    connection.send(POLL).await;
    let event = connection.answer().await;
    connection.send(&(response(&id(&event), "one") + POLL)).await;
    assert_eq!(connection.answer().await.status, 202);
    assert_eq!(client.hear().await, "one");
    connection.0.get_mut().shutdown().await.unwrap();
    let mut rest = Vec::new();
    timeout(PATIENCE, connection.0.read_to_end(&mut rest)).await.expect("the gateway hangs up").unwrap();
    assert_eq!(rest, b"", "the gateway hangs up too");
    client.say("second").await;
    let mut other = Connection::open(&runtime.address).await;
    other.send(POLL).await;
    assert_eq!(other.answer().await.json()["body"], "second");
}
