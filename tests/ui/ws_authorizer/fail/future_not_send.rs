use lift_ws::prelude::*;

#[ws_authorizer]
async fn authorize() -> Allow {
    let key = std::rc::Rc::new(7);
    std::future::ready(()).await;
    drop(key);
    Allow::new(&Default::default())
}

#[ws_app(authorizer = authorize)]
struct Chat;

fn main() {}
