use lift_ws::prelude::*;

#[derive(Serialize, Deserialize)]
struct Export {
    rows: usize,
}

#[ws_job]
async fn export(_: Job<Export>) -> Json<u32> {
    Json(7)
}

#[ws_app(jobs = [export])]
struct Reports;

fn main() {}
