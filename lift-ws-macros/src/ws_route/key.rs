//! Route keys: the three predefined ones, and custom ones.

use crate::distance::nearest;
use crate::errors::Errors;
use syn::LitStr;

const PREDEFINED: [&str; 3] = ["$connect", "$disconnect", "$default"];

/// The kind of event that a route gets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Connect,
    Message,
    Disconnect,
}

impl Kind {
    /// The kind of a legal key.
    pub(super) fn of(key: &LitStr, errors: &mut Errors) -> Option<Kind> {
        match key.value().as_str() {
            "$connect" => return Some(Kind::Connect),
            "$disconnect" => return Some(Kind::Disconnect),
            "$default" => return Some(Kind::Message),
            "" => errors.at(key, "a route key cannot be empty\nhelp: write what clients send, such as `\"say\"`; `\"$default\"` takes whatever no other route takes"),
            reserved if reserved.starts_with('$') => errors.at(key, not_predefined(reserved)),
            _ => return Some(Kind::Message),
        }
        None
    }

    /// Its name in `lift_ws::__private::kind`.
    pub(super) fn name(self) -> &'static str {
        match self {
            Kind::Connect => "Connect",
            Kind::Message => "Message",
            Kind::Disconnect => "Disconnect",
        }
    }
}

fn not_predefined(key: &str) -> String {
    let hint = match nearest(key, PREDEFINED) {
        Some(near) => format!("help: did you mean `{near}`?"),
        None => format!("help: write `{}`", key.trim_start_matches('$')),
    };
    format!(
        "`{key}` is not a predefined route key\n{hint}\nnote: predefined are `$connect`, `$disconnect`, `$default`; a custom key must not start with `$`"
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use proc_macro2::Span;

    fn of(key: &str) -> (Option<Kind>, Vec<String>) {
        let mut errors = Errors::default();
        (Kind::of(&LitStr::new(key, Span::call_site()), &mut errors), errors.messages())
    }

    #[test]
    fn the_key_says_which_events_come() {
        assert_eq!(of("$connect").0, Some(Kind::Connect));
        assert_eq!(of("$disconnect").0, Some(Kind::Disconnect));
        assert_eq!(of("$default").0, Some(Kind::Message));
        assert_eq!(of("say $5").0, Some(Kind::Message));
    }

    #[test]
    fn reserved_keys_are_refused_with_the_nearest_one() {
        assert!(of("$conect").1[0].contains("did you mean `$connect`?"));
        assert!(of("$message").1[0].contains("help: write `message`"));
    }

    #[test]
    fn the_empty_key_is_refused() {
        assert!(of("").0.is_none() && of("").1.len() == 1);
    }
}
