//! How deep JSON nests, without reading it.

use crate::json_text::next_special;

/// Are there more than so many arrays and objects within each other? A text that begins with neither has none.
pub(super) fn is_deeper(text: &str, deepest: u16) -> bool {
    let bytes = text.trim_ascii_start().as_bytes();
    if !matches!(bytes.first(), Some(b'{' | b'[')) {
        return false;
    }
    // Most messages open no more than they may nest, and counting is many times faster than following.
    openers(bytes) > usize::from(deepest) && nests_deeper(bytes, usize::from(deepest))
}

/// How many brackets open, in texts too. In steps that fit a byte, which the compiler does sixteen at a time.
fn openers(bytes: &[u8]) -> usize {
    let in_step = |step: &[u8]| step.iter().fold(0_u8, |sum, byte| sum + u8::from(byte | 0x20 == b'{'));
    bytes.chunks(usize::from(u8::MAX)).map(|step| usize::from(in_step(step))).sum()
}

/// One look at each byte, whatever it is: no recursion, and nothing is looked at again.
fn nests_deeper(bytes: &[u8], deepest: usize) -> bool {
    let (mut at, mut depth) = (0, 0_usize);
    while let Some(byte) = bytes.get(at) {
        at += 1;
        match byte {
            b'"' => at = behind_text(bytes, at),
            b'{' | b'[' => {
                depth += 1;
                if depth > deepest {
                    return true;
                }
            }
            b'}' | b']' => depth = depth.saturating_sub(1),
            _ => {}
        }
    }
    false
}

/// Behind the quote that ends a text; the end of all if none does.
fn behind_text(bytes: &[u8], mut at: usize) -> usize {
    loop {
        at = next_special(bytes, at);
        match bytes.get(at) {
            None => return bytes.len(),
            Some(b'"') => return at + 1,
            // what follows a backslash ends nothing
            Some(b'\\') => at += 2,
            Some(_) => at += 1,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::{Value, json};

    fn depth(value: &Value) -> usize {
        match value {
            Value::Array(values) => 1 + values.iter().map(depth).max().unwrap_or(0),
            Value::Object(fields) => 1 + fields.values().map(depth).max().unwrap_or(0),
            _ => 0,
        }
    }

    #[test]
    fn brackets_in_texts_do_not_count() {
        assert!(!is_deeper(r#"{"a":"[[[[\"[[[\\"}"#, 1));
        assert!(is_deeper(r#"{"a":"\\",  "b":[1]}"#, 1));
        assert!(!is_deeper("[1,[2],{}]", 2));
        assert!(is_deeper(" \n[1,[2],{}]", 1));
        assert!(is_deeper("[]", 0));
    }

    #[test]
    fn what_is_no_object_and_no_array_has_no_depth() {
        for text in ["", "  ", "hello [[[[[", r#""[[[[""#, "12", "]]][[["] {
            assert!(!is_deeper(text, 1), "{text}");
        }
    }

    #[test]
    fn broken_json_is_followed_to_its_end() {
        for (text, deeper) in [
            ("[\"never ends [[[[", false),
            ("[\"\\", false),
            ("]]]]", false),
            ("[]]]]][[", true),
            ("{\"\u{1}\":[[[[", true),
        ] {
            assert_eq!(is_deeper(text, 1), deeper, "{text}");
        }
    }

    fn tree() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            Just(json!(null)),
            any::<i32>().prop_map(Value::from),
            r#"[a"\\\[\]{}é\n]{0,12}"#.prop_map(Value::from)
        ];
        leaf.prop_recursive(8, 64, 4, |inner| {
            prop_oneof![
                proptest::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
                proptest::collection::vec((r#"[a"\\\[{]{0,6}"#, inner), 0..4)
                    .prop_map(|fields| Value::Object(fields.into_iter().collect())),
            ]
        })
    }

    proptest! {
        #[test]
        fn the_depth_is_that_of_the_tree(value in tree(), pretty: bool) {
            let text = if pretty { serde_json::to_string_pretty(&value) } else { serde_json::to_string(&value) };
            let (text, depth) = (text.unwrap(), depth(&value) as u16);
            prop_assert!(!is_deeper(&text, depth));
            if depth > 0 {
                prop_assert!(is_deeper(&text, depth - 1));
            }
        }
    }
}
