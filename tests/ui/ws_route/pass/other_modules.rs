mod chat {
    pub mod rooms {
        use lift_ws::prelude::*;

        #[ws_route("join")]
        pub(crate) async fn join(_: RawBody<'_>) {}
    }

    use lift_ws::prelude::*;

    #[ws_route("say")]
    pub(super) async fn say() {}
}

use lift_ws::prelude::*;

#[ws_app(routes = [chat::say, chat::rooms::join, reexported::leave, crate::top])]
struct Chat;

mod more {
    use lift_ws::prelude::*;

    #[ws_route("leave")]
    pub async fn leave() {}
}

mod reexported {
    pub use super::more::leave;
}

#[ws_route("top")]
async fn top() {}

fn main() {
    let keys: Vec<_> = Chat::routes().iter().map(|route| route.key).collect();
    assert_eq!(keys, ["say", "join", "leave", "top"]);
}
