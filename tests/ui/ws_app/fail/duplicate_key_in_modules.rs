use lift_ws::prelude::*;

mod chat {
    use lift_ws::prelude::*;

    #[ws_route("$connect")]
    pub async fn connect() {}
}

mod lobby {
    use lift_ws::prelude::*;

    #[ws_route("$connect")]
    pub async fn connect(_: ConnectionId<'_>) {}
}

#[ws_route("say")]
async fn say() {}

#[ws_app(routes = [chat::connect, say, lobby::connect])]
struct Chat;

fn main() {}
