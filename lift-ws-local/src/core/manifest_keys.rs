//! The keys that a manifest may have. In one that somebody has written, another is a mistake.

use std::fmt;

use serde::de::value::Error;
use serde::de::{DeserializeOwned, Error as _, Visitor};
use serde::{Deserializer, forward_to_deserialize_any};
use serde_json::Value;

use super::manifest::{Manifest, ManifestError, ManifestRoute, problem};
use super::manifest_settings::{
    ManifestAccount, ManifestApiKey, ManifestCaller, ManifestRouteSettings, ManifestThrottleSettings,
};
use super::meant::instead_of;
use super::{manifest_authorizer, manifest_queue};

/// Those of the manifest itself.
pub(crate) fn of_manifest() -> &'static [&'static str] {
    fields_of::<Manifest>()
}

/// Those of one of `routes`.
pub(crate) fn of_route() -> &'static [&'static str] {
    fields_of::<ManifestRoute>()
}

/// Those of `authorizer` and `queue`.
pub(crate) use manifest_authorizer::KEYS as OF_AUTHORIZER;
pub(crate) use manifest_queue::KEYS as OF_QUEUE;

/// Finds a key that has no effect.
pub(super) fn check(manifest: &Value) -> Result<(), ManifestError> {
    check_one(manifest, "the manifest", of_manifest())?;
    for (route, number) in elements(&manifest["routes"]) {
        check_one(route, &format!("route {number} of the manifest"), of_route())?;
    }
    check_one(&manifest["authorizer"], "`authorizer` of the manifest", OF_AUTHORIZER)?;
    check_one(&manifest["queue"], "`queue` of the manifest", OF_QUEUE)?;
    let settings = fields_of::<ManifestRouteSettings>();
    check_one(&manifest["defaultRouteSettings"], "`defaultRouteSettings` of the manifest", settings)?;
    for (key, route) in manifest["routeSettings"].as_object().into_iter().flatten() {
        check_one(route, &format!("`{key}` in `routeSettings` of the manifest"), settings)?;
    }
    let account = &manifest["account"];
    check_one(account, "`account` of the manifest", fields_of::<ManifestAccount>())?;
    let throttling = fields_of::<ManifestThrottleSettings>();
    check_one(&account["throttleSettings"], "`throttleSettings` of the manifest's `account`", throttling)?;
    for (key, number) in elements(&manifest["apiKeys"]) {
        check_one(key, &format!("API key {number} of the manifest"), fields_of::<ManifestApiKey>())?;
    }
    for (caller, number) in elements(&manifest["callers"]) {
        check_one(caller, &format!("caller {number} of the manifest"), fields_of::<ManifestCaller>())?;
    }
    Ok(())
}

fn elements(list: &Value) -> impl Iterator<Item = (&Value, usize)> {
    list.as_array().into_iter().flatten().zip(1..)
}

fn check_one(object: &Value, place: &str, known: &[&str]) -> Result<(), ManifestError> {
    let mut keys = object.as_object().into_iter().flat_map(|object| object.keys());
    match keys.find(|key| !known.contains(&key.as_str())) {
        Some(key) => {
            Err(problem(format!("{place} has `{key}`, and there is no such key{}", instead_of(key, known))))
        }
        None => Ok(()),
    }
}

/// The names that serde reads a struct from, so that no list of them can fall behind.
fn fields_of<T: DeserializeOwned>() -> &'static [&'static str] {
    let mut fields: &'static [&'static str] = &[];
    let _ = T::deserialize(Fields(&mut fields));
    fields
}

/// Reads nothing, and remembers which fields were asked for.
struct Fields<'f>(&'f mut &'static [&'static str]);

impl<'de> Deserializer<'de> for Fields<'_> {
    type Error = Error;

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Error> {
        *self.0 = fields;
        self.deserialize_any(visitor)
    }

    fn deserialize_any<V: Visitor<'de>>(self, _: V) -> Result<V::Value, Error> {
        Err(Error::custom(fmt::Error))
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf option unit unit_struct
        newtype_struct seq tuple tuple_struct map enum identifier ignored_any
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn problem(manifest: &str) -> String {
        Manifest::parse_handwritten(manifest).unwrap_err().to_string()
    }

    #[test]
    fn a_key_that_has_no_effect_is_told_with_what_was_meant() {
        for (manifest, expected) in [
            (
                r#"{"route":[{"routeKey":"a"}]}"#,
                "the manifest has `route`, and there is no such key: did you mean `routes`?",
            ),
            (
                r#"{"routes":[{"routeKey":"a"},{"routeKey":"b","two_way":true}]}"#,
                "route 2 of the manifest has `two_way`, and there is no such key: did you mean `twoWay`?",
            ),
            (
                r#"{"routes":[],"authorizer":{"identitySource":[]}}"#,
                "`authorizer` of the manifest has `identitySource`, and there is no such key: did you mean `identitySources`?",
            ),
            (
                r#"{"routes":[],"queue":{"size":1}}"#,
                "`queue` of the manifest has `size`, and there is no such key; there is `visibilityTimeout`, ",
            ),
            (
                r#"{"routes":[{"routeKey":"a"}],"routeSettings":{"a":{"rateLimit":1}}}"#,
                "`a` in `routeSettings` of the manifest has `rateLimit`, and there is no such key; there is `throttlingRateLimit`",
            ),
            (
                r#"{"routes":[],"account":{"throttleSettings":{"rate":1}}}"#,
                "`throttleSettings` of the manifest's `account` has `rate`, and there is no such key: did you mean `rateLimit`?",
            ),
            (
                r#"{"routes":[],"apiKeys":[{"value":"a","enable":false}]}"#,
                "API key 1 of the manifest has `enable`, and there is no such key: did you mean `enabled`?",
            ),
            (
                r#"{"routes":[],"callers":[{"accessKey":"a"}]}"#,
                "caller 1 of the manifest has `accessKey`, and there is no such key: did you mean `accessKeyId`?",
            ),
            ("{}", "the manifest has no `routes`: write "),
        ] {
            let problem = problem(manifest);
            assert!(problem.starts_with(expected), "{manifest}: {problem}");
        }
    }

    /// These two are read by hand, so their lists could fall behind.
    #[test]
    fn every_key_of_an_authorizer_and_of_a_queue_is_read() {
        for (part, keys) in [("authorizer", OF_AUTHORIZER), ("queue", OF_QUEUE)] {
            for key in keys {
                let problem = problem(
                    &format!(r#"{{"routes":[],"{part}":{{"{key}":"wrong"}}}}"#, key = key)
                        .replace(r#""handler":"wrong""#, r#""handler":1"#),
                );
                assert!(problem.contains(&format!("`{key}` of `{part}`")), "{problem}");
            }
        }
    }

    #[test]
    fn what_a_program_tells_of_itself_may_be_newer() {
        let described = r#"{"manifestVersion":1,"invented":1,"routes":[{"routeKey":"a","invented":2}]}"#;
        assert_eq!(Manifest::parse_handwritten(described).unwrap().routes.len(), 1);
        assert!(problem(r#"{"invented":1,"routes":[]}"#).contains("has `invented`"));
    }
}
