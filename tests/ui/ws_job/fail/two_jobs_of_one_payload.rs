use lift_ws::prelude::*;

#[derive(Serialize, Deserialize)]
struct Export {
    rows: usize,
}

#[ws_job]
async fn export(job: Job<Export>) {}

#[ws_job]
async fn report(job: Job<Export>) {}

#[ws_app(jobs = [export, report])]
struct Reports;

fn main() {}
