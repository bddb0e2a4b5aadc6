//! The function with the clients that a chat needs, made during init.

use lambda_runtime::{Error, run, service_fn, tracing};
use lift_ws_bench_hand_written::handler;
use std::hint::black_box;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    tracing::init_default_subscriber();
    let config = aws_config::load_defaults(aws_config::BehaviorVersion::latest()).await;
    let table = aws_sdk_dynamodb::Client::new(&config);
    let management = aws_sdk_apigatewaymanagement::Client::new(&config);
    // Kept for the life of the environment, as a handler would keep them.
    let clients: &'static _ = Box::leak(Box::new((table, management)));
    run(service_fn(async |event| {
        black_box(clients);
        handler(event).await
    }))
    .await
}
