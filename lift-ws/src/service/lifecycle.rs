//! What the run time does around a handler, by the kind of event: save, load, remove; and what an answer means.

use super::{Service, bind};
use crate::buffer::Buffer;
use crate::connection::tally::Count;
use crate::connection::{Admission, Clock, Connections, Identity, Record, SystemClock};
use crate::event::Event;
use crate::manifest::needs_connections;
use crate::reply::{Answer, Correlation};
use crate::route::{Needs, RouteInfo};
use crate::store::{BoxFuture, StoreErrorKind};
use crate::{Accept, App, Reply, Scope};
use std::sync::Arc;

impl<A: App> Service<A> {
    /// Accepted → saved → answered. A refused connection is never saved; a failed save refuses the handshake.
    pub(super) async fn connect(&self, scope: &Scope<'_, A::State>) -> Answer {
        let (event, reply) = (scope.event(), self.dispatch_listed(scope).await);
        if !reply.is_success() {
            let status = reply.status();
            return Answer {
                status,
                body: reply.into_frame(event, Correlation::of(event)),
                subprotocol: None,
            };
        }
        if let Some(why) = reply.accept().and_then(|accept| accept.invalid.as_deref()) {
            tracing::error!(
                request_id = event.request_id(),
                why,
                "`Accept` cannot be stored; the handshake is refused"
            );
            return Answer::status(500);
        }
        if let Some(saving) = self.keeping(scope).map(|connections| save(connections, event, reply.accept()))
            && let Err(status) = saving.await
        {
            return Answer::status(status);
        }
        let subprotocol = reply.accept().and_then(|accept| accept.subprotocol.clone());
        Answer { status: reply.status(), subprotocol, body: None }
    }

    /// Where records are kept, the gateway sends `$connect` and `$disconnect` even without handlers for them. The
    /// app's middleware, which was checked against the handlers' routes alone, has no say then.
    async fn dispatch_listed(&self, scope: &Scope<'_, A::State>) -> Reply {
        if scope.__route() < A::routes().len() { self.dispatch(scope).await } else { Reply::ok() }
    }

    /// Handled errors and caught panics answer 200, so that the gateway adds no frame of its own.
    pub(super) async fn message(&self, scope: Scope<'_, A::State>) -> Answer {
        let event = scope.event();
        let route = A::routes().get(scope.__route());
        let keeping = self.keeping(&scope).filter(|_| route.is_some_and(|route| reads(route.needs, event)));
        let record = match keeping.map(|connections| Known::of(connections, event)) {
            Some(Known::Cached(record)) => Some(record),
            Some(Known::Asked(answer)) => match answer.await {
                Ok(record) => record,
                Err(reply) => return self.say(&scope, route, reply).await,
            },
            None => None,
        };
        let scope = scope.with_record(record.as_deref());
        let reply = self.dispatch(&scope).await;
        self.say(&scope, route, reply).await
    }

    /// On a two-way route the reply is the answer; on others it is posted.
    async fn say(&self, scope: &Scope<'_, A::State>, route: Option<&RouteInfo>, reply: Reply) -> Answer {
        let event = scope.event();
        if !reply.has_body() {
            return Answer::status(if reply.is_success() { reply.status() } else { 200 });
        }
        if route.is_some_and(|route| route.two_way) {
            return Answer {
                status: 200,
                body: reply.into_frame(event, Correlation::of(event)),
                subprotocol: None,
            };
        }
        self.deliver(scope, reply).await
    }

    /// The event's handle, if the app keeps records. A constant where it keeps none, so that what follows is not
    /// even compiled in; it has to be a boxed future then, since an `async fn` keeps the code of all it may await.
    fn keeping<'s>(&self, scope: &'s Scope<'_, A::State>) -> Option<&'s Connections> {
        if const { needs_connections(A::NEEDS) } { scope.connections() } else { None }
    }

    /// On a one-way route the gateway discards the answer: what there is to say is posted.
    async fn deliver(&self, scope: &Scope<'_, A::State>, reply: Reply) -> Answer {
        let event = scope.event();
        if let Some(frame) = reply.into_frame(event, Correlation::of(event)) {
            self.post(scope, frame).await;
        }
        Answer::status(200)
    }

    async fn post(&self, scope: &Scope<'_, A::State>, frame: Buffer) {
        let event = scope.event();
        match self.poster(scope).await {
            Some(connections) => self.error_posts.post(&connections, event, frame).await,
            None => {
                let (route, request_id) = (event.route_key(), event.request_id());
                tracing::warn!(
                    route,
                    request_id,
                    frame = frame.0,
                    "nobody can post this frame: the app was started without connections"
                );
            }
        }
    }

