use lift_ws::prelude::*;

#[derive(Deserialize)]
struct Say<'m> {
    text: &'m str,
}

#[ws_route("say")]
async fn say(Json(say): Json<Say>) {
    drop(say.text);
}

#[ws_app(routes = [say])]
struct Chat;

fn main() {}
