//! What a client says about itself in the handshake.

use super::source::{Place, TokenSource};
use super::{AuthError, AuthErrorKind};
use crate::extract::{AvailableOn, FromEvent, Headers, Pairs, Text};
use crate::route::Needs;
use crate::{Scope, route};
use std::borrow::Cow;
use std::convert::Infallible;
use std::fmt;

/// What a client says about itself in the handshake: an extractor for `$connect` and its middleware.
///
/// Its `Debug` shows no value: they may be secrets.
///
/// ```
/// use lift_ws::auth::{AuthError, Handshake, TokenSource};
/// use lift_ws::prelude::*;
///
/// #[ws_route("$connect")]
/// async fn connect(handshake: Handshake<'_>) -> Result<Accept, AuthError> {
///     let token = handshake.token(&[TokenSource::authorization()])?;
///     Ok(Accept::new().user(if &*token == "open sesame" { "ali" } else { "stranger" }))
/// }
/// ```
#[derive(Clone, Copy)]
pub struct Handshake<'e> {
    headers: Headers<'e>,
    query: Pairs<'e>,
    source_ip: &'e str,
}

impl<'e> Handshake<'e> {
    /// The token, from the first of the sources that holds one.
    ///
    /// # Errors
    /// If none does, or one holds several.
    pub fn token(&self, sources: &[TokenSource]) -> Result<Cow<'e, str>, AuthError> {
        for source in sources {
            let mut found = Found::Nothing;
            self.visit(&source.0, &mut |token| found.add(token));
            match found {
                Found::Nothing => {}
                Found::One(token) => return Ok(token),
                Found::Several => return Err(AuthErrorKind::Ambiguous.into()),
            }
        }
        Err(AuthErrorKind::MissingToken.into())
    }

    /// The page that a browser says it comes from; `None` if it is not said, or said twice.
    pub fn origin(&self) -> Option<Text<'e>> {
        let mut origins = self.headers.get_all("origin");
        let origin = origins.pop();
        origin.filter(|_| origins.is_empty())
    }

    /// Does the client say where it comes from, be it twice?
    pub(super) fn says_origin(&self) -> bool {
        !self.headers.get_all("origin").is_empty()
    }

    /// The client's address, as the gateway saw it.
    pub const fn source_ip(&self) -> &'e str {
        self.source_ip
    }

    fn visit(&self, place: &Place, visit: &mut dyn FnMut(Cow<'e, str>)) {
        match place {
            Place::Authorization => self.header("authorization", |value| visit_part(value, bearer, visit)),
            Place::Query(name) => self.query.each(|candidate, value| {
                if *candidate == **name {
                    visit_part(value, |value| Some(value), visit);
                }
            }),
            Place::Cookie(name) => {
                self.header("cookie", |value| {
                    each_part(value, ';', |pair| cookie_value(pair, name), visit);
                });
            }
            Place::Subprotocol(prefix) => self.header("sec-websocket-protocol", |value| {
                each_part(value, ',', |offered| offered.trim().strip_prefix(&**prefix), visit);
            }),
        }
    }

    fn header(&self, name: &str, mut visit: impl FnMut(Text<'e>)) {
        self.headers.each(|candidate, value| {
            if candidate.eq_ignore_ascii_case(name) {
                visit(value);
            }
        });
    }
}

enum Found<'e> {
    Nothing,
    One(Cow<'e, str>),
    Several,
}

impl<'e> Found<'e> {
    fn add(&mut self, token: Cow<'e, str>) {
        *self = match self {
            Found::Nothing => Found::One(token),
            Found::One(_) | Found::Several => Found::Several,
        };
    }
}

/// `value`, of it what `part` takes, if that is anything.
fn visit_part<'e>(
    value: Text<'e>,
    part: impl for<'a> Fn(&'a str) -> Option<&'a str>,
    visit: &mut dyn FnMut(Cow<'e, str>),
) {
    let found = match value.into_cow() {
        Cow::Borrowed(value) => part(value).map(Cow::Borrowed),
        Cow::Owned(value) => part(&value).map(|part| Cow::Owned(part.to_owned())),
    };
    if let Some(found) = found.filter(|found| !found.is_empty()) {
        visit(found);
    }
}

fn each_part<'e>(
    value: Text<'e>,
    separator: char,
    part: impl for<'a> Fn(&'a str) -> Option<&'a str>,
    visit: &mut dyn FnMut(Cow<'e, str>),
) {
    match value.into_cow() {
        Cow::Borrowed(value) => {
            value.split(separator).for_each(|piece| visit_part(piece.into(), &part, visit));
        }
        Cow::Owned(value) => {
            value.split(separator).for_each(|piece| visit_part(piece.to_owned().into(), &part, visit));
        }
    }
}

