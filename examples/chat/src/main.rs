//! Rooms, members and messages. Run it with `cargo dev`, and open the page.

use lift_ws::connection::Record;
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
    let members = conns.members::<String>(room).await?;
    let report = conns.group(room).except(id).send(&Told::Entered { room, name }).await?;
    announce(&conns, report.departed).await?;
    Ok(Json(Told::Joined { members: members.into_iter().map(|member| member.value).collect(), room: m.room }))
}

/// One-way: everybody in the room hears it, the speaker too.
#[ws_route("say")]
async fn say(conns: Connections, id: ConnectionId<'_>, Json(m): Json<Say<'_>>) -> Result<(), Error> {
    let (room, text) = (&*m.room, within(&m.text, "text", 2_000)?);
    let from = &name_in(room, &conns, id).await?;
    let report = conns.group(room).send(&Told::Said { room, from, text }).await?;
    announce(&conns, report.departed).await
}

#[ws_route("leave")]
async fn leave(conns: Connections, id: ConnectionId<'_>, Json(m): Json<Leave<'_>>) -> Result<(), Error> {
    let room = &*m.room;
    let name = &name_in(room, &conns, id).await?;
    if !conns.leave(id, room).await? {
        return Ok(()); // another `leave` was first, and has told the others
    }
    let report = conns.group(room).send(&Told::Left { room, name }).await?;
    announce(&conns, report.departed).await
}

/// The record is removed already; what it said is here for the last time. It is not here if a message found the
/// connection gone before: then the sender of that message has announced it.
#[ws_route("$disconnect")]
async fn bye(conns: Connections, me: Option<Connection<'_>>) -> Result<(), Error> {
    announce(&conns, me.map(|me| me.record().clone()).into_iter().collect()).await
}

#[ws_route("$default")]
async fn unknown() -> Error {
    Error::new("unknown_action", "send `join`, `say` or `leave` as `action`")
}

/// Tells the rooms of those who departed, and of those who turn out to be gone meanwhile.
async fn announce(conns: &Connections, mut departed: Vec<Record>) -> Result<(), Error> {
    while let Some(gone) = departed.pop() {
        for room in gone.groups() {
            let name = &gone.member::<String>(room)?.unwrap_or_default();
            departed.extend(conns.group(room).send(&Told::Left { room, name }).await?.departed);
        }
    }
    Ok(())
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
