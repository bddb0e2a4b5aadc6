//! The claims that decide whether a token is good (RFC 7519 §4.1).

use super::compact::object;
use crate::auth::{AuthError, AuthErrorKind};
use crate::extract::Text;
use serde::{Deserialize, Deserializer, de};
use std::fmt;
use std::time::Duration;

/// What a verifier expects.
#[derive(Clone, Debug, Default)]
pub(super) struct Expectations {
    pub(super) issuers: Vec<String>,
    pub(super) audiences: Vec<String>,
    pub(super) leeway: Duration,
}

/// The registered claims of a token whose signature is good.
#[derive(Deserialize)]
pub(super) struct Registered<'c> {
    #[serde(default, deserialize_with = "some")]
    exp: Option<NumericDate>,
    #[serde(default, deserialize_with = "some")]
    nbf: Option<NumericDate>,
    #[serde(borrow, default)]
    iss: Option<Text<'c>>,
    #[serde(borrow, default)]
    aud: Option<Audience<'c>>,
}

impl<'c> Registered<'c> {
    pub(super) fn parse(payload: &'c [u8]) -> Result<Self, AuthError> {
        object(payload).ok_or_else(|| {
            AuthError::from(AuthErrorKind::WrongClaims)
                .with_detail("the registered claims are not as RFC 7519 says")
        })
    }

    /// Checks all of them at a time, in seconds since the epoch, and gives the expiry.
    pub(super) fn check(&self, expected: &Expectations, now: i64) -> Result<u64, AuthError> {
        let leeway = i64::try_from(expected.leeway.as_secs()).unwrap_or(i64::MAX);
        let expiry = self.exp.as_ref().ok_or(AuthErrorKind::MissingExpiry)?.0;
        if now >= expiry.saturating_add(leeway) {
            return Err(AuthErrorKind::Expired.into());
        }
        if self.nbf.as_ref().is_some_and(|nbf| nbf.0 > now.saturating_add(leeway)) {
            return Err(AuthErrorKind::NotYetValid.into());
        }
        self.check_issuer(&expected.issuers)?;
        self.check_audience(&expected.audiences)?;
        Ok(u64::try_from(expiry).unwrap_or(0))
    }

    fn check_issuer(&self, issuers: &[String]) -> Result<(), AuthError> {
        let is_ours = |issuer: &Text<'_>| issuers.iter().any(|one| one == issuer.as_str());
        match &self.iss {
            _ if issuers.is_empty() => Ok(()),
            Some(issuer) if is_ours(issuer) => Ok(()),
            _ => Err(AuthErrorKind::WrongIssuer.into()),
        }
    }

    /// RFC 7519 §4.1.3: a token that names an audience is for nobody else, also where none is expected.
    fn check_audience(&self, audiences: &[String]) -> Result<(), AuthError> {
        let is_ours = |name: &Text<'_>| audiences.iter().any(|one| one == name.as_str());
        match &self.aud {
            None if audiences.is_empty() => Ok(()),
            Some(audience) if audience.0.iter().any(is_ours) => Ok(()),
            Some(_) if audiences.is_empty() => Err(AuthError::from(AuthErrorKind::WrongAudience)
                .with_detail("it names one, and the verifier none; say `.audience(…)`")),
            _ => Err(AuthErrorKind::WrongAudience.into()),
        }
    }
}

/// What is there is a time: `null` is none, and not the same as nothing.
fn some<'de, D: Deserializer<'de>>(from: D) -> Result<Option<NumericDate>, D::Error> {
    NumericDate::deserialize(from).map(Some)
}

/// Seconds since the epoch, not before it; a fraction is cut off.
struct NumericDate(i64);

impl<'de> Deserialize<'de> for NumericDate {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        struct Number;
        impl de::Visitor<'_> for Number {
            type Value = NumericDate;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a number of seconds")
            }
            fn visit_u64<E>(self, seconds: u64) -> Result<NumericDate, E> {
                Ok(NumericDate(i64::try_from(seconds).unwrap_or(i64::MAX)))
            }
            #[allow(clippy::cast_possible_truncation, reason = "it fits, and seconds are whole")]
            fn visit_f64<E: de::Error>(self, seconds: f64) -> Result<NumericDate, E> {
                match seconds {
                    0.0..9e18 => Ok(NumericDate(seconds as i64)),
                    _ => Err(E::custom("no time")),
                }
            }
        }
        from.deserialize_any(Number)
    }
}

/// One name, or a list of them.
struct Audience<'c>(Vec<Text<'c>>);

