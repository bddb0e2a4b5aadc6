//! Tests as the inspector of the local gateway writes them ("Copy as test"): these samples are what its own tests compare
//! with, so what people paste compiles and passes.

use lift_ws::prelude::*;
use serde_json::{Value, json};

#[ws_route("say")]
async fn say(Json(message): Json<Value>) -> Json<Value> {
    Json(json!({ "said": message["text"] }))
}

#[ws_route("$default")]
async fn unknown() {}

#[ws_app(routes = [say, unknown])]
struct Chat;

/// As they stand in the sources of the inspector. The state of this app is `()`, which they cannot know.
#[allow(clippy::unit_arg)]
mod samples {
    use super::Chat;

    include!("../../../lift-ws-local/src/inspector/test_source/golden/authorized.rs");
    include!("../../../lift-ws-local/src/inspector/test_source/golden/connect.rs");
    include!("../../../lift-ws-local/src/inspector/test_source/golden/disconnect.rs");
    include!("../../../lift-ws-local/src/inspector/test_source/golden/message.rs");
}
