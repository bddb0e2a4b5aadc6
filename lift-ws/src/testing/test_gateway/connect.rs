//! Handshakes with a gateway under test.

use super::client::GatewayClient;
use super::hub::{ClientNo, Stage, State};
use super::world::World;
use crate::testing::Refusal;
use crate::testing::refusal::add_parameter;
use lift_ws_local::core::HandshakeRequest;
use std::fmt;
use std::future::IntoFuture;
use std::net::IpAddr;
use std::pin::Pin;
use std::rc::Rc;
use std::time::Duration;

/// The authorizer and `$connect` have 29 s each.
const LONGEST_HANDSHAKE: Duration = Duration::from_secs(60);

/// A handshake on its way to a [`TestGateway`](super::TestGateway): `.await` it.
#[must_use = "`.await` it to connect"]
#[derive(Debug)]
pub struct GatewayConnect {
    world: Rc<World>,
    name: Option<String>,
    request: HandshakeRequest,
}

impl GatewayConnect {
    pub(super) fn new(world: Rc<World>, request: HandshakeRequest) -> Self {
        Self { world, name: None, request }
    }

    /// What the client is called in transcripts and panics; `client-1` and so on otherwise.
    pub fn named(mut self, name: &str) -> Self {
        self.name = Some(name.to_owned());
        self
    }

    /// With a parameter of the query string.
    pub fn query(mut self, name: &str, value: &str) -> Self {
        add_parameter(&mut self.request.query, name, value);
        self
    }

    /// With a header.
    pub fn header(mut self, name: &str, value: &str) -> Self {
        self.request.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    /// Offering a subprotocol; again for another one.
    pub fn subprotocol(mut self, name: &str) -> Self {
        let known =
            |(header, _): &&mut (String, String)| header.eq_ignore_ascii_case("sec-websocket-protocol");
        match self.request.headers.iter_mut().find(known) {
            Some((_, offered)) => {
                offered.push_str(", ");
                offered.push_str(name);
                self
            }
            None => self.header("Sec-WebSocket-Protocol", name),
        }
    }

    /// From this address; the loopback otherwise.
    pub fn source_ip(mut self, address: impl Into<IpAddr>) -> Self {
        self.request.source_ip = address.into();
        self
    }

    async fn run(self) -> Result<GatewayClient, Refusal> {
        let Self { world, name, request } = self;
        let client = world.hub.begin(name, request);
        // who connects beside this one begins first
        tokio::task::yield_now().await;
        answered(&world, client).await
    }
}

impl IntoFuture for GatewayConnect {
    type Output = Result<GatewayClient, Refusal>;
    type IntoFuture = Pin<Box<dyn Future<Output = Self::Output>>>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(self.run())
    }
}

/// Many handshakes at once: `.await` them.
#[must_use = "`.await` them to connect"]
pub struct ConnectMany {
    world: Rc<World>,
    count: usize,
    each: Box<dyn Fn(usize, GatewayConnect) -> GatewayConnect>,
    request: HandshakeRequest,
}

impl ConnectMany {
    pub(super) fn new(world: Rc<World>, count: usize, request: HandshakeRequest) -> Self {
        Self { world, count, each: Box::new(|_, connect| connect), request }
    }

    /// Says how each one, counted from 0, connects.
    pub fn each(mut self, how: impl Fn(usize, GatewayConnect) -> GatewayConnect + 'static) -> Self {
        self.each = Box::new(how);
        self
    }

    async fn run(self) -> Result<Vec<GatewayClient>, Refusal> {
        let Self { world, count, each, request } = self;
        let connect = |n| each(n, GatewayConnect::new(Rc::clone(&world), request.clone()));
        let begun: Vec<ClientNo> = (0..count)
            .map(|n| {
                let GatewayConnect { name, request, .. } = connect(n);
                world.hub.begin(name, request)
            })
            .collect();
        let mut clients = Vec::with_capacity(count);
        for client in begun {
            clients.push(answered(&world, client).await?);
        }
        Ok(clients)
    }
}

impl IntoFuture for ConnectMany {
    type Output = Result<Vec<GatewayClient>, Refusal>;
    type IntoFuture = Pin<Box<dyn Future<Output = Self::Output>>>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(self.run())
    }
}

impl fmt::Debug for ConnectMany {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ConnectMany").field("count", &self.count).finish_non_exhaustive()
    }
}

/// The gateway's answer; time goes on if handlers let it wait.
async fn answered(world: &Rc<World>, client: ClientNo) -> Result<GatewayClient, Refusal> {
    let look = |state: &mut State| match &state.clients[client].stage {
        Stage::Handshaking => None,
        Stage::Refused(refusal) => Some(Err(refusal.clone())),
        Stage::Open | Stage::Closed { .. } => {
            let client = &state.clients[client];
            Some(Ok((client.connection.clone(), client.name.clone(), client.subprotocol.clone())))
        }
    };
    let answer = look(&mut world.hub.lock());
    let answer = match answer {
        Some(answer) => Some(answer),
        None => world.until(LONGEST_HANDSHAKE, look).await,
    };
    let Some(answer) = answer else { panic!("the gateway did not answer a handshake in its time") };
    let (connection, name, subprotocol) = answer?;
    let connection = connection.expect("who is open has a connection");
    Ok(GatewayClient::new(Rc::clone(world), client, connection, name, subprotocol))
}
