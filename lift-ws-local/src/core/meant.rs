//! What somebody has meant who has written a name that does not exist.

/// What to say after "there is no such setting" and the like: the name that was meant, or else all that there are.
pub(crate) fn instead_of(name: &str, known: &[&str]) -> String {
    match meant(name, known) {
        Some(meant) => format!(": did you mean `{meant}`?"),
        None => {
            let known = known.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ");
            format!("; there is {known}")
        }
    }
}

/// The known name that is nearest, if it is near: other case and hyphens, a slip in every four letters, or its beginning.
fn meant<'k>(name: &str, known: &[&'k str]) -> Option<&'k str> {
    let plain = |text: &str| -> String {
        // No name that is known is as long.
        text.chars().filter(|c| !matches!(c, '_' | '-')).flat_map(char::to_lowercase).take(64).collect()
    };
    let name = plain(name);
    let letters = name.chars().count();
    let distance_to = |known: &str| {
        let known = plain(known);
        let distance = strsim::osa_distance(&name, &known);
        let is_near = distance <= (letters / 4).max(1) || (letters >= 4 && known.starts_with(&name));
        is_near.then_some(distance)
    };
    let near = known.iter().filter_map(|known| Some((distance_to(known)?, *known)));
    near.min_by_key(|(distance, _)| *distance).map(|(_, known)| known)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slip_is_understood_and_anything_else_gets_the_list() {
        const KNOWN: &[&str] = &["port", "routes", "twoWay", "routeSelectionExpression", "timeoutInMillis"];
        for (name, expected) in [
            ("prot", "port"),
            ("route", "routes"),
            ("two_way", "twoWay"),
            ("twoWays", "twoWay"),
            ("routeSelectionExpresion", "routeSelectionExpression"),
            ("timeout", "timeoutInMillis"),
        ] {
            assert_eq!(meant(name, KNOWN), Some(expected), "{name}");
        }
        for name in ["", "colour", "web", "expression"] {
            assert_eq!(meant(name, KNOWN), None, "{name}");
        }
        assert_eq!(instead_of("prot", KNOWN), ": did you mean `port`?");
        assert_eq!(instead_of("web", &["a", "b"]), "; there is `a`, `b`");
    }
}
