//! A principal as the context of a Lambda authorizer, written and read: flat values, which the gateway repeats on every
//! event (contract §4).

use super::Principal;
use crate::connection::Grant;
use crate::event::Event;
use crate::extract::{Pairs, Text};
use serde_json::{Map, Value};

/// The `principalId` of somebody without a name: the gateway wants one, and a word of ours is nobody's.
pub(crate) const ANONYMOUS: &str = "$anonymous";

impl<'i> Principal<'i> {
    /// What a Lambda authorizer said: `principalId` is the user; context values are `tenant`, `roles` and `exp` (seconds
    /// since the epoch). `None` if there is none, or it named no principal.
    ///
    /// Roles are words with spaces between them, or a JSON list of texts. `$anonymous`, which [`Allow`](crate::authorizer::Allow)
    /// writes for a principal without a user, is read as one.
    ///
    /// [`trust_authorizer`](super::trust_authorizer) stores it at `$connect`.
    pub fn of_authorizer(event: &Event<'i>) -> Option<Self> {
        let (mut user, mut principal) = (None, Self::default());
        Pairs(event.authorizer_json()?).each(|name, value| match &*name {
            "principalId" => user = Some(value).filter(|name| !name.is_empty()),
            "tenant" => principal.tenant = Some(value).filter(|name| !name.is_empty()).map(Text::into_cow),
            "roles" => principal.grant.to_mut().roles = read_roles(&value),
            // What is no time is one that is over: nothing that cannot be read may last forever.
            "exp" => principal.grant.to_mut().until = Some(value.parse().unwrap_or(0)),
            _ => {}
        });
        let user = user.map(Text::into_cow)?;
        Some(Self { user: Some(user).filter(|user| user != ANONYMOUS), ..principal })
    }

    /// The context values of it; the user is the `principalId`.
    pub(crate) fn to_authorizer_context(&self) -> Map<String, Value> {
        let Grant { roles, until, .. } = &*self.grant;
        let tenant = self.tenant().filter(|tenant| !tenant.is_empty()).map(Value::from);
        let roles = (!roles.is_empty()).then(|| Value::from(write_roles(roles)));
        let until = until.map(Value::from);
        let values = [("tenant", tenant), ("roles", roles), ("exp", until)];
        values.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?))).collect()
    }
}

/// `admin staff`; as a JSON list where a role is none that would be read back.
fn write_roles(roles: &[String]) -> String {
    let words = roles.join(" ");
    if words.split_ascii_whitespace().eq(roles) && !words.starts_with('[') {
        return words;
    }
    serde_json::to_string(roles).unwrap_or_default()
}

fn read_roles(value: &str) -> Vec<String> {
    let list = value.starts_with('[').then(|| serde_json::from_str(value).ok()).flatten();
    list.unwrap_or_else(|| value.split_ascii_whitespace().map(str::to_owned).collect())
}
