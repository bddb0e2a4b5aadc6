use lift_ws::prelude::*;

macro_rules! middleware {
    ($($name:ident)*) => {$(
        #[ws_middleware]
        async fn $name(next: impl Next) -> Reply {
            next.run().await
        }
    )*};
}
middleware!(a b c d e f g h i j k l m);

#[ws_route("say")]
async fn say() {}

#[ws_app(middleware = [a, b, c, d, e, f, g, h, i, j, k, l, m], routes = [say])]
struct Deep;

#[ws_route("say", middleware = [a, b, c, d, e, f])]
async fn inside() {}

#[ws_app(middleware = [g, h, i, j, k, l, m], routes = [inside])]
struct Shared;

fn main() {
    drop(lift_ws::Service::<Deep>::new(()).respond(b"", Default::default(), &mut Vec::new()));
    drop(lift_ws::Service::<Shared>::new(()).respond(b"", Default::default(), &mut Vec::new()));
}
