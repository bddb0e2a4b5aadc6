//! Text that borrows where it can.

use super::rejection::TextRejection;
use super::{AvailableOn, FromEvent};
use crate::{Scope, route};
use serde::de::{self, Deserialize, Deserializer, Visitor};
use serde::{Serialize, Serializer};
use std::borrow::Cow;
use std::fmt;
use std::ops::Deref;

/// Text that borrows from the message where its JSON has no escapes, and owns where it has.
///
/// As a field, mark it `#[serde(borrow)]`: without, serde cannot know that it borrows. As an argument it is the
/// whole message, which must not be base64. As a reply it is a text frame as it stands.
///
/// ```
/// use lift_ws::prelude::*;
///
/// #[derive(Deserialize)]
/// struct Say<'m> { #[serde(borrow)] text: Text<'m> }
///
/// let plain: Say<'_> = serde_json::from_str(r#"{"text":"hello"}"#)?;
/// assert!(plain.text.is_borrowed());
/// let escaped: Say<'_> = serde_json::from_str(r#"{"text":"caf\u00e9"}"#)?;
/// assert_eq!(&*escaped.text, "café");
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Text<'m>(Cow<'m, str>);

impl<'m> Text<'m> {
    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The text, copied if it was borrowed.
    pub fn into_owned(self) -> String {
        self.0.into_owned()
    }

    pub(crate) fn into_cow(self) -> Cow<'m, str> {
        self.0
    }

    /// Does it point into the message?
    pub const fn is_borrowed(&self) -> bool {
        matches!(self.0, Cow::Borrowed(_))
    }
}

impl Deref for Text<'_> {
    type Target = str;
    fn deref(&self) -> &str {
        &self.0
    }
}

impl AsRef<str> for Text<'_> {
    fn as_ref(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Text<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl PartialEq<str> for Text<'_> {
    fn eq(&self, other: &str) -> bool {
        self.0 == other
    }
}

impl PartialEq<&str> for Text<'_> {
    fn eq(&self, other: &&str) -> bool {
        self.0 == *other
    }
}

impl<'m> From<&'m str> for Text<'m> {
    fn from(text: &'m str) -> Self {
        Text(Cow::Borrowed(text))
    }
}

impl From<String> for Text<'_> {
    fn from(text: String) -> Self {
        Text(Cow::Owned(text))
    }
}

impl From<Text<'_>> for String {
    fn from(text: Text<'_>) -> Self {
        text.into_owned()
    }
}

impl Serialize for Text<'_> {
    fn serialize<Z: Serializer>(&self, to: Z) -> Result<Z::Ok, Z::Error> {
        to.serialize_str(&self.0)
    }
}

impl<'de: 'm, 'm> Deserialize<'de> for Text<'m> {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        struct TextVisitor;
        impl<'de> Visitor<'de> for TextVisitor {
            type Value = Text<'de>;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a text")
            }
            fn visit_borrowed_str<E: de::Error>(self, text: &'de str) -> Result<Text<'de>, E> {
                Ok(Text(Cow::Borrowed(text)))
            }
            fn visit_str<E: de::Error>(self, text: &str) -> Result<Text<'de>, E> {
                Ok(Text(Cow::Owned(text.to_owned())))
            }
            fn visit_string<E: de::Error>(self, text: String) -> Result<Text<'de>, E> {
                Ok(Text(Cow::Owned(text)))
            }
        }
        from.deserialize_str(TextVisitor)
    }
}

impl<'e, S> FromEvent<'e, S> for Text<'e> {
    type Rejection = TextRejection;
    fn from_event(scope: &'e Scope<'e, S>) -> Result<Self, TextRejection> {
        if scope.event().is_base64_encoded() {
            Err(TextRejection::new())
        } else {
            Ok(scope.event().body().into())
        }
    }
}
impl AvailableOn<route::Message> for Text<'_> {}
