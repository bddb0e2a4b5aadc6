//! Why a policy lets nobody in, in words that say what to write.

use super::pattern::matches;
use super::policy::{Effect, INVOKE, Policy, Selection};

/// Names of the parts of an ARN, from its start.
const PARTS: [&str; 5] = ["start", "partition", "service", "region", "account"];

const RETURN_METHOD_ARN: &str = "return the event's `methodArn` as the resource";

/// Tells which part of a policy falls short of allowing this ARN. The nearest miss is told.
pub(super) fn why_nothing_allows(policy: &Policy, arn: &str) -> String {
    let allowing = || policy.statements.iter().filter(|statement| statement.effect == Effect::Allow);
    if let Some(statement) = allowing().find(|statement| statement.is_about_invoke()) {
        return match &statement.resources {
            Selection::These(patterns) => match nearest(patterns, arn) {
                Some(pattern) => about_resource(pattern, arn),
                None => format!("the policy names no resource: {RETURN_METHOD_ARN}"),
            },
            Selection::AllBut(_) => format!("the policy's `NotResource` leaves `{arn}` out"),
        };
    }
    match allowing().next().map(|statement| &statement.actions) {
        Some(Selection::These(actions)) => {
            let action = actions.first().map(String::as_str).unwrap_or_default();
            format!("the policy's action `{action}` does not match `{INVOKE}`: write that")
        }
        Some(Selection::AllBut(_)) => format!("the policy's `NotAction` leaves `{INVOKE}` out"),
        None => {
            format!("no statement of the policy allows anything: {RETURN_METHOD_ARN}, with the effect Allow")
        }
    }
}

/// The pattern that agrees with the ARN for longest.
fn nearest<'p>(patterns: &'p [String], arn: &str) -> Option<&'p str> {
    let agreement = |pattern: &&String| pattern.bytes().zip(arn.bytes()).take_while(|(a, b)| a == b).count();
    // Of equal ones the first, as people read.
    patterns.iter().rev().max_by_key(agreement).map(String::as_str)
}

fn about_resource(pattern: &str, arn: &str) -> String {
    format!("the policy's resource `{pattern}` does not match `{arn}`: {}", difference(pattern, arn))
}

fn difference(pattern: &str, arn: &str) -> String {
    let (mut patterns, mut parts) = (pattern.splitn(6, ':'), arn.splitn(6, ':'));
    for name in PARTS {
        let (Some(expected), Some(part)) = (patterns.next(), parts.next()) else { break };
        if !matches(expected, part) {
            return format!("its {name} is `{expected}`, not `{part}`; {RETURN_METHOD_ARN}");
        }
    }
    let (Some(expected), Some(resource)) = (patterns.next(), parts.next()) else {
        return format!("it has fewer than six parts; {RETURN_METHOD_ARN}");
    };
    if resource.split('/').count() < expected.split('/').count() {
        return format!("one segment follows the stage, the route, and no method; {RETURN_METHOD_ARN}");
    }
    let mut segments = resource.split('/').zip(expected.split('/'));
    let named = ["API", "stage", "route"].into_iter().zip(segments.by_ref());
    let different = named.into_iter().find(|(_, (segment, expected))| !matches(expected, segment));
    match different {
        Some((name, (segment, expected))) => {
            format!("its {name} is `{expected}`, not `{segment}`; {RETURN_METHOD_ARN}")
        }
        None => format!("it ends too early; {RETURN_METHOD_ARN}"),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::{Value, json};

    use super::*;
    use crate::core::authorizer::pattern::matches_arn;

    const ARN: &str = "arn:aws:execute-api:us-east-1:000000000000:local00000/dev/$connect";

    fn why(statement: Value) -> String {
        let policy = Policy::read(&json!({ "Statement": [statement] })).unwrap();
        why_nothing_allows(&policy, ARN)
    }

    fn of_resource(resource: impl Into<Value>) -> String {
        let why = why(json!({ "Effect": "Allow", "Action": INVOKE, "Resource": resource.into() }));
        let why =
            why.strip_suffix("; return the event's `methodArn` as the resource").expect("it says what to do");
        why.split_once(&format!("` does not match `{ARN}`: ")).expect("it names both").1.to_owned()
    }

    #[test]
    fn the_part_that_differs_is_named() {
        for (resource, expected) in [
            (
                "arn:aws:execute-api:us-east-1:000000000000:local00000/dev/*/*",
                "one segment follows the stage, the route, and no method",
            ),
            (
                "arn:aws:execute-api:us-east-1:000000000000:local00000/dev/GET/$connect",
                "one segment follows the stage, the route, and no method",
            ),
            (
                "arn:aws:execute-api:eu-west-1:000000000000:local00000/dev/$connect",
                "its region is `eu-west-1`, not `us-east-1`",
            ),
            (
                "arn:aws:execute-api:*:123456789012:local00000/dev/$connect",
                "its account is `123456789012`, not `000000000000`",
            ),
            ("arn:aws:execute-api:*:*:abc/dev/$connect", "its API is `abc`, not `local00000`"),
            ("arn:aws:execute-api:*:*:*/prod/*", "its stage is `prod`, not `dev`"),
            ("arn:aws:execute-api:*:*:*/dev/$default", "its route is `$default`, not `$connect`"),
            ("arn:aws:execute-api:*:*:local00000/dev", "it ends too early"),
            ("arn:aws:execute-api", "it has fewer than six parts"),
            ("local00000/dev/$connect", "its start is `local00000/dev/$connect`, not `arn`"),
        ] {
            assert_eq!(of_resource(resource), expected, "{resource}");
        }
    }

    #[test]
    fn of_several_resources_the_nearest_is_told() {
        let resources =
            ["arn:aws:s3:::bucket", "arn:aws:execute-api:us-east-1:000000000000:local00000/prod/*"];
        assert_eq!(of_resource(json!(resources)), "its stage is `prod`, not `dev`");
    }

    #[test]
    fn what_else_falls_short_is_told() {
        for (statement, expected) in [
            (
                json!({ "Effect": "Allow", "Action": "execute-api:ManageConnections", "Resource": "*" }),
                "the policy's action `execute-api:ManageConnections` does not match `execute-api:Invoke`: write that",
            ),
            (
                json!({ "Effect": "Deny", "Action": "s3:*", "Resource": "*" }),
                "no statement of the policy allows anything: return the event's `methodArn` as the resource, with \
                 the effect Allow",
            ),
            (
                json!({ "Effect": "Allow", "Action": "*", "Resource": [] }),
                "the policy names no resource: return the event's `methodArn` as the resource",
            ),
            (
                json!({ "Effect": "Allow", "Action": "*", "NotResource": "*" }),
                "the policy's `NotResource` leaves `arn:aws:execute-api:us-east-1:000000000000:local00000/dev/\
                 $connect` out",
            ),
            (
                json!({ "Effect": "Allow", "NotAction": "*", "Resource": "*" }),
                "the policy's `NotAction` leaves `execute-api:Invoke` out",
            ),
        ] {
            assert_eq!(why(statement), expected);
        }
    }

    proptest! {
        #[test]
        fn every_resource_that_does_not_match_has_a_reason(pattern in "[a:/*?$é]{0,16}", arn in "[a:/$]{0,16}") {
            prop_assume!(!matches_arn(&pattern, &arn));
            prop_assert!(about_resource(&pattern, &arn).contains("methodArn"));
        }
    }
}
