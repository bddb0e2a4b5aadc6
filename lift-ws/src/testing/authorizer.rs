//! The gateway's side of a Lambda authorizer (contract §4).

use super::app::Refused;
use super::event::TestEvent;
use super::policy;
use crate::Error;
use crate::authorizer::MAX_RESULT_BYTES;
use serde_json::{Map, Value};

/// Is all there that the gateway looks for before it asks the authorizer?
pub(super) fn is_identified(event: &TestEvent, identity_sources: &[&str]) -> bool {
    identity_sources.iter().all(|source| event.identity(source).is_some_and(|found| !found.is_empty()))
}

/// What becomes of an authorizer's answer: the context of all later events, or a refusal.
pub(super) fn outcome(answer: Result<Value, Error>, method_arn: &str) -> Result<Value, Refused> {
    let refused = |status| Refused { status };
    let answer =
        answer.map_err(|error| refused(if error.to_string() == "Unauthorized" { 401 } else { 500 }))?;
    let context = context(&answer).ok_or(refused(500))?;
    match policy::allows(&answer["policyDocument"], method_arn) {
        true => Ok(Value::Object(context)),
        false => Err(refused(403)),
    }
}

/// As `requestContext.authorizer` has it; `None` if the answer is no result of an authorizer.
fn context(answer: &Value) -> Option<Map<String, Value>> {
    let principal = answer["principalId"].as_str().filter(|principal| !principal.is_empty())?;
    let mut context = match &answer["context"] {
        Value::Null => Map::new(),
        Value::Object(context) => context.clone(),
        _ => return None,
    };
    let is_flat = context.values().all(|value| value.is_string() || value.is_number() || value.is_boolean());
    if !is_flat || !answer["policyDocument"].is_object() || answer.to_string().len() > MAX_RESULT_BYTES {
        return None;
    }
    context.insert("principalId".to_owned(), principal.into());
    Some(context)
}
