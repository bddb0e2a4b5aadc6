//! Binary data in a JSON message.

use std::fmt;
use std::ops::Deref;

use base64::Engine as _;
use base64::display::Base64Display;
use base64::engine::general_purpose::STANDARD;
use serde::de::{Unexpected, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// Binary data as a field of a message: base64 text on the wire, with padding, as `atob` and others read it.
///
/// The gateway delivers text frames and refuses binary ones (contract §6.3), so bytes travel so, a third larger.
///
/// ```
/// # use lift_ws::Base64;
/// #[derive(serde::Serialize)]
/// struct Thumbnail<'a> { name: &'a str, png: Base64<&'a [u8]> } // sent as it lies there
///
/// let json = serde_json::to_string(&Thumbnail { name: "a", png: Base64(b"\x89PNG") })?;
/// assert_eq!(json, r#"{"name":"a","png":"iVBORw=="}"#);
///
/// #[derive(serde::Deserialize)]
/// struct Upload { png: Base64 } // of its own
///
/// let upload: Upload = serde_json::from_str(&json)?;
/// assert_eq!(*upload.png, b"\x89PNG");
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
        Base64Display::new(self.0.as_ref(), &STANDARD).fmt(f)
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
        STANDARD.decode(text).map_err(|_| E::invalid_value(Unexpected::Str(shortened(text)), &self))
    }
}

/// An error names the value; a long one would fill the log.
fn shortened(text: &str) -> &str {
    &text[..text.floor_char_boundary(32)]
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
        let long = read(&format!("x{}", "é".repeat(5_000))).unwrap_err().to_string();
        assert!(long.len() < 200, "{long}");
    }

    proptest! {
        #[test]
        fn any_bytes_survive(bytes: Vec<u8>) {
            let json = serde_json::to_string(&Base64(&bytes)).unwrap();
            prop_assert_eq!(serde_json::from_str::<Base64>(&json).unwrap().0, bytes);
        }
    }
}
