use lift_ws::prelude::*;

#[derive(Serialize, Deserialize)]
struct Export {
    rows: usize,
}

#[derive(Serialize, Deserialize)]
struct Clean;

#[ws_job]
async fn export(job: Job<Export>, clean: Job<Clean>) {}

fn main() {}
