//! An app with its state: what turns an invocation's bytes into an answer's.
//!
//! bytes → [`Envelope`] → [`Event`] → route → middleware → extractors → handler → [`Reply`] → bytes. Nothing on
//! this way allocates but what the handler's own types own.

mod guard;

use crate::buffer::Buffer;
use crate::connection::Connections;
use crate::event::{Envelope, Event, EventType};
use crate::reply::{Answer, Correlation};
use crate::{App, Error, Invocation, Reply, Scope};
use serde::{Serialize, Serializer};
use std::fmt;

/// An app with its state, ready to answer events: what [`main`](crate::main) runs. Make one yourself to mount an
/// app in a `lambda_runtime` service of your own, or to drive it in a test or a benchmark.
///
/// ```
/// use lift_ws::prelude::*;
/// use lift_ws::{Invocation, Service};
///
/// #[ws_route("ping")]
/// async fn ping() -> Json<&'static str> { Json("pong") }
///
/// #[ws_app(routes = [ping])]
/// struct Echo;
///
/// # let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
/// # runtime.block_on(async {
/// let service = Service::<Echo>::new(());
/// let event = br#"{"requestContext":{"eventType":"MESSAGE","routeKey":"ping","connectionId":"c="},"body":"{}"}"#;
/// let mut answer = Vec::new();
/// service.respond(event, Invocation::default(), &mut answer).await?;
/// assert_eq!(answer, br#"{"statusCode":200,"body":"\"pong\""}"#);
/// # Ok::<(), Error>(())
/// # }).unwrap();
/// ```
pub struct Service<A: App> {
    state: A::State,
    connections: Option<Connections>,
}

impl<A: App> Service<A> {
    /// With its state, and without connections: handlers that take [`Connections`] or
    /// [`Connection`](crate::connection::Connection) get a rejection.
    pub const fn new(state: A::State) -> Self {
        Service { state, connections: None }
    }

    /// With connections: records of who is connected, and the handle for sending.
    #[must_use]
    pub fn with_connections(self, connections: Connections) -> Self {
        Service { connections: Some(connections), ..self }
    }

    /// The connections, as they were given.
    pub const fn connections(&self) -> Option<&Connections> {
        self.connections.as_ref()
    }

    /// The state.
    pub const fn state(&self) -> &A::State {
        &self.state
    }

    /// Answers one invocation: `payload` is what Lambda gave, `answer` is cleared and gets what to return.
    ///
    /// # Errors
    /// If the payload cannot be read, or is no WebSocket event and no `#[ws_app(other = …)]` takes it. Errors of
    /// handlers are answers, not errors.
    ///
    /// # Cancel safety
    /// Dropping the future stops the handler where it awaits; what it has sent or stored by then stays.
    pub async fn respond(
        &self,
        payload: &[u8],
        invocation: Invocation<'_>,
        answer: &mut Vec<u8>,
    ) -> Result<(), Error> {
        answer.clear();
        let response = self.answer(payload, invocation).await?;
        serde_json::to_writer(answer, &response)?;
        Ok(())
    }

    pub(crate) async fn answer(&self, payload: &[u8], invocation: Invocation<'_>) -> Result<Response, Error> {
        let mut scratch = Buffer::take();
        match Envelope::parse(payload, &mut scratch.0)? {
            Envelope::WebSocket(event) => Ok(Response(Outcome::Event(self.event(&event, invocation).await))),
            Envelope::Other(other) => Ok(Response(Outcome::Other(A::other(other, &self.state).await?))),
        }
    }

    async fn event(&self, event: &Event<'_>, invocation: Invocation<'_>) -> Answer {
        let scope = Scope::new(event, &self.state, invocation, A::find(event));
        let reply = self.guarded(&scope).await;
        match event.event_type() {
            EventType::Connect => connect_answer(reply, event),
            EventType::Message => message_answer(reply, event),
            EventType::Disconnect => Answer::status(200),
        }
    }

    async fn guarded(&self, scope: &Scope<'_, A::State>) -> Reply {
        let reply = guard::catch(A::dispatch(scope)).await;
        guard::log(&reply, scope.event());
        reply
    }
}

impl<A: App> fmt::Debug for Service<A> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Service")
            .field("app", &A::NAME)
            .field("connections", &self.connections)
            .finish_non_exhaustive()
    }
}

/// What Lambda returns; it serialises to the JSON that the gateway reads.
#[derive(Debug)]
pub struct Response(Outcome);

#[derive(Debug)]
enum Outcome {
    Event(Answer),
    Other(serde_json::Value),
}

impl Serialize for Response {
    fn serialize<Z: Serializer>(&self, to: Z) -> Result<Z::Ok, Z::Error> {
        match &self.0 {
            Outcome::Event(answer) => answer.serialize(to),
            Outcome::Other(value) => value.serialize(to),
        }
    }
}

fn connect_answer(reply: Reply, event: &Event<'_>) -> Answer {
    let status = reply.status();
    let subprotocol = reply.accept().and_then(|accept| accept.subprotocol.clone());
    let body = if reply.is_success() { None } else { reply.into_frame(event, Correlation::of(event)) };
    Answer { status, subprotocol, body }
}

fn message_answer(reply: Reply, event: &Event<'_>) -> Answer {
    let status = if reply.is_success() { reply.status() } else { 200 };
    let body = if reply.has_body() { reply.into_frame(event, Correlation::of(event)) } else { None };
    Answer { status, subprotocol: None, body }
}
