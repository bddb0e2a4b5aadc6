//! IAM policies, as far as an authorizer's result can use them (contract §4).

use serde_json::{Map, Value};

use super::advice;
use super::pattern::{matches, matches_arn};
use crate::core::outcome::kind_of;

/// What a client does that opens a connection.
pub(in crate::core) const INVOKE: &str = "execute-api:Invoke";

/// The versions of the policy language.
const VERSIONS: [&str; 2] = ["2012-10-17", "2008-10-17"];

/// A policy document: statements that allow or deny.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::core) struct Policy {
    pub(super) statements: Vec<Statement>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Statement {
    pub(super) effect: Effect,
    pub(super) actions: Selection,
    pub(super) resources: Selection,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Effect {
    Allow,
    Deny,
}

/// `Action` and `Resource`, or `NotAction` and `NotResource`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Selection {
    These(Vec<String>),
    AllBut(Vec<String>),
}

impl Policy {
    /// Reads a `policyDocument`; the error says what is wrong with it.
    pub(in crate::core) fn read(document: &Value) -> Result<Self, String> {
        let Value::Object(document) = document else {
            return Err(format!("`policyDocument` is {}, not an object", kind_of(document)));
        };
        if let Some(version) = document.get("Version")
            && !version.as_str().is_some_and(|version| VERSIONS.contains(&version))
        {
            return Err(format!("`Version` of the policy is {version}: write \"2012-10-17\""));
        }
        let statements = match document.get("Statement") {
            Some(Value::Array(statements)) => statements.iter().enumerate().map(read_statement).collect(),
            Some(one @ Value::Object(_)) => read_statement((0, one)).map(|statement| vec![statement]),
            Some(other) => {
                Err(format!("`Statement` of the policy is {}, not an array of statements", kind_of(other)))
            }
            None => Err("the policy has no `Statement`".to_owned()),
        }?;
        Ok(Self { statements })
    }

    /// Whether the policy lets a client open the connection that the ARN stands for; else why not.
    ///
    /// A Deny wins over every Allow, and what nothing allows is denied.
    pub(super) fn permits(&self, arn: &str) -> Result<(), String> {
        match self.decide(INVOKE, arn) {
            Decision::Allowed => Ok(()),
            Decision::Denied(number) => Err(format!("statement {number} of the policy denies `{arn}`")),
            Decision::Nothing => Err(advice::why_nothing_allows(self, arn)),
        }
    }

    /// Whether the policy of a user or role lets them do something; else why not.
    pub(in crate::core) fn permits_action(&self, action: &str, arn: &str) -> Result<(), String> {
        match self.decide(action, arn) {
            Decision::Allowed => Ok(()),
            Decision::Denied(number) => {
                Err(format!("statement {number} of the policy denies `{action}` on `{arn}`"))
            }
            Decision::Nothing => Err(format!("no statement of the policy allows `{action}` on `{arn}`")),
        }
    }

    fn decide(&self, action: &str, arn: &str) -> Decision {
        let is_meant = |statement: &Statement| statement.is_about_action(action) && statement.is_about(arn);
        let mut decision = Decision::Nothing;
        for (index, statement) in self.statements.iter().enumerate() {
            match statement.effect {
                Effect::Deny if is_meant(statement) => return Decision::Denied(index + 1),
                Effect::Allow if is_meant(statement) => decision = Decision::Allowed,
                Effect::Allow | Effect::Deny => {}
            }
        }
        decision
    }
}

enum Decision {
    Allowed,
    /// By the statement of this number.
    Denied(usize),
    /// No statement is about it, which is a Deny too.
    Nothing,
}

impl Statement {
    pub(super) fn is_about_invoke(&self) -> bool {
        self.is_about_action(INVOKE)
    }

    /// Names of actions have no case.
    fn is_about_action(&self, action: &str) -> bool {
        let action = action.to_ascii_lowercase();
        self.actions.holds(|pattern| matches(&pattern.to_ascii_lowercase(), &action))
    }

