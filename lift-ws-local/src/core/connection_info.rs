//! What can be looked up about open connections, for people.

use std::net::IpAddr;

use super::authorizer::AuthorizerContext;
use super::gateway::{Connection, Gateway};
use super::ids::ConnectionId;
use super::moment::Moment;

/// Which way a message goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Direction {
    In,
    Out,
}

/// How many messages a connection has seen.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Messages {
    /// From the client.
    pub received: u64,
    /// To the client.
    pub sent: u64,
}

impl Messages {
    pub(super) fn count(&mut self, direction: Direction) {
        match direction {
            Direction::In => self.received += 1,
            Direction::Out => self.sent += 1,
        }
    }
}

/// An open connection, as [`Gateway::connections`] shows it.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct ConnectionInfo<'g> {
    /// Its id.
    pub id: &'g ConnectionId,
    /// The client's address.
    pub source_ip: IpAddr,
    /// The `User-Agent` of the handshake, if it had one.
    pub user_agent: Option<&'g str>,
    /// Whom the authorizer named, if one was asked.
    pub principal: Option<&'g str>,
    /// When the handshake came.
    pub connected_at: Moment,
    /// When the last message went in either direction.
    pub last_active_at: Moment,
    /// How many messages went either way.
    pub messages: Messages,
}

impl Gateway {
    /// The open connections, in no order.
    ///
    /// ```
    /// use lift_ws_local::core::{Api, Gateway, HandshakeRequest, Input, Manifest, Moment, SocketId};
    ///
    /// let manifest = Manifest::parse(r#"{ "routes": [{ "routeKey": "$default" }] }"#)?;
    /// let mut gateway = Gateway::new(Api::from_manifest(&manifest)?, 42);
    /// let request = HandshakeRequest::get("/dev");
    /// gateway.handle(Moment::from_millis(5), Input::Handshake { socket: SocketId(1), request }, &mut Vec::new());
    /// let connections: Vec<_> = gateway.connections().collect();
    /// assert_eq!((connections.len(), connections[0].connected_at), (1, Moment::from_millis(5)));
    /// assert_eq!(connections[0].messages.received, 0);
    /// # Ok::<(), lift_ws_local::core::ManifestError>(())
    /// ```
    pub fn connections(&self) -> impl ExactSizeIterator<Item = ConnectionInfo<'_>> {
        self.connections.iter().map(
            |(id, Connection { client, connected_at, last_active_at, messages, .. })| ConnectionInfo {
                id,
                source_ip: client.source_ip,
                user_agent: client.user_agent.as_deref(),
                principal: client.authorizer.as_ref().map(AuthorizerContext::principal_id),
                connected_at: *connected_at,
                last_active_at: *last_active_at,
                messages: *messages,
            },
        )
    }
}
