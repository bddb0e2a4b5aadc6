//! The pages that the gateway serves, while somebody works on them: they show why the last build failed, and load anew
//! when their files change.
//!
//! ```text
//! static_files ── adds TAG to HTML ──▶ browser ── GET /_lift/dev.js ──▶ dev.js
//! LocalGateway::tell_pages ──▶ DevPage ◀── WebSocket /_lift/dev ── dev.js
//! ```
//!
//! A WebSocket rather than server-sent events: of those a browser opens six to a host, and then the seventh tab of a chat
//! would not even load.

mod news;

use std::hash::{BuildHasher, RandomState};
use std::sync::Arc;

use futures_util::{SinkExt, StreamExt};
use hyper::body::Incoming;
use hyper::upgrade::OnUpgrade;
use hyper::{Request, StatusCode};
use hyper_util::rt::TokioIo;
use tokio::sync::watch;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::protocol::{Role, WebSocketConfig};

use crate::http::{self, Answer};
use crate::transport;
pub use news::PageNews;
use news::State;

/// What is added to a page. It works under any Content Security Policy that lets scripts of the page's own origin run.
pub(crate) const TAG: &str = "\n<script src=\"/_lift/dev.js\" async></script>\n";

const SCRIPT: &str = include_str!("dev.js");

/// Pages have nothing to say here.
const MESSAGE_BYTES: usize = 1024;

/// What the pages are told, and how they hear it.
#[derive(Clone, Debug)]
pub(crate) struct DevPage {
    state: Arc<watch::Sender<State>>,
}

impl DevPage {
    pub(crate) fn new() -> Self {
        // A page that outlives its gateway learns from this that another has come.
        let gateway = format!("{:016x}", RandomState::new().hash_one(std::process::id()));
        Self { state: Arc::new(watch::Sender::new(State::new(gateway))) }
    }

    pub(crate) fn tell(&self, news: PageNews) {
        self.state.send_modify(|state| state.hear(news));
    }

    /// Answers what is asked under `/_lift`, if it is for here; `below` is what follows that, as sent.
    pub(crate) fn answer(&self, below: &str, request: &mut Request<Incoming>) -> Option<Answer> {
        match below {
            "/dev.js" => Some(http::with_type(StatusCode::OK, "text/javascript; charset=utf-8", SCRIPT)),
            "/dev" => Some(self.listen(request)),
            _ => None,
        }
    }

    fn listen(&self, request: &mut Request<Incoming>) -> Answer {
        let Some(accept_key) = transport::accept_key(request) else {
            return http::empty(StatusCode::UPGRADE_REQUIRED);
        };
        tokio::spawn(keep_informed(hyper::upgrade::on(request), self.state.subscribe()));
        transport::switching_protocols(&accept_key, None)
    }
}

/// Tells one page how things stand, now and whenever that changes. A page that is slow to read misses what has been
/// overtaken.
async fn keep_informed(upgrade: OnUpgrade, mut state: watch::Receiver<State>) {
    let Ok(upgraded) = upgrade.await else { return };
    let config = WebSocketConfig::default()
        .max_frame_size(Some(MESSAGE_BYTES))
        .max_message_size(Some(MESSAGE_BYTES))
        .read_buffer_size(MESSAGE_BYTES);
    let io = TokioIo::new(upgraded);
    let mut socket = WebSocketStream::from_raw_socket(io, Role::Server, Some(config)).await;
    loop {
        let news = state.borrow_and_update().to_json();
        if socket.send(Message::text(news)).await.is_err() {
            return;
        }
        loop {
            tokio::select! {
                changed = state.changed() => match changed {
                    Ok(()) => break,
                    Err(_) => return,
                },
                heard = socket.next() => match heard {
                    Some(Ok(message)) if !message.is_close() => {}
                    _ => return,
                },
            }
        }
    }
}
