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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::connection::Identity;
    use crate::event::Envelope;
    use crate::testing::TestEvent;
    use proptest::prelude::*;
    use serde_json::json;

    fn of(context: Value) -> Option<Principal<'static>> {
        let bytes = TestEvent::connect().authorizer(context).to_bytes();
        let mut scratch = String::new();
        let Ok(Envelope::WebSocket(event)) = Envelope::parse(&bytes, &mut scratch) else { panic!() };
        let principal = Principal::of_authorizer(&event).map(Principal::into_owned);
        let user = |principal: &Principal<'_>| principal.user().map(ToOwned::to_owned);
        let identity =
            Identity::authorized(&event).and_then(|identity| identity.user().map(ToOwned::to_owned));
        assert_eq!(identity, principal.as_ref().and_then(user), "one name for both");
        principal
    }

    fn back(principal: &Principal<'_>) -> Option<Principal<'static>> {
        let mut context = principal.to_authorizer_context();
        context.insert("principalId".into(), principal.user().unwrap_or(ANONYMOUS).into());
        of(context.into())
    }

    #[test]
    fn an_authorizers_context_is_a_principal() {
        let ann = Principal::of_user("ann").with_tenant("acme").with_role("admin").with_role("a\"b");
        let ann = ann.with_expiry(1_767_225_600);
        let said = json!(
            {"principalId": "ann", "tenant": "acme", "roles": "admin a\"b", "exp": "1767225600", "integrationLatency": 3}
        );
        assert_eq!(of(said), Some(ann));
        let expired = of(json!({"principalId": "ann", "exp": "never"})).unwrap();
        assert!(expired.is_expired());
        assert_eq!(of(json!({"tenant": "acme"})), None);
        assert_eq!(of(json!({"principalId": ""})), None);
    }

    #[test]
    fn who_has_no_name_has_tenant_and_roles_all_the_same() {
        let nobody = Principal::default().with_tenant("acme").with_role("guest");
        assert_eq!(
            of(json!({"principalId": "$anonymous", "tenant": "acme", "roles": "guest"})),
            Some(nobody)
        );
    }

    #[test]
    fn roles_are_words_or_a_list() {
        let roles =
            |roles: &str| of(json!({"principalId": "ann", "roles": roles})).unwrap().grant.roles.clone();
        assert_eq!(roles(" admin  staff "), ["admin", "staff"]);
        assert_eq!(roles(r#"["admin","support agent"]"#), ["admin", "support agent"]);
        assert_eq!(roles("[admin staff]"), ["[admin", "staff]"], "not a list");
        assert_eq!(roles(""), [""; 0]);
    }

    proptest! {
        #[test]
        fn a_principal_is_read_as_it_was_written(
            user in proptest::option::of("[ -~]{1,8}"),
            tenant in proptest::option::of("\\PC{1,8}"),
            roles in proptest::collection::vec("([a-z\\[\\]\", ]|\\PC|\t){0,4}", 0..4),
            until in proptest::option::of(any::<u64>()),
        ) {
            let mut principal = Principal { user: user.map(Into::into), ..Principal::default() };
            principal.tenant = tenant.map(Into::into);
            *principal.grant.to_mut() = Grant::new(roles);
            principal.grant.to_mut().until = until;
            prop_assert_eq!(back(&principal), Some(principal));
        }
    }
}
