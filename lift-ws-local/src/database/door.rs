//! The door of the embedded database: its own server lets every web page in (it answers CORS with `*`), so it listens
//! where nobody finds it, and the port that functions are told of passes on what programs ask.

use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;

use http_body_util::BodyExt;
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
            Err(error) if is_the_clients(&*error) => http::empty(StatusCode::BAD_REQUEST),
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
        Ok(Response::from_parts(head, http::whole(body.collect().await?.to_bytes())))
    }
}

/// The request could not be passed on because its body broke off.
fn is_the_clients(error: &(dyn std::error::Error + 'static)) -> bool {
    error.downcast_ref::<hyper::Error>().is_some_and(hyper::Error::is_user)
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

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};

    use super::*;

    /// The status line with which the door answers a request.
    async fn status_line(database: SocketAddr, body: &str) -> String {
        let front = http::listen().unwrap();
        let mut client = TcpStream::connect(front.local_addr().unwrap()).await.unwrap();
        let asking = async {
            let head = "POST / HTTP/1.1\r\nHost: 127.0.0.1\r\nTransfer-Encoding: chunked\r\n\r\n";
            client.write_all(format!("{head}{body}").as_bytes()).await.unwrap();
            let mut answer = vec![0; 1024];
            let length = client.read(&mut answer).await.unwrap();
            String::from_utf8_lossy(&answer[..length]).lines().next().unwrap_or_default().to_owned()
        };
        tokio::select! {
            line = asking => line,
            () = serve(front, database) => unreachable!("it is served until the answer is there"),
        }
    }

    #[tokio::test]
    async fn a_body_that_the_client_breaks_is_the_clients_fault() {
        let database = http::listen().unwrap();
        let line = status_line(database.local_addr().unwrap(), "5\r\nhello\r\nno length\r\n").await;
        assert_eq!(line, "HTTP/1.1 400 Bad Request");
    }

    #[tokio::test]
    async fn a_database_that_has_ended_is_not() {
        let ended = http::listen().unwrap().local_addr().unwrap();
        assert_eq!(status_line(ended, "0\r\n\r\n").await, "HTTP/1.1 503 Service Unavailable");
    }
}
