//! Accepting a connection.

use crate::connection::Grant;
use serde::Serialize;

/// `$connect` accepts the connection, and says as whom: user, tenant, attributes, groups, subprotocol.
/// What it says is stored and is there on every later event ([`Connection`](crate::connection::Connection)).
///
/// ```
/// use lift_ws::prelude::*;
///
/// #[derive(Deserialize)]
/// struct Join<'q> { #[serde(borrow)] name: Text<'q> }
///
/// #[ws_route("$connect")]
/// async fn connect(Query(join): Query<Join<'_>>) -> Accept {
///     Accept::new().user(join.name).tenant("acme").group("lobby").subprotocol("chat.v1")
/// }
/// ```
///
/// Returning `()` accepts anonymously.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[must_use = "an `Accept` does nothing unless `$connect` returns it"]
pub struct Accept {
    pub(crate) user: Option<String>,
    pub(crate) tenant: Option<String>,
    /// As JSON, like the members' values.
    pub(crate) attributes: Option<String>,
    pub(crate) grant: Grant,
    pub(crate) groups: Vec<(String, Option<String>)>,
    pub(crate) subprotocol: Option<String>,
    pub(crate) invalid: Option<String>,
}

impl Accept {
    /// Anonymous, in no group.
    pub fn new() -> Self {
        Accept::default()
    }

    /// The user's id; handlers read it back with [`Connection`](crate::connection::Connection). An empty one is none.
    pub fn user(self, user: impl Into<String>) -> Self {
        Accept { user: Some(user.into()), ..self }
    }

    /// The tenant's id, for apps that serve several.
    pub fn tenant(self, tenant: impl Into<String>) -> Self {
        Accept { tenant: Some(tenant.into()), ..self }
    }

    /// Attributes of your own type, stored as JSON. If they cannot be serialised, the handshake is refused with
    /// 500 and the log says why.
    pub fn attributes(mut self, attributes: &(impl Serialize + ?Sized)) -> Self {
        match serde_json::to_string(attributes) {
            Ok(value) => self.attributes = Some(value),
            Err(error) => self.invalid = Some(format!("the attributes cannot be serialised: {error}")),
        }
        self
    }

    /// Joins a group once the record is stored.
    pub fn group(mut self, name: impl Into<String>) -> Self {
        self.groups.push((name.into(), None));
        self
    }

    /// Joins a group with a small value that [`members`](crate::connection::Connections::members) gives back.
    pub fn group_with(mut self, name: impl Into<String>, member: &(impl Serialize + ?Sized)) -> Self {
        let name = name.into();
        match serde_json::to_string(member) {
            Ok(value) => self.groups.push((name, Some(value))),
            Err(error) => {
                self.invalid =
                    Some(format!("the member value of group `{name}` cannot be serialised: {error}"));
            }
        }
        self
    }

    /// The subprotocol to answer with; it must be one that the client offered, or the client fails the handshake.
    ///
    /// A name that cannot stand in a header, or that carries a token (`bearer.…`), refuses the handshake with 500.
    pub fn subprotocol(mut self, name: impl Into<String>) -> Self {
        let name = name.into();
        match check_subprotocol(&name) {
            Ok(()) => self.subprotocol = Some(name),
            Err(why) => self.invalid = Some(why.to_owned()),
        }
        self
    }

    /// Nothing was said?
    pub(crate) fn is_plain(&self) -> bool {
        *self == Accept::default()
    }
}

/// The name goes into a header of the answer. The text does not repeat it: a client may have chosen it.
fn check_subprotocol(name: &str) -> Result<(), &'static str> {
    // RFC 6455 §4.1: a token of HTTP
    let is_token = |byte: u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte);
    if name.is_empty() || !name.bytes().all(is_token) {
        return Err("the subprotocol is no name of a protocol: answer with one of your own");
    }
    if name.starts_with("bearer.") {
        return Err("the subprotocol carries the client's token: answer with the app's protocol instead");
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_subprotocol_that_is_no_name_of_one_is_not_echoed() {
        for name in ["", "a b", "a,b", "a\r\nSet-Cookie: x=y", "caf\u{e9}", "bearer.eyJhbGciOi"] {
            let accept = Accept::new().subprotocol(name);
            assert_eq!(accept.subprotocol, None, "{name}");
            let why = accept.invalid.unwrap();
            assert!(name.is_empty() || !why.contains(name), "{why}");
        }
        assert_eq!(Accept::new().subprotocol("chat.v1").subprotocol.as_deref(), Some("chat.v1"));
    }
}
