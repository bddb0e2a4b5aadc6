use lift_ws::prelude::*;

#[derive(Serialize, Deserialize)]
struct Export {
    rows: usize,
}

#[ws_job]
async fn export<T>(_: Job<Export>) {}

fn main() {}
