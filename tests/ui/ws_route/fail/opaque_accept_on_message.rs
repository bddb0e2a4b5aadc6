use lift_ws::prelude::*;

#[ws_route("say")]
async fn say() -> Result<impl IntoReply, Error> {
    Ok(Accept::new())
}

#[ws_app(routes = [say])]
struct Chat;

fn main() {}
