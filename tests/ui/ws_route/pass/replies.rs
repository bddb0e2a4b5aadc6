use lift_ws::prelude::*;

mod length {
    pub type Length = lift_ws::prelude::Json<usize>;
}

struct ChatError;
impl IntoReply for ChatError {
    fn into_reply(self) -> Reply {
        Reply::error("chat", "no")
    }
}

#[ws_route("nothing")]
async fn nothing() {}

#[ws_route("unit")]
async fn unit() -> Result<(), ChatError> {
    Err(ChatError)
}

#[ws_route("alias")]
async fn alias(body: RawBody<'_>) -> length::Length {
    Json(body.0.len())
}

#[ws_route("opaque")]
async fn opaque() -> impl IntoReply {
    Json("a body")
}

#[ws_route("quiet")]
async fn quiet(event: &Event<'_>) -> impl IntoReply + use<> {
    let _ = event;
}

#[ws_route("opaque in a result")]
async fn opaque_in_a_result(body: RawBody<'_>) -> Result<impl IntoReply, ChatError> {
    if body.0.is_empty() { Err(ChatError) } else { Ok(Json(1)) }
}

#[ws_route("opaque error")]
async fn opaque_error() -> Result<(), impl IntoReply> {
    if true { Ok(()) } else { Err(ChatError) }
}

#[ws_route("nested")]
async fn nested() -> Result<Result<Json<u32>, ChatError>, Reply> {
    Ok(Ok(Json(1)))
}

#[ws_route("reply")]
async fn reply() -> Reply {
    Reply::ok()
}

#[ws_route("$connect")]
async fn connect() -> Result<Accept, Reject> {
    Ok(Accept::new())
}

#[ws_route("$disconnect")]
async fn bye() -> Result<impl IntoReply, ChatError> {
    Ok(())
}

#[ws_app(routes = [
    nothing, unit, alias, opaque, quiet, opaque_in_a_result, opaque_error, nested, reply, connect, bye,
])]
struct Replies;

fn main() {
    let two_way: Vec<_> = Replies::ROUTES.iter().filter(|route| route.two_way).map(|route| route.key).collect();
    assert_eq!(two_way, ["alias", "opaque", "opaque in a result", "nested", "reply"]);
}
