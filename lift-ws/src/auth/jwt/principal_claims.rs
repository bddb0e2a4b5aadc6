//! From claims to user, tenant and roles.

use crate::auth::{ANONYMOUS, AuthError, AuthErrorKind, Principal};
use crate::extract::Text;
use crate::store::MAX_NAME_BYTES;
use serde::Deserializer as _;
use serde::de::{IgnoredAny, MapAccess, Visitor};
use serde_json::{Map, Value};
use std::borrow::Cow;
use std::fmt;

/// Which claims say who it is. A name that begins with `/` is a path into the claims (RFC 6901).
#[derive(Clone, Debug)]
pub(super) struct PrincipalClaims {
    pub(super) user: String,
    pub(super) tenant: Option<String>,
    pub(super) roles: Option<String>,
}

impl Default for PrincipalClaims {
    fn default() -> Self {
        Self { user: "sub".to_owned(), tenant: None, roles: None }
    }
}

impl PrincipalClaims {
    pub(super) fn read(&self, payload: &[u8], expires_at: u64) -> Result<Principal<'static>, AuthError> {
        let claims = self.pick(payload).ok_or(AuthErrorKind::WrongClaims)?;
        let user = name(find(&claims, &self.user)).ok_or_else(|| lacks(&self.user))?;
        if user == ANONYMOUS {
            return Err(is_nobodys(&self.user));
        }
        let mut principal = Principal::of_user(user).with_expiry(expires_at);
        if let Some(claim) = &self.tenant {
            principal = principal.with_tenant(name(find(&claims, claim)).ok_or_else(|| lacks(claim))?);
        }
        let roles = self.roles.as_ref().and_then(|claim| find(&claims, claim));
        Ok(match roles {
            // as in `scope` (RFC 8693 §4.2)
            Some(Value::String(list)) => {
                list.split_ascii_whitespace().fold(principal, |it, role| it.with_role(role.to_owned()))
            }
            Some(Value::Array(list)) => list
                .iter()
                .filter_map(Value::as_str)
                .fold(principal, |it, role| it.with_role(role.to_owned())),
            _ => principal,
        })
    }

    /// Of the claims those that are asked for; the others are passed over as they stand.
    fn pick(&self, payload: &[u8]) -> Option<Value> {
        let asked = [Some(&self.user), self.tenant.as_ref(), self.roles.as_ref()];
        let wanted: Vec<Cow<'_, str>> = asked.into_iter().flatten().map(|claim| root(claim)).collect();
        let mut reader = serde_json::Deserializer::from_slice(payload);
        reader.deserialize_map(Pick(wanted)).ok().map(Value::Object)
    }
}

/// The claim in which a path begins.
fn root(claim: &str) -> Cow<'_, str> {
    match claim.strip_prefix('/') {
        None => claim.into(),
        Some(path) => path.split('/').next().unwrap_or_default().replace("~1", "/").replace("~0", "~").into(),
    }
}

struct Pick<'n>(Vec<Cow<'n, str>>);

impl<'de> Visitor<'de> for Pick<'_> {
    type Value = Map<String, Value>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object of claims")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut claims: A) -> Result<Self::Value, A::Error> {
        let mut picked = Map::new();
        while let Some(name) = claims.next_key::<Text<'de>>()? {
            if self.0.iter().any(|wanted| *wanted == *name) {
                picked.insert(name.into_owned(), claims.next_value()?);
            } else {
                claims.next_value::<IgnoredAny>()?;
            }
        }
        Ok(picked)
    }
}

/// The text is ours: the claim's name is from the verifier's configuration.
fn lacks(claim: &str) -> AuthError {
    AuthError::from(AuthErrorKind::WrongClaims)
        .with_detail(format!("`{claim}` must be a text of 1 to {MAX_NAME_BYTES} bytes, or a whole number"))
}

/// Behind an authorizer it would be read as nobody, so it is nobody's name anywhere.
fn is_nobodys(claim: &str) -> AuthError {
    AuthError::from(AuthErrorKind::WrongClaims)
        .with_detail(format!("`{claim}` is `{ANONYMOUS}`, which stands for who has no name"))
}

fn find<'c>(claims: &'c Value, name: &str) -> Option<&'c Value> {
    if name.starts_with('/') { claims.pointer(name) } else { claims.get(name) }
}

fn name(claim: Option<&Value>) -> Option<String> {
    let name = match claim? {
        Value::String(name) => name.clone(),
        Value::Number(number) if !number.is_f64() => number.to_string(),
        _ => return None,
    };
    (1..=MAX_NAME_BYTES).contains(&name.len()).then_some(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn claims(user: &str, tenant: Option<&str>, roles: Option<&str>) -> PrincipalClaims {
        let owned = |name: Option<&str>| name.map(ToOwned::to_owned);
        PrincipalClaims { user: user.into(), tenant: owned(tenant), roles: owned(roles) }
    }

    #[test]
    fn claims_become_user_tenant_and_roles() {
        let payload = br#"{"sub":"ann","org":7,"cognito:groups":["admin",1,"ops"],"scope":"read  write","realm":{"roles":["x"]},"https://a/b":["y"]}"#;
        let read = |tenant, roles| claims("sub", tenant, roles).read(payload, 9).unwrap();
        let ann = Principal::of_user("ann").with_expiry(9);
        assert_eq!(read(None, None), ann.clone());
        assert_eq!(
            read(Some("org"), Some("cognito:groups")),
            ann.clone().with_tenant("7").with_role("admin").with_role("ops")
        );
        assert_eq!(read(None, Some("scope")), ann.clone().with_role("read").with_role("write"));
        assert_eq!(read(None, Some("/realm/roles")), ann.clone().with_role("x"));
        assert_eq!(read(None, Some("/https:~1~1a~1b")), ann.clone().with_role("y"));
        assert_eq!(read(None, Some("absent")), ann);
    }

    #[test]
    fn a_token_that_does_not_say_who_is_refused() {
        for payload in [r#"{}"#, r#"{"sub":""}"#, r#"{"sub":null}"#, r#"{"sub":["ann"]}"#, r#"{"sub":1.5}"#] {
            let error = claims("sub", None, None).read(payload.as_bytes(), 9).unwrap_err();
            assert!(error.to_string().starts_with("wrong_claims: ") && error.to_string().contains("`sub`"));
        }
        let error = claims("sub", None, None).read(br#"{"sub":"$anonymous"}"#, 9).unwrap_err();
        assert!(error.to_string().contains("who has no name"), "{error}");
        let long = format!(r#"{{"sub":"{}"}}"#, "x".repeat(MAX_NAME_BYTES + 1));
        assert!(claims("sub", None, None).read(long.as_bytes(), 9).is_err());
        let error = claims("sub", Some("org"), None).read(br#"{"sub":"ann"}"#, 9).unwrap_err();
        assert!(error.to_string().contains("`org`"), "a tenant that is wanted must be there: {error}");
    }
}
