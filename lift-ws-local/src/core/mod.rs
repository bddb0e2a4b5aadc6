//! The heart of the local gateway, without any input or output of its own.
//!
//! [`Gateway`] is a state machine: the shell tells it what happened ([`Input`]) and when ([`Moment`]), and it
//! answers with what is to be done ([`Action`]). It opens no socket, starts no process, spawns no task and
//! reads no clock, so tests run two hours of connection life in microseconds, and every run with the same
//! seed and inputs yields the same bytes.
//!
//! ```text
//! socket ──Input::Handshake──▶ handshake.rs ──authorizer/──────▶ Action::Invoke
//!                                           ◀──Input::Invoked──
//!                                           ──Action::Invoke──▶ environment
//!        ◀──Action::Accept────             ◀──Input::Invoked──
//! socket ──Input::Message────▶ message.rs ──route_selection.rs, event.rs──▶ Action::Invoke
//!        ◀──Action::Send──────             ◀──outcome.rs──── Input::Invoked
//! HTTP   ──Input::Management──▶ management.rs ──Action::Answer, Send, Close──▶
//! ```
//!
//! What it does is written in the contract (`apigw-websocket-contract.md`); the files cite its sections, and
//! `docs/contract-rows.toml` names the test of each row.
//!
//! # Examples
//!
//! ```
//! use lift_ws_local::core::{Action, Api, Gateway, HandshakeRequest, Input, Manifest, Moment, SocketId};
//!
//! let manifest = Manifest::parse(r#"{ "routes": [{ "routeKey": "say" }] }"#)?;
//! let mut api = Api::from_manifest(&manifest)?;
//! api.stage = "dev".into();
//! let mut gateway = Gateway::new(api, 7);
//!
//! let mut actions = Vec::new();
//! let request = HandshakeRequest::get("/dev");
//! gateway.handle(Moment::from_millis(0), Input::Handshake { socket: SocketId(1), request }, &mut actions);
//! // There is no `$connect` route, so the handshake simply succeeds.
//! assert!(matches!(&actions[..], [Action::Accept { socket: SocketId(1), subprotocol: None, .. }]));
//! # Ok::<(), lift_ws_local::core::ManifestError>(())
//! ```

mod action;
mod aging;
mod api;
mod api_key;
mod authorizer;
mod client;
mod closing;
mod connection_info;
mod domain_mapping;
mod event;
mod faults;
mod frames;
mod function_policy;
mod gateway;
mod handshake;
mod headers;
mod held;
mod iam;
mod ids;
mod input;
mod lenient;
mod management;
mod manifest;
mod manifest_authorizer;
pub(crate) mod manifest_keys;
mod manifest_queue;
mod manifest_settings;
pub(crate) mod meant;
mod message;
mod moment;
mod multi_map;
mod outcome;
mod policy_error;
mod random;
mod readings;
mod request_model;
mod route_selection;
mod sigv4;
mod throttle;
mod timers;
pub(crate) mod url;

pub use action::{Action, EventType, Finished, NoRoute, Verdict};
pub use api::{Api, Limits, Route};
pub use api_key::{ApiKey, ApiKeySource, ApiKeySourceError};
pub use authorizer::{Authorizer, IdentitySource, IdentitySourceError};
pub use connection_info::{ConnectionInfo, Messages};
pub use domain_mapping::DomainMapping;
#[cfg(feature = "server")]
pub(crate) use faults::parse_duration;
pub use faults::{
    Fault, FaultKind, FaultMet, FaultPlan, FaultReport, FaultRule, FaultRuleError, FaultRuleId, Faults,
    Occasion, RuleReport,
};
pub use function_policy::FunctionPolicy;
pub use gateway::Gateway;
pub use iam::{Caller, CallerPolicy};
pub use ids::{CallId, ConnectionId, InvocationId, SocketId};
pub use input::{FrameFault, HandshakeRequest, Input, ManagementRequest, Outcome};
pub use manifest::{Manifest, ManifestError, ManifestLocation, ManifestRoute};
pub use manifest_authorizer::ManifestAuthorizer;
pub use manifest_queue::ManifestQueue;
pub use manifest_settings::{
    ManifestAccessLog, ManifestAccount, ManifestApiKey, ManifestCaller, ManifestRouteSettings,
    ManifestThrottleSettings,
};
pub use moment::Moment;
pub use policy_error::PolicyError;
pub use readings::{CloseReading, Readings};
pub use request_model::RequestModels;
pub use route_selection::{RouteSelection, RouteSelectionError};
pub use throttle::{AccountRates, RateLimit, Throttling};
