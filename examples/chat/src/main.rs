//! Rooms, members and messages. Run it with `cargo dev`, and open the page.

use lift_ws::prelude::*;

#[derive(Deserialize)]
struct Join<'m> {
    #[serde(borrow)]
    room: Text<'m>,
    #[serde(borrow)]
    name: Text<'m>,
}

#[derive(Deserialize)]
struct Say<'m> {
    #[serde(borrow)]
    room: Text<'m>,
    #[serde(borrow)]
    text: Text<'m>,
}

#[derive(Deserialize)]
struct Leave<'m> {
    #[serde(borrow)]
    room: Text<'m>,
}

/// What the page reads.
#[derive(Serialize)]
#[serde(tag = "type", rename_all = "lowercase")]
enum Told<'m> {
    Joined { room: Text<'m>, members: Vec<String> },
    Entered { room: &'m str, name: &'m str },
    Said { room: &'m str, from: &'m str, text: &'m str },
    Left { room: &'m str, name: &'m str },
}

/// Two-way: the answer says who is there, the others are told who came.
#[ws_route("join")]
async fn join<'m>(
    conns: Connections,
    id: ConnectionId<'_>,
    Json(m): Json<Join<'m>>,
) -> Result<Json<Told<'m>>, Error> {
    let (room, name) = (within(&m.room, "room", 64)?, within(&m.name, "name", 32)?);
    conns.join(id, room, name).await?;
    let members = conns.members::<String>(room).consistent().await?;
    conns.group(room).except(id).send(&Told::Entered { room, name }).await?;
    Ok(Json(Told::Joined { members: members.into_iter().map(|member| member.value).collect(), room: m.room }))
}

/// One-way: everybody in the room hears it, the speaker too.
#[ws_route("say")]
async fn say(conns: Connections, id: ConnectionId<'_>, Json(m): Json<Say<'_>>) -> Result<(), Error> {
    let (room, text) = (&*m.room, within(&m.text, "text", 2_000)?);
    let from = &name_in(room, &conns, id).await?;
    conns.group(room).send(&Told::Said { room, from, text }).await?;
    Ok(())
}

#[ws_route("leave")]
async fn leave(conns: Connections, id: ConnectionId<'_>, Json(m): Json<Leave<'_>>) -> Result<(), Error> {
    let room = &*m.room;
    let name = &name_in(room, &conns, id).await?;
    conns.leave(id, room).await?;
    conns.group(room).send(&Told::Left { room, name }).await?;
    Ok(())
}

/// The record is removed already; what it said is here for the last time.
#[ws_route("$disconnect")]
async fn bye(conns: Connections, me: Option<Connection<'_>>) -> Result<(), Error> {
    let Some(me) = me else { return Ok(()) };
    for room in me.groups() {
        let name = &me.member::<String>(room)?.unwrap_or_default();
        conns.group(room).send(&Told::Left { room, name }).await?;
    }
    Ok(())
}

#[ws_route("$default")]
async fn unknown() -> Error {
    Error::new("unknown_action", "send `join`, `say` or `leave` as `action`")
}

/// By what name is this connection in the room? Asked of the table itself: another environment may have joined it.
async fn name_in(room: &str, conns: &Connections, id: ConnectionId<'_>) -> Result<String, Error> {
    let me = conns.fresh(&id).await?.ok_or(Error::new("unknown_connection", "connect again"))?;
    me.member::<String>(room)?.ok_or(Error::new("not_in_room", "join the room first"))
}

fn within<'t>(text: &'t str, what: &str, most: usize) -> Result<&'t str, Error> {
    if text.trim().is_empty() || text.chars().count() > most {
        return Err(Error::new(format!("invalid_{what}"), format!("`{what}` has 1 to {most} characters")));
    }
    Ok(text)
}

#[ws_app(routes = [join, say, leave, bye, unknown])]
struct Chat;

fn main() -> Result<(), Error> {
    lift_ws::main::<Chat, _>(lift_ws::stateless)
}

#[cfg(test)]
mod tests;
