//! What is likely to be a secret, by its name: such values are left out of what people paste into files. The page masks
//! the same ones (`page/json.js`).

mod unreadable;

use serde_json::{Number, Value};

const WORDS: [&str; 11] =
    ["auth", "code", "cookie", "jwt", "key", "passw", "secret", "session", "signature", "ticket", "token"];

/// Whether the value under this name of a header or parameter is not to be shown by default.
pub(super) fn is_secret(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    match name.as_str() {
        // Browsers cannot set headers, so tokens travel as a subprotocol.
        "sec-websocket-protocol" => true,
        // A random number of the protocol's own.
        "sec-websocket-key" => false,
        name => WORDS.iter().any(|word| name.contains(word)),
    }
}

/// A text with the secrets of its JSON left out; `None` if it has none, or is no JSON.
pub(super) fn text_without_secrets(text: &str, instead: &str) -> Option<String> {
    match serde_json::from_str(text) {
        Ok(mut json) => leave_out_secrets(&mut json, instead).then(|| json.to_string()),
        Err(_) => unreadable::text_without_secrets(text, instead),
    }
}

/// Puts something else where a name says that there is a secret, also in JSON that is the text of a value; whether there
/// was any. Types stay, so that what reads it goes on: a number becomes 0.
pub(super) fn leave_out_secrets(json: &mut Value, instead: &str) -> bool {
    leave_out(json, instead, false)
}

fn leave_out(json: &mut Value, instead: &str, is_one: bool) -> bool {
    match json {
        Value::Object(map) => map
            .iter_mut()
            .fold(false, |any, (name, value)| leave_out(value, instead, is_one || is_secret(name)) | any),
        Value::Array(list) => {
            list.iter_mut().fold(false, |any, value| leave_out(value, instead, is_one) | any)
        }
        Value::String(text) if is_one && !text.is_empty() => {
            instead.clone_into(text);
            true
        }
        Value::String(text) => {
            let without = text_without_secrets(text, instead);
            without.map(|without| *text = without).is_some()
        }
        Value::Number(number) if is_one => {
            *number = Number::from(0);
            true
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_of_json_are_left_out_however_deep_and_nothing_else_is() {
        let left_out = |text| text_without_secrets(text, "-");
        for (text, without) in [
            (r#"{"action":"auth","token":"abc"}"#, r#"{"action":"auth","token":"-"}"#),
            (
                r#"[{"login":{"password":["a",12,true,null]}}]"#,
                r#"[{"login":{"password":["-",0,true,null]}}]"#,
            ),
            (r#"{"session":{"id":"a"},"n":1}"#, r#"{"n":1,"session":{"id":"-"}}"#),
            (r#"{"body":"{\"jwt\":\"a\"}"}"#, r#"{"body":"{\"jwt\":\"-\"}"}"#),
            (r#""{\"jwt\":\"a\"}""#, r#""{\"jwt\":\"-\"}""#),
        ] {
            let left_out: Value = serde_json::from_str(&left_out(text).unwrap()).unwrap();
            assert_eq!(left_out, serde_json::from_str::<Value>(without).unwrap());
        }
        for text in ["", "token=abc", "\"token\"", r#"{ "room": "token", "list": [1] }"#, r#"{"token":""}"#] {
            assert_eq!(left_out(text), None, "{text}");
        }
    }

    #[test]
    fn the_page_covers_what_has_the_same_words() {
        let page = include_str!("page/json.js");
        let words = page.split_once("const SECRET = /").and_then(|(_, rest)| rest.split_once("/i;"));
        let (words, _) = words.expect("the page has its words in a pattern");
        assert_eq!(words.split('|').collect::<Vec<_>>(), WORDS);
    }

    #[test]
    fn tokens_are_known_by_what_they_are_called() {
        for name in
            ["token", "access_token", "Authorization", "Cookie", "X-Api-Key", "Sec-WebSocket-Protocol"]
        {
            assert!(is_secret(name), "{name}");
        }
        for name in ["room", "name", "Origin", "Host", "Sec-WebSocket-Key"] {
            assert!(!is_secret(name), "{name}");
        }
    }
}
