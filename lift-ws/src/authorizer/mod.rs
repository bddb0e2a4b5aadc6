//! Lambda authorizers: who may connect, decided before `$connect` is asked (contract §4).
//!
//! The gateway asks an authorizer once, at the handshake, and repeats what it said on every event of the connection. The
//! app's own function is it: the same binary, told apart by the event.
//!
//! ```
//! use lift_ws::auth::Principal;
//! use lift_ws::prelude::*;
//! use lift_ws::testing::TestApp;
//! use serde_json::json;
//!
//! #[derive(Deserialize)]
//! struct Shown { key: String }
//!
//! #[derive(Serialize, Deserialize)]
//! struct Extra { plan: String }
//!
//! #[ws_authorizer(identity_sources = ["route.request.querystring.key"])]
//! async fn authorize(Query(shown): Query<Shown>) -> Result<Allow<Extra>, Reject> {
//!     match shown.key.as_str() {
//!         "open sesame" => Ok(Allow::new(&Principal::of_user("ali")).context(Extra { plan: "gold".into() })),
//!         _ => Err(Reject::unauthorized()),
//!     }
//! }
//!
//! #[ws_route("plan")]
//! async fn plan(Authorizer(extra): Authorizer<Extra>, me: Identity<'_>) -> Json<String> {
//!     Json(format!("{} has {}", me.user().unwrap_or("nobody"), extra.plan))
//! }
//!
//! #[ws_app(authorizer = authorize, routes = [plan])]
//! struct Cave;
//!
//! # tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
//! let app = TestApp::<Cave>::new(());
//! assert_eq!(app.connect().await.unwrap_err().status, 401);
//! let ali = app.connect().query("key", "open sesame").await.unwrap();
//! assert_eq!(ali.send(json!({"action": "plan"})).await.json::<String>(), "ali has gold");
//! # });
//! ```
//!
//! # What may go wrong
//!
//! [`IntoVerdict`] says what becomes of an error. Clients read a status and nothing else; the log has the reason, at
//! `info` for who was refused and at `error` for what failed.

mod allow;
mod context;
mod error;
#[doc(hidden)]
pub mod gate;
mod info;
mod policy;
mod verdict;

pub use allow::{Allow, Deny};
pub use error::{PolicyError, PolicyErrorKind};
pub use info::AuthorizerInfo;
pub use policy::MAX_RESULT_BYTES;
pub use verdict::{IntoVerdict, Verdict};

use verdict::Decision;

use crate::Scope;

/// An authorizer's description; `#[ws_authorizer]` implements it.
#[doc(hidden)]
pub trait AuthorizerMeta {
    /// The description.
    const INFO: AuthorizerInfo;
}

/// Extracts the arguments and calls the function; `#[ws_authorizer]` implements it.
#[doc(hidden)]
pub trait AuthorizerHandler<S> {
    /// Runs it.
    fn call<'e>(scope: &'e Scope<'e, S>) -> impl Future<Output = Verdict> + Send;
}
