use lift_ws::prelude::*;

#[ws_route("say")]
async fn say() -> Accept {
    Accept::new().user("ann")
}

#[ws_app(routes = [say])]
struct Chat;

fn main() {}
