//! Wildcards in the actions and resources of a policy.

/// The parts of an ARN, `arn:partition:service:region:account:resource`; the last may hold colons itself.
const ARN_PARTS: usize = 6;

/// Whether a text matches a pattern, in which `*` stands for any characters and `?` for exactly one.
pub(in crate::core) fn matches(pattern: &str, text: &str) -> bool {
    let (pattern, text): (Vec<char>, Vec<char>) = (pattern.chars().collect(), text.chars().collect());
    let (mut at, mut from) = (0, 0);
    // Where the last `*` stands, and how much of the text it has been given so far.
    let mut star = None;
    while from < text.len() {
        match pattern.get(at) {
            Some('*') => {
                star = Some((at, from));
                at += 1;
            }
            Some(&expected) if expected == '?' || expected == text[from] => (at, from) = (at + 1, from + 1),
            _ => {
                let Some((place, taken)) = star else { return false };
                star = Some((place, taken + 1));
                (at, from) = (place + 1, taken + 1);
            }
        }
    }
    pattern[at..].iter().all(|&rest| rest == '*')
}

/// Whether an ARN matches a pattern: part by part, and only a `*` at the pattern's end reaches over colons.
pub(in crate::core) fn matches_arn(pattern: &str, arn: &str) -> bool {
    let (mut pattern, mut arn) = (pattern, arn);
    for _ in 1..ARN_PARTS {
        let Some((expected, later_patterns)) = pattern.split_once(':') else {
            return pattern.ends_with('*') && matches(pattern, arn);
        };
        let Some((part, later_parts)) = arn.split_once(':') else { return false };
        if !matches(expected, part) {
            return false;
        }
        (pattern, arn) = (later_patterns, later_parts);
    }
    matches(pattern, arn)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// What the two wildcards mean, written down without care for time.
    fn naive(pattern: &[char], text: &[char]) -> bool {
        match (pattern, text) {
            ([], []) => true,
            (['*', rest @ ..], _) => (0..=text.len()).any(|taken| naive(rest, &text[taken..])),
            (['?', pattern @ ..], [_, text @ ..]) => naive(pattern, text),
            ([expected, pattern @ ..], [found, text @ ..]) if expected == found => naive(pattern, text),
            _ => false,
        }
    }

    const ARN: &str = "arn:aws:execute-api:us-east-1:123456789012:a1b2c3d4e5/prod/$connect";

    #[test]
    fn a_star_stands_for_any_characters_and_a_question_mark_for_one() {
        for (pattern, text) in [
            ("*", ""),
            ("", ""),
            ("a*", "a"),
            ("*b*", "abc"),
            ("a?c", "aéc"),
            ("**", "x"),
            ("$connect", "$connect"),
        ] {
            assert!(matches(pattern, text), "{pattern} {text}");
        }
        for (pattern, text) in [("", "a"), ("?", ""), ("a*b", "a"), ("A", "a"), ("a?", "a"), ("a", "ab")] {
            assert!(!matches(pattern, text), "{pattern} {text}");
        }
    }

    #[test]
    fn arns_match_part_by_part() {
        for pattern in [
            ARN,
            "*",
            "arn:aws:execute-api:*",
            "arn:aws:execute-api:us-east-1:123456789012:*",
            "arn:aws:execute-api:*:*:a1b2c3d4e5/*",
            "arn:*:execute-api:*:*:*/prod/$connect",
            "arn:aws:execute-api:us-east-?:123456789012:a1b2c3d4e5/*/$connect",
            "arn:aws:execute-api:us-east-1:123456789012:a1b2c3d4e5/prod/*",
        ] {
            assert!(matches_arn(pattern, ARN), "{pattern}");
        }
        for pattern in [
            "",
            "arn",
            "arn:aws:execute-api:us-east-1:123456789012:a1b2c3d4e5/prod/*/*",
            "arn:aws:execute-api:us-east-1:123456789012:a1b2c3d4e5/prod/GET/$connect",
            "arn:aws:execute-api:us-east-1:123456789012:a1b2c3d4e5/prod/$Connect",
            "arn:aws:execute-api:us-east-1:123456789012:a1b2c3d4e5/prod",
            // a `*` that is not at the end stays within its part
            "arn:aws:*$connect",
            "arn:aws:execute-api:*/$connect",
            "arn:aws:*:123456789012:a1b2c3d4e5/prod/$connect",
            "arn:aws:execute-api:us-east-1:123456789012:a1b2c3d4e5/prod/$connect:more",
        ] {
            assert!(!matches_arn(pattern, ARN), "{pattern}");
        }
    }

    #[test]
    fn many_stars_take_no_time() {
        let pattern = "*a".repeat(4_000) + "b";
        assert!(!matches(&pattern, &"a".repeat(1_000)));
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(2_000))]

        #[test]
        fn the_matcher_agrees_with_the_naive_one(pattern in "[ab*?:/]{0,8}", text in "[ab:/*]{0,8}") {
            let chars = |text: &str| text.chars().collect::<Vec<_>>();
            prop_assert_eq!(matches(&pattern, &text), naive(&chars(&pattern), &chars(&text)));
        }

        #[test]
        fn an_arn_of_six_parts_matches_if_each_part_does(
            parts in prop::collection::vec("[ab]{0,3}", 6),
            patterns in prop::collection::vec("[ab*?]{0,3}", 6),
        ) {
            let expected = parts.iter().zip(&patterns).all(|(part, pattern)| matches(pattern, part));
            prop_assert_eq!(matches_arn(&patterns.join(":"), &parts.join(":")), expected);
        }

        #[test]
        fn whatever_matches_by_parts_matches_as_one_text(pattern in "[ab*?:]{0,16}", arn in "[ab:]{0,16}") {
            prop_assert!(!matches_arn(&pattern, &arn) || matches(&pattern, &arn));
        }
    }
}
