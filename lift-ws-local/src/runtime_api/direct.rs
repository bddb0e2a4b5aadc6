//! The two requests of every event, read and answered without an HTTP library in between, which is a third of the gateway's own
//! instructions per message.
//!
//! Only what is written as every program writes it is taken here. At the first request that is unusual in any way the connection
//! goes over to the library, with all that was read, and stays there.

use std::io::{self, Cursor, Write as _};
use std::sync::Arc;

use bytes::{Buf, Bytes, BytesMut};
use http_body_util::BodyExt;
use hyper::StatusCode;
use hyper::header::{HeaderName, HeaderValue};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use super::RuntimeApi;
use super::head::{Head, Usual};
use super::next::Event;
use crate::environments::{FunctionAnswer, RequestId};
use crate::http::{self, Answer};

/// Room for a request of usual size; larger ones find more.
const BUFFER: usize = 4 * 1024;
/// A head and a body that are longer are unusual.
const LONGEST_HEAD: usize = 8 * 1024;
const LONGEST_BODY: usize = 256 * 1024;

/// A request that is there as a whole.
enum Request {
    Next,
    Response(RequestId, Bytes),
}

struct Connection {
    api: Arc<RuntimeApi>,
    stream: TcpStream,
    read: BytesMut,
}

/// Serves one connection of a program until either side closes it.
pub(super) async fn serve_connection(api: Arc<RuntimeApi>, stream: TcpStream) {
    let mut connection = Connection { api, stream, read: BytesMut::with_capacity(BUFFER) };
    // A connection that fails is its program's affair.
    if let Ok(true) = connection.serve_usual().await {
        connection.serve_all().await;
    }
}

impl Connection {
    /// Answers until the connection ends, or has something unusual: then `true`.
    async fn serve_usual(&mut self) -> io::Result<bool> {
        loop {
            match self.request().await? {
                None => return Ok(!self.read.is_empty()),
                Some(Request::Response(id, body)) => {
                    let answer = self.api.take(id, FunctionAnswer::Response(body), false).await;
                    self.write_answer(answer).await?;
                }
                Some(Request::Next) => tokio::select! {
                    biased;
                    Event { headers, body } = self.api.next() => {
                        let headers = headers.iter().map(|(name, value)| (name, value));
                        write(&mut self.stream, StatusCode::OK, headers, body).await?;
                    }
                    () = hung_up(&self.stream, &mut self.read) => return Ok(false),
                },
            }
        }
    }

    /// `None` if the connection has ended, in which case nothing is left of it, or if what comes is unusual.
    async fn request(&mut self) -> io::Result<Option<Request>> {
        let head = loop {
            match Usual::read(&self.read) {
                Head::Usual(head) => break head,
                Head::Unusual => return Ok(None),
                Head::Incomplete if self.read.len() > LONGEST_HEAD => return Ok(None),
                Head::Incomplete => {}
            }
            if !self.read_more(BUFFER / 4).await? {
                return Ok(None);
            }
        };
        let Usual { head_bytes, body_bytes, response_to } = head;
        if body_bytes > LONGEST_BODY {
            return Ok(None);
        }
        while let missing @ 1.. = (head_bytes + body_bytes).saturating_sub(self.read.len()) {
            if !self.read_more(missing).await? {
                return Ok(None);
            }
        }
        self.read.advance(head_bytes);
        let body = self.read.split_to(body_bytes).freeze();
        Ok(Some(response_to.map_or(Request::Next, |id| Request::Response(id, body))))
    }

    /// Reads what has come, with room for at least this much; `false` if the connection has ended.
    async fn read_more(&mut self, room: usize) -> io::Result<bool> {
        self.read.reserve(room);
        let has_read = self.stream.read_buf(&mut self.read).await? > 0;
        if !has_read {
            self.read.clear();
        }
        Ok(has_read)
    }

    async fn write_answer(&mut self, answer: Answer) -> io::Result<()> {
        let (parts, mut body) = answer.into_parts();
        // A body that is there as a whole comes in one frame.
        let frame = body.frame().await.and_then(Result::ok);
        let body = frame.and_then(|frame| frame.into_data().ok()).unwrap_or_default();
        write(&mut self.stream, parts.status, &parts.headers, body).await
    }

    async fn serve_all(self) {
        let Self { api, stream, read } = self;
        let (reader, writer) = stream.into_split();
        let reader = AsyncReadExt::chain(Cursor::new(read.freeze()), reader);
        let stream = tokio::io::join(reader, writer);
        let handle = move |request| {
            let api = Arc::clone(&api);
            async move { api.handle(request).await }
        };
        http::serve_connection(stream, handle).await;
    }
}

async fn write<'a>(
    stream: &mut TcpStream,
    status: StatusCode,
    headers: impl IntoIterator<Item = (&'a HeaderName, &'a HeaderValue)>,
    body: Bytes,
) -> io::Result<()> {
    let mut head = Vec::with_capacity(512);
    write!(head, "HTTP/1.1 {status}\r\n")?;
    for (name, value) in headers {
        for piece in [name.as_str().as_bytes(), b": ", value.as_bytes(), b"\r\n"] {
            head.extend_from_slice(piece);
        }
    }
    write!(head, "content-length: {}\r\n\r\n", body.len())?;
    stream.write_all_buf(&mut Bytes::from(head).chain(body)).await
}

/// Ends when the other side has closed the connection. What it sends before is for after its answer; if that is more than any
/// request has, it will hear its answer.
async fn hung_up(stream: &TcpStream, read: &mut BytesMut) {
    while read.len() < LONGEST_HEAD + LONGEST_BODY {
        // What came has been read: to look before more comes would be a system call in vain, for each event.
        if stream.readable().await.is_err() {
            return;
        }
        read.reserve(BUFFER / 4);
        match stream.try_read_buf(read) {
            Ok(1..) => {}
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
            Ok(0) | Err(_) => return,
        }
    }
    std::future::pending::<()>().await;
}