    fn is_about(&self, arn: &str) -> bool {
        self.resources.holds(|pattern| matches_arn(pattern, arn))
    }
}

impl Selection {
    fn holds(&self, matches: impl Fn(&str) -> bool) -> bool {
        match self {
            Self::These(patterns) => patterns.iter().any(|pattern| matches(pattern)),
            Self::AllBut(patterns) => !patterns.iter().any(|pattern| matches(pattern)),
        }
    }
}

fn read_statement((index, statement): (usize, &Value)) -> Result<Statement, String> {
    let number = index + 1;
    let Value::Object(statement) = statement else {
        return Err(format!("statement {number} of the policy is {}, not an object", kind_of(statement)));
    };
    let effect = match statement.get("Effect") {
        Some(Value::String(effect)) if effect == "Allow" => Effect::Allow,
        Some(Value::String(effect)) if effect == "Deny" => Effect::Deny,
        Some(other) => {
            return Err(format!(
                "`Effect` of statement {number} of the policy is {other}: write \"Allow\" or \"Deny\""
            ));
        }
        None => return Err(format!("statement {number} of the policy has no `Effect`")),
    };
    let has_condition = |condition: &Value| !condition.as_object().is_some_and(Map::is_empty);
    if statement.get("Condition").is_some_and(has_condition) {
        return Err(format!(
            "statement {number} of the policy has a `Condition`, which the gateway at home does not evaluate: \
             decide in the authorizer"
        ));
    }
    Ok(Statement {
        effect,
        actions: read_selection(statement, number, "Action", "NotAction")?,
        resources: read_selection(statement, number, "Resource", "NotResource")?,
    })
}

