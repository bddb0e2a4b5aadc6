use lift_ws::prelude::*;

#[ws_route("say")]
async fn say() {
    let shared = std::rc::Rc::new(1);
    std::future::ready(()).await;
    drop(shared);
}

#[ws_app(routes = [say])]
struct Chat;

fn main() {}
