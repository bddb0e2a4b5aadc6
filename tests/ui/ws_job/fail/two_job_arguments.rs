use lift_ws::prelude::*;

#[derive(Serialize, Deserialize)]
struct Export {
    rows: usize,
}

#[derive(Serialize, Deserialize)]
struct Clean;

#[ws_job]
async fn export(_: Job<Export>, _: Job<Clean>) {}

fn main() {}
