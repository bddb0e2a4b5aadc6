use lift_ws::prelude::*;

#[ws_route("$disconnect")]
async fn bye() -> Result<Json<u32>, Reply> {
    Ok(Json(1))
}

#[ws_app(routes = [bye])]
struct Chat;

fn main() {}
