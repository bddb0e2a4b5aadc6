//! What an operator sees: a span for each event, and metrics as lines of the log.
//!
//! [`trace`] and [`metrics`] are ordinary middleware, each of use without the other. List them first, so that they see
//! what later ones do:
//!
//! ```
//! use lift_ws::observe::{Metrics, Spans, metrics, trace};
//! use lift_ws::prelude::*;
//!
//! #[derive(Clone, FromRef)]
//! struct AppState { spans: Spans, metrics: Metrics }
//!
//! #[ws_route("say")]
//! async fn say(text: RawBody<'_>) {}
//!
//! #[ws_app(state = AppState, middleware = [trace, metrics], routes = [say])]
//! struct Chat;
//!
//! # async fn load() -> AppState {
//! AppState { spans: Spans::new(), metrics: Metrics::new() }
//! # }
//! ```
//!
//! `docs/guide/operating.md` lists every metric and every field, with what to do when one moves.

#[cfg(feature = "lambda")]
mod lines;
mod measure;
mod observed;
mod span;
mod spans;

#[cfg(feature = "lambda")]
pub use lines::{JsonFields, JsonLines, PlainFields};
pub use measure::{METRICS, Metric, Metrics, MetricsBuilder, metrics};
pub use observed::Observed;
pub use span::trace;
pub use spans::Spans;

#[cfg(feature = "lambda")]
pub(crate) use measure::init;
