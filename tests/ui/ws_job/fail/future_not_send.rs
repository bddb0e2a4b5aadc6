use lift_ws::prelude::*;

#[derive(Serialize, Deserialize)]
struct Export {
    rows: usize,
}

#[ws_job]
async fn export(job: Job<Export>) {
    let rows = std::rc::Rc::new(job.rows);
    std::future::ready(()).await;
    drop(rows);
}

#[ws_app(jobs = [export])]
struct Reports;

fn main() {}
