use lift_ws::prelude::*;

#[derive(Serialize, Deserialize)]
struct Export {
    rows: usize,
}

async fn export(_: Job<Export>) {}

#[ws_app(jobs = [export])]
struct Reports;

fn main() {}
