//! A serde deserializer over a JSON object whose values arrived as text.
//!
//! Query strings are text by nature, and an authorizer's numbers may arrive as text (contract §4): a field that
//! wants a number gets one either way.

use crate::extract::{Pairs, Text};
use serde::de::value::{Error, MapDeserializer, SeqDeserializer, StrDeserializer};
use serde::de::{self, Deserializer, IntoDeserializer, Visitor};
use serde::forward_to_deserialize_any;
use std::borrow::Cow;

/// The object's fields, in the order of their names' first appearance.
pub(crate) struct Fields<'de>(Vec<(Text<'de>, Value<'de>)>);

impl<'de> Fields<'de> {
    pub(crate) fn new(json: &'de str) -> Self {
        let mut fields: Vec<(Text<'de>, Value<'de>)> = Vec::new();
        Pairs(json).each(|name, text| match fields.iter_mut().find(|(known, _)| *known == name) {
            Some((_, value)) => value.0.push(text),
            None => fields.push((name, Value(vec![text]))),
        });
        Fields(fields)
    }
}

impl<'de> Deserializer<'de> for Fields<'de> {
    type Error = Error;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        visitor.visit_map(MapDeserializer::new(self.0.into_iter().map(|(name, value)| (Name(name), value))))
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        if self.0.is_empty() { visitor.visit_none() } else { visitor.visit_some(self) }
    }

    fn deserialize_unit<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        visitor.visit_unit()
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        visitor: V,
    ) -> Result<V::Value, Error> {
        visitor.visit_newtype_struct(self)
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf
        unit_struct seq tuple tuple_struct map struct enum identifier ignored_any
    }
}

fn visit_text<'de, V: Visitor<'de>>(text: Text<'de>, visitor: V) -> Result<V::Value, Error> {
    match text.into_cow() {
        Cow::Borrowed(text) => visitor.visit_borrowed_str(text),
        Cow::Owned(text) => visitor.visit_string(text),
    }
}

struct Name<'de>(Text<'de>);

impl<'de> IntoDeserializer<'de> for Name<'de> {
    type Deserializer = Self;
    fn into_deserializer(self) -> Self {
        self
    }
}

impl<'de> Deserializer<'de> for Name<'de> {
    type Error = Error;
    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        visit_text(self.0, visitor)
    }
    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf option unit
        unit_struct newtype_struct seq tuple tuple_struct map struct enum identifier ignored_any
    }
}

/// The values of one name; where one is wanted, the last counts.
struct Value<'de>(Vec<Text<'de>>);

impl<'de> Value<'de> {
    fn last(mut self) -> Text<'de> {
        self.0.pop().unwrap_or_default()
    }
}

impl<'de> IntoDeserializer<'de> for Value<'de> {
    type Deserializer = Self;
    fn into_deserializer(self) -> Self {
        self
    }
}

macro_rules! parsed {
    ($($method:ident $visit:ident $ty:ty, $wanted:literal;)*) => {$(
        fn $method<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
            let text = self.last();
            match text.parse::<$ty>() {
                Ok(value) => visitor.$visit(value),
                Err(_) => Err(de::Error::custom(format_args!("expected {}, not a text", $wanted))),
            }
        }
    )*};
}

impl<'de> Deserializer<'de> for Value<'de> {
    type Error = Error;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        visit_text(self.last(), visitor)
    }

    parsed! {
        deserialize_bool visit_bool bool, "`true` or `false`";
        deserialize_i8 visit_i8 i8, "a whole number";
        deserialize_i16 visit_i16 i16, "a whole number";
        deserialize_i32 visit_i32 i32, "a whole number";
        deserialize_i64 visit_i64 i64, "a whole number";
        deserialize_i128 visit_i128 i128, "a whole number";
        deserialize_u8 visit_u8 u8, "a whole number";
        deserialize_u16 visit_u16 u16, "a whole number";
        deserialize_u32 visit_u32 u32, "a whole number";
        deserialize_u64 visit_u64 u64, "a whole number";
        deserialize_u128 visit_u128 u128, "a whole number";
        deserialize_f32 visit_f32 f32, "a number";
        deserialize_f64 visit_f64 f64, "a number";
        deserialize_char visit_char char, "one character";
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        visitor.visit_some(self)
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        visitor: V,
    ) -> Result<V::Value, Error> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_seq<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        visitor.visit_seq(SeqDeserializer::new(self.0.into_iter().map(|text| Value(vec![text]))))
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        name: &'static str,
        variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Error> {
        let text = self.last();
        let variant: StrDeserializer<'_, Error> = text.as_str().into_deserializer();
        variant.deserialize_enum(name, variants, visitor)
    }

    forward_to_deserialize_any! {
        str string bytes byte_buf unit unit_struct tuple tuple_struct map struct identifier ignored_any
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde::Deserialize;

    #[derive(Debug, Deserialize, PartialEq)]
    #[serde(rename_all = "lowercase")]
    enum Color {
        Red,
        Blue,
    }

    #[derive(Debug, Deserialize, PartialEq)]
    struct Wanted<'m> {
        #[serde(borrow)]
        name: Text<'m>,
        page: Option<u32>,
        on: Option<bool>,
        tags: Option<Vec<u8>>,
        color: Option<Color>,
    }

    fn read(json: &str) -> Result<Wanted<'_>, Error> {
        Wanted::deserialize(Fields::new(json))
    }

    #[test]
    fn text_is_read_as_what_the_field_wants() {
        let wanted =
            read(r#"{"name":["x","é"],"page":"7","on":"true","tags":["1","2"],"color":"blue","more":"z"}"#);
        let wanted = wanted.unwrap();
        assert_eq!((wanted.name.as_str(), wanted.page, wanted.on), ("é", Some(7), Some(true)));
        assert_eq!((wanted.tags, wanted.color), (Some(vec![1, 2]), Some(Color::Blue)));
    }

    #[test]
    fn numbers_may_also_arrive_as_numbers() {
        assert_eq!(read(r#"{"name":"n","page":7,"on":true}"#).unwrap().page, Some(7));
    }

    #[test]
    fn errors_name_what_was_expected() {
        assert_eq!(
            read(r#"{"name":"n","page":"seven"}"#).unwrap_err().to_string(),
            "expected a whole number, not a text"
        );
        assert_eq!(read("").unwrap_err().to_string(), "missing field `name`");
    }
}
