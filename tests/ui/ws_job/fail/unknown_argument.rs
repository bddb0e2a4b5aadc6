use lift_ws::prelude::*;

#[derive(Serialize, Deserialize)]
struct Export {
    rows: usize,
}

#[ws_job("export", retries = 7)]
async fn export(_: Job<Export>) {}

fn main() {}
