use lift_ws::prelude::*;

macro_rules! answers {
    ($($name:ident $key:literal $answer:expr, $ty:ty;)*) => {$(
        #[ws_route($key)]
        pub async fn $name(_direct: $ty, _nested: Option<$ty>) -> Json<&'static str> {
            Json($answer)
        }
    )*};
}
answers! {
    ping "ping" "pong", RawBody<'_>;
    pong "pong" "ping", Option<Json<u32>>;
}

macro_rules! guarded {
    ($name:ident by $($guard:path),*) => {
        #[ws_route("guarded", middleware = [$($guard),*])]
        async fn $name(body: RawBody<'_>) {
            let scope = body; // a local of the same name as one in generated code
            drop(scope.0.len());
        }
    };
}

mod guards {
    use lift_ws::prelude::*;

    macro_rules! middleware {
        ($($name:ident)*) => {$(
            #[ws_middleware]
            pub async fn $name(next: impl Next) -> Reply {
                next.run().await
            }
        )*};
    }
    middleware!(first second);
}
guarded!(both by guards::first, guards::second);

macro_rules! app {
    ($name:ident: $($route:path),*) => {
        #[ws_app(routes = [$($route),*])]
        struct $name;
    };
}
app!(Made: ping, pong, both);

fn main() {
    assert_eq!(Made::ROUTES[2].middleware.len(), 2);
}
