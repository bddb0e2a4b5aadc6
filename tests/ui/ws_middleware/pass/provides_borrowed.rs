use lift_ws::prelude::*;
use std::borrow::Cow;

struct Trace<'e> {
    id: &'e str,
    stage: Cow<'e, str>,
}

#[ws_middleware]
async fn trace<'e>(event: &'e Event<'e>, next: impl Provide<Trace<'e>>) -> Reply {
    next.provide(Trace { id: event.request_id(), stage: event.stage().into() }).run().await
}

/// Borrows from what an earlier one provides.
struct Label<'e>(&'e str);

#[ws_middleware]
async fn label<'e>(Provided(trace): Provided<'e, Trace<'e>>, next: impl Provide<Label<'e>>) -> Reply {
    next.provide(Label(trace.id)).run().await
}

#[ws_route("label", middleware = [label])]
pub async fn labelled<'e>(label: Provided<'e, Label<'e>>, trace: Provided<'_, Trace<'_>>) -> Json<String> {
    Json(format!("{}{}", label.0.0, trace.stage))
}

#[ws_app(middleware = [trace], routes = [labelled])]
struct Borrowed;

fn main() {
    assert!(Borrowed::ROUTES[0].middleware[0].ends_with("::label"));
}
