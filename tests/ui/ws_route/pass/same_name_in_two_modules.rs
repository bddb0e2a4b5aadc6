mod chat {
    use lift_ws::prelude::*;

    #[ws_route("chat.say")]
    pub async fn say() {}
}

mod game {
    use lift_ws::prelude::*;

    #[ws_route("game.say")]
    pub async fn say(_: RawBody<'_>) -> Json<u32> {
        Json(1)
    }
}

use lift_ws::prelude::*;

#[ws_app(routes = [chat::say, game::say, lift_ws_tests_other::shop::say])]
struct Both;

fn main() {
    let [chat, game, shop] = &Both::ROUTES;
    assert_eq!((chat.two_way, game.two_way, shop.two_way), (false, true, true));
    assert!(chat.handler.ends_with("chat::say") && game.handler.ends_with("game::say"));
    assert_eq!(shop.handler, "lift_ws_tests_other::shop::say");
}
