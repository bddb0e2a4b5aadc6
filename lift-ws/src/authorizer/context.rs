//! An authorizer's context: what the gateway repeats on every event of the connection.

use super::PolicyError;
use serde::Serialize;
use serde_json::{Map, Value};

/// The names that are not the app's: those that make a `Principal`, and one that the gateway adds (contract §4).
const RESERVED: [&str; 5] = ["principalId", "tenant", "roles", "exp", "integrationLatency"];

/// Texts, numbers and booleans by name. What is `None` is left out.
pub(super) fn flat(context: &impl Serialize) -> Result<Map<String, Value>, PolicyError> {
    let mut values = match serde_json::to_value(context) {
        Ok(Value::Object(values)) => values,
        Ok(Value::Null) => return Ok(Map::new()),
        Ok(other) => return Err(PolicyError::not_an_object(what(&other))),
        Err(error) => return Err(PolicyError::unserializable(&error)),
    };
    values.retain(|_, value| !value.is_null());
    for (name, value) in &values {
        if RESERVED.contains(&name.as_str()) {
            return Err(PolicyError::reserved(name));
        }
        if value.is_array() || value.is_object() {
            return Err(PolicyError::nested(name, what(value)));
        }
    }
    Ok(values)
}

const fn what(value: &Value) -> &'static str {
    match value {
        Value::Null => "nothing",
        Value::Bool(_) => "a boolean",
        Value::Number(_) => "a number",
        Value::String(_) => "a text",
        Value::Array(_) => "a list",
        Value::Object(_) => "an object",
    }
}
