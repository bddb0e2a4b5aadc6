//! The function of all rows, with our framework: a typed body, a typed reply, under no middleware and under five.

use lift_ws::prelude::*;

/// A message of a client.
#[derive(Debug, Deserialize)]
pub struct Say<'m> {
    #[serde(borrow)]
    room: Text<'m>,
    #[serde(borrow)]
    text: Text<'m>,
}

/// What it is answered.
#[derive(Debug, Serialize)]
pub struct Said<'m> {
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

/// Under no middleware.
#[derive(Debug)]
#[ws_app(routes = [connect, bye, send_message])]
pub struct Chat;

macro_rules! nothing {
    ($($name:ident)*) => {$(
        #[ws_middleware]
        async fn $name(next: impl Next) -> Reply {
            next.run().await
        }
    )*};
}

nothing!(first second third fourth fifth);

/// Under five that do nothing.
#[derive(Debug)]
#[ws_app(middleware = [first, second, third, fourth, fifth], routes = [connect, bye, send_message])]
pub struct ChatUnderFive;