    /// The event's handle; for an app whose handlers need none, that of the service, or one made for this.
    async fn poster(&self, scope: &Scope<'_, A::State>) -> Option<Connections> {
        if let Some(bound) = scope.connections() {
            return Some(bound.clone());
        }
        let unbound = match &self.connections {
            Some(connections) => connections,
            None => self.error_posts.connections().await?,
        };
        Some(bind(unbound, scope.event(), &scope.invocation()))
    }

    /// The record is removed first: what the delete returned is what the handler sees, and only one event gets it.
    pub(super) async fn disconnect(&self, scope: Scope<'_, A::State>) -> Answer {
        let event = scope.event();
        if let Some(connections) = self.keeping(&scope) {
            let (code, reason) = (event.disconnect_status_code(), event.disconnect_reason());
            connections.tally().add(Count::of_disconnect(code, reason));
        }
        let record = match self.keeping(&scope).map(|connections| remove(connections, event)) {
            Some(removed) => removed.await,
            None => None,
        };
        let scope = scope.with_record(record.as_ref());
        drop(self.dispatch_listed(&scope).await); // nobody reads it
        Answer::status(200)
    }
}

/// Does a message of a route with these needs have to know the record?
fn reads(needs: Needs, event: &Event<'_>) -> bool {
    needs.has(Needs::RECORD) || (needs.has(Needs::IDENTITY) && Identity::authorized(event).is_none())
}

/// Saves the connection, or says with which status its handshake is refused: 400 where what it asked for cannot be
/// stored, which is for nobody to be woken by, and 503 where the store failed.
fn save<'a>(
    connections: &'a Connections,
    event: &'a Event<'_>,
    accept: Option<&'a Accept>,
) -> BoxFuture<'a, Result<(), u16>> {
    Box::pin(async move {
        let Err(error) = connections.admitted(admission(event, accept)).await else { return Ok(()) };
        let status = if error.public().status == 400 { 400 } else { 503 };
        let has_failed = status == 503 && error.kind() != StoreErrorKind::Closed;
        let (request_id, error) = (event.request_id(), &error as &dyn std::error::Error);
        if has_failed {
            tracing::error!(request_id, error, "the connection could not be saved; the handshake is refused");
        } else {
            tracing::info!(request_id, error, "the connection was not saved; the handshake is refused");
        }
        Err(status)
    })
}

/// What a message finds of its connection's record.
enum Known<'a> {
    Cached(Arc<Record>),
    Asked(BoxFuture<'a, Result<Option<Arc<Record>>, Reply>>),
}

impl<'a> Known<'a> {
    fn of(connections: &'a Connections, event: &'a Event<'_>) -> Self {
        match connections.cached(event.connection_id()) {
            Ok(Some(record)) => Known::Cached(record),
            _ => Known::Asked(Box::pin(load(connections, event))),
        }
    }
}

async fn load(connections: &Connections, event: &Event<'_>) -> Result<Option<Arc<Record>>, Reply> {
    connections.fresh(event.connection_id()).await.map_err(|error| {
        let (route, request_id) = (event.route_key(), event.request_id());
        tracing::error!(
            route,
            request_id,
            error = &error as &dyn std::error::Error,
            "the connection's record could not be read"
        );
        Reply::error("internal_error", "internal error").with_status(503)
    })
}

fn remove<'a>(connections: &'a Connections, event: &'a Event<'_>) -> BoxFuture<'a, Option<Record>> {
    Box::pin(async move {
        connections.departed(event.connection_id()).await.unwrap_or_else(|error| {
            let (connection_id, error) = (event.connection_id(), &error as &dyn std::error::Error);
            tracing::error!(connection_id, error, "the record could not be removed; it expires by itself");
            None
        })
    })
}

fn admission(event: &Event<'_>, accept: Option<&Accept>) -> Admission {
    let accept = accept.cloned().unwrap_or_default();
    let mut admission = Admission::new(event.connection_id(), connected_at(event));
    let authorized = Identity::authorized(event).unwrap_or_default();
    admission.user = accept.user.or_else(|| authorized.user().map(Into::into));
    admission.tenant = accept.tenant.or_else(|| authorized.tenant().map(Into::into));
    admission.attributes = accept.attributes;
    admission.grant = accept.grant;
    admission.groups = accept.groups;
    admission.source_ip = Some(event.source_ip()).filter(|ip| !ip.is_empty()).map(Into::into);
    admission.user_agent = event.user_agent().map(Into::into);
    admission
}

/// In milliseconds since the epoch; an event that does not say was made now.
fn connected_at(event: &Event<'_>) -> u64 {
    let said = u64::try_from(event.connected_at()).ok().filter(|at| *at > 0);
    said.unwrap_or_else(|| SystemClock.now())
}
