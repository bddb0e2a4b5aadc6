use lift_ws::prelude::*;

#[derive(Deserialize)]
struct Say<'m> {
    #[serde(borrow)]
    text: Text<'m>,
}

#[derive(Serialize)]
struct Echo<'m> {
    text: &'m str,
}

#[ws_route("anonymous")]
async fn anonymous(Json(say): Json<Say<'_>>) -> Json<usize> {
    Json(say.text.len())
}

#[ws_route("named")]
async fn named<'m>(body: RawBody<'m>, _same: RawBody<'m>, _event: &'m Event<'m>) -> Json<Echo<'m>> {
    Json(Echo { text: body.0 })
}

#[ws_route("two")]
async fn two<'long: 'short, 'short>(long: RawBody<'long>, _: ConnectionId<'short>) -> Json<Echo<'short>> {
    Json(Echo { text: long.0 })
}

#[ws_route("clause")]
async fn clause<'a, 'b>(body: RawBody<'a>, _: &'b Event<'b>) -> Json<Echo<'b>>
where
    'a: 'b,
{
    Json(Echo { text: body.0 })
}

#[ws_route("elided")]
async fn elided(_: &Event<'_>) -> Json<&'static str> {
    Json("static")
}

#[ws_route("fixed")]
async fn fixed(State(name): State<&'static str>, _: State<fn(&str) -> usize>) -> Json<&'static str> {
    Json(name)
}

#[derive(Clone, FromRef)]
struct AppState {
    name: &'static str,
    measure: fn(&str) -> usize,
}

#[ws_app(state = AppState, routes = [anonymous, named, two, clause, elided, fixed])]
struct Lifetimes;

fn main() {
    assert_eq!(Lifetimes::ROUTES.len(), 6);
}
