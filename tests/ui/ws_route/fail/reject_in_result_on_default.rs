use lift_ws::prelude::*;

#[ws_route("$default")]
async fn unknown() -> Result<Json<u32>, Reject> {
    Err(Reject::forbidden())
}

fn main() {}
