//! What of an API its users need to know.

use std::net::SocketAddr;

/// An API of a running gateway, and where it is served.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ServedApi {
    pub(super) name: String,
    pub(super) address: SocketAddr,
    pub(super) api_id: String,
    pub(super) stages: Vec<String>,
}

impl ServedApi {
    /// Its name in the project.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// `requestContext.apiId`.
    #[must_use]
    pub fn api_id(&self) -> &str {
        &self.api_id
    }

    /// Its stages.
    #[must_use]
    pub fn stages(&self) -> &[String] {
        &self.stages
    }

    /// Where WebSocket clients connect, stage by stage: `ws://127.0.0.1:PORT/STAGE`.
    pub fn urls(&self) -> impl Iterator<Item = String> + '_ {
        self.stages.iter().map(|stage| format!("ws://{}/{stage}", self.address))
    }

    /// Where the page and `/STAGE/@connections` are: `http://127.0.0.1:PORT`.
    #[must_use]
    pub fn http_url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// The port that is listened on.
    #[must_use]
    pub fn port(&self) -> u16 {
        self.address.port()
    }
}
