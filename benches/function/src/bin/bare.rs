//! The function without any client.

use lift_ws::prelude::*;

#[derive(Deserialize)]
struct Say<'m> {
    #[serde(borrow)]
    room: Text<'m>,
    #[serde(borrow)]
    text: Text<'m>,
}

#[derive(Serialize)]
struct Said<'m> {
    r#type: &'static str,
    room: Text<'m>,
    text: Text<'m>,
}

#[ws_route("$connect")]
async fn connect() {}

#[ws_route("$disconnect")]
async fn bye() {}

#[ws_route("sendMessage")]
async fn send_message(Json(say): Json<Say<'_>>) -> Json<Said<'_>> {
    Json(Said { r#type: "said", room: say.room, text: say.text })
}

#[ws_app(routes = [connect, bye, send_message])]
struct Chat;

fn main() -> Result<(), Error> {
    lift_ws::main::<Chat, _>(async || Ok::<_, Error>(()))
}
