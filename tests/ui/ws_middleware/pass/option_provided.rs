use lift_ws::prelude::*;
use lift_ws_tests_other::members::{Member, greet, greet_with_member, member};

#[ws_route("perhaps")]
async fn perhaps(member: Option<Provided<'_, Member>>) -> Json<Option<usize>> {
    Json(member.map(|Provided(member)| member.0))
}

#[ws_app(middleware = [member], routes = [perhaps, greet])]
struct Open;

#[ws_app(routes = [perhaps, greet_with_member])]
struct Closed;

fn main() {
    assert_eq!((Open::ROUTES.len(), Closed::ROUTES.len()), (2, 2));
}
