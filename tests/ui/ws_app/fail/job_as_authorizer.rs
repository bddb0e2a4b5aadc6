use lift_ws::prelude::*;

#[derive(Serialize, Deserialize)]
struct Export {
    rows: usize,
}

#[ws_job]
async fn export(_: Job<Export>) {}

#[ws_app(authorizer = export)]
struct Chat;

fn main() {}
