//! A local gateway that behaves like the WebSocket APIs of API Gateway.
//!
//! It runs the very same program as Lambda does: WebSockets come in, the program gets events over the Lambda
//! Runtime API, posts go out through `@connections`, and a DynamoDB is at hand.
//!
//! ```text
//! client ──▶ transport ──▶ owner ──▶ core ──▶ environments ──▶ runtime_api ──▶ program
//!                ▲                                                               │
//!                └────────────────── management (@connections) ◀─────────────────┘
//! ```
//!
//! [`core`] is a state machine without sockets, processes or clock; everything around it is a thin shell.
//! [`LocalGateway`] puts it all together.

pub mod clock;
pub mod core;
mod database;
mod environments;
mod event;
mod gateway;
mod http;
mod management;
mod owner;
mod runtime_api;
mod transport;

pub use environments::{EnvironmentId, Function};
pub use event::{GatewayEvent, OutputStream};
pub use gateway::{LocalGateway, LocalGatewayBuilder, Report, StartError};
