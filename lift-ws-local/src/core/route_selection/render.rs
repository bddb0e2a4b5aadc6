//! Values as text, the way AWS's example of an array shows it: `[item1, item2]` (contract §1.2).

use serde_json::Value;

use super::path::Path;

/// Appends what a path selects.
pub(super) fn selected(text: &mut String, path: &Path, body: &Value) {
    let values = path.select(body);
    match values.as_slice() {
        // Java reads `null` and a missing value as the same.
        [] | [Value::Null] => {}
        [value] if path.is_definite() => push(text, value),
        values => push_list(text, values),
    }
}

/// What a path to one value selects.
pub(super) fn value(value: Option<&Value>) -> String {
    let mut text = String::new();
    match value {
        // Java reads `null` and a missing value as the same.
        None | Some(Value::Null) => {}
        Some(value) => push(&mut text, value),
    }
    text
}

fn push(text: &mut String, value: &Value) {
    match value {
        Value::String(string) => text.push_str(string),
        Value::Null | Value::Bool(_) | Value::Number(_) => text.push_str(&value.to_string()),
        Value::Array(elements) => push_list(text, &elements.iter().collect::<Vec<_>>()),
        Value::Object(members) => {
            text.push('{');
            for (index, (name, value)) in members.iter().enumerate() {
                text.push_str(if index > 0 { ", " } else { "" });
                text.push_str(name);
                text.push('=');
                push(text, value);
            }
            text.push('}');
        }
    }
}

fn push_list(text: &mut String, values: &[&Value]) {
    text.push('[');
    for (index, value) in values.iter().enumerate() {
        text.push_str(if index > 0 { ", " } else { "" });
        push(text, value);
    }
    text.push(']');
}
