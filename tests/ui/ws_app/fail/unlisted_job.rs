#![deny(dead_code)]

use lift_ws::prelude::*;

#[derive(Serialize, Deserialize)]
struct Export {
    rows: usize,
}

#[ws_job]
async fn export(job: Job<Export>) {
    println!("{}", job.rows);
}

#[ws_app]
struct Reports;

fn main() {
    let _ = (Reports, Reports::routes(), Export { rows: 7 });
}
