//! Reading what is nearly JSON, as the parser behind AWS may do (contract §1.2; one sample, so off by default).

use serde_json::{Map, Value};

/// Levels of nesting, as for strict JSON.
const DEPTH: usize = 128;

/// Reads JSON in which names and texts may stand without quotes or in single ones, and commas may be one too many.
///
/// Strict JSON is read as what it is. Nothing, if it is not even nearly JSON: a text that is neither an object nor an
/// array is none, or every message would be.
pub(super) fn read(text: &str) -> Option<Value> {
    if let Ok(value) = serde_json::from_str(text) {
        return Some(value);
    }
    let mut reader = Reader { rest: text };
    reader.skip_space();
    if !reader.rest.starts_with(['{', '[']) {
        return None;
    }
    let value = reader.value(DEPTH)?;
    reader.skip_space();
    reader.rest.is_empty().then_some(value)
}

struct Reader<'a> {
    rest: &'a str,
}

impl Reader<'_> {
    fn skip_space(&mut self) {
        self.rest = self.rest.trim_start();
    }

    fn eat(&mut self, character: char) -> bool {
        self.skip_space();
        let rest = self.rest.strip_prefix(character);
        self.rest = rest.unwrap_or(self.rest);
        rest.is_some()
    }

    fn value(&mut self, depth: usize) -> Option<Value> {
        let depth = depth.checked_sub(1)?;
        if self.eat('{') {
            self.object(depth)
        } else if self.eat('[') {
            self.array(depth)
        } else if self.rest.starts_with(['"', '\'']) {
            self.quoted().map(Value::String)
        } else {
            let bare = self.bare(|character| matches!(character, ',' | '}' | ']'))?;
            // Numbers, booleans and null are what they are; anything else is a text.
            Some(serde_json::from_str(bare).unwrap_or_else(|_| Value::from(bare)))
        }
    }

    fn object(&mut self, depth: usize) -> Option<Value> {
        let mut members = Map::new();
        while !self.eat('}') {
            if self.eat(',') {
                continue;
            }
            let name = match self.rest.starts_with(['"', '\'']) {
                true => self.quoted()?,
                false => {
                    self.bare(|character| matches!(character, ':' | ',' | '{' | '}' | '[' | ']'))?.to_owned()
                }
            };
            if !self.eat(':') {
                return None;
            }
            let value = self.value(depth)?;
            members.insert(name, value);
            if !self.rest.trim_start().starts_with([',', '}']) {
                return None;
            }
        }
        Some(Value::Object(members))
    }

    fn array(&mut self, depth: usize) -> Option<Value> {
        let mut elements = Vec::new();
        while !self.eat(']') {
            if self.eat(',') {
                continue;
            }
            elements.push(self.value(depth)?);
            if !self.rest.trim_start().starts_with([',', ']']) {
                return None;
            }
        }
        Some(Value::Array(elements))
    }

    /// What stands without quotes, up to one of these.
    fn bare(&mut self, is_end: impl Fn(char) -> bool) -> Option<&str> {
        let end = self.rest.find(is_end)?;
        let (bare, rest) = self.rest.split_at(end);
        self.rest = rest;
        Some(bare.trim()).filter(|bare| !bare.is_empty())
    }

    fn quoted(&mut self) -> Option<String> {
        let quote = self.rest.chars().next()?;
        let mut escaped = false;
        let end = self.rest.char_indices().skip(1).find(|&(_, character)| {
            let is_end = character == quote && !escaped;
            escaped = character == '\\' && !escaped;
            is_end
        });
        let (end, _) = end?;
        let inside = &self.rest[1..end];
        self.rest = &self.rest[end + 1..];
        // Escapes mean what they mean in JSON; with those that JSON does not know, the text is taken as it stands.
        let json = match quote {
            '"' => format!("\"{inside}\""),
            _ => format!("\"{}\"", inside.replace("\\'", "'").replace('"', "\\\"")),
        };
        Some(serde_json::from_str(&json).unwrap_or_else(|_| inside.to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    #[test]
    fn the_sample_that_was_seen_is_read() {
        let seen = r#"{"action":"sendMessage", body:"hello"}"#;
        assert_eq!(read(seen), Some(json!({ "action": "sendMessage", "body": "hello" })));
    }

    #[test]
    fn quotes_may_lack_or_be_single_and_commas_be_too_many() {
        for (text, expected) in [
            ("{action: say}", json!({ "action": "say" })),
            ("{'action': 'it\\'s \"me\"'}", json!({ "action": "it's \"me\"" })),
            ("{a:1, b:true, c:null, d:1.5, }", json!({ "a": 1, "b": true, "c": null, "d": 1.5 })),
            ("[a, 'b', [1,2,], {c:d}]", json!(["a", "b", [1, 2], { "c": "d" }])),
            ("{ a : two words , é : ü }", json!({ "a": "two words", "é": "ü" })),
            (r#"{"a":"\u00e9",}"#, json!({ "a": "é" })),
            ("{}", json!({})),
        ] {
            assert_eq!(read(text), Some(expected), "{text}");
        }
    }

    #[test]
    fn what_is_not_nearly_json_is_none() {
        for text in
            ["", "hello", "{", "{a}", "{a:}", "[a", "{a:b} c", "{a:'b}", "{:b}", "{a:[b}", "{'a' 'b'}"]
        {
            assert_eq!(read(text), None, "{text}");
        }
        assert_eq!(read(&"[".repeat(100_000)), None, "deep nesting does not end the process");
        assert_eq!(read(&"{a:".repeat(100_000)), None);
    }

    proptest! {
        #[test]
        fn nothing_makes_reading_panic(text in "[\\[\\]{}:,'\"\\\\ aé1]{0,24}|.{0,16}") {
            let _ = read(&text);
        }

        #[test]
        fn strict_json_is_read_as_what_it_is(text in "[a-z\"\\\\]{0,8}", number in any::<i64>()) {
            let value = json!({ "text": text, "list": [number, null] });
            prop_assert_eq!(read(&value.to_string()), Some(value));
        }
    }
}
