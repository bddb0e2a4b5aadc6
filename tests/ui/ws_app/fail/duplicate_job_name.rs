use lift_ws::prelude::*;

#[derive(Serialize, Deserialize)]
struct Export {
    rows: usize,
}

#[ws_job]
async fn export(_: Job<Export>) {}

#[derive(Serialize, Deserialize)]
struct Clean;

#[ws_job("export")]
async fn clean(_: Job<Clean>) {}

#[ws_app(jobs = [export, clean])]
struct Reports;

fn main() {}
