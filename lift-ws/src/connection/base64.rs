//! Binary data in a JSON message.

use std::fmt::{self, Write as _};
use std::ops::Deref;

use serde::de::{Unexpected, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/// Binary data as a field of a message: base64 text on the wire, with padding, as `atob` and others read it.
///
/// The gateway delivers text frames and refuses binary ones (contract §6.3), so bytes travel so, a third larger.
///
/// ```
/// # use lift_ws::Base64;
/// #[derive(serde::Serialize, serde::Deserialize)]
/// struct Thumbnail<B> { name: String, png: Base64<B> }
///
/// let borrowed = Thumbnail { name: "a".into(), png: Base64(&[0x89, b'P', b'N', b'G'][..]) };
/// let json = serde_json::to_string(&borrowed)?;
/// assert_eq!(json, r#"{"name":"a","png":"iVBORw=="}"#);
/// let owned: Thumbnail<Vec<u8>> = serde_json::from_str(&json)?;
/// assert_eq!(*owned.png, b"\x89PNG");
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub struct Base64<T = Vec<u8>>(pub T);

impl<T> Deref for Base64<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.0
    }
}

impl<T> From<T> for Base64<T> {
    fn from(bytes: T) -> Self {
        Self(bytes)
    }
}

/// The text.
impl<T: AsRef<[u8]>> fmt::Display for Base64<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.as_ref().chunks(3).try_for_each(|chunk| {
            let [one, two, three] = [0, 1, 2].map(|at| u32::from(chunk.get(at).copied().unwrap_or(0)));
            let bits = one << 16 | two << 8 | three;
            (0..4).try_for_each(|digit| {
                let six = bits >> (18 - 6 * digit) & 63;
                let padded = if digit > chunk.len() { b'=' } else { DIGITS[six as usize] };
                f.write_char(char::from(padded))
            })
        })
    }
}

impl<T: AsRef<[u8]>> Serialize for Base64<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de, T: From<Vec<u8>>> Deserialize<'de> for Base64<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let bytes = deserializer.deserialize_str(Text)?;
        Ok(Self(bytes.into()))
    }
}

struct Text;

impl Visitor<'_> for Text {
    type Value = Vec<u8>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("base64 text with padding (A-Z a-z 0-9 + /)")
    }

    fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<Vec<u8>, E> {
        decode(text.as_bytes()).ok_or_else(|| E::invalid_value(Unexpected::Str(shortened(text)), &self))
    }
}

/// An error names the value; a long one would fill the log.
fn shortened(text: &str) -> &str {
    text.get(..32).unwrap_or(text)
}

/// Strict: whole quadruples, padding at the end only, no bits left over.
fn decode(text: &[u8]) -> Option<Vec<u8>> {
    if !text.len().is_multiple_of(4) {
        return None;
    }
    let padding = text.iter().rev().take_while(|byte| **byte == b'=').count();
    if padding > 2 {
        return None;
    }
    let mut bytes = Vec::with_capacity(text.len() / 4 * 3);
    for quadruple in text[..text.len() - padding].chunks(4) {
        let mut bits = 0;
        for digit in quadruple {
            bits = bits << 6 | value(*digit)?;
        }
        let missing = 4 - quadruple.len();
        bits <<= 6 * missing;
        let [_, three @ ..] = u32::to_be_bytes(bits);
        let (kept, left_over) = three.split_at(3 - missing);
        if left_over.iter().any(|byte| *byte != 0) {
            return None;
        }
        bytes.extend_from_slice(kept);
    }
    Some(bytes)
}

fn value(digit: u8) -> Option<u32> {
    Some(u32::from(match digit {
        b'A'..=b'Z' => digit - b'A',
        b'a'..=b'z' => digit - b'a' + 26,
        b'0'..=b'9' => digit - b'0' + 52,
        b'+' => 62,
        b'/' => 63,
        _ => return None,
    }))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn read(text: &str) -> Result<Vec<u8>, serde_json::Error> {
        serde_json::from_value::<Base64>(text.into()).map(|bytes| bytes.0)
    }

    #[test]
    fn the_samples_of_the_rfc_hold_both_ways() {
        for (bytes, text) in [
            ("", ""),
            ("f", "Zg=="),
            ("fo", "Zm8="),
            ("foo", "Zm9v"),
            ("foob", "Zm9vYg=="),
            ("fooba", "Zm9vYmE="),
            ("foobar", "Zm9vYmFy"),
        ] {
            assert_eq!(Base64(bytes).to_string(), text);
            assert_eq!(read(text).unwrap(), bytes.as_bytes());
        }
    }

    #[test]
    fn what_is_no_base64_is_refused() {
        for text in
            ["Z", "Zg", "Zg=", "Zg===", "Z===", "====", "Zh==", "Zm9=", "Z g=", "Zg==Zg==", "Zm-_", "Zgé"]
        {
            let error = read(text).unwrap_err().to_string();
            assert!(error.contains("base64 text"), "{text}: {error}");
        }
        assert!(read(&"é".repeat(500)).unwrap_err().to_string().len() < 2_000);
    }

    proptest! {
        #[test]
        fn any_bytes_survive(bytes: Vec<u8>) {
            let json = serde_json::to_string(&Base64(&bytes)).unwrap();
            prop_assert_eq!(serde_json::from_str::<Base64>(&json).unwrap().0, bytes);
        }
    }
}
