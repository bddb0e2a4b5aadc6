//! A JSON object of texts, read when asked and not before.

use super::Text;
use serde::de::{Deserializer, IgnoredAny, MapAccess, Visitor};
use std::fmt;

/// A JSON object whose values are texts (or, in the multi-value form, lists of texts), as it is written.
///
/// Values that are neither are passed over: one strange header must not hide the others.
#[derive(Clone, Copy, Default)]
pub(crate) struct Pairs<'e>(pub(crate) &'e str);

impl<'e> Pairs<'e> {
    /// Calls `visit` with each name and value, in order.
    pub(crate) fn each(self, visit: impl FnMut(Text<'e>, Text<'e>)) {
        if !self.0.is_empty() {
            // the event was read as JSON already, so an error here can only be a value of another shape
            let _ = serde_json::Deserializer::from_str(self.0).deserialize_map(Each(visit));
        }
    }

    /// The last value of the name that `is` accepts.
    pub(crate) fn last(self, is: impl Fn(&str) -> bool) -> Option<Text<'e>> {
        let mut found = None;
        self.each(|name, value| {
            if is(&name) {
                found = Some(value);
            }
        });
        found
    }
}

/// The names alone: values may be secrets.
impl fmt::Debug for Pairs<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut names = f.debug_list();
        self.each(|name, _| {
            names.entry(&name.as_str());
        });
        names.finish()
    }
}

struct Each<F>(F);

impl<'de, F: FnMut(Text<'de>, Text<'de>)> Visitor<'de> for Each<F> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object of texts")
    }

    fn visit_map<A: MapAccess<'de>>(mut self, mut map: A) -> Result<(), A::Error> {
        while let Some((name, values)) = map.next_entry::<Text<'de>, OneOrMany<'de>>()? {
            match values {
                OneOrMany::One(value) => (self.0)(name, value),
                OneOrMany::Many(values) => values.into_iter().for_each(|value| (self.0)(name.clone(), value)),
                OneOrMany::Other(_) => {}
            }
        }
        Ok(())
    }
}

enum OneOrMany<'e> {
    One(Text<'e>),
    Many(Vec<Text<'e>>),
    Other(IgnoredAny),
}

impl<'de> serde::Deserialize<'de> for OneOrMany<'de> {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        struct Any;
        impl<'de> Visitor<'de> for Any {
            type Value = OneOrMany<'de>;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a value")
            }
            fn visit_borrowed_str<E>(self, text: &'de str) -> Result<OneOrMany<'de>, E> {
                Ok(OneOrMany::One(text.into()))
            }
            fn visit_str<E>(self, text: &str) -> Result<OneOrMany<'de>, E> {
                Ok(OneOrMany::One(text.to_owned().into()))
            }
            fn visit_bool<E>(self, value: bool) -> Result<OneOrMany<'de>, E> {
                Ok(OneOrMany::One(value.to_string().into()))
            }
            fn visit_i64<E>(self, value: i64) -> Result<OneOrMany<'de>, E> {
                Ok(OneOrMany::One(value.to_string().into()))
            }
            fn visit_u64<E>(self, value: u64) -> Result<OneOrMany<'de>, E> {
                Ok(OneOrMany::One(value.to_string().into()))
            }
            fn visit_f64<E>(self, value: f64) -> Result<OneOrMany<'de>, E> {
                Ok(OneOrMany::One(value.to_string().into()))
            }
            fn visit_unit<E>(self) -> Result<OneOrMany<'de>, E> {
                Ok(OneOrMany::Other(IgnoredAny))
            }
            fn visit_seq<A: serde::de::SeqAccess<'de>>(
                self,
                mut list: A,
            ) -> Result<OneOrMany<'de>, A::Error> {
                let mut values = Vec::new();
                while let Some(value) = list.next_element::<OneOrMany<'de>>()? {
                    if let OneOrMany::One(value) = value {
                        values.push(value);
                    }
                }
                Ok(OneOrMany::Many(values))
            }
            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<OneOrMany<'de>, A::Error> {
                while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
                Ok(OneOrMany::Other(IgnoredAny))
            }
        }
        from.deserialize_any(Any)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_of_another_shape_hide_no_others() {
        let pairs = Pairs(r#"{"a":"1","b":null,"c":{"x":[1]},"d":["2","3"],"e":7,"f":true}"#);
        let mut seen = Vec::new();
        pairs.each(|name, value| seen.push(format!("{name}={value}")));
        assert_eq!(seen, ["a=1", "d=2", "d=3", "e=7", "f=true"]);
    }

    #[test]
    fn debug_shows_no_value() {
        assert_eq!(format!("{:?}", Pairs(r#"{"Cookie":"secret","a":["secret"]}"#)), r#"["Cookie", "a"]"#);
    }

    #[test]
    fn nothing_at_all_is_an_empty_object() {
        Pairs("").each(|_, _| panic!("there is nothing to see"));
    }
}
