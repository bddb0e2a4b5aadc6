//! Names as CloudWatch takes them.

use std::fmt::Write as _;

/// The longest value of a dimension.
const LONGEST_VALUE: usize = 1024;
/// The longest name of a namespace.
const LONGEST_NAMESPACE: usize = 255;

/// A dimension's value: graphic ASCII, and spaces between (API_Dimension of the CloudWatch API reference). Anything
/// else is percent-encoded.
pub(super) fn value(text: &str) -> String {
    let inner = |at: usize| at > 0 && at + 1 < text.len();
    let mut value = String::with_capacity(text.len());
    for (at, byte) in text.bytes().enumerate() {
        let more = match byte {
            b'!'..=b'~' => 1,
            b' ' if inner(at) => 1,
            _ => 3,
        };
        if value.len() + more > LONGEST_VALUE {
            break;
        }
        if more == 1 {
            value.push(char::from(byte))
        } else {
            let _ = write!(value, "%{byte:02X}");
        }
    }
    if value.is_empty() { "-".to_owned() } else { value }
}

/// A namespace: letters, digits and `. - _ / #`, no colon (API_PutMetricData). Anything else becomes `_`; names that
/// begin with `AWS/` are AWS's.
pub(super) fn namespace(text: &str) -> String {
    let plain = |c: char| if c.is_ascii_alphanumeric() || ".-_/#".contains(c) { c } else { '_' };
    let mut name: String = text.chars().map(plain).take(LONGEST_NAMESPACE).collect();
    if name.starts_with("AWS/") {
        name.replace_range(3..4, "_");
    }
    if name.is_empty() { super::builder::NAMESPACE.to_owned() } else { name }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn plain_names_stay_and_odd_ones_are_encoded() {
        for (text, expected) in [
            ("say", "say"),
            ("say it", "say it"),
            (" x ", "%20x%20"),
            ("é\n", "%C3%A9%0A"),
            ("", "-"),
            ("$connect", "$connect"),
        ] {
            assert_eq!(value(text), expected);
        }
        for (text, expected) in
            [("shop/chat", "shop/chat"), ("AWS/Lambda", "AWS_Lambda"), (":x y", "_x_y"), ("", "LiftWs")]
        {
            assert_eq!(namespace(text), expected);
        }
    }

    proptest! {
        #[test]
        fn whatever_is_asked_for_is_legal(text in r"(\PC|[\x00-\x20]|é){0,2000}") {
            let value = value(&text);
            prop_assert!((1..=LONGEST_VALUE).contains(&value.len()));
            prop_assert!(value.bytes().all(|byte| (b' '..=b'~').contains(&byte)) && !value.trim().is_empty());
            prop_assert!((1..=LONGEST_NAMESPACE).contains(&namespace(&text).len()));
        }
    }
}
