//! The function without any client.

use lambda_runtime::{Error, run, service_fn, tracing};
use lift_ws_bench_hand_written::handler;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    tracing::init_default_subscriber();
    run(service_fn(handler)).await
}
