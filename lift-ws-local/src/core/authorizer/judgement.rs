//! What an authorizer's outcome means for the handshake (contract §4).

use hyper::StatusCode;
use serde_json::{Map, Value};

use super::context::AuthorizerContext;
use super::policy::Policy;
use crate::core::action::Verdict;
use crate::core::input::Outcome;
use crate::core::outcome::{Ending, kind_of};
use crate::core::readings::Readings;

/// The error by which a function says that it does not know the client.
const UNAUTHORIZED: &str = "Unauthorized";

/// The most bytes that an authorizer may return.
const MAX_RESULT_BYTES: usize = 8 * 1024;

/// Whether the client may go on to `$connect`, and the same for people.
#[derive(Debug)]
pub(in crate::core) struct Judgement {
    pub(in crate::core) answer: Result<Admitted, StatusCode>,
    pub(in crate::core) verdict: Verdict,
}

/// What an authorizer says of a client that it lets in.
#[derive(Debug, PartialEq, Eq)]
pub(in crate::core) struct Admitted {
    pub(in crate::core) context: AuthorizerContext,
    /// `usageIdentifierKey`: the API key that the client is to be known by.
    pub(in crate::core) usage_key: Option<String>,
}

impl Judgement {
    /// Judges by how the invocation ended; `arn` stands for what the client wants to do.
    pub(in crate::core) fn of(ending: Ending, arn: &str, readings: &Readings) -> Self {
        let verdict = match ending {
            Ending::Outcome(Outcome::Returned(returned)) => return Self::of_result(&returned, arn, readings),
            Ending::Outcome(Outcome::FunctionError { error_message: Some(error), .. })
                if error == UNAUTHORIZED =>
            {
                let reason = format!("the authorizer failed with the error `{UNAUTHORIZED}`");
                return Self::refused(StatusCode::UNAUTHORIZED, reason);
            }
            Ending::Outcome(Outcome::FunctionError { message, .. }) => Verdict::FunctionError { message },
            Ending::Outcome(Outcome::Unavailable { message }) => Verdict::Unavailable { message },
            Ending::TimedOut(limit) => Verdict::TimedOut { limit },
        };
        Self { answer: Err(StatusCode::INTERNAL_SERVER_ERROR), verdict }
    }

    fn of_result(returned: &[u8], arn: &str, readings: &Readings) -> Self {
        let (admitted, policy) = match read(returned, readings) {
            Ok(read) => read,
            Err(problem) => {
                let verdict = Verdict::Malformed { problem };
                return Self { answer: Err(StatusCode::INTERNAL_SERVER_ERROR), verdict };
            }
        };
        match policy.permits(arn) {
            Ok(()) => Self { answer: Ok(admitted), verdict: Verdict::Authorized },
            Err(reason) => Self::refused(StatusCode::FORBIDDEN, reason),
        }
    }

    fn refused(status: StatusCode, reason: String) -> Self {
        Self { answer: Err(status), verdict: Verdict::Refused { status: status.as_u16(), reason } }
    }
}

fn read(returned: &[u8], readings: &Readings) -> Result<(Admitted, Policy), String> {
    if returned.len() > MAX_RESULT_BYTES {
        return Err(format!(
            "the authorizer's result has {} bytes, above the limit of {MAX_RESULT_BYTES}: put less into `context`",
            returned.len()
        ));
    }
    let result: Value = serde_json::from_slice(returned)
        .map_err(|error| format!("the authorizer's result is not JSON: {error}"))?;
    let Value::Object(result) = result else {
        return Err(format!("the authorizer's result is {}, not an object with a policy", kind_of(&result)));
    };
    let Some(document) = result.get("policyDocument") else { return Err(no_policy(&result)) };
    let policy = Policy::read(document).map_err(in_result)?;
    let context =
        AuthorizerContext::read(&result, readings.authorizer_context_as_strings).map_err(in_result)?;
    let usage_key = match result.get("usageIdentifierKey") {
        None | Some(Value::Null) => None,
        Some(Value::String(key)) => Some(key.clone()),
        Some(other) => {
            return Err(in_result(format!("`usageIdentifierKey` is {}, not a string", kind_of(other))));
        }
    };
    Ok((Admitted { context, usage_key }, policy))
}

