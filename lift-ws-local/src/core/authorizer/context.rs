//! Whom an authorizer named, as events show it in `requestContext.authorizer` (contract §4).

use std::collections::BTreeMap;

use serde::ser::{Serialize, SerializeMap, Serializer};
use serde_json::{Map, Value};

use crate::core::outcome::kind_of;

const PRINCIPAL_ID: &str = "principalId";

/// The principal and the flat values of `context`.
///
/// Numbers and booleans are shown as strings, as AWS documents it for `$context.authorizer.x` and REST APIs were seen to
/// do in their events, where null stays null; of WebSocket APIs it is not known, hence a setting.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::core) struct AuthorizerContext {
    principal_id: String,
    values: BTreeMap<String, Value>,
}

impl AuthorizerContext {
    /// Whom the authorizer named.
    pub(in crate::core) fn principal_id(&self) -> &str {
        &self.principal_id
    }

    /// Reads an authorizer's result; the error says what is wrong with it.
    pub(super) fn read(result: &Map<String, Value>, as_strings: bool) -> Result<Self, String> {
        let principal_id = match result.get(PRINCIPAL_ID) {
            Some(Value::String(principal_id)) => principal_id.clone(),
            Some(other) => return Err(format!("`{PRINCIPAL_ID}` is {}, not a string", kind_of(other))),
            None => return Err(format!("`{PRINCIPAL_ID}` is missing")),
        };
        let values = match result.get("context") {
            None | Some(Value::Null) => BTreeMap::new(),
            Some(Value::Object(context)) => read_values(context, as_strings)?,
            Some(other) => return Err(format!("`context` is {}, not an object", kind_of(other))),
        };
        Ok(Self { principal_id, values })
    }
}

fn read_values(context: &Map<String, Value>, as_strings: bool) -> Result<BTreeMap<String, Value>, String> {
    let mut values = BTreeMap::new();
    // The principal stands under its own name, whatever the context says.
    for (name, value) in context.iter().filter(|(name, _)| *name != PRINCIPAL_ID) {
        let shown = match value {
            Value::Number(number) if as_strings => number.to_string().into(),
            Value::Bool(bool) if as_strings => bool.to_string().into(),
            Value::String(_) | Value::Number(_) | Value::Bool(_) | Value::Null => value.clone(),
            Value::Array(_) | Value::Object(_) => {
                return Err(format!(
                    "`{name}` of `context` is {}: only strings, numbers and booleans are allowed, so put it into a \
                     string",
                    kind_of(value)
                ));
            }
        };
        values.insert(name.clone(), shown);
    }
    Ok(values)
}

/// The context's values, and the principal last, as in AWS's events.
impl Serialize for AuthorizerContext {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(self.values.len() + 1))?;
        for (name, value) in &self.values {
            map.serialize_entry(name, value)?;
        }
        map.serialize_entry(PRINCIPAL_ID, &self.principal_id)?;
        map.end()
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn read(result: Value) -> Result<AuthorizerContext, String> {
        AuthorizerContext::read(result.as_object().unwrap(), true)
    }

    #[test]
    fn values_are_shown_as_strings_and_the_principal_last() {
        let context = json!({
            "text": "t", "int": 7, "float": 1.5, "flag": true, "nothing": null, "principalId": "mallory",
        });
        let context = read(json!({ "principalId": "user-42", "context": context })).unwrap();
        let shown = serde_json::to_string(&context).unwrap();
        let expected =
            r#"{"flag":"true","float":"1.5","int":"7","nothing":null,"text":"t","principalId":"user-42"}"#;
        assert_eq!(shown, expected);
    }

    #[test]
    fn values_can_be_shown_as_they_are() {
        let result = json!({ "principalId": "x", "context": { "int": 7, "flag": true, "nothing": null } });
        let context = AuthorizerContext::read(result.as_object().unwrap(), false).unwrap();
        let shown = serde_json::to_string(&context).unwrap();
        assert_eq!(shown, r#"{"flag":true,"int":7,"nothing":null,"principalId":"x"}"#);
    }

    #[test]
    fn a_context_is_optional_and_flat() {
        for context in [Value::Null, json!({})] {
            let context = read(json!({ "principalId": "", "context": context })).unwrap();
            assert_eq!(serde_json::to_string(&context).unwrap(), r#"{"principalId":""}"#);
        }
        for (result, expected) in [
            (json!({}), "`principalId` is missing"),
            (json!({ "principalId": 7 }), "`principalId` is a number, not a string"),
            (json!({ "principalId": "x", "context": [] }), "`context` is an array, not an object"),
            (
                json!({ "principalId": "x", "context": { "roles": ["a"] } }),
                "`roles` of `context` is an array: only strings, numbers and booleans are allowed, so put it into a \
                 string",
            ),
        ] {
            assert_eq!(read(result).unwrap_err(), expected);
        }
    }
}
