use lift_ws::prelude::*;
use std::sync::Arc;

#[derive(Clone)]
struct Generic<S> {
    store: Arc<S>,
}

/// What the derive refuses can be written.
impl<S> FromRef<Generic<S>> for Arc<Vec<S>>
where
    S: Clone,
{
    fn from_ref(state: &Generic<S>) -> Self {
        Arc::new(vec![(*state.store).clone()])
    }
}

#[ws_route("count")]
async fn count(State(all): State<Arc<Vec<u32>>>) -> Json<usize> {
    Json(all.len())
}

#[ws_app(state = Generic<u32>, routes = [count])]
struct Chat;

fn main() {
    assert_eq!(Chat::ROUTES.len(), 1);
}
