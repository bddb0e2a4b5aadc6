use lift_ws::prelude::*;

#[derive(Deserialize)]
struct Export {
    rows: usize,
}

#[ws_job]
async fn export(_: Job<Export>) {}

#[ws_app(jobs = [export])]
struct Reports;

fn main() {}
