use lift_ws::prelude::*;

#[ws_job]
async fn export(job: Job<String>) {}

#[ws_app(jobs = [export])]
struct Reports;

fn main() {}
