//! A local gateway that behaves like the WebSocket APIs of API Gateway.
//!
//! It runs the very same program as Lambda does: WebSockets come in, the program gets events over the Lambda
//! Runtime API, posts go out through `@connections`, and a DynamoDB and an SQS are at hand.
//!
//! ```text
//! client ──▶ transport ──▶ owner ──▶ core ──▶ environments ──▶ runtime_api ──▶ program
//!                ▲                                                               │
//!                ├────────────────── management (@connections) ◀─────────────────┤
//!                └────────────────── sqs (queues, event source mapping) ◀────────┘
//! ```
//!
//! The inspector, a page at `/_lift`, shows what goes along these arrows.
//!
//! [`core`] is a state machine without sockets, processes or clock; everything around it is a thin shell.
//! [`LocalGateway`] puts it all together.

#[cfg(feature = "server")]
pub mod clock;
#[cfg(feature = "server")]
mod control;
pub mod core;
#[cfg(feature = "database")]
mod database;
#[cfg(all(feature = "server", not(feature = "database")))]
#[path = "database/none.rs"]
mod database;
#[cfg(feature = "server")]
mod dev_page;
#[cfg(feature = "server")]
mod environments;
#[cfg(feature = "server")]
mod event;
#[cfg(feature = "server")]
mod gateway;
#[cfg(feature = "server")]
mod http;
#[cfg(feature = "server")]
mod inspector;
#[cfg(feature = "server")]
mod management;
#[cfg(feature = "server")]
mod owner;
#[cfg(feature = "server")]
mod pages;
#[cfg(feature = "server")]
pub mod project;
#[cfg(feature = "server")]
mod runtime_api;
#[cfg(feature = "server")]
mod site;
#[cfg(feature = "server")]
mod sqs;
#[cfg(feature = "server")]
mod tls;
#[cfg(feature = "server")]
mod transport;

#[cfg(feature = "server")]
pub use dev_page::PageNews;
#[cfg(feature = "server")]
pub use environments::{EnvironmentId, Function};
#[cfg(feature = "server")]
pub use event::{GatewayEvent, OutputStream};
#[cfg(feature = "server")]
pub use gateway::{LocalGateway, LocalGatewayBuilder, ReplaceError, Report, ServedApi, StartError};
#[cfg(feature = "server")]
pub use sqs::{BatchVerdict, DeadLetter, FinishedBatch};
#[cfg(feature = "server")]
pub use tls::{Authority, AuthorityError};

/// The guide's code compiles.
#[cfg(all(doctest, feature = "server"))]
#[doc = include_str!("../../docs/guide/local-gateway.md")]
mod guide {}
