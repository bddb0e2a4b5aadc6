//! The function's resource policy: whether API Gateway may call it at all (contract §4).

use serde_json::{Map, Value};

use super::authorizer::{matches, matches_arn};
use super::outcome::kind_of;
use super::policy_error::PolicyError;

/// Who calls the function.
const PRINCIPAL: &str = "apigateway.amazonaws.com";
const ACTION: &str = "lambda:invokefunction";

/// The resource policy of a function, as `aws lambda get-policy` prints it.
///
/// Of conditions it knows those that permissions for API Gateway have: `ArnLike`, `ArnEquals`, `StringLike` and
/// `StringEquals` on `aws:SourceArn` and `aws:SourceAccount`.
///
/// ```
/// use lift_ws_local::core::FunctionPolicy;
/// use serde_json::json;
///
/// let policy = FunctionPolicy::read(&json!({ "Statement": [{
///     "Effect": "Allow", "Principal": { "Service": "apigateway.amazonaws.com" }, "Action": "lambda:InvokeFunction",
///     "Condition": { "ArnLike": { "AWS:SourceArn": "arn:aws:execute-api:*:*:a1b2c3d4e5/*/$connect" } },
/// }]}))?;
/// let permits = |route: &str| policy.permits(&format!("arn:aws:execute-api:us-east-1:1:a1b2c3d4e5/prod/{route}"), "1");
/// assert!(permits("$connect") && !permits("say"));
/// # Ok::<(), lift_ws_local::core::PolicyError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FunctionPolicy {
    statements: Vec<Permission>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Permission {
    allows: bool,
    conditions: Vec<Condition>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Condition {
    key: Key,
    patterns: Vec<String>,
    has_wildcards: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Key {
    SourceArn,
    SourceAccount,
}

impl FunctionPolicy {
    /// Reads a policy document; statements about others than API Gateway are passed over.
    ///
    /// # Errors
    ///
    /// If it is none, or has conditions that are not known here.
    pub fn read(document: &Value) -> Result<Self, PolicyError> {
        let statements = match document.get("Statement") {
            Some(Value::Array(statements)) => statements.as_slice(),
            Some(one @ Value::Object(_)) => std::slice::from_ref(one),
            _ => {
                let problem =
                    "the policy has no `Statement`: write what `aws lambda get-policy` prints as `Policy`";
                return Err(PolicyError::new(problem.to_owned()));
            }
        };
        let mut permissions = Vec::new();
        for (index, statement) in statements.iter().enumerate() {
            let in_statement =
                |problem| PolicyError::new(format!("statement {} of the policy: {problem}", index + 1));
            permissions.extend(Permission::read(statement).map_err(in_statement)?);
        }
        Ok(Self { statements: permissions })
    }

    /// Whether API Gateway may call the function for what this ARN stands for, in the name of this account.
    #[must_use]
    pub fn permits(&self, source_arn: &str, account: &str) -> bool {
        let meant = || self.statements.iter().filter(|statement| statement.is_about(source_arn, account));
        meant().any(|statement| statement.allows) && meant().all(|statement| statement.allows)
    }
}

impl Permission {
    /// `None` if it is about somebody or something else.
    fn read(statement: &Value) -> Result<Option<Self>, String> {
        let Value::Object(statement) = statement else {
            return Err(format!("there is {}, not an object", kind_of(statement)));
        };
        let allows = match statement.get("Effect").and_then(Value::as_str) {
            Some("Allow") => true,
            Some("Deny") => false,
            _ => return Err("`Effect` is neither \"Allow\" nor \"Deny\"".to_owned()),
        };
        let principal = statement.get("Principal").ok_or("there is no `Principal`")?;
        let principals = texts(principal.get("Service").unwrap_or(principal));
        let actions = texts(statement.get("Action").ok_or("there is no `Action`")?);
        let is_ours = principals.iter().any(|name| name == "*" || name == PRINCIPAL)
            && actions.iter().any(|action| matches(&action.to_ascii_lowercase(), ACTION));
        if !is_ours {
            return Ok(None);
        }
        let conditions = match statement.get("Condition") {
            None => Vec::new(),
            Some(Value::Object(conditions)) => read_conditions(conditions)?,
            Some(other) => return Err(format!("`Condition` is {}, not an object", kind_of(other))),
        };
        Ok(Some(Self { allows, conditions }))
    }

    fn is_about(&self, source_arn: &str, account: &str) -> bool {
        self.conditions.iter().all(|condition| {
            condition.patterns.iter().any(|pattern| match condition.key {
                Key::SourceArn if condition.has_wildcards => matches_arn(pattern, source_arn),
                Key::SourceArn => pattern == source_arn,
                Key::SourceAccount if condition.has_wildcards => matches(pattern, account),
                Key::SourceAccount => pattern == account,
            })
        })
    }
}

fn read_conditions(conditions: &Map<String, Value>) -> Result<Vec<Condition>, String> {
    let mut read = Vec::new();
    for (operator, keys) in conditions {
        let has_wildcards = match operator.as_str() {
            // ARNs match part by part under both names.
            "ArnLike" | "ArnEquals" | "StringLike" => true,
            "StringEquals" => false,
            _ => return Err(format!("the condition `{operator}` is not known here: write `ArnLike`")),
        };
        let Value::Object(keys) = keys else { return Err(format!("`{operator}` is no object")) };
        for (name, patterns) in keys {
            let key = match name.to_ascii_lowercase().as_str() {
                "aws:sourcearn" => Key::SourceArn,
                "aws:sourceaccount" => Key::SourceAccount,
                _ => return Err(format!("the key `{name}` is not known here: write `AWS:SourceArn`")),
            };
            read.push(Condition { key, patterns: texts(patterns), has_wildcards });
        }
    }
    Ok(read)
}

/// One string or several; anything else is none.
fn texts(value: &Value) -> Vec<String> {
    match value {
        Value::Array(many) => many.iter().filter_map(Value::as_str).map(str::to_owned).collect(),
        one => one.as_str().map(str::to_owned).into_iter().collect(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const ARN: &str = "arn:aws:execute-api:us-east-1:000000000000:a1b2c3d4e5/prod/$connect";

    fn statement(effect: &str, condition: &Value) -> Value {
        json!({
            "Sid": "x", "Effect": effect, "Principal": { "Service": PRINCIPAL },
            "Action": "lambda:InvokeFunction", "Condition": condition,
        })
    }

    fn permits(statements: &Value) -> bool {
        FunctionPolicy::read(&json!({ "Statement": statements })).unwrap().permits(ARN, "000000000000")
    }

    #[test]
    fn the_source_decides() {
        for (condition, expected) in [
            (json!({}), true),
            (json!({ "ArnLike": { "AWS:SourceArn": ARN } }), true),
            (json!({ "ArnLike": { "AWS:SourceArn": "arn:aws:execute-api:*:*:a1b2c3d4e5/*" } }), true),
            (json!({ "ArnLike": { "aws:SourceArn": ["arn:aws:s3:::x", ARN] } }), true),
            (json!({ "StringEquals": { "aws:SourceAccount": "000000000000" } }), true),
            (json!({ "ArnLike": { "AWS:SourceArn": "arn:aws:execute-api:*:*:other/*" } }), false),
            (json!({ "ArnLike": { "AWS:SourceArn": "arn:aws:execute-api:*:*:a1b2c3d4e5/*/*/x" } }), false),
            (json!({ "StringEquals": { "aws:SourceAccount": "1" } }), false),
            (
                json!({
                    "ArnLike": { "AWS:SourceArn": ARN }, "StringEquals": { "aws:SourceAccount": "1" },
                }),
                false,
            ),
        ] {
            assert_eq!(permits(&json!([statement("Allow", &condition)])), expected, "{condition}");
        }
    }

    #[test]
    fn nothing_is_a_deny_and_a_deny_wins() {
        let (allow, deny) = (statement("Allow", &json!({})), statement("Deny", &json!({})));
        assert!(!permits(&json!([])) && permits(&allow));
        assert!(!permits(&json!([allow, deny])) && !permits(&json!([deny, allow])));
        for (name, other) in [
            ("Principal", json!({ "Service": "events.amazonaws.com" })),
            ("Action", json!("lambda:GetFunction")),
        ] {
            let mut of_others = statement("Allow", &json!({}));
            of_others[name] = other;
            assert!(!permits(&json!([of_others])), "{name}");
        }
    }

    #[test]
    fn each_way_of_being_no_policy_is_told() {
        let problem = |document: Value| FunctionPolicy::read(&document).unwrap_err().to_string();
        assert!(problem(json!({})).starts_with("the policy has no `Statement`: write"));
        let statement = |condition: &Value| json!({ "Statement": [statement("Allow", condition)] });
        assert_eq!(
            problem(statement(&json!({ "IpAddress": {} }))),
            "statement 1 of the policy: the condition `IpAddress` is not known here: write `ArnLike`"
        );
        assert_eq!(
            problem(statement(&json!({ "ArnLike": { "aws:PrincipalArn": "x" } }))),
            "statement 1 of the policy: the key `aws:PrincipalArn` is not known here: write `AWS:SourceArn`"
        );
        assert_eq!(
            problem(json!({ "Statement": [7] })),
            "statement 1 of the policy: there is a number, not an object"
        );
        let allow = json!({ "Statement": { "Effect": "Allow", "Action": "*" } });
        assert_eq!(problem(allow), "statement 1 of the policy: there is no `Principal`");
    }
}
