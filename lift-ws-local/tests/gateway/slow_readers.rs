//! Clients that do not read cost a bounded amount of memory, and others notice nothing.

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;

use crate::client::{PATIENCE, SIGNATURE, Watched, scripted, start};

const POSTS: usize = 10_000;
const POST_BYTES: usize = 8 * 1024;
/// What the operating system takes for a client on the loopback before the gateway's own megabyte fills: some megabytes.
const MOST_BYTES: usize = 32 * 1024 * 1024;

/// Posts over a connection that is kept.
struct Poster {
    stream: TcpStream,
    host: String,
}

impl Poster {
    async fn connect(watched: &Watched) -> Self {
        let host = watched.address();
        let connect = timeout(PATIENCE, TcpStream::connect(&host)).await;
        let stream = connect.expect("the gateway accepts the poster").unwrap();
        stream.set_nodelay(true).unwrap();
        Self { stream, host }
    }

    /// The status of the answer, which has no body.
    async fn post(&mut self, connection: &str, text: &str) -> u16 {
        timeout(PATIENCE, self.exchange(connection, text)).await.expect("a post is answered")
    }

    async fn exchange(&mut self, connection: &str, text: &str) -> u16 {
        let path = format!("/dev/@connections/{}", connection.replace('=', "%3D"));
        let request = format!(
            "POST {path} HTTP/1.1\r\nhost: {}\r\nauthorization: {SIGNATURE}\r\ncontent-length: {}\r\n\r\n{text}",
            self.host,
            text.len()
        );
        self.stream.write_all(request.as_bytes()).await.unwrap();
        let mut head = Vec::new();
        while !head.ends_with(b"\r\n\r\n") {
            assert_ne!(self.stream.read_buf(&mut head).await.unwrap(), 0, "the gateway hung up");
        }
        let head = String::from_utf8(head).unwrap();
        assert!(head.contains("content-length: 0\r\n"), "{head}");
        head.split(' ').nth(1).unwrap().parse().unwrap()
    }
}

#[tokio::test]
async fn ten_thousand_posts_to_a_client_that_reads_nothing_are_mostly_refused_and_fill_no_memory() {
    let watched = start(scripted(&[])).await;
    let (mut silent, mut other) = (watched.connect().await, watched.connect().await);
    let (silent_id, other_id) = (silent.id().await, other.id().await);
    let mut poster = Poster::connect(&watched).await;
    let mut taken = Vec::new();
    for number in 0..POSTS {
        let text = format!("{number:0POST_BYTES$}");
        match poster.post(&silent_id, &text).await {
            200 => taken.push(number),
            // All that the gateway keeps of a refused post is nothing.
            status => assert_eq!(status, 429),
        }
        if number % 1_000 == 0 {
            assert_eq!(poster.post(&other_id, "still here").await, 200);
            assert_eq!(other.hear().await, "still here");
        }
    }
    assert!(taken.len() * POST_BYTES < MOST_BYTES, "{} posts were taken", taken.len());
    // What was taken arrives, in order; then there is room again.
    for number in taken {
        assert_eq!(silent.hear().await.parse(), Ok(number));
    }
    assert_eq!(poster.post(&silent_id, "room again").await, 200);
    assert_eq!(silent.hear().await, "room again");
}

#[tokio::test]
async fn a_client_that_reads_nothing_can_be_closed_and_is_forgotten_at_once() {
    let watched = start(scripted(&["$disconnect"])).await;
    let mut watched = watched;
    let mut silent = watched.connect().await;
    let id = silent.id().await;
    let mut poster = Poster::connect(&watched).await;
    let text = "x".repeat(POST_BYTES);
    let mut posts = 0;
    while poster.post(&id, &text).await == 200 {
        posts += 1;
        assert!(posts * POST_BYTES < MOST_BYTES, "{posts} posts were taken");
    }
    assert_eq!(watched.manage("DELETE", &id, "").await.status, 204);
    assert_eq!(watched.printed("disconnected ").await, "1000 \"Connection Closed Normally\"");
    assert_eq!(watched.manage("POST", &id, "x").await.status, 410);
}
