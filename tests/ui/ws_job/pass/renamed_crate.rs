mod renamed {
    pub use lift_ws::*;
}

use ::lift_ws::prelude::*;

#[derive(Serialize, Deserialize)]
struct Export {
    rows: usize,
}

#[ws_job(crate = renamed)]
async fn export(job: Job<Export>) {
    let _ = job.rows;
}

#[ws_app(jobs = [export], crate = renamed)]
struct Reports;

fn main() {
    assert_eq!(Reports::jobs().len(), 1);
}
