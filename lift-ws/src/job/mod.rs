//! Jobs: work that lasts longer than an invocation of the gateway's may, or has to be done for sure.
//!
//! A handler enqueues one with [`Connections::later`](crate::connection::Connections::later); the same binary, given
//! the queue's event, runs the function that [`#[ws_job]`](macro@crate::ws_job) made of it.
//!
//! ```
//! use lift_ws::prelude::*;
//! use lift_ws::testing::TestApp;
//! use serde_json::json;
//!
//! #[derive(Serialize, Deserialize)]
//! struct Export { connection_id: String, rows: usize }
//!
//! #[ws_job]
//! async fn export(job: Job<Export>, conns: Connections) -> Result<(), Error> {
//!     conns.send(&job.connection_id, &format!("{} rows are ready", job.rows)).await?;
//!     Ok(())
//! }
//!
//! #[ws_route("export")]
//! async fn start(conns: Connections, id: ConnectionId<'_>) -> Result<Json<String>, Error> {
//!     let id = conns.later(Export { connection_id: id.to_string(), rows: 7 }).await?;
//!     Ok(Json(id.to_string()))
//! }
//!
//! #[ws_app(routes = [start], jobs = [export])]
//! struct Exporting;
//!
//! # tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
//! let app = TestApp::<Exporting>::new(());
//! let ann = app.connect().await.unwrap();
//! ann.send(json!({"action": "export"})).await;
//! assert!(ann.received().is_empty());
//! app.run_jobs().await;
//! assert_eq!(ann.received(), [json!("7 rows are ready")]);
//! # });
//! ```
//!
//! # What is promised
//!
//! A job that was enqueued runs at least once; after a failure, a panic, or an environment that dies it is delivered
//! again, up to the number of receives that the queue allows, and then moves to the queue's dead letters. It may run
//! twice, even after a success: make it so that it can, for example by a condition on what it writes.

mod argument;
#[doc(hidden)]
pub mod gate;
mod id;
mod info;
mod later;
mod outcome;
mod payload;
mod scope;

pub use argument::{AvailableInJob, FromJob, Job};
pub use id::JobId;
pub use info::JobInfo;
#[doc(hidden)]
pub use info::assert_first;
pub use later::Later;
pub use outcome::JobOutcome;
pub use payload::JobPayload;
pub use scope::JobScope;

use crate::Error;

/// A job's description; `#[ws_job]` implements it.
#[doc(hidden)]
pub trait JobMeta {
    /// The description.
    const INFO: JobInfo;
}

/// Extracts the arguments and calls the function; `#[ws_job]` implements it.
#[doc(hidden)]
pub trait JobHandler<S> {
    /// Runs it.
    fn call<'e>(scope: &'e JobScope<'e, S>) -> impl Future<Output = Result<(), Error>> + Send;
}
