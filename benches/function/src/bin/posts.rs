//! The function that answers over the management API: what a one-way route does.

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

/// Two-way, and what it is fed with where there is no gateway to post to.
#[ws_route("sendMessage")]
async fn send_message(Json(say): Json<Say<'_>>) -> Json<Said<'_>> {
    Json(Said { r#type: "said", room: say.room, text: say.text })
}

#[ws_route("tell")]
async fn tell(
    connections: Connections,
    ConnectionId(id): ConnectionId<'_>,
    Json(say): Json<Say<'_>>,
) -> Result<(), Error> {
    connections.send(id, &Said { r#type: "said", room: say.room, text: say.text }).await?;
    Ok(())
}

#[ws_app(routes = [send_message, tell])]
struct Chat;

fn main() -> Result<(), Error> {
    lift_ws::main::<Chat, _>(async || Ok::<_, Error>(()))
}
