//! What the servers have in common: listening, serving connections, bodies with a limit, small answers.

use std::convert::Infallible;
use std::future::Future;
use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use http_body_util::combinators::UnsyncBoxBody;
use http_body_util::{BodyExt, Either, Full};
use hyper::body::{Body, Incoming};
use hyper::header::{CONTENT_TYPE, HeaderValue};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Request, Response, StatusCode};
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::task::JoinSet;

pub(crate) type Answer = Response<AnswerBody>;

/// Nearly every body is there at once; files are not.
pub(crate) type AnswerBody = Either<Full<Bytes>, UnsyncBoxBody<Bytes, io::Error>>;

/// A body above this is not even read to its end.
const HOPELESS_BODY_BYTES: usize = 64 << 20;

/// The pause after a connection that could not be accepted.
const ACCEPT_PAUSE: Duration = Duration::from_millis(50);

/// Listens on a free port of the loopback, which only this machine reaches.
pub(crate) fn listen() -> io::Result<TcpListener> {
    listen_at(Ipv4Addr::LOCALHOST)
}

/// Listens on a free port of an address.
pub(crate) fn listen_at(address: Ipv4Addr) -> io::Result<TcpListener> {
    let socket = TcpSocket::new_v4()?;
    // Accepted connections inherit it, also where another server than ours accepts them.
    socket.set_nodelay(true)?;
    socket.bind((address, 0).into())?;
    socket.listen(1024)
}

/// The next connection, whose answers leave at once.
pub(crate) async fn accept(listener: &TcpListener) -> (TcpStream, SocketAddr) {
    loop {
        if let Ok((stream, peer)) = listener.accept().await {
            let _ = stream.set_nodelay(true);
            return (stream, peer);
        }
        // It fails when descriptors run out; connections that end will free some.
        tokio::time::sleep(ACCEPT_PAUSE).await;
    }
}

/// Serves a port until the future is dropped; open requests end with it. Each connection has a handler of its own.
pub(crate) async fn serve<F, Fut>(listener: TcpListener, handler: impl Fn() -> F)
where
    F: Fn(Request<Incoming>) -> Fut + Send + 'static,
    Fut: Future<Output = Answer> + Send + 'static,
{
    accept_all(listener, |stream| serve_connection(stream, handler())).await;
}

/// Gives each connection of a port a task, until the future is dropped; all tasks end with it.
pub(crate) async fn accept_all<F>(listener: TcpListener, serve: impl Fn(TcpStream) -> F)
where
    F: Future<Output = ()> + Send + 'static,
{
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            (stream, _) = accept(&listener) => {
                connections.spawn(serve(stream));
            }
            Some(_) = connections.join_next() => {}
        }
    }
}

/// Serves one TCP connection until either side closes it.
pub(crate) async fn serve_connection<IO, F, Fut>(io: IO, handle: F)
where
    IO: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    F: Fn(Request<Incoming>) -> Fut,
    Fut: Future<Output = Answer> + Send,
{
    let service = service_fn(move |request| {
        let answer = handle(request);
        async { Ok::<_, Infallible>(answer.await) }
    });
    // A connection that fails says so to its client; there is nothing to do about it here.
    let _ = http1::Builder::new()
        .auto_date_header(false)
        .serve_connection(TokioIo::new(io), service)
        .with_upgrades()
        .await;
}

/// What came of reading a body.
#[derive(Debug)]
pub(crate) enum Read {
    Whole(Bytes),
    /// The body was longer than the limit; these are its first bytes, one more than the limit.
    TooLarge(Bytes),
    /// The client went away.
    Broken,
}

/// Reads a body as [`read_body`] does; `None` if `time` ends before. It is waited for only if the body is not there at once.
pub(crate) async fn read_body_within(
    time: impl Future<Output = ()>,
    body: Incoming,
    limit: usize,
) -> Option<Read> {
    tokio::select! {
        biased;
        read = read_body(body, limit) => Some(read),
        () = time => None,
    }
}

/// Reads a body of at most `limit` bytes; what exceeds it is read and dropped, so that the client can read
/// the answer.
pub(crate) async fn read_body(mut body: Incoming, limit: usize) -> Read {
    let mut first = Bytes::new();
    let mut rest = BytesMut::new();
    let mut total = 0;
    while let Some(frame) = body.frame().await {
        let Ok(frame) = frame else { return Read::Broken };
        let Ok(data) = frame.into_data() else { continue };
        total += data.len();
        if first.is_empty() && rest.is_empty() {
            // Nearly every body comes in one piece: no copy.
            first = data;
            if body.is_end_stream() {
                break;
            }
        } else if first.len() + rest.len() <= limit {
            rest.extend_from_slice(&data);
        } else if total > HOPELESS_BODY_BYTES {
            break;
        }
    }
    let mut bytes = match rest.is_empty() {
        true => first,
        false => [&first[..], &rest[..]].concat().into(),
    };
    if total <= limit {
        return Read::Whole(bytes);
    }
    bytes.truncate(limit + 1);
    Read::TooLarge(bytes)
}

/// An answer with a JSON body.
pub(crate) fn json(status: StatusCode, body: impl Into<Bytes>) -> Answer {
    with_type(status, "application/json", body)
}

/// A body that is there at once.
pub(crate) fn whole(body: impl Into<Bytes>) -> AnswerBody {
    Either::Left(Full::new(body.into()))
}

/// An answer with a body.
pub(crate) fn with_type(status: StatusCode, content_type: &'static str, body: impl Into<Bytes>) -> Answer {
    let mut answer = Response::new(whole(body));
    *answer.status_mut() = status;
    answer.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(content_type));
    answer
}

/// An answer without a body.
pub(crate) fn empty(status: StatusCode) -> Answer {
    let mut answer = Response::new(whole(Bytes::new()));
    *answer.status_mut() = status;
    answer
}
