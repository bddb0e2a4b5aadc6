use lift_ws::prelude::*;

#[derive(Serialize, Deserialize)]
struct Export {
    rows: usize,
}

#[ws_job]
async fn export(_: Job<Export>, _: usize) {}

#[ws_app(jobs = [export])]
struct Reports;

fn main() {}
