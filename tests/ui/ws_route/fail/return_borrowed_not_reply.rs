use lift_ws::prelude::*;

struct Echo<'m>(&'m str);

#[ws_route("say")]
async fn say<'m>(body: RawBody<'m>) -> Echo<'m> {
    Echo(body.0)
}

#[ws_app(routes = [say])]
struct Chat;

fn main() {}
