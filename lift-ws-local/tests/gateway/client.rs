//! What tests do to a gateway from outside: WebSockets, plain HTTP, and looking at what it tells.

use std::ops::{Deref, DerefMut};
use std::time::Duration;

use futures_util::{SinkExt, StreamExt};
use lift_ws_local::core::{Finished, Manifest};
use lift_ws_local::{GatewayEvent, LocalGateway, LocalGatewayBuilder, Report};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::sync::mpsc;
use tokio::time::timeout;
use tokio_tungstenite::tungstenite::protocol::WebSocketConfig;
use tokio_tungstenite::tungstenite::{Error, Message};
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async_with_config};

use crate::function;

/// Nothing takes this long; it turns a test that would hang into one that fails.
pub(crate) const PATIENCE: Duration = Duration::from_secs(30);

pub(crate) const SIGNATURE: &str = "AWS4-HMAC-SHA256 Credential=local/20260101/us-east-1/execute-api/aws4_request, \
                                    SignedHeaders=host, Signature=0";

/// A builder for the scripted function with these routes besides its own; all but `one-way` are two-way.
pub(crate) fn scripted(more_routes: &[&str]) -> LocalGatewayBuilder {
    LocalGateway::builder(manifest(more_routes), function::function())
}

pub(crate) fn manifest(more_routes: &[&str]) -> Manifest {
    let keys = function::ROUTES.iter().chain(more_routes);
    let routes: Vec<_> = keys
        .map(|key| {
            let two_way = !["one-way", "$connect", "$disconnect"].contains(key);
            serde_json::json!({ "routeKey": key, "twoWay": two_way })
        })
        .collect();
    Manifest::parse(&serde_json::json!({ "routes": routes }).to_string()).unwrap()
}

/// The same with an authorizer that wants a token in the query.
pub(crate) fn guarded(more_routes: &[&str]) -> Manifest {
    let mut manifest = manifest(more_routes);
    let authorizer = r#"{ "authorizer": { "identitySources": ["route.request.querystring.token"] } }"#;
    manifest.authorizer = Manifest::parse(authorizer).unwrap().authorizer;
    manifest
}

/// A gateway, and what it tells.
pub(crate) struct Watched {
    pub(crate) gateway: LocalGateway,
    told: Told,
}

/// What a gateway tells, also after its end.
pub(crate) struct Told(mpsc::UnboundedReceiver<GatewayEvent>);

pub(crate) async fn start(builder: LocalGatewayBuilder) -> Watched {
    let (sender, events) = mpsc::unbounded_channel();
    let builder = builder.on_event(move |event| drop(sender.send(event)));
    Watched { gateway: builder.start().await.unwrap(), told: Told(events) }
}

impl Watched {
    pub(crate) async fn connect(&self) -> Client {
        self.connect_with("").await.unwrap()
    }

    /// Connects with a query.
    pub(crate) async fn connect_with(&self, query: &str) -> Result<Client, Error> {
        // As strict as the contract: no frame above 32 KB may arrive.
        let config = WebSocketConfig::default().max_frame_size(Some(32 * 1024));
        let url = format!("{}{query}", self.gateway.url());
        let connect = connect_async_with_config(url, Some(config), true);
        let (socket, _) = timeout(PATIENCE, connect).await.expect("the handshake ends")?;
        Ok(Client { socket })
    }

    pub(crate) fn address(&self) -> String {
        format!("127.0.0.1:{}", self.gateway.port())
    }

    pub(crate) async fn manage(&self, method: &str, connection: &str, body: &str) -> Response {
        let path = format!("/dev/@connections/{}", connection.replace('=', "%3D"));
        let headers = format!("authorization: {SIGNATURE}\r\n");
        http(&self.address(), method, &path, &headers, body).await
    }

    pub(crate) async fn shutdown(self) -> (Report, Told) {
        (self.gateway.shutdown().await, self.told)
    }
}

/// So that a gateway is asked directly what it tells.
impl Deref for Watched {
    type Target = Told;

    fn deref(&self) -> &Told {
        &self.told
    }
}

impl DerefMut for Watched {
    fn deref_mut(&mut self) -> &mut Told {
        &mut self.told
    }
}

