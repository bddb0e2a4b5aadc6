use lift_ws::prelude::*;

#[derive(Serialize, Deserialize)]
struct Export {
    rows: usize,
}

struct Reports;

impl Reports {
    #[ws_job]
    async fn export(&self, _: Job<Export>) {}
}

fn main() {}
