//! Does a policy allow a call? As AWS decides it: a statement has to match, and one that denies wins.

use serde_json::Value;

const ACTION: &str = "execute-api:Invoke";

/// Does this `policyDocument` allow to call the route of that ARN?
pub(super) fn allows(document: &Value, arn: &str) -> bool {
    let statements = one_or_many(&document["Statement"]);
    let effects: Vec<_> = statements
        .iter()
        .filter(|statement| {
            matches(&statement["Action"], &ACTION.to_ascii_lowercase(), str::to_ascii_lowercase)
        })
        .filter(|statement| matches(&statement["Resource"], arn, str::to_owned))
        .filter_map(|statement| statement["Effect"].as_str())
        .collect();
    effects.contains(&"Allow") && !effects.contains(&"Deny")
}

fn one_or_many(value: &Value) -> &[Value] {
    value.as_array().map_or_else(|| std::slice::from_ref(value), Vec::as_slice)
}

fn matches(patterns: &Value, text: &str, prepare: impl Fn(&str) -> String) -> bool {
    let patterns = one_or_many(patterns).iter().filter_map(Value::as_str);
    patterns.map(prepare).any(|pattern| glob(pattern.as_bytes(), text.as_bytes()))
}

/// `*` stands for any text, slashes too, and `?` for one character.
fn glob(pattern: &[u8], text: &[u8]) -> bool {
    match (pattern.split_first(), text.split_first()) {
        (None, _) => text.is_empty(),
        (Some((b'*', rest)), _) => (0..=text.len()).any(|skipped| glob(rest, &text[skipped..])),
        (Some((wanted, pattern)), Some((found, text))) => {
            (*wanted == b'?' || wanted == found) && glob(pattern, text)
        }
        (Some(_), None) => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    const CONNECT: &str = "arn:aws:execute-api:eu-central-1:123456789012:a1b2c3/prod/$connect";

    fn allow(resource: &str) -> Value {
        json!({"Effect": "Allow", "Action": ACTION, "Resource": format!("arn:aws:execute-api:eu-central-1:123456789012:{resource}")})
    }

    #[test]
    fn a_resource_matches_segment_by_segment() {
        for (resource, allowed) in [
            ("a1b2c3/prod/$connect", true),
            ("a1b2c3/prod/*", true),
            ("a1b2c3/*", true),
            ("a1b2c3/pro?/$connect", true),
            // what a REST API's authorizer returns: two segments after the stage
            ("a1b2c3/prod/*/*", false),
            ("a1b2c3/prod/GET/*", false),
            ("a1b2c3/dev/$connect", false),
            ("a1b2c3/prod/$connect/x", false),
        ] {
            let document = json!({"Version": "2012-10-17", "Statement": [allow(resource)]});
            assert_eq!(allows(&document, CONNECT), allowed, "{resource}");
        }
    }

    #[test]
    fn without_a_matching_statement_nothing_is_allowed_and_a_deny_wins() {
        let mut other_action = allow("a1b2c3/*");
        other_action["Action"] = json!(["execute-api:ManageConnections"]);
        let mut deny = allow("a1b2c3/*");
        deny["Effect"] = json!("Deny");
        assert!(!allows(&json!({}), CONNECT));
        assert!(!allows(&json!({"Statement": []}), CONNECT));
        assert!(!allows(&json!({"Statement": [other_action]}), CONNECT));
        assert!(!allows(&json!({"Statement": [allow("a1b2c3/*"), deny]}), CONNECT));
        assert!(allows(&json!({"Statement": allow("a1b2c3/*")}), CONNECT), "a single one needs no list");
    }
}
