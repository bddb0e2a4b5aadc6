//! Rooms, members and messages. Run it with `cargo dev`, and open the page. Who may come in is in `login.rs`.

mod login;

use lift_ws::auth::{SessionRules, check_session};
use lift_ws::connection::{Identity, Record};
use lift_ws::prelude::*;
use login::{Keys, connect, ticket, whoami};

#[derive(Deserialize)]
struct Join<'m> {
    #[serde(borrow)]
    room: Text<'m>,
    #[serde(borrow, default)]
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

/// Two-way: the answer says who is there, the others are told who came. Guests choose a name; whoever is logged in goes
/// by that one, whatever the message says.
#[ws_route("join")]
async fn join<'m>(
    conns: Connections,
    id: ConnectionId<'_>,
    me: Identity<'_>,
    Json(m): Json<Join<'m>>,
) -> Result<Json<Told<'m>>, Error> {
    let room = within(&m.room, "room", 64)?;
    let name = match me.user() {
        Some(user) => user,
        None => within(&m.name, "name", 32)?,
    };
    let is_first = conns.enter(id, room, name).await?; // and no second window of somebody who is here
    let members = conns.members::<String>(room).await?;
    if is_first {
        let report = conns.group(room).except(id).send(&Told::Entered { room, name }).await?;
        announce(&conns, report.departed).await?;
    }
    Ok(Json(Told::Joined { members: members.into_iter().map(|member| member.value).collect(), room: m.room }))
}

/// One-way: everybody in the room hears it, the speaker too.
#[ws_route("say")]
async fn say(conns: Connections, id: ConnectionId<'_>, Json(m): Json<Say<'_>>) -> Result<(), Error> {
    let (room, text) = (&*m.room, within(&m.text, "text", 2_000)?);
    let (_, from) = &here(room, &conns, id).await?;
    let report = conns.group(room).send(&Told::Said { room, from, text }).await?;
    announce(&conns, report.departed).await
}

#[ws_route("leave")]
async fn leave(conns: Connections, id: ConnectionId<'_>, Json(m): Json<Leave<'_>>) -> Result<(), Error> {
    let room = &*m.room;
    let (me, name) = &here(room, &conns, id).await?;
    if !conns.leave(id, room).await? || !conns.has_left(me, room).await? {
        return Ok(()); // another `leave` was first, and has told the others; or another window is still here
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
            if !conns.has_left(&gone, room).await? {
                continue; // another window is still here
            }
            let name = &gone.member::<String>(room)?.unwrap_or_default();
            departed.extend(conns.group(room).send(&Told::Left { room, name }).await?.departed);
        }
    }
    Ok(())
}

/// This connection, and its name in the room. Asked of the table itself: another environment may have joined it.
async fn here(room: &str, conns: &Connections, id: ConnectionId<'_>) -> Result<(Record, String), Error> {
    let me = conns.fresh(&id).await?.ok_or(Error::new("unknown_connection", "connect again"))?;
    let name = me.member::<String>(room)?.ok_or(Error::new("not_in_room", "join the room first"))?;
    Ok((Record::clone(&me), name))
}

fn within<'t>(text: &'t str, what: &str, most: usize) -> Result<&'t str, Error> {
    if text.trim().is_empty() || text.chars().count() > most {
        return Err(Error::new(format!("invalid_{what}"), format!("`{what}` has 1 to {most} characters")));
    }
    Ok(text)
}

#[derive(Clone, FromRef)]
struct AppState {
    keys: Option<Keys>,
    rules: SessionRules,
}

impl AppState {
    async fn load() -> Result<Self, Error> {
        Ok(Self::new(Keys::from_env().await?))
    }

    /// Messages are refused once a log-in has ended. That of a guest never does.
    fn new(keys: Option<Keys>) -> Self {
        Self { keys, rules: SessionRules::refuse() }
    }
}

#[ws_app(
    state = AppState,
    middleware = [check_session],
    routes = [connect, whoami, ticket, join, say, leave, bye, unknown]
)]
struct Chat;

fn main() -> Result<(), Error> {
    lift_ws::main::<Chat, _>(AppState::load)
}

#[cfg(test)]
mod tests;
