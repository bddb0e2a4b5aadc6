mod r#mod {
    use lift_ws::prelude::*;

    #[ws_route("type")]
    pub async fn r#type(r#in: RawBody<'_>) -> Json<usize> {
        Json(r#in.0.len())
    }

    #[ws_middleware]
    pub async fn r#async(r#loop: impl Next) -> Reply {
        r#loop.run().await
    }
}

use lift_ws::prelude::*;

#[derive(Clone, FromRef)]
struct AppState {
    r#fn: u32,
}

#[ws_app(state = AppState, middleware = [r#mod::r#async], routes = [r#mod::r#type])]
struct r#Raw;

fn main() {
    let state = AppState { r#fn: 1 };
    assert_eq!(u32::from_ref(&state), 1);
    assert!(Raw::ROUTES[0].handler.ends_with("::type"), "{}", Raw::ROUTES[0].handler);
    assert!(Raw::MIDDLEWARE[0].ends_with("::async"));
    assert_eq!(Raw::NAME, "Raw");
}
