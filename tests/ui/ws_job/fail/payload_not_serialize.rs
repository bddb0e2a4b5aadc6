use lift_ws::prelude::*;

#[derive(Deserialize)]
struct Export {
    rows: usize,
}

#[ws_job]
async fn export(job: Job<Export>) {}

#[ws_app(jobs = [export])]
struct Reports;

fn main() {}
