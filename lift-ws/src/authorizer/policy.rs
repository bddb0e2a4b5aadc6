//! The answer to an authorizer's event: a policy for the one route that was asked about (contract §4).

use super::PolicyError;
use serde_json::{Map, Value, json};

/// The largest result that the gateway takes from an authorizer (contract §4).
pub const MAX_RESULT_BYTES: usize = 8 * 1024;

#[derive(Clone, Copy, Debug)]
pub(super) enum Effect {
    Allow,
    Deny,
}

impl Effect {
    const fn as_str(self) -> &'static str {
        match self {
            Effect::Allow => "Allow",
            Effect::Deny => "Deny",
        }
    }
}

/// The resource is the event's own `methodArn`: `…/{stage}/$connect`, which a REST-style `…/{stage}/*/*` does not match.
pub(super) fn policy(
    effect: Effect,
    principal_id: &str,
    method_arn: &str,
    context: Map<String, Value>,
) -> Result<Value, PolicyError> {
    if !names_one_route(method_arn) {
        return Err(PolicyError::resource());
    }
    let mut policy = json!({
        "principalId": principal_id,
        "policyDocument": {
            "Version": "2012-10-17",
            "Statement": [{
                "Action": "execute-api:Invoke",
                "Effect": effect.as_str(),
                "Resource": method_arn,
            }],
        },
    });
    if !context.is_empty() {
        policy["context"] = Value::Object(context);
    }
    match policy.to_string().len() {
        0..=MAX_RESULT_BYTES => Ok(policy),
        bytes => Err(PolicyError::too_large(bytes)),
    }
}

/// In a policy `*`, `?` and `${…}` stand for others. The gateway writes none of them for `$connect`; in the ARN of a REST
/// API, to which the function may have been attached by mistake, a client's path can.
fn names_one_route(arn: &str) -> bool {
    !arn.is_empty() && !arn.contains(['*', '?']) && !arn.contains("${")
}
