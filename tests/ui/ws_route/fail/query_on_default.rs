use lift_ws::prelude::*;

#[derive(Deserialize)]
struct Join<'q> {
    name: &'q str,
}

#[ws_route("$default")]
async fn unknown(query: Option<Query<Join<'_>>>) {
    let _ = query.map(|Query(join)| join.name.len());
}

fn main() {}