impl Told {
    /// The next thing told that `choose` wants; what comes before is dropped.
    pub(crate) async fn told<T: Send + 'static>(
        &mut self,
        mut choose: impl FnMut(GatewayEvent) -> Option<T>,
    ) -> T {
        let wait = async {
            loop {
                let event = self.0.recv().await.expect("the gateway has not ended");
                if let Some(chosen) = choose(event) {
                    return chosen;
                }
            }
        };
        timeout(PATIENCE, wait).await.expect("the gateway tells it")
    }

    /// The next line of output that starts so, without its start.
    pub(crate) async fn printed(&mut self, start: &'static str) -> String {
        self.told(move |event| match event {
            GatewayEvent::Output { line, .. } => line.strip_prefix(start).map(str::to_owned),
            _ => None,
        })
        .await
    }

    /// The next event of this route that is done with.
    pub(crate) async fn finished(&mut self, route_key: &'static str) -> Finished {
        self.told(move |event| match event {
            GatewayEvent::Finished(finished) if finished.route_key == route_key => Some(finished),
            _ => None,
        })
        .await
    }
}

pub(crate) struct Client {
    pub(crate) socket: WebSocketStream<MaybeTlsStream<TcpStream>>,
}

impl Client {
    pub(crate) async fn say(&mut self, text: &str) {
        let send = self.socket.send(Message::text(text));
        timeout(PATIENCE, send).await.expect("the gateway reads what is sent").unwrap();
    }

    pub(crate) async fn ask(&mut self, text: &str) -> String {
        self.say(text).await;
        self.hear().await
    }

    /// The next text message.
    pub(crate) async fn hear(&mut self) -> String {
        match self.next().await {
            Some(Ok(Message::Text(text))) => text.as_str().to_owned(),
            other => panic!("no text, but {other:?}"),
        }
    }

    pub(crate) async fn next(&mut self) -> Option<Result<Message, Error>> {
        timeout(PATIENCE, self.socket.next()).await.expect("something is heard")
    }

    /// Code and reason of the close frame that comes next.
    pub(crate) async fn closed(&mut self) -> (u16, String) {
        match self.next().await {
            Some(Ok(Message::Close(Some(frame)))) => (frame.code.into(), frame.reason.as_str().to_owned()),
            other => panic!("no close frame, but {other:?}"),
        }
    }

    /// The connection's id, as events have it.
    pub(crate) async fn id(&mut self) -> String {
        let event: serde_json::Value = serde_json::from_str(&self.ask(r#"{"do":"event"}"#).await).unwrap();
        event["requestContext"]["connectionId"].as_str().unwrap().to_owned()
    }
}

/// The status with which a handshake was refused.
pub(crate) fn refused(result: Result<Client, Error>) -> u16 {
    match result {
        Err(Error::Http(answer)) => answer.status().as_u16(),
        Err(error) => panic!("not refused, but failed: {error}"),
        Ok(_) => panic!("accepted"),
    }
}

#[derive(Debug)]
pub(crate) struct Response {
    pub(crate) status: u16,
    pub(crate) head: String,
    pub(crate) body: String,
}

impl Response {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        let lines = self.head.lines().filter_map(|line| line.split_once(": "));
        lines.filter(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value).next()
    }

    pub(crate) fn json(&self) -> serde_json::Value {
        serde_json::from_str(&self.body).unwrap()
    }
}

/// One HTTP request on a connection of its own. `headers` end in `\r\n` each.
pub(crate) async fn http(address: &str, method: &str, path: &str, headers: &str, body: &str) -> Response {
    let exchange = async {
        let mut stream = TcpStream::connect(address).await.unwrap();
        let head = format!(
            "{method} {path} HTTP/1.1\r\nhost: {address}\r\nconnection: close\r\n{headers}content-length: {}\r\n\r\n",
            body.len()
        );
        stream.write_all(head.as_bytes()).await.unwrap();
        stream.write_all(body.as_bytes()).await.unwrap();
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer).await.unwrap();
        String::from_utf8(answer).unwrap()
    };
    let answer = timeout(PATIENCE, exchange).await.expect("an answer comes");
    let (head, body) = answer.split_once("\r\n\r\n").unwrap_or((&answer, ""));
    let status = head.split(' ').nth(1).and_then(|status| status.parse().ok()).unwrap_or(0);
    Response { status, head: head.to_owned(), body: body.to_owned() }
}