impl<'de: 'c, 'c> Deserialize<'de> for Audience<'c> {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        struct Names;
        impl<'de> de::Visitor<'de> for Names {
            type Value = Audience<'de>;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a name or a list of names")
            }
            fn visit_borrowed_str<E>(self, name: &'de str) -> Result<Audience<'de>, E> {
                Ok(Audience(vec![name.into()]))
            }
            fn visit_str<E>(self, name: &str) -> Result<Audience<'de>, E> {
                Ok(Audience(vec![name.to_owned().into()]))
            }
            fn visit_seq<A: de::SeqAccess<'de>>(self, mut list: A) -> Result<Audience<'de>, A::Error> {
                let mut names = Vec::new();
                while let Some(name) = list.next_element()? {
                    names.push(name);
                }
                Ok(Audience(names))
            }
        }
        from.deserialize_any(Names)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: i64 = 1_767_225_600;

    fn check(claims: &str, expected: &Expectations) -> Result<u64, AuthErrorKind> {
        let registered = Registered::parse(claims.as_bytes()).map_err(|error| error.kind())?;
        registered.check(expected, NOW).map_err(|error| error.kind())
    }

    fn anybody() -> Expectations {
        Expectations { leeway: Duration::from_secs(30), ..Expectations::default() }
    }

    #[test]
    fn an_expiry_is_a_must_and_means_before() {
        assert_eq!(check(r#"{"exp":1767225601}"#, &anybody()), Ok(1_767_225_601));
        assert_eq!(check(r#"{"exp":1767225571}"#, &anybody()), Ok(1_767_225_571), "within the leeway");
        assert_eq!(check(r#"{"exp":1767225570}"#, &anybody()), Err(AuthErrorKind::Expired), "not at its end");
        assert_eq!(check(r#"{"exp":1767225571.9}"#, &anybody()), Ok(1_767_225_571));
        assert_eq!(check(r#"{"exp":18446744073709551615}"#, &anybody()), Ok(i64::MAX as u64));
        assert_eq!(check("{}", &anybody()), Err(AuthErrorKind::MissingExpiry));
        for past in [r#"{"exp":0}"#, r#"{"exp":0.0}"#, r#"{"exp":1e9}"#] {
            assert_eq!(check(past, &anybody()), Err(AuthErrorKind::Expired), "{past}");
        }
    }

    #[test]
    fn claims_of_another_shape_are_refused() {
        for strange in [
            r#"{"exp":"1767229999"}"#,
            r#"{"exp":true}"#,
            r#"{"exp":null}"#,
            r#"{"exp":1767229999,"nbf":null}"#,
            r#"{"exp":-1}"#,
            r#"{"exp":1e300}"#,
            r#"{"exp":1767229999,"nbf":-1}"#,
            r#"{"exp":1767229999,"nbf":-9223372036854775808}"#,
            r#"{"exp":1767229999,"exp":1}"#,
            r#"{"exp":1767229999,"nbf":"x"}"#,
            r#"{"exp":1767229999,"iss":["a"]}"#,
            r#"{"exp":1767229999,"aud":7}"#,
            "[1767229999,null,null,null]",
            "1767229999",
            "",
            "{",
            "null",
        ] {
            assert_eq!(check(strange, &anybody()), Err(AuthErrorKind::WrongClaims), "{strange}");
        }
    }

    #[test]
    fn not_before_is_heeded() {
        let at = |nbf: &str| check(&format!(r#"{{"exp":1767229999,"nbf":{nbf}}}"#), &anybody());
        assert!(at("1767225600").is_ok() && at("1767225630").is_ok());
        assert_eq!(at("1767225631"), Err(AuthErrorKind::NotYetValid));
        assert_eq!(at("18446744073709551615"), Err(AuthErrorKind::NotYetValid));
    }

    #[test]
    fn issuer_and_audience_are_compared_whole() {
        let ours =
            Expectations { issuers: vec!["https://id".into()], audiences: vec!["chat".into()], ..anybody() };
        let with = |rest: &str| check(&format!(r#"{{"exp":1767229999{rest}}}"#), &ours);
        assert!(with(r#","iss":"https://id","aud":"chat""#).is_ok());
        assert!(with(r#","iss":"https:\/\/id","aud":["mail","chat"]"#).is_ok());
        for (rest, kind) in [
            ("", AuthErrorKind::WrongIssuer),
            (r#","iss":"https://id/","aud":"chat""#, AuthErrorKind::WrongIssuer),
            (r#","iss":"https://id""#, AuthErrorKind::WrongAudience),
            (r#","iss":"https://id","aud":"Chat""#, AuthErrorKind::WrongAudience),
            (r#","iss":"https://id","aud":[]"#, AuthErrorKind::WrongAudience),
        ] {
            assert_eq!(with(rest), Err(kind), "{rest}");
        }
    }

    #[test]
    fn a_token_for_others_is_not_for_a_verifier_without_a_name() {
        assert_eq!(
            check(r#"{"exp":1767229999,"aud":"mail"}"#, &anybody()),
            Err(AuthErrorKind::WrongAudience)
        );
    }
}
