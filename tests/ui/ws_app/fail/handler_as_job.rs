use lift_ws::prelude::*;

#[ws_route("say")]
async fn say() {}

#[ws_app(jobs = [say])]
struct Reports;

fn main() {}
