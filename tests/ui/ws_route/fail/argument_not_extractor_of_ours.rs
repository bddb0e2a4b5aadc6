use lift_ws::prelude::*;

struct Room(String);

#[ws_route("$connect")]
async fn connect(me: ConnectionId<'_>, room: Option<Room>) {
    let _ = (me, room.map(|room| room.0));
}

#[ws_app(state = u64, routes = [connect])]
struct Chat;

fn main() {}
