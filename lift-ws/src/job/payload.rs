//! What a job is about.

use serde::Serialize;
use serde::de::DeserializeOwned;

/// What a job is about: what [`later`](crate::connection::Connections::later) takes.
/// [`#[ws_job]`](macro@crate::ws_job) implements it for the `T` of its function's [`Job<T>`](super::Job), which
/// therefore is a type of your crate, and the payload of one job only.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not the payload of a job",
    label = "no `#[ws_job]` takes `Job<{Self}>`",
    note = "write `#[ws_job] async fn name(job: Job<{Self}>, …)`, and list it in `jobs = […]` of the app"
)]
pub trait JobPayload: Serialize + DeserializeOwned + Send + Sync + 'static {
    /// The job's name on the queue.
    const NAME: &'static str;
}
