//! Accepting a connection.

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
    pub(crate) groups: Vec<(String, Option<String>)>,
    pub(crate) subprotocol: Option<String>,
    pub(crate) invalid: Option<String>,
}

impl Accept {
    /// Anonymous, in no group.
    pub fn new() -> Self {
        Accept::default()
    }

    /// The user's id; handlers read it back with [`Connection`](crate::connection::Connection).
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
    pub fn subprotocol(self, name: impl Into<String>) -> Self {
        Accept { subprotocol: Some(name.into()), ..self }
    }

    /// Nothing was said?
    pub(crate) fn is_plain(&self) -> bool {
        *self == Accept::default()
    }
}
