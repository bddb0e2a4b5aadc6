//! Metrics as lines of CloudWatch's embedded metric format.

mod builder;
mod gathered;
mod handle;
#[cfg(feature = "lambda")]
pub(crate) mod init;
mod line;
mod list;
mod middleware;
mod name;
mod route;

pub use builder::MetricsBuilder;
pub use handle::Metrics;
pub use list::{METRICS, Metric};
pub use middleware::metrics;