fn read_selection(
    statement: &Map<String, Value>,
    number: usize,
    these: &str,
    all_but: &str,
) -> Result<Selection, String> {
    let (name, value, select): (_, _, fn(Vec<String>) -> Selection) =
        match (statement.get(these), statement.get(all_but)) {
            (Some(value), None) => (these, value, Selection::These),
            (None, Some(value)) => (all_but, value, Selection::AllBut),
            (None, None) => return Err(format!("statement {number} of the policy has no `{these}`")),
            (Some(_), Some(_)) => {
                return Err(format!("statement {number} of the policy has both `{these}` and `{all_but}`"));
            }
        };
    let texts = match value {
        Value::String(one) => Some(vec![one.clone()]),
        Value::Array(many) => many.iter().map(|one| one.as_str().map(str::to_owned)).collect(),
        _ => None,
    };
    texts.map(select).ok_or_else(|| {
        format!("`{name}` of statement {number} of the policy is neither a string nor an array of strings")
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    const ARN: &str = "arn:aws:execute-api:us-east-1:123456789012:a1b2c3d4e5/prod/$connect";

    fn permits(statements: &Value) -> bool {
        let document = json!({ "Version": "2012-10-17", "Statement": statements });
        Policy::read(&document).unwrap().permits(ARN).is_ok()
    }

    fn statement(effect: &str, action: impl Into<Value>, resource: impl Into<Value>) -> Value {
        json!({ "Effect": effect, "Action": action.into(), "Resource": resource.into() })
    }

    #[test]
    fn action_and_resource_are_a_string_or_a_list_with_wildcards() {
        for action in [json!("execute-api:Invoke"), json!(["s3:*", "EXECUTE-API:INV?KE"]), json!("*")] {
            for resource in [json!(ARN), json!(["arn:aws:s3:::x", "arn:aws:execute-api:*"]), json!("*")] {
                assert!(permits(&json!([statement("Allow", action.clone(), resource.clone())])));
                assert!(
                    permits(&statement("Allow", action.clone(), resource)),
                    "one statement needs no list"
                );
            }
        }
        assert!(!permits(&json!([statement("Allow", "execute-api:ManageConnections", "*")])));
        assert!(!permits(&json!([statement("Allow", "execute-api:Invoke", json!([]))])));
        assert!(!permits(&json!([])));
    }

    #[test]
    fn a_deny_wins_wherever_it_stands() {
        let (allow, deny) = (statement("Allow", "*", "*"), statement("Deny", "execute-api:Invoke", ARN));
        assert!(!permits(&json!([allow, deny])) && !permits(&json!([deny, allow])));
        let of_others = statement("Deny", "*", "arn:aws:execute-api:*:*:*/other/*");
        assert!(permits(&json!([allow, of_others])));
    }

    #[test]
    fn what_is_left_out_can_be_named_instead() {
        let all_but =
            |resource: &str| json!([{ "Effect": "Allow", "NotAction": "s3:*", "NotResource": resource }]);
        assert!(permits(&all_but("arn:aws:s3:::x")) && !permits(&all_but(ARN)));
    }

    #[test]
    fn each_way_of_being_no_policy_is_told() {
        let allow = |key: &str, value: Value| {
            let mut statement = statement("Allow", "*", "*");
            statement[key] = value;
            json!({ "Statement": [{ "Effect": "Deny", "Action": "*", "Resource": "*" }, statement] })
        };
        for (document, expected) in [
            (json!("{}"), "`policyDocument` is a string, not an object"),
            (json!({}), "the policy has no `Statement`"),
            (json!({ "Statement": 1 }), "`Statement` of the policy is a number, not an array of statements"),
            (json!({ "Statement": [7] }), "statement 1 of the policy is a number, not an object"),
            (json!({ "Statement": [{}] }), "statement 1 of the policy has no `Effect`"),
            (json!({ "Version": 2012 }), "`Version` of the policy is 2012: write \"2012-10-17\""),
            (
                allow("Effect", json!("allow")),
                "`Effect` of statement 2 of the policy is \"allow\": write \"Allow\" or \"Deny\"",
            ),
            (json!({ "Statement": { "Effect": "Allow" } }), "statement 1 of the policy has no `Action`"),
            (
                allow("Resource", json!([1])),
                "`Resource` of statement 2 of the policy is neither a string nor an array of strings",
            ),
            (allow("NotAction", json!("*")), "statement 2 of the policy has both `Action` and `NotAction`"),
            (
                allow("Condition", json!({ "IpAddress": {} })),
                "statement 2 of the policy has a `Condition`, which the gateway at home does not evaluate: \
                 decide in the authorizer",
            ),
        ] {
            assert_eq!(Policy::read(&document).unwrap_err(), expected);
        }
        Policy::read(&allow("Condition", json!({}))).unwrap();
    }

    fn any_json() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            any::<i64>().prop_map(Value::from),
            prop_oneof![Just("Allow"), Just("Deny"), Just("*"), Just(INVOKE), Just(ARN)]
                .prop_map(Value::from),
            ".{0,8}".prop_map(Value::from),
        ];
        leaf.prop_recursive(5, 64, 6, |inner| {
            let key = prop_oneof![
                "Statement|Effect|Action|NotAction|Resource|NotResource|Condition|Version",
                ".{0,4}"
            ];
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..6).prop_map(Value::from),
                prop::collection::hash_map(key, inner, 0..6).prop_map(|map| map.into_iter().collect()),
            ]
        })
    }

    proptest! {
        #[test]
        fn no_document_makes_reading_or_judging_panic(document in any_json(), arn in ".{0,24}") {
            if let Ok(policy) = Policy::read(&document) {
                let _ = (policy.permits(&arn), policy.permits(ARN));
            }
        }

        #[test]
        fn a_policy_permits_what_some_statement_allows_and_none_denies(
            statements in prop::collection::vec((any::<bool>(), any::<bool>(), any::<bool>()), 0..6),
        ) {
            let document: Vec<Value> = statements.iter().map(|&(allows, invoke, here)| statement(
                if allows { "Allow" } else { "Deny" },
                if invoke { INVOKE } else { "execute-api:ManageConnections" },
                if here { ARN } else { "arn:aws:execute-api:us-east-1:123456789012:other/prod/$connect" },
            )).collect();
            let hit = |effect| statements.contains(&(effect, true, true));
            prop_assert_eq!(permits(&document.into()), hit(true) && !hit(false));
        }
    }
}
