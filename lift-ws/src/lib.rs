//! WebSocket back ends on AWS Lambda behind API Gateway: annotate handler functions, build one binary.
//!
//! ```no_run
//! use lift_ws::prelude::*;
//!
//! #[derive(Deserialize)]
//! struct Say<'m> { #[serde(borrow)] text: Text<'m> }
//!
//! #[ws_route("shout")] // a route key; returning a body makes the route two-way
//! async fn shout(Json(say): Json<Say<'_>>) -> Json<String> {
//!     Json(say.text.to_uppercase())
//! }
//!
//! #[ws_app(routes = [shout])]
//! struct Shouting;
//!
//! # #[cfg(feature = "lambda")]
//! fn main() -> Result<(), lift_ws::Error> {
//!     lift_ws::main::<Shouting, _>(lift_ws::stateless)
//! }
//! # #[cfg(not(feature = "lambda"))]
//! # fn main() {}
//! ```
//!
//! The list in `#[ws_app]` becomes a table at compile time; nothing is registered at run time. Handlers take
//! [extractors](extract), return [replies](IntoReply), and stand behind [middleware].

mod ambient;
mod app;
pub mod auth;
pub mod authorizer;
mod backoff;
mod buffer;
#[cfg(feature = "aws")]
mod causes;
mod chain;
pub mod connection;
#[cfg(feature = "lambda")]
mod ending;
mod error;
pub mod event;
pub mod extract;
mod fields;
pub mod health;
mod invocation;
pub mod job;
mod json_text;
pub mod limit;
pub mod manifest;
pub mod middleware;
pub mod observe;
#[cfg(any(feature = "aws", feature = "local-gateway", feature = "test-gateway"))]
#[cfg_attr(not(feature = "aws"), allow(dead_code, reason = "signatures alone encode twice"))]
mod percent;
pub mod provide;
pub mod push;
pub mod queue;
mod random;
pub mod reply;
pub mod route;
#[cfg(feature = "lambda")]
mod runtime;
mod scope;
mod service;
mod shown;
pub mod store;
pub mod testing;
#[cfg(feature = "aws")]
mod timeouts;

pub use app::App;
pub use connection::Base64;
pub use error::Error;
pub use event::Event;
pub use extract::{AvailableOn, FromEvent, FromRef};
pub use invocation::Invocation;
pub use reply::{Accept, IntoReply, Reject, Reply, Status};
pub use route::RouteInfo;
#[cfg(feature = "lambda")]
pub use runtime::{MakeState, Payload, main, run, stateless};
pub use scope::Scope;
pub use service::{Response, Service};

#[doc = include_str!("docs/from_ref.md")]
pub use lift_ws_macros::FromRef;
#[doc = include_str!("docs/ws_app.md")]
pub use lift_ws_macros::ws_app;
#[doc = include_str!("docs/ws_authorizer.md")]
pub use lift_ws_macros::ws_authorizer;
#[doc = include_str!("docs/ws_job.md")]
pub use lift_ws_macros::ws_job;
#[doc = include_str!("docs/ws_middleware.md")]
pub use lift_ws_macros::ws_middleware;
#[doc = include_str!("docs/ws_route.md")]
pub use lift_ws_macros::ws_route;

/// What most apps need: `use lift_ws::prelude::*;`.
pub mod prelude {
    pub use crate::authorizer::{Allow, Deny};
    pub use crate::connection::{Connection, Connections, Identity};
    pub use crate::extract::{
        Authorizer, ConnectionId, Cookies, Deadline, DisconnectReason, Headers, Json, Query, RawBody,
        RequestContext, SourceIp, StageVariables, State, Subprotocols, Text, TypedHeader, UserAgent,
    };
    pub use crate::job::Job;
    pub use crate::middleware::{Next, Provide};
    pub use crate::provide::Provided;
    pub use crate::{Accept, App, Error, Event, IntoReply, Reject, Reply, Status};
    pub use crate::{FromRef, ws_app, ws_authorizer, ws_job, ws_middleware, ws_route};
    pub use serde::{Deserialize, Serialize};
}

/// What the macros name. No stability promised.
#[doc(hidden)]
pub mod __private {
    pub use crate::app::{App, needs_of, unrouted};
    pub use crate::authorizer::gate::*;
    pub use crate::authorizer::{AuthorizerHandler, AuthorizerInfo, AuthorizerMeta, Verdict};
    pub use crate::event::{Event, OtherEvent};
    pub use crate::extract::{AvailableOn, FromEvent, FromRef};
    pub use crate::job::gate::*;
    pub use crate::job::{
        AvailableInJob, FromJob, JobHandler, JobInfo, JobMeta, JobPayload, JobScope, assert_first,
    };
    pub use crate::middleware::{Continue, Inside, Middleware, MiddlewareOn, Stack, Wrap};
    pub use crate::provide::{After, Extract, Provides, ProvidesAs, Start, Values};
    pub use crate::reply::{IntoReply, Reply};
    pub use crate::route::gate::*;
    pub use crate::route::{Handler, Leaf, Location, Needs, RouteInfo, RouteMeta, Table, slots};
    pub use crate::{Error, Scope};
    pub use serde_json::Value;
    pub use std;

    /// Kinds of event.
    pub mod kind {
        pub use crate::route::{Authorize, Connect, Disconnect, Message};
    }
}

/// The README's code compiles and runs.
#[cfg(all(doctest, feature = "aws", feature = "lambda"))]
#[doc = include_str!("../../README.md")]
mod readme {}

/// The guide's code compiles and runs.
#[cfg(all(doctest, feature = "aws", feature = "lambda"))]
mod guide {
    #[cfg(all(feature = "jwt", feature = "tickets"))]
    #[doc = include_str!("../../docs/guide/authentication.md")]
    mod authentication {}
    #[doc = include_str!("../../docs/guide/connections.md")]
    mod connections {}
    #[doc = include_str!("../../docs/guide/groups-and-presence.md")]
    mod groups_and_presence {}
    #[doc = include_str!("../../docs/guide/jobs.md")]
    mod jobs {}
    #[doc = include_str!("../../docs/guide/limits.md")]
    mod limits {}
    #[doc = include_str!("../../docs/guide/operating.md")]
    mod operating {}
    #[doc = include_str!("../../docs/guide/sending.md")]
    mod sending {}
    #[doc = include_str!("../../docs/guide/testing.md")]
    mod testing {}
}
