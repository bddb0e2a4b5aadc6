//! The Lambda authorizer of a program.

use serde::de::Error;
use serde::{Deserialize, Deserializer};
use serde_json::{Map, Value};

use super::authorizer::IdentitySource;
use super::manifest::ManifestLocation;

/// The Lambda authorizer that is asked before `$connect`: `"authorizer"` in a manifest. The same program serves it.
///
/// ```
/// use lift_ws_local::core::{IdentitySource, Manifest};
///
/// let manifest = Manifest::parse(
///     r#"{ "authorizer": { "identitySources": ["route.request.querystring.token"] } }"#,
/// )?;
/// let authorizer = manifest.authorizer.unwrap();
/// assert_eq!(authorizer.identity_sources, [IdentitySource::Query("token".into())]);
///
/// let error = Manifest::parse(r#"{ "authorizer": { "identitySources": ["token"] } }"#).unwrap_err();
/// assert!(error.to_string().contains("identity source 1 of `authorizer`: `token` is no identity source: write "));
/// # Ok::<(), lift_ws_local::core::ManifestError>(())
/// ```
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct ManifestAuthorizer {
    /// What a handshake must have for the authorizer to be asked; nothing, if absent.
    pub identity_sources: Vec<IdentitySource>,
    /// The authorizer's path.
    pub handler: Option<String>,
    /// Where the authorizer is written.
    pub location: Option<ManifestLocation>,
}

/// What the object may have.
pub(crate) const KEYS: &[&str] = &["identitySources", "handler", "location"];

/// `null` or an object.
pub(super) fn read<'de, D: Deserializer<'de>>(from: D) -> Result<Option<ManifestAuthorizer>, D::Error> {
    match Value::deserialize(from)? {
        Value::Null => Ok(None),
        Value::Object(authorizer) => of_object(&authorizer).map(Some).map_err(D::Error::custom),
        other => Err(D::Error::custom(format!(
            "`authorizer` is {other}: write {{\"identitySources\": [\"route.request.header.Authorization\"]}}"
        ))),
    }
}

fn of_object(authorizer: &Map<String, Value>) -> Result<ManifestAuthorizer, String> {
    let identity_sources = match authorizer.get("identitySources") {
        None | Some(Value::Null) => Ok(Vec::new()),
        Some(Value::Array(sources)) => sources.iter().enumerate().map(identity_source).collect(),
        Some(other) => Err(format!(
            "`identitySources` of `authorizer` is {other}: write an array, such as \
             [\"route.request.header.Authorization\"]"
        )),
    }?;
    let handler = match authorizer.get("handler") {
        None | Some(Value::Null) => None,
        Some(Value::String(handler)) => Some(handler.clone()),
        Some(other) => return Err(format!("`handler` of `authorizer` is {other}: write a string")),
    };
    let location = Option::deserialize(authorizer.get("location").unwrap_or(&Value::Null))
        .map_err(|error| format!("`location` of `authorizer`: {error}"))?;
    Ok(ManifestAuthorizer { identity_sources, handler, location })
}

fn identity_source((index, source): (usize, &Value)) -> Result<IdentitySource, String> {
    let number = index + 1;
    let Value::String(text) = source else {
        return Err(format!("identity source {number} of `authorizer` is {source}: write a string"));
    };
    IdentitySource::parse(text).map_err(|error| format!("identity source {number} of `authorizer`: {error}"))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::core::{Api, Manifest};

    #[test]
    fn an_authorizer_is_read_with_its_sources_and_its_place() {
        let manifest = json!({ "authorizer": {
            "identitySources": ["route.request.header.Authorization", "context.identity.sourceIp"],
            "handler": "chat::authorize",
            "location": { "file": "src/main.rs", "line": 12 },
            "invented": true,
        }});
        let manifest = Manifest::parse(&manifest.to_string()).unwrap();
        let sources = [
            IdentitySource::Header("Authorization".into()),
            IdentitySource::Context("identity.sourceIp".into()),
        ];
        assert_eq!(Api::from_manifest(&manifest).unwrap().authorizer.unwrap().identity_sources, sources);
        let authorizer = manifest.authorizer.unwrap();
        assert_eq!(authorizer.handler.as_deref(), Some("chat::authorize"));
        assert_eq!(authorizer.location.unwrap().line, 12);
    }

    #[test]
    fn an_authorizer_need_not_say_anything_and_none_is_usual() {
        assert!(
            Manifest::parse(r#"{"authorizer":{}}"#).unwrap().authorizer.unwrap().identity_sources.is_empty()
        );
        for without in ["{}", r#"{"authorizer":null}"#] {
            let manifest = Manifest::parse(without).unwrap();
            assert!(
                manifest.authorizer.is_none() && Api::from_manifest(&manifest).unwrap().authorizer.is_none()
            );
        }
    }

    #[test]
    fn each_mistake_names_the_source_and_what_to_write() {
        for (authorizer, expected) in [
            ("true", "`authorizer` is true: write {\"identitySources\": ["),
            (r#"{"identitySources":"a"}"#, "`identitySources` of `authorizer` is \"a\": write an array"),
            (r#"{"identitySources":[7]}"#, "identity source 1 of `authorizer` is 7: write a string"),
            (
                r#"{"identitySources":["context.stage","$request.querystring.token"]}"#,
                "identity source 2 of `authorizer`: `$request.querystring.token` is written as for HTTP APIs: write \
                 `route.request.querystring.token`",
            ),
            (
                r#"{"identitySources":["route.request.header."]}"#,
                "identity source 1 of `authorizer`: `route.request.header.` names nothing",
            ),
            (r#"{"handler":1}"#, "`handler` of `authorizer` is 1: write a string"),
            (r#"{"location":{}}"#, "`location` of `authorizer`: missing field `file`"),
        ] {
            let error =
                Manifest::parse(&format!(r#"{{"authorizer":{authorizer}}}"#)).unwrap_err().to_string();
            assert!(error.contains(expected), "{authorizer}: {error}");
        }
    }
}
