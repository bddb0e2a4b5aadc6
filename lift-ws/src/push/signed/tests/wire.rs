//! A gateway that keeps what it reads and answers as it is told.

use std::sync::{Arc, Mutex};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

pub(super) const OK: &str = "HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n";

/// One request as it was on the wire.
#[derive(Debug, Clone)]
pub(super) struct Request {
    pub(super) method: String,
    pub(super) path: String,
    pub(super) headers: Vec<(String, String)>,
    pub(super) body: Vec<u8>,
}

impl Request {
    /// The value of a header; empty if it is not there.
    pub(super) fn header(&self, name: &str) -> &str {
        self.headers.iter().find(|(header, _)| header == name).map_or("", |(_, value)| value)
    }
}

#[derive(Debug, Default)]
struct Seen {
    requests: Vec<Request>,
    sockets: usize,
}

#[derive(Debug)]
pub(super) struct Wire {
    pub(super) url: String,
    seen: Arc<Mutex<Seen>>,
    serving: tokio::task::JoinHandle<()>,
}

impl Drop for Wire {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

impl Wire {
    /// Gives each request the same answer; after an empty one the socket is closed.
    pub(super) async fn serve(answer: &'static str) -> Self {
        Self::serve_below("/prod", answer).await
    }

    pub(super) async fn serve_below(path: &str, answer: &'static str) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}{path}", listener.local_addr().unwrap());
        let seen = Arc::<Mutex<Seen>>::default();
        let seen_there = Arc::clone(&seen);
        let serving = tokio::spawn(async move {
            while let Ok((socket, _)) = listener.accept().await {
                seen_there.lock().unwrap().sockets += 1;
                tokio::spawn(converse(socket, answer, Arc::clone(&seen_there)));
            }
        });
        Self { url, seen, serving }
    }

    /// An address where nobody listens.
    pub(super) async fn nobody() -> String {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        format!("http://{}/prod", listener.local_addr().unwrap())
    }

    /// A gateway that closes before it reads anything.
    pub(super) async fn that_closes_at_once() -> (String, tokio::task::JoinHandle<()>) {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/prod", listener.local_addr().unwrap());
        let closing = tokio::spawn(async move { while listener.accept().await.is_ok() {} });
        (url, closing)
    }

    pub(super) fn requests(&self) -> Vec<Request> {
        self.seen.lock().unwrap().requests.clone()
    }

    pub(super) fn sockets(&self) -> usize {
        self.seen.lock().unwrap().sockets
    }
}

async fn converse(mut socket: TcpStream, answer: &'static str, seen: Arc<Mutex<Seen>>) {
    let mut bytes = Vec::new();
    while let Some(request) = read(&mut socket, &mut bytes).await {
        seen.lock().unwrap().requests.push(request);
        let is_last = answer.is_empty() || answer.contains("connection: close");
        if socket.write_all(answer.as_bytes()).await.is_err() || is_last {
            return;
        }
    }
}

async fn read(socket: &mut TcpStream, bytes: &mut Vec<u8>) -> Option<Request> {
    let end = loop {
        match bytes.windows(4).position(|end| end == b"\r\n\r\n") {
            Some(end) => break end + 4,
            None if socket.read_buf(bytes).await.ok()? == 0 => return None,
            None => {}
        }
    };
    let head = String::from_utf8(bytes[..end].to_vec()).unwrap();
    let mut lines = head.lines();
    let mut first = lines.next()?.split(' ');
    let headers: Vec<(String, String)> = lines
        .filter_map(|line| line.split_once(": "))
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .collect();
    let length = headers.iter().find(|(name, _)| name == "content-length");
    let length: usize = length.map_or(0, |(_, value)| value.parse().unwrap());
    while bytes.len() < end + length {
        if socket.read_buf(bytes).await.ok()? == 0 {
            return None;
        }
    }
    let body = bytes[end..end + length].to_vec();
    bytes.drain(..end + length);
    Some(Request { method: first.next()?.to_owned(), path: first.next()?.to_owned(), headers, body })
}
