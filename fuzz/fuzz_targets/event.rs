//! Any bytes as an invocation: read or refused, and answered by handlers that take all that an event can hold.
#![no_main]

use libfuzzer_sys::fuzz_target;
use lift_ws::extract::{
    Authorizer, Cookies, Deadline, Headers, Origin, RequestContext, StageVariables, Subprotocols, TypedHeader,
};
use lift_ws::prelude::*;
use lift_ws::{Invocation, Service};
use std::collections::BTreeMap;
use std::pin::pin;
use std::sync::LazyLock;
use std::task::{Context, Poll, Waker};

#[derive(Deserialize)]
struct Wanted<'e> {
    #[serde(borrow)]
    name: Option<Text<'e>>,
    page: Option<u32>,
    on: Option<bool>,
    many: Option<Vec<i8>>,
}

impl Wanted<'_> {
    fn sum(&self) -> usize {
        let many = self.many.iter().flatten().filter(|n| **n > 0).count();
        self.name.as_ref().map_or(0, |name| name.len()) + self.page.map_or(0, |page| page as usize % 9) + many + usize::from(self.on == Some(true))
    }
}

#[ws_route("$connect")]
async fn connect(
    query: Option<Query<Wanted<'_>>>,
    headers: Headers<'_>,
    cookies: Cookies<'_>,
    offered: Subprotocols<'_>,
    origin: Option<TypedHeader<Origin<'_>>>,
    who: Option<Authorizer<BTreeMap<String, String>>>,
) -> Result<Accept, Reject> {
    let mut seen = cookies.iter().count() + query.map_or(0, |query| query.0.sum()) + who.map_or(0, |who| who.0.len());
    headers.each(|name, value| seen += name.len() + value.len());
    let chosen = offered.iter().next().map(ToOwned::to_owned);
    let accept = chosen.map_or(Accept::new(), |name| Accept::new().subprotocol(name));
    if seen % 7 == 6 && origin.is_none() { Err(Reject::forbidden()) } else { Ok(accept) }
}

#[ws_route("join")]
async fn join<'e>(Json(m): Json<Wanted<'e>>, context: RequestContext<'_>, _due: Deadline) -> Json<(usize, Option<Text<'e>>, String)> {
    Json((m.sum(), m.name, context.stage().to_owned()))
}

#[ws_route("$default")]
async fn default(text: Text<'_>, stage: Option<StageVariables<'_>>) -> Result<String, Error> {
    if stage.is_some() { Ok(text.into_owned()) } else { Err(Error::new("none", "no variables")) }
}

#[ws_route("$disconnect")]
async fn bye(_why: DisconnectReason<'_>) {}

#[ws_app(routes = [connect, join, default, bye])]
struct App;

static SERVICE: LazyLock<Service<App>> = LazyLock::new(|| Service::new(()));

fuzz_target!(|bytes: &[u8]| {
    let mut answer = Vec::new();
    let result = {
        let mut answering = pin!(SERVICE.respond(bytes, Invocation::default(), &mut answer));
        answering.as_mut().poll(&mut Context::from_waker(Waker::noop()))
    };
    match result {
        Poll::Pending => panic!("an event without connections was not answered at once"),
        Poll::Ready(Err(refused)) => assert!(!refused.to_string().is_empty()),
        Poll::Ready(Ok(())) => {
            let text = str::from_utf8(&answer).expect("an answer is UTF-8");
            assert!(text.starts_with("{\"statusCode\":"), "{text}");
        }
    }
});
