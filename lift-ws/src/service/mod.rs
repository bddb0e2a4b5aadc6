//! An app with its state: what turns an invocation's bytes into an answer's.
//!
//! bytes → [`Envelope`] → [`Event`] → route → middleware → extractors → handler → [`Reply`] → bytes. Nothing on
//! this way allocates but what the handler's own types own.

mod batch;
mod error_posts;
mod guard;
mod lifecycle;

use crate::ambient;
use crate::authorizer::Verdict;
use crate::buffer::Buffer;
use crate::connection::Connections;
use crate::event::{Envelope, Event, EventType, OtherEvent, OtherSource};
use crate::extract::Deadline;
use crate::manifest::needs_connections;
use crate::reply::Answer;
use crate::route::NONE;
use crate::store::BoxFuture;
use crate::{App, Error, Invocation, Reply, Scope};
use error_posts::ErrorPosts;
use serde::{Serialize, Serializer};
use std::fmt;
use std::future::poll_fn;
use std::pin::pin;

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
    error_posts: ErrorPosts,
}

impl<A: App> Service<A> {
    /// With its state, and without connections: handlers that take [`Connections`] or
    /// [`Connection`](crate::connection::Connection) get a rejection.
    #[must_use]
    pub fn new(state: A::State) -> Self {
        Service { state, connections: None, error_posts: ErrorPosts::default() }
    }

    /// May make connections from the environment for errors on one-way routes, if the app has none.
    #[cfg(feature = "lambda")]
    #[must_use]
    pub(crate) fn on_lambda(self) -> Self {
        #[cfg(feature = "aws")]
        return Service { error_posts: ErrorPosts::from_env(), ..self };
        #[cfg(not(feature = "aws"))]
        self
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
    /// If the payload cannot be read, or is no WebSocket event and no `#[ws_app(other = …)]` takes it; if the app's
    /// authorizer refuses with `Unauthorized`, or fails. Errors of handlers are answers, not errors.
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
        match self.answer(payload, invocation).await?.0 {
            Outcome::Event(event) => event.write(answer)?,
            Outcome::Other(other) => serde_json::to_writer(answer, &other)?,
        }
        Ok(())
    }

    pub(crate) async fn answer(&self, payload: &[u8], invocation: Invocation<'_>) -> Result<Response, Error> {
        let mut scratch = Buffer::take();
        // looked at where it lies: an event is large to move
        let envelope = Envelope::parse(payload, &mut scratch.0)?;
        match &envelope {
            Envelope::WebSocket(event) => Ok(Response(Outcome::Event(self.event(event, invocation).await))),
            Envelope::Authorizer(event) => {
                Ok(Response(Outcome::Other(self.authorizer(event, invocation).await?)))
            }
            Envelope::Other(other) => Ok(Response(Outcome::Other(self.other(*other, invocation).await?))),
        }
    }

    /// No `async fn`: the state machine of one would keep the code for queues in apps that have none.
    fn other<'a>(
        &'a self,
        other: OtherEvent<'a>,
        invocation: Invocation<'a>,
    ) -> BoxFuture<'a, Result<serde_json::Value, Error>> {
        if const { A::QUEUE } && other.source() == OtherSource::Records("aws:sqs") {
            return Box::pin(self.batch(other, invocation));
        }
        Box::pin(A::other(other, &self.state))
    }

    /// Never `$connect`, which looks the same (contract §4). No middleware runs, and no code is kept where there is no
    /// authorizer.
    fn authorizer<'a>(
        &'a self,
        event: &'a Event<'a>,
        invocation: Invocation<'a>,
    ) -> BoxFuture<'a, Result<serde_json::Value, Error>> {
        if const { A::AUTHORIZER.is_none() } {
            return Box::pin(A::other(event.as_other(), &self.state));
        }
        Box::pin(async move {
            let connections = self.bound(event, &invocation);
            let scope = Scope::new(event, &self.state, invocation, A::routes(), NONE.into())
                .with_connections(connections.as_ref());
            let mut authorizer = pin!(A::authorize(&scope));
            let panicked = |panic: &str| Verdict::failed(format!("the authorizer panicked: {panic}"));
            let verdict = poll_fn(|cx| guard::poll_or(authorizer.as_mut(), cx, panicked)).await;
            verdict.answer(event)
        })
    }

    async fn event(&self, event: &Event<'_>, invocation: Invocation<'_>) -> Answer {
        let connections = self.bound(event, &invocation);
        let scope = Scope::new(event, &self.state, invocation, A::routes(), A::find(event))
            .with_connections(connections.as_ref());
        match event.event_type() {
            EventType::Connect => self.connect(&scope).await,
            EventType::Message => self.message(scope).await,
            EventType::Disconnect => self.disconnect(scope).await,
        }
    }

    /// The handle for this event's API, stage and deadline, if any route needs connections.
    fn bound(&self, event: &Event<'_>, invocation: &Invocation<'_>) -> Option<Connections> {
        if const { !needs_connections(A::NEEDS) } {
            return None;
        }
        self.connections.as_ref().map(|connections| bind(connections, event, invocation))
    }

    /// Middleware and handler, guarded.
    async fn dispatch(&self, scope: &Scope<'_, A::State>) -> Reply {
        let mut handler = pin!(A::dispatch(scope));
        let reply = poll_fn(|cx| guard::poll(handler.as_mut(), cx)).await;
        guard::log(&reply, scope.event());
        reply
    }
}

/// What an event may do with connections: within its API and stage, and until its deadline.
fn bind(connections: &Connections, event: &Event<'_>, invocation: &Invocation<'_>) -> Connections {
    let due = ambient::now() + Deadline::of(event, invocation).remaining();
    connections.bind(event.api_id(), event.stage()).with_deadline(due)
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

impl Response {
    /// No middleware has run.
    #[cfg(feature = "lambda")]
    pub(crate) const fn is_of_other(&self) -> bool {
        matches!(self.0, Outcome::Other(_))
    }
}

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
