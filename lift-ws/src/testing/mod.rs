//! Tests of an app without sockets: a gateway that is only as much as a test needs, in memory.
//!
//! ```
//! use lift_ws::prelude::*;
//! use lift_ws::testing::TestApp;
//! use serde_json::json;
//!
//! #[derive(Deserialize)]
//! struct Say { room: String, text: String }
//!
//! #[ws_route("join")]
//! async fn join(conns: Connections, id: ConnectionId<'_>, Json(say): Json<Say>) -> Result<(), Error> {
//!     conns.join(id, &say.room, &()).await?;
//!     conns.group(&say.room).send(&say.text).await?;
//!     Ok(())
//! }
//!
//! #[ws_app(routes = [join])]
//! struct Chat;
//!
//! # let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
//! # runtime.block_on(async {
//! let app = TestApp::<Chat>::new(());
//! let ann = app.connect().await.unwrap();
//! let bob = app.connect().await.unwrap();
//! for client in [&ann, &bob] {
//!     client.send(json!({"action": "join", "room": "blue", "text": "hi"})).await;
//! }
//! assert_eq!(ann.received(), [json!("hi"), json!("hi")]);
//! assert_eq!(bob.received(), [json!("hi")]);
//! # });
//! ```

mod app;
mod authorizer;
mod client;
mod event;
mod gateway;
pub mod limit_store_contract;
#[cfg(feature = "local-gateway")]
mod local_gateway;
mod output;
mod policy;
#[cfg(any(feature = "local-gateway", feature = "test-gateway"))]
mod refusal;
mod selection;
#[cfg(feature = "simulation")]
pub mod simulation;
pub mod store_contract;
#[cfg(feature = "test-gateway")]
mod test_gateway;

pub use app::{Connect, Refused, TestApp};
pub use client::{TestClient, TestReply};
pub use event::TestEvent;
#[cfg(feature = "local-gateway")]
pub use lift_ws_local::GatewayEvent;
#[cfg(feature = "test-gateway")]
pub use lift_ws_local::core::{Api, HandshakeRequest};
#[cfg(any(feature = "local-gateway", feature = "test-gateway"))]
pub use lift_ws_local::core::{
    EventType, Fault, FaultPlan, FaultReport, FaultRule, Faults, Finished, Limits, NoRoute, Verdict,
};
#[cfg(feature = "local-gateway")]
pub use local_gateway::{LocalGateway, LocalGatewayBuilder, SocketClient, SocketConnect};
pub use output::Output;
#[cfg(any(feature = "local-gateway", feature = "test-gateway"))]
pub use refusal::Refusal;
#[cfg(feature = "test-gateway")]
pub use test_gateway::{ConnectMany, GatewayClient, GatewayConnect, TestGateway, TestGatewayBuilder};
