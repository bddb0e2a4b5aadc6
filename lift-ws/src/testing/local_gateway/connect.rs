//! Handshakes with a gateway over real sockets.

use super::client::SocketClient;
use super::record::Record;
use crate::testing::Refusal;
use crate::testing::refusal::add_parameter;
use std::future::IntoFuture;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;
use tokio_tungstenite::connect_async;
use tokio_tungstenite::tungstenite::Error;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::handshake::client::Request;
use tokio_tungstenite::tungstenite::http::{HeaderName, HeaderValue};

/// A handshake on its way to a [`LocalGateway`](super::LocalGateway): `.await` it.
#[must_use = "`.await` it to connect"]
#[derive(Debug)]
pub struct SocketConnect {
    url: String,
    headers: Vec<(String, String)>,
    subprotocols: Vec<String>,
    record: Arc<Record>,
    patience: Duration,
}

impl SocketConnect {
    pub(super) fn new(url: String, record: Arc<Record>, patience: Duration) -> Self {
        Self { url, headers: Vec::new(), subprotocols: Vec::new(), record, patience }
    }

    /// With a parameter of the query string.
    pub fn query(mut self, name: &str, value: &str) -> Self {
        let (path, query) = self.url.split_once('?').unwrap_or((&self.url, ""));
        let mut query = query.to_owned();
        add_parameter(&mut query, name, value);
        self.url = format!("{path}?{query}");
        self
    }

    /// With a header.
    pub fn header(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    /// Offering a subprotocol; again for another one.
    pub fn subprotocol(mut self, name: &str) -> Self {
        self.subprotocols.push(name.to_owned());
        self
    }

    fn request(&self) -> Request {
        let mut request =
            self.url.as_str().into_client_request().unwrap_or_else(|error| panic!("{}: {error}", self.url));
        let offered = ("Sec-WebSocket-Protocol".to_owned(), self.subprotocols.join(", "));
        let offered = Some(offered).filter(|_| !self.subprotocols.is_empty());
        for (name, value) in self.headers.iter().chain(&offered) {
            let header = HeaderName::try_from(name).ok().zip(HeaderValue::try_from(value).ok());
            let Some((name, value)) = header else { panic!("`{name}: {value}` is no header") };
            request.headers_mut().append(name, value);
        }
        request
    }

    async fn run(self) -> Result<SocketClient, Refusal> {
        let request = self.request();
        let connected = tokio::time::timeout(self.patience, connect_async(request)).await;
        let connected = connected.unwrap_or_else(|_| {
            panic!("the handshake was not answered in {:?}; {}", self.patience, self.record)
        });
        match connected {
            Ok((socket, answer)) => {
                let subprotocol = answer.headers().get("Sec-WebSocket-Protocol");
                let subprotocol =
                    subprotocol.map(|value| String::from_utf8_lossy(value.as_bytes()).into_owned());
                Ok(SocketClient::new(socket, subprotocol, self.record, self.patience))
            }
            Err(Error::Http(answer)) => {
                let body = answer.body().as_deref().unwrap_or_default();
                let body = String::from_utf8_lossy(body).into_owned();
                let reason = self.record.reason_of_refusal(&body);
                Err(Refusal { status: answer.status().as_u16(), body, reason })
            }
            Err(error) => panic!("the handshake failed: {error}; {}", self.record),
        }
    }
}

impl IntoFuture for SocketConnect {
    type Output = Result<SocketClient, Refusal>;
    type IntoFuture = Pin<Box<dyn Future<Output = Self::Output> + Send>>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(self.run())
    }
}
