use lift_ws::prelude::*;

#[derive(Serialize, Deserialize)]
struct Export {
    rows: usize,
}

#[derive(Serialize, Deserialize)]
struct Named<'m> {
    #[serde(borrow)]
    name: Text<'m>,
}

#[ws_job]
async fn export(_: Job<Named<'_>>) {}

fn main() {}
