use lift_ws::prelude::*;

#[derive(Serialize, Deserialize)]
struct Export {
    rows: usize,
}

#[ws_job(name = "export")]
async fn export(_: Job<Export>) {}

fn main() {}
