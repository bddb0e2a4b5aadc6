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
    let plain = |text: &str| -> Vec<char> {
        // No name that is known is as long.
        text.chars().filter(|c| !matches!(c, '_' | '-')).flat_map(char::to_lowercase).take(64).collect()
    };
    let name = plain(name);
    let distance_to = |known: &str| {
        let known = plain(known);
        let distance = slips(&name, &known);
        let is_near = distance <= (name.len() / 4).max(1) || (name.len() >= 4 && known.starts_with(&name));
        is_near.then_some(distance)
    };
    let near = known.iter().filter_map(|known| Some((distance_to(known)?, *known)));
    near.min_by_key(|(distance, _)| *distance).map(|(_, known)| known)
}

/// How many letters are missing, too many, wrong, or in the place of their neighbour.
fn slips(one: &[char], other: &[char]) -> usize {
    let mut rows: Vec<Vec<usize>> = vec![(0..=other.len()).collect()];
    for (i, a) in one.iter().enumerate() {
        let mut row = vec![i + 1];
        for (j, b) in other.iter().enumerate() {
            let wrong = rows[i][j] + usize::from(a != b);
            let mut least = wrong.min(rows[i][j + 1] + 1).min(row[j] + 1);
            if i > 0 && j > 0 && *a == other[j - 1] && one[i - 1] == *b {
                least = least.min(rows[i - 1][j - 1] + 1);
            }
            row.push(least);
        }
        rows.push(row);
    }
    rows[one.len()][other.len()]
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
