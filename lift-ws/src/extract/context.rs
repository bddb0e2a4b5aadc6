//! About the request: ids, addresses, times.

use super::{AvailableOn, FromEvent};
use crate::Scope;
use crate::event::{Event, EventType};
use std::convert::Infallible;
use std::ops::Deref;
use std::time::{Duration, SystemTime};

/// The id of the connection. Opaque; on AWS 16 characters that end in `=`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct ConnectionId<'e>(pub &'e str);

impl Deref for ConnectionId<'_> {
    type Target = str;
    fn deref(&self) -> &str {
        self.0
    }
}

impl AsRef<str> for ConnectionId<'_> {
    fn as_ref(&self) -> &str {
        self.0
    }
}

impl<'e, S> FromEvent<'e, S> for ConnectionId<'e> {
    type Rejection = Infallible;
    fn from_event(scope: &'e Scope<'e, S>) -> Result<Self, Infallible> {
        Ok(ConnectionId(scope.event().connection_id()))
    }
}
impl<K> AvailableOn<K> for ConnectionId<'_> {}

/// The client's address as the gateway saw it; behind CloudFront it is CloudFront's (contract §2.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct SourceIp<'e>(pub &'e str);

impl<'e, S> FromEvent<'e, S> for SourceIp<'e> {
    type Rejection = Infallible;
    fn from_event(scope: &'e Scope<'e, S>) -> Result<Self, Infallible> {
        Ok(SourceIp(scope.event().source_ip()))
    }
}
impl<K> AvailableOn<K> for SourceIp<'_> {}

/// The client's `User-Agent`; `None` inside if it sent none. The gateway remembers it for all events.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct UserAgent<'e>(pub Option<&'e str>);

impl<'e, S> FromEvent<'e, S> for UserAgent<'e> {
    type Rejection = Infallible;
    fn from_event(scope: &'e Scope<'e, S>) -> Result<Self, Infallible> {
        Ok(UserAgent(scope.event().user_agent()))
    }
}
impl<K> AvailableOn<K> for UserAgent<'_> {}

/// The request context: what the gateway says about the request, in one place (contract §2.1).
#[derive(Clone, Copy, Debug)]
pub struct RequestContext<'e> {
    event: &'e Event<'e>,
}

impl<'e> RequestContext<'e> {
    /// What happened.
    pub const fn event_type(&self) -> EventType {
        self.event.event_type()
    }
    /// The route key that the gateway chose.
    pub fn route_key(&self) -> &'e str {
        self.event.route_key()
    }
    /// The id of the connection.
    pub fn connection_id(&self) -> &'e str {
        self.event.connection_id()
    }
    /// The gateway's id of the request.
    pub fn request_id(&self) -> &'e str {
        self.event.request_id()
    }
    /// The gateway's id of the message.
    pub fn message_id(&self) -> Option<&'e str> {
        self.event.message_id()
    }
    /// The id of the API.
    pub fn api_id(&self) -> &'e str {
        self.event.api_id()
    }
    /// The stage's name.
    pub fn stage(&self) -> &'e str {
        self.event.stage()
    }
    /// The host that the client called.
    pub fn domain_name(&self) -> &'e str {
        self.event.domain_name()
    }
    /// When the connection was made.
    pub fn connected_at(&self) -> SystemTime {
        epoch(self.event.connected_at())
    }
    /// When the gateway got the request.
    pub fn request_time(&self) -> SystemTime {
        epoch(self.event.request_time_epoch())
    }
}

fn epoch(milliseconds: i64) -> SystemTime {
    SystemTime::UNIX_EPOCH + Duration::from_millis(u64::try_from(milliseconds).unwrap_or_default())
}

impl<'e, S> FromEvent<'e, S> for RequestContext<'e> {
    type Rejection = Infallible;
    fn from_event(scope: &'e Scope<'e, S>) -> Result<Self, Infallible> {
        Ok(RequestContext { event: scope.event() })
    }
}
impl<K> AvailableOn<K> for RequestContext<'_> {}