/// The scheme's case does not matter (RFC 9110 §11.1).
fn bearer(value: &str) -> Option<&str> {
    let (scheme, token) = value.trim().split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| token.trim())
}

fn cookie_value<'a>(pair: &'a str, name: &str) -> Option<&'a str> {
    let (candidate, value) = pair.trim().split_once('=')?;
    (candidate == name).then(|| value.trim_matches('"'))
}

impl<'e, S> FromEvent<'e, S> for Handshake<'e> {
    type Rejection = Infallible;
    fn from_event(scope: &'e Scope<'e, S>) -> Result<Self, Infallible> {
        let event = scope.event();
        let query =
            if event.multi_value_query().is_empty() { event.query() } else { event.multi_value_query() };
        let Ok(headers) = Headers::from_event(scope);
        Ok(Handshake { headers, query: Pairs(query), source_ip: event.source_ip() })
    }
}
impl AvailableOn<route::Connect> for Handshake<'_> {
    const NEEDS: Needs = Needs::HEADERS;
}
impl AvailableOn<route::Authorize> for Handshake<'_> {
    const NEEDS: Needs = Needs::HEADERS;
}

impl fmt::Debug for Handshake<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut names = Vec::new();
        self.headers.each(|name, _| names.push(name));
        f.debug_struct("Handshake").field("headers", &names).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Invocation;
    use crate::event::Envelope;
    use crate::testing::TestEvent;

    fn found(event: TestEvent, sources: &[TokenSource]) -> Result<String, AuthErrorKind> {
        let bytes = event.to_bytes();
        let mut scratch = String::new();
        let Ok(Envelope::WebSocket(event)) = Envelope::parse(&bytes, &mut scratch) else { panic!() };
        let scope = Scope::new(&event, &(), Invocation::default(), 0);
        let Ok(handshake) = Handshake::from_event(&scope);
        assert!(!format!("{handshake:?}").contains("secret"), "{handshake:?}");
        handshake.token(sources).map(Cow::into_owned).map_err(|error| error.kind())
    }

    #[test]
    fn each_source_finds_its_token() {
        let connect = TestEvent::connect;
        for (event, source) in [
            (connect().header("authorization", "bearer  secret"), TokenSource::authorization()),
            (connect().query("t", "secret"), TokenSource::query("t")),
            (connect().header("Cookie", "a=b; s=secret; c=d"), TokenSource::cookie("s")),
            (connect().header("cookie", "s=\"secret\""), TokenSource::cookie("s")),
            (connect().header("Sec-WebSocket-Protocol", "app.v1, bearer.secret"), TokenSource::subprotocol()),
            (
                connect().header("Sec-WebSocket-Protocol", "k8s.secret"),
                TokenSource::subprotocol_after("k8s."),
            ),
        ] {
            assert_eq!(found(event.clone(), std::slice::from_ref(&source)).as_deref(), Ok("secret"));
            assert_eq!(found(connect(), &[source]), Err(AuthErrorKind::MissingToken));
        }
    }

    #[test]
    fn what_is_no_token_is_passed_over() {
        let event = TestEvent::connect()
            .header("Authorization", "Basic c2VjcmV0")
            .query("t", "")
            .header("Cookie", "xs=secret; s2=secret; s")
            .header("Sec-WebSocket-Protocol", "Bearer.x,bearer.,bearer");
        let sources = [
            TokenSource::authorization(),
            TokenSource::query("t"),
            TokenSource::cookie("s"),
            TokenSource::subprotocol(),
        ];
        assert_eq!(found(event, &sources), Err(AuthErrorKind::MissingToken));
    }

    #[test]
    fn the_first_source_that_holds_one_decides() {
        let event = TestEvent::connect().header("Authorization", "Bearer one").query("t", "two");
        let (header, query) = (TokenSource::authorization(), TokenSource::query("t"));
        assert_eq!(found(event.clone(), &[header.clone(), query.clone()]).as_deref(), Ok("one"));
        assert_eq!(found(event, &[query, header]).as_deref(), Ok("two"));
    }

    #[test]
    fn several_in_one_source_are_refused() {
        for (event, source) in [
            (TestEvent::connect().query("t", "a").query("t", "b"), TokenSource::query("t")),
            (
                TestEvent::connect().header("Sec-WebSocket-Protocol", "bearer.a, bearer.b"),
                TokenSource::subprotocol(),
            ),
            (TestEvent::connect().header("Cookie", "s=a; s=b"), TokenSource::cookie("s")),
            (
                TestEvent::connect().header("Authorization", "Bearer a").header("Authorization", "Bearer b"),
                TokenSource::authorization(),
            ),
        ] {
            assert_eq!(found(event, &[source]), Err(AuthErrorKind::Ambiguous));
        }
    }
}
