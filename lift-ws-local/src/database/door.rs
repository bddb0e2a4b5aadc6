//! The door of the embedded database: its own server lets every web page in (it answers CORS with `*`), so it listens
//! where nobody finds it, and the port that functions are told of passes on what programs ask.

use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;

use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper::client::conn::http1::{SendRequest, handshake};
use hyper::{Request, Response, StatusCode};
use hyper_util::rt::TokioIo;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Mutex;

use crate::http::{self, Answer};
use crate::pages::{self, Reach};

/// Listens where no page can look: on one of the sixteen million addresses of the loopback. A system that has only the
/// usual one has a port there that nobody is told of.
pub(super) fn listen_hidden(secret: u64) -> io::Result<TcpListener> {
    let [a, b, c, ..] = secret.to_le_bytes();
    http::listen_at(Ipv4Addr::new(127, a, b, c.clamp(2, 254))).or_else(|_| http::listen())
}

/// Passes requests on until the future is dropped; open ones end with it.
pub(super) async fn serve(listener: TcpListener, database: SocketAddr) {
    let handler = || {
        let upstream = Arc::new(Upstream { database, connection: Mutex::new(None) });
        move |request| {
            let upstream = Arc::clone(&upstream);
            async move { upstream.answer(request).await }
        }
    };
    http::serve(listener, handler).await;
}

/// The way to the database for one client's connection, which has one request at a time.
struct Upstream {
    database: SocketAddr,
    connection: Mutex<Option<SendRequest<Incoming>>>,
}

impl Upstream {
    async fn answer(&self, request: Request<Incoming>) -> Answer {
        if let Some(refusal) = pages::refusal(request.headers(), Reach::Loopback) {
            return refusal;
        }
        match self.pass_on(request).await {
            Ok(answer) => answer,
            // The database has ended, or its connection has.
            Err(_) => http::empty(StatusCode::SERVICE_UNAVAILABLE),
        }
    }

    async fn pass_on(
        &self,
        request: Request<Incoming>,
    ) -> Result<Answer, Box<dyn std::error::Error + Send + Sync>> {
        let mut connection = self.connection.lock().await;
        let mut kept = connection.take();
        if let Some(sender) = &mut kept
            && sender.ready().await.is_err()
        {
            kept = None;
        }
        let sender = match kept {
            Some(sender) => sender,
            None => connect(self.database).await?,
        };
        let sender = connection.insert(sender);
        let (head, body) = sender.send_request(request).await?.into_parts();
        Ok(Response::from_parts(head, Full::new(body.collect().await?.to_bytes())))
    }
}

async fn connect(
    database: SocketAddr,
) -> Result<SendRequest<Incoming>, Box<dyn std::error::Error + Send + Sync>> {
    let stream = TcpStream::connect(database).await?;
    stream.set_nodelay(true)?;
    let (sender, connection) = handshake(TokioIo::new(stream)).await?;
    // It ends when the sender is dropped.
    tokio::spawn(connection);
    Ok(sender)
}
