use lift_ws::prelude::*;

#[ws_job]
async fn export(_: Job<String>) {}

#[ws_app(jobs = [export])]
struct Reports;

fn main() {}
