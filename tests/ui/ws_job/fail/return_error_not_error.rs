use lift_ws::prelude::*;

#[derive(Serialize, Deserialize)]
struct Export {
    rows: usize,
}

struct Failed;

#[ws_job]
async fn export(_: Job<Export>) -> Result<(), Failed> {
    Err(Failed)
}

#[ws_app(jobs = [export])]
struct Reports;

fn main() {}
