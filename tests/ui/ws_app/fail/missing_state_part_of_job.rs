use lift_ws::prelude::*;

#[derive(Serialize, Deserialize)]
struct Export {
    rows: usize,
}

#[derive(Clone)]
struct Db;

#[derive(Clone, FromRef)]
struct AppState {
    limit: u32,
}

#[ws_job]
async fn export(_: Job<Export>, _: State<Db>) {}

#[ws_app(state = AppState, jobs = [export])]
struct Reports;

fn main() {}
