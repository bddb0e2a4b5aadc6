//! The gateway's own port: WebSockets, the management API, and the files of a page.

mod handshake;
mod header_case;
mod inflow;
mod outbox;
mod socket;
mod static_files;

use std::net::IpAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use hyper::body::Incoming;
use hyper::header::HOST;
use hyper::{Request, StatusCode, Version};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio_rustls::rustls::ServerConfig;

use crate::clock::Clock;
use crate::control::Control;
use crate::core::{Limits, ManagementRequest, SocketId, url};
use crate::http::{self, Answer};
use crate::owner::Owner;
use crate::tls::Wire;
pub(crate) use handshake::{accept_key, switching_protocols};
use header_case::{FirstBytes, Overheard};
pub(crate) use inflow::OpenMessage;
pub(crate) use outbox::{Outbox, OutboxReader};
pub(crate) use static_files::WebFolder;

/// How long a client may take to send its first request. One that sends half of it, or nothing, would hold its
/// descriptor for ever.
const FIRST_REQUEST: Duration = Duration::from_secs(30);

/// What every connection of the port shares.
#[derive(Debug)]
pub(crate) struct Front {
    owner: Owner,
    pub(crate) limits: Limits,
    stage: String,
    web: Option<WebFolder>,
    control: Option<Control>,
    clock: Arc<dyn Clock>,
    tls: Arc<ServerConfig>,
    sockets: AtomicU64,
}

/// Who is at the other end, and how.
#[derive(Clone, Copy, Debug)]
struct Peer {
    ip: IpAddr,
    secure: bool,
}

impl Front {
    pub(crate) fn new(
        owner: Owner,
        limits: Limits,
        stage: String,
        web: Option<WebFolder>,
        control: Option<Control>,
        clock: Arc<dyn Clock>,
        tls: Arc<ServerConfig>,
    ) -> Self {
        Self { owner, limits, stage, web, control, clock, tls, sockets: AtomicU64::new(0) }
    }

    /// Serves the port until the future is dropped.
    pub(crate) async fn serve(self, listener: TcpListener) {
        let front = Arc::new(self);
        loop {
            let (stream, peer) = http::accept(&listener).await;
            tokio::spawn(Arc::clone(&front).serve_client(stream, peer.ip()));
        }
    }

    async fn serve_client(self: Arc<Self>, stream: TcpStream, peer: IpAddr) {
        let (begin, begun) = watch::channel(false);
        let deadline = self.clock.sleep_until(self.clock.now().after(FIRST_REQUEST));
        let serving = async move {
            let Some(stream) = Wire::greet(stream, &self.tls).await else { return };
            let peer = Peer { ip: peer, secure: stream.is_tls() };
            let (stream, first) = Overheard::new(stream);
            let handle = move |request| {
                begin.send_replace(true);
                let front = Arc::clone(&self);
                let first = first.clone();
                async move { front.handle(request, peer, first).await }
            };
            http::serve_connection(stream, handle).await;
        };
        let mut serving = std::pin::pin!(serving);
        tokio::select! {
            biased;
            () = &mut serving => return,
            () = deadline => {}
        }
        if *begun.borrow() {
            serving.await;
        }
    }

    async fn handle(&self, request: Request<Incoming>, peer: Peer, first: FirstBytes) -> Answer {
        let head = first.take();
        let answer = self.answer(request, peer, &head).await;
        first.restart();
        answer
    }

    async fn answer(&self, request: Request<Incoming>, peer: Peer, head: &[u8]) -> Answer {
        if !has_its_host(&request) {
            return http::empty(StatusCode::BAD_REQUEST);
        }
        let path = request.uri().path();
        if let Some(control) = &self.control
            && Control::is_for(path)
        {
            return control.answer(request, peer.ip).await;
        }
        if ManagementRequest::is_for(path) {
            return crate::management::handle(&self.owner, self.limits.message_bytes, request).await;
        }
        match &self.web {
            Some(web) if web.answers(&request) && !self.is_in_stage(path) => {
                web.answer(&request, peer.ip).await
            }
            _ => self.handshake(request, peer, head).await,
        }
    }

    fn is_in_stage(&self, path: &str) -> bool {
        let segment = path.trim_start_matches('/').split('/').next();
        segment.is_some_and(|segment| url::decode(segment) == self.stage)
    }

    fn next_socket(&self) -> SocketId {
        SocketId(self.sockets.fetch_add(1, Ordering::Relaxed))
    }
}

/// HTTP/1.1 asks for exactly one `Host`, and for 400 otherwise (RFC 9112 §3.2).
fn has_its_host(request: &Request<Incoming>) -> bool {
    request.version() < Version::HTTP_11 || request.headers().get_all(HOST).iter().count() == 1
}
