//! The gateway's own port: WebSockets, the management API, and the files of a page.

mod file_body;
mod handshake;
mod header_case;
mod inflow;
mod outbox;
mod proxy;
mod sites;
mod socket;
mod static_files;

use std::net::IpAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use bytes::Bytes;
use hyper::body::Incoming;
use hyper::header::HOST;
use hyper::{Method, Request, StatusCode, Version};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio_rustls::rustls::ServerConfig;

use crate::clock::Clock;
use crate::control::Control;
use crate::core::{Limits, ManagementRequest, SocketId};
use crate::http::{self, Answer};
use crate::owner::Owner;
use crate::site::SiteId;
use crate::tls::Wire;
pub(crate) use handshake::{accept_key, switching_protocols};
use header_case::{FirstBytes, Overheard};
pub(crate) use inflow::OpenMessage;
pub(crate) use outbox::{Outbox, OutboxReader};
pub(crate) use sites::{ANY_STAGE, Domain, Reached, Sites};
pub(crate) use static_files::WebFolder;

/// How long a client may take to send its first request. One that sends half of it, or nothing, would hold its
/// descriptor for ever.
const FIRST_REQUEST: Duration = Duration::from_secs(30);
/// How long it may take for the body of a request to `@connections`, for the same reason.
const BODY: Duration = Duration::from_secs(30);

/// What every connection of the port shares.
#[derive(Debug)]
pub(crate) struct Front {
    owner: Owner,
    pub(crate) limits: Limits,
    sites: Sites,
    web: Option<WebFolder>,
    control: Option<Control>,
    clock: Arc<dyn Clock>,
    tls: Arc<ServerConfig>,
    /// Counted for all ports of the gateway together.
    sockets: Arc<AtomicU64>,
    /// The host of the port's API on AWS, to which the port is a proxy.
    name_on_aws: String,
}

/// Who is at the other end, and how.
#[derive(Clone, Copy, Debug)]
struct Peer {
    ip: IpAddr,
    secure: bool,
}

impl Front {
    #[expect(clippy::too_many_arguments, reason = "each is a part of the port, and all have different types")]
    pub(crate) fn new(
        owner: Owner,
        limits: Limits,
        sites: Sites,
        web: Option<WebFolder>,
        control: Option<Control>,
        clock: Arc<dyn Clock>,
        tls: Arc<ServerConfig>,
        sockets: Arc<AtomicU64>,
        name_on_aws: String,
    ) -> Self {
        Self { owner, limits, sites, web, control, clock, tls, sockets, name_on_aws }
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
            let handle = move |request: Request<Incoming>| {
                begin.send_replace(true);
                let front = Arc::clone(&self);
                let first = first.clone();
                async move {
                    match *request.method() {
                        Method::CONNECT => front.tunnel(request, peer),
                        _ => front.handle(request, peer, first).await,
                    }
                }
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
        let host = request.headers().get(HOST).and_then(|host| host.to_str().ok());
        if ManagementRequest::is_for(path) {
            let (site, mapping) = match self.sites.reach_connections(host, path) {
                Reached::Site { site, mapping } => (Some(site), mapping),
                Reached::AnySite { mapping } => (None, Some(mapping)),
                Reached::HealthCheck | Reached::Nowhere => return forbidden(),
            };
            // Most bodies are there at once: the clock is asked only for the others.
            let time = async { self.clock.sleep_until(self.clock.now().after(BODY)).await };
            let limit = self.limits.message_bytes;
            return crate::management::handle(&self.owner, limit, site, mapping, request, time).await;
        }
        match (&self.web, self.sites.reach(host, path)) {
            (_, Reached::HealthCheck) => healthy(),
            (Some(web), _) if web.answers(&request) && !self.sites.is_taken(host, path) => {
                web.answer(&request, peer.ip).await
            }
            (_, Reached::Site { site, mapping }) => self.handshake(request, peer, head, site, mapping).await,
            (_, Reached::AnySite { .. } | Reached::Nowhere) => forbidden(),
        }
    }

    fn next_socket(&self, site: SiteId) -> SocketId {
        site.socket(self.sockets.fetch_add(1, Ordering::Relaxed))
    }
}

/// A custom domain without a mapping for the path.
fn forbidden() -> Answer {
    http::json(StatusCode::FORBIDDEN, r#"{"message":"Forbidden"}"#)
}

fn healthy() -> Answer {
    http::with_type(StatusCode::OK, "text/plain", Bytes::from_static(b"healthy"))
}

/// HTTP/1.1 asks for exactly one `Host`, and for 400 otherwise (RFC 9112 §3.2).
fn has_its_host(request: &Request<Incoming>) -> bool {
    request.version() < Version::HTTP_11 || request.headers().get_all(HOST).iter().count() == 1
}
