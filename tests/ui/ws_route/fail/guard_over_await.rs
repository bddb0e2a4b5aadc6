use lift_ws::prelude::*;
use std::sync::{Arc, Mutex};

#[ws_route("count")]
async fn count(State(counter): State<Arc<Mutex<u32>>>) -> Json<u32> {
    let mut guard = counter.lock().unwrap();
    *guard += 1;
    std::future::ready(()).await;
    Json(*guard)
}

fn main() {}