fn in_result(problem: String) -> String {
    format!("in the authorizer's result {problem}")
}

fn no_policy(result: &Map<String, Value>) -> String {
    let why = if result.contains_key("isAuthorized") {
        "simple answers with `isAuthorized` are for HTTP APIs"
    } else if result.contains_key("statusCode") {
        "statuses are for `$connect`; to refuse, return a Deny or fail with the error `Unauthorized`"
    } else {
        "return `principalId` and `policyDocument`"
    };
    format!("the authorizer's result has no `policyDocument`: {why}")
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    const ARN: &str = "arn:aws:execute-api:us-east-1:123456789012:a1b2c3d4e5/prod/$connect";

    fn judge(returned: &str) -> Judgement {
        Judgement::of(
            Ending::Outcome(Outcome::Returned(returned.to_owned().into())),
            ARN,
            &Readings::default(),
        )
    }

    fn problem(returned: &str) -> String {
        let judgement = judge(returned);
        assert_eq!(judgement.answer, Err(StatusCode::INTERNAL_SERVER_ERROR));
        match judgement.verdict {
            Verdict::Malformed { problem } => problem,
            other => panic!("not malformed, but {other:?}"),
        }
    }

    #[test]
    fn each_result_that_is_no_policy_is_told() {
        let filler = json!({ "context": { "x": "y".repeat(MAX_RESULT_BYTES) } }).to_string();
        for (returned, expected) in [
            ("", "the authorizer's result is not JSON: EOF while parsing a value at line 1 column 0"),
            ("null", "the authorizer's result is null, not an object with a policy"),
            (
                "{}",
                "the authorizer's result has no `policyDocument`: return `principalId` and `policyDocument`",
            ),
            (
                r#"{"statusCode":401}"#,
                "the authorizer's result has no `policyDocument`: statuses are for `$connect`; to refuse, return a \
                 Deny or fail with the error `Unauthorized`",
            ),
            (
                r#"{"isAuthorized":true}"#,
                "the authorizer's result has no `policyDocument`: simple answers with `isAuthorized` are for HTTP APIs",
            ),
            (r#"{"policyDocument":{}}"#, "in the authorizer's result the policy has no `Statement`"),
            (r#"{"policyDocument":{"Statement":[]}}"#, "in the authorizer's result `principalId` is missing"),
            (
                &filler,
                "the authorizer's result has 8212 bytes, above the limit of 8192: put less into `context`",
            ),
        ] {
            assert_eq!(problem(returned), expected);
        }
    }

    #[test]
    fn nesting_without_end_is_no_policy() {
        let nested = format!("{{\"policyDocument\":{}", "[".repeat(8_000));
        assert!(
            problem(&nested).starts_with("the authorizer's result is not JSON: recursion limit"),
            "{nested}"
        );
        let nested = format!("{{\"policyDocument\":{}1{}}}", "{\"Statement\":[".repeat(60), "]}".repeat(60));
        assert_eq!(problem(&nested), "in the authorizer's result statement 1 of the policy has no `Effect`");
    }

    #[test]
    fn only_the_exact_error_is_401() {
        let failed = |error_message: Option<&str>| {
            let error_message = error_message.map(str::to_owned);
            let outcome = Outcome::FunctionError { message: "Unauthorized".to_owned(), error_message };
            Judgement::of(Ending::Outcome(outcome), ARN, &Readings::default()).answer.unwrap_err().as_u16()
        };
        assert_eq!(failed(Some("Unauthorized")), 401);
        for other in
            [None, Some("unauthorized"), Some("Unauthorized "), Some("Error: Unauthorized"), Some("")]
        {
            assert_eq!(failed(other), 500, "{other:?}");
        }
    }

    #[test]
    fn an_authorizer_that_does_not_answer_is_500() {
        let judgement = Judgement::of(Ending::TimedOut(Duration::from_secs(29)), ARN, &Readings::default());
        assert_eq!(judgement.answer, Err(StatusCode::INTERNAL_SERVER_ERROR));
        assert_eq!(judgement.verdict, Verdict::TimedOut { limit: Duration::from_secs(29) });
    }

    proptest! {
        #[test]
        fn no_result_makes_judging_panic(returned in ".{0,64}|[\\[\\]{}\":,a-z]{0,64}") {
            let _ = judge(&returned);
        }
    }
}
