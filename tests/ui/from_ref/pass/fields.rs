use lift_ws::prelude::*;
use std::collections::HashMap;
use std::sync::Arc;

#[derive(Clone, FromRef)]
struct AppState {
    greeting: Arc<str>,
    rooms: HashMap<String, Vec<u32>>,
    hook: fn(&str) -> usize,
    #[from_ref(skip)]
    host: String,
    name: String,
}

#[derive(Clone, FromRef)]
struct Tuple(u8, #[from_ref(skip)] u8, u16);

#[derive(Clone, FromRef)]
struct Unit;

#[ws_route("parts")]
async fn parts(
    State(greeting): State<Arc<str>>,
    State(rooms): State<HashMap<String, Vec<u32>>>,
    State(name): State<String>,
    State(hook): State<fn(&str) -> usize>,
    State(whole): State<AppState>,
) -> Json<usize> {
    Json(greeting.len() + rooms.len() + name.len() + hook(&whole.host))
}

#[ws_app(state = AppState, routes = [parts])]
struct Chat;

fn main() {
    assert_eq!((u8::from_ref(&Tuple(1, 2, 3)), u16::from_ref(&Tuple(1, 2, 3))), (1, 3));
    let _: Unit = Unit::from_ref(&Unit);
    assert_eq!(Chat::ROUTES.len(), 1);
}
