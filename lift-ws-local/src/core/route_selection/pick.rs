//! Reading what one path of names leads to, without keeping the rest of the message.

use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, Error, MapAccess, SeqAccess, Visitor};
use serde_json::Value;

use super::path::Step;

/// What serde_json reads in a way of its own begins like this, if it is the first name of an object.
const PRIVATE: &str = "$serde_json::private::";

/// What the steps lead to in a message, `Some(None)` if it is not there. Nothing, if only the whole message tells: it is not JSON, or
/// the steps are not all names.
pub(super) fn value(message: &str, steps: &[Step]) -> Option<Option<Value>> {
    if !steps.iter().all(|step| matches!(step, Step::Name(_))) {
        return None;
    }
    let mut reader = serde_json::Deserializer::from_str(message);
    let found = Wanted(Some(steps)).deserialize(&mut reader).ok()?;
    reader.end().ok()?;
    Some(found)
}

/// The steps from here to the value. Without any, this is a value to be checked only: as if it were kept, so that both ways agree on
/// what is JSON.
#[derive(Clone, Copy)]
struct Wanted<'p>(Option<&'p [Step]>);

impl<'p> Wanted<'p> {
    const NOTHING: Self = Self(None);

    /// The member to look into, and what is wanted of it.
    fn member(self) -> Option<(&'p str, Self)> {
        match self.0 {
            Some([Step::Name(name), rest @ ..]) => Some((name, Self(Some(rest)))),
            _ => None,
        }
    }
}

impl<'de> DeserializeSeed<'de> for Wanted<'_> {
    type Value = Option<Value>;

    fn deserialize<D: Deserializer<'de>>(self, reader: D) -> Result<Self::Value, D::Error> {
        match self.0 {
            Some([]) => serde::Deserialize::deserialize(reader).map(Some),
            _ => reader.deserialize_any(self),
        }
    }
}

impl<'de> Visitor<'de> for Wanted<'_> {
    type Value = Option<Value>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Self::Value, A::Error> {
        let wanted = self.member();
        let mut found = None;
        while let Some(is_wanted) = members.next_key_seed(IsName(wanted.map(|(name, _)| name)))? {
            match wanted {
                // Of members with one name the last counts.
                Some((_, rest)) if is_wanted => found = members.next_value_seed(rest)?,
                _ => _ = members.next_value_seed(Wanted::NOTHING)?,
            }
        }
        Ok(found)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut elements: A) -> Result<Self::Value, A::Error> {
        while elements.next_element_seed(Wanted::NOTHING)?.is_some() {}
        Ok(None)
    }

    fn visit_str<E>(self, _: &str) -> Result<Self::Value, E> {
        Ok(None)
    }

    fn visit_u64<E>(self, _: u64) -> Result<Self::Value, E> {
        Ok(None)
    }

    fn visit_i64<E>(self, _: i64) -> Result<Self::Value, E> {
        Ok(None)
    }

    fn visit_f64<E>(self, _: f64) -> Result<Self::Value, E> {
        Ok(None)
    }

    fn visit_bool<E>(self, _: bool) -> Result<Self::Value, E> {
        Ok(None)
    }

    fn visit_unit<E>(self) -> Result<Self::Value, E> {
        Ok(None)
    }
}

/// Whether a member has this name.
struct IsName<'p>(Option<&'p str>);

impl<'de> DeserializeSeed<'de> for IsName<'_> {
    type Value = bool;

    fn deserialize<D: Deserializer<'de>>(self, reader: D) -> Result<bool, D::Error> {
        reader.deserialize_str(self)
    }
}

impl Visitor<'_> for IsName<'_> {
    type Value = bool;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a name")
    }

    fn visit_str<E: Error>(self, name: &str) -> Result<bool, E> {
        if name.starts_with(PRIVATE) {
            return Err(E::custom("only the whole message tells"));
        }
        Ok(self.0 == Some(name))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::RouteSelection;
    use super::*;

    const EXPRESSIONS: [&str; 6] = [
        "$request.body",
        "$request.body.a",
        "$request.body.a.b",
        "$request.body['']",
        "$request.body.a[0]",
        "$request.body['$serde_json::private::RawValue']",
    ];

    /// The key by keeping the whole message.
    fn by_the_whole(selection: &RouteSelection, message: &str) -> Option<String> {
        serde_json::from_str(message).ok().map(|body: Value| selection.select(&body))
    }

    fn is_the_same(message: &str) -> Result<(), TestCaseError> {
        for expression in EXPRESSIONS {
            let selection = RouteSelection::parse(expression).unwrap();
            let key = selection.evaluate(message);
            prop_assert_eq!(key, by_the_whole(&selection, message), "{} in {}", expression, message);
        }
        Ok(())
    }

    /// Texts of nearly JSON: names come twice, numbers are out of range, strings are no texts.
    fn nearly_json() -> impl Strategy<Value = String> {
        let leaves = [
            "null",
            "true",
            "-1",
            "1.50",
            "18446744073709551616",
            "1e999",
            "\"\"",
            r#""x""#,
            r#""\ud800""#,
            r#""\u00e9""#,
            r#""\q""#,
            "\"\n\"",
            "01",
            "nul",
            "",
        ];
        let names = prop::sample::select(vec![
            r#""a""#,
            r#""\u0061""#,
            r#""b""#,
            r#""""#,
            r#""$serde_json::private::RawValue""#,
            "a",
        ]);
        prop::sample::select(leaves.to_vec()).prop_map(str::to_owned).prop_recursive(4, 24, 3, move |inner| {
            let members = prop::collection::vec((names.clone(), inner.clone()), 0..4).prop_map(|members| {
                let members = members.iter().map(|(name, value)| format!("{name}: {value}"));
                format!("{{{}}}", members.collect::<Vec<_>>().join(","))
            });
            let elements = prop::collection::vec(inner, 0..3).prop_map(|all| format!("[{}]", all.join(" ,")));
            prop_oneof![3 => members, 1 => elements]
        })
    }

    proptest! {
        #[test]
        fn a_member_that_is_picked_is_the_member_of_the_whole(message in nearly_json(), rest in "[ ,}]?") {
            is_the_same(&message)?;
            is_the_same(&format!("{message}{rest}"))?;
        }
    }

    #[test]
    fn both_ways_agree_on_what_is_json() {
        let nested = |levels: usize| format!("{}1{}", "[".repeat(levels), "]".repeat(levels));
        for value in
            ["1e999", r#""\ud800""#, r#""\q""#, "01", "1 2", r#"{"b":1,}"#, &nested(126), &nested(127)]
        {
            for message in [
                format!(r#"{{"a":"x","c":{value}}}"#),
                format!(r#"{{"c":{value},"a":"x"}}"#),
                format!(r#"{{"a":{value}}}"#),
                format!(r#"{{"a":{{"b":{value}}}}}"#),
            ] {
                is_the_same(&message).unwrap();
            }
        }
    }

    #[test]
    fn the_last_of_members_with_one_name_counts() {
        let key = |message| RouteSelection::parse("$request.body.a.b").unwrap().evaluate(message).unwrap();
        assert_eq!(key(r#"{"a":{"b":"first","b":"last"}}"#), "last");
        assert_eq!(key(r#"{"a":{"b":"first"},"a":{"b":"last"}}"#), "last");
        assert_eq!(key(r#"{"a":{"b":"first"},"a":{}}"#), "");
        assert_eq!(key(r#"{"a":{"b":"first"},"a":"last"}"#), "");
    }
}
