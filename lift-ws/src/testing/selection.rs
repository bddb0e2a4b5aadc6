//! The route selection expression, as far as a test needs it: variables of the body, with braces or without.
//! The local gateway knows all of contract §1.2.

use serde_json::Value;

/// The route key of a message; empty if it has none.
pub(super) fn route_key(expression: &str, body: &str) -> String {
    let Ok(body) = serde_json::from_str::<Value>(body) else { return String::new() };
    if let Some(path) = expression.strip_prefix("$request.body.") {
        return value(&body, path);
    }
    let (mut key, mut rest) = (String::new(), expression);
    while let Some((before, after)) = rest.split_once("${request.body.") {
        key.push_str(before);
        let Some((path, after)) = after.split_once('}') else { break };
        key.push_str(&value(&body, path));
        rest = after;
    }
    key.push_str(rest);
    key
}

fn value(body: &Value, path: &str) -> String {
    let found = path.split('.').try_fold(body, |value, name| value.get(name));
    match found {
        Some(Value::String(text)) => text.clone(),
        Some(other) => other.to_string(),
        None => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn variables_are_taken_from_the_body() {
        let body = r#"{"service":"chat","action":"join","n":1,"data":{"room":"r1"}}"#;
        assert_eq!(route_key("$request.body.action", body), "join");
        assert_eq!(route_key("$request.body.data.room", body), "r1");
        assert_eq!(route_key("$request.body.n", body), "1");
        assert_eq!(route_key("${request.body.service}/${request.body.action}", body), "chat/join");
        assert_eq!(route_key("${request.body.action}-${request.body.nope}", body), "join-");
        assert_eq!(route_key("$request.body.action", "no json"), "");
    }
}
