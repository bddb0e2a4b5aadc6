//! What a function's return value means (contract §3.1).

use std::collections::BTreeMap;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use serde::de::{Error as _, IgnoredAny};
use serde::{Deserialize, Deserializer};
use serde_json::{Map, Value};

use super::action::Verdict;
use super::input::Outcome;
use super::readings::Readings;

/// How the gateway's wait for an invocation ended.
#[derive(Debug)]
pub(super) enum Ending {
    /// The shell told.
    Outcome(Outcome),
    /// The gateway gave up after this time.
    TimedOut(Duration),
}

/// How the invocation of a route ended in the gateway's eyes.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Conclusion {
    /// A proxy response.
    Response(ProxyResponse),
    /// A return value that is none.
    Malformed(String),
    /// The function failed.
    FunctionError(String),
    /// The function could not be called.
    Unavailable(String),
    /// The gateway gave up after this time.
    TimedOut(Duration),
}

impl Conclusion {
    pub(super) fn of(ending: Ending, readings: &Readings) -> Self {
        let outcome = match ending {
            Ending::Outcome(outcome) => outcome,
            Ending::TimedOut(limit) => return Self::TimedOut(limit),
        };
        match outcome {
            Outcome::Returned(returned) => match proxy_response(&returned, readings) {
                Ok(response) => Self::Response(response),
                Err(problem) => Self::Malformed(problem),
            },
            Outcome::FunctionError { message, .. } => Self::FunctionError(message),
            Outcome::Unavailable { message } => Self::Unavailable(message),
        }
    }

    /// The same for people.
    pub(super) fn verdict(&self) -> Verdict {
        match self {
            Self::Response(response) => Verdict::Status(response.status),
            Self::Malformed(problem) => Verdict::Malformed { problem: problem.clone() },
            Self::FunctionError(message) => Verdict::FunctionError { message: message.clone() },
            Self::Unavailable(message) => Verdict::Unavailable { message: message.clone() },
            Self::TimedOut(limit) => Verdict::TimedOut { limit: *limit },
        }
    }
}

/// A return value that is a proxy response.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct ProxyResponse {
    /// `statusCode`.
    pub(super) status: u16,
    /// The header `Sec-WebSocket-Protocol`, in whatever case.
    pub(super) subprotocol: Option<String>,
    /// `body`. `isBase64Encoded` changes nothing, unless it is so set: the output is passed as it is.
    pub(super) body: Option<String>,
}

/// Reads a return value; the error says in what way it is malformed.
///
/// Strict where AWS is silent: a missing `statusCode` is malformed, so that programs learn to send it, unless it is set
/// otherwise.
fn proxy_response(returned: &[u8], readings: &Readings) -> Result<ProxyResponse, String> {
    // An array would do for a struct, too.
    if returned.starts_with(b"{")
        && !readings.base64_replies_decoded
        && let Ok(Usual { status_code: status @ 100..600, body, .. }) = serde_json::from_slice(returned)
    {
        return Ok(ProxyResponse { status, subprotocol: None, body });
    }
    let value: Value =
        serde_json::from_slice(returned).map_err(|error| format!("the result is not JSON: {error}"))?;
    let Value::Object(response) = value else {
        return Err(format!("the result is {}, not an object with `statusCode`", kind_of(&value)));
    };
    Ok(ProxyResponse {
        status: status(&response, readings)?,
        subprotocol: subprotocol(&response)?,
        body: body(response, readings)?,
    })
}

/// What nearly every return value is, read without a map of it in between. What does not fit is looked at in full, and what is
/// read here means the same there.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Usual {
    status_code: u16,
    #[serde(default)]
    body: Option<String>,
    #[serde(default, rename = "headers")]
    _headers: Option<NoHeaders>,
    #[serde(default, rename = "multiValueHeaders")]
    _multi_value_headers: Option<NoHeaders>,
    #[serde(default, rename = "isBase64Encoded")]
    _is_base64_encoded: Option<bool>,
}

/// `{}`
struct NoHeaders;

impl<'de> Deserialize<'de> for NoHeaders {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let headers = BTreeMap::<String, IgnoredAny>::deserialize(deserializer)?;
        if headers.is_empty() { Ok(Self) } else { Err(D::Error::custom("there are headers")) }
    }
}

fn status(response: &Map<String, Value>, readings: &Readings) -> Result<u16, String> {
    let number = match response.get("statusCode") {
        None | Some(Value::Null) if readings.status_code_optional => Some(200),
        None | Some(Value::Null) => return Err("the result has no `statusCode`".to_owned()),
        Some(Value::Number(number)) => number.as_u64(),
        // REST integrations take `"200"`, and AWS's own samples return it.
        Some(Value::String(text)) => text.parse().ok(),
        Some(_) => None,
    };
    number
        .and_then(|number| u16::try_from(number).ok())
        .filter(|status| (100..600).contains(status))
        .ok_or_else(|| {
            format!("`statusCode` of the result is {}, not an HTTP status", response["statusCode"])
        })
}

fn body(mut response: Map<String, Value>, readings: &Readings) -> Result<Option<String>, String> {
    let is_decoded =
        readings.base64_replies_decoded && response.get("isBase64Encoded") == Some(&Value::Bool(true));
    match response.remove("body") {
        Some(Value::String(body)) if is_decoded => {
            BASE64.decode(&body).ok().and_then(|bytes| String::from_utf8(bytes).ok()).map(Some).ok_or_else(
                || "`body` of the result is not text in base64, as `isBase64Encoded` says".to_owned(),
            )
        }
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(body)) => Ok(Some(body)),
        Some(other) => Err(format!("`body` of the result is {}, not a string", kind_of(&other))),
    }
}

fn subprotocol(response: &Map<String, Value>) -> Result<Option<String>, String> {
    for key in ["headers", "multiValueHeaders"] {
        let headers = match response.get(key) {
            None | Some(Value::Null) => continue,
            Some(Value::Object(headers)) => headers,
            Some(other) => return Err(format!("`{key}` of the result is {}, not an object", kind_of(other))),
        };
        let named = headers.iter().find(|(name, _)| name.eq_ignore_ascii_case("sec-websocket-protocol"));
        let value = match named.map(|(_, value)| value) {
            Some(Value::Array(values)) => values.first(),
            value => value,
        };
        match value {
            None | Some(Value::Null) => {}
            Some(Value::String(value)) if is_header_value(value) => return Ok(Some(value.clone())),
            Some(other) => {
                return Err(format!("`Sec-WebSocket-Protocol` of the result is {other}, not a header value"));
            }
        }
    }
    Ok(None)
}

/// What can stand in a header without ending it.
fn is_header_value(value: &str) -> bool {
    value.bytes().all(|byte| byte == b'\t' || (b' '..=b'~').contains(&byte))
}

pub(super) fn kind_of(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "a boolean",
        Value::Number(_) => "a number",
        Value::String(_) => "a string",
        Value::Array(_) => "an array",
        Value::Object(_) => "an object",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn problem(returned: &str) -> String {
        proxy_response(returned.as_bytes(), &Readings::default()).unwrap_err()
    }

    #[test]
    fn a_proxy_response_is_read_whole() {
        let returned =
            br#"{ "statusCode": 200, "headers": { "sec-websocket-protocol": "v1" }, "body": "x" }"#;
        assert_eq!(
            proxy_response(returned, &Readings::default()).unwrap(),
            ProxyResponse { status: 200, subprotocol: Some("v1".into()), body: Some("x".into()) }
        );
        assert_eq!(
            proxy_response(
                br#"{"statusCode":"201","multiValueHeaders":{"Sec-WebSocket-Protocol":["a","b"]}}"#,
                &Readings::default(),
            )
            .unwrap(),
            ProxyResponse { status: 201, subprotocol: Some("a".into()), body: None }
        );
    }

    #[test]
    fn the_short_way_through_the_usual_leads_to_the_same_as_the_long_one() {
        // One field that is unknown to the short way, and means nothing, makes it the long one.
        for usual in [
            r#"{"statusCode":200"#,
            r#"{"statusCode":200,"body":"\u00e4\n""#,
            r#"{"statusCode":200,"body":null,"headers":{},"multiValueHeaders":null,"isBase64Encoded":true"#,
            r#"{"statusCode":200,"body":"a","body":"b""#,
            r#"{"statusCode":99"#,
            r#"{"statusCode":600"#,
            r#"{"statusCode":200.0"#,
            r#"{"statusCode":200,"headers":{"a":"b"}"#,
            r#"{"statusCode":200,"headers":[]"#,
        ] {
            let (short, long) = (format!("{usual}}}"), format!("{usual},\"cookies\":[]}}"));
            let read = |text: &str| proxy_response(text.as_bytes(), &Readings::default());
            assert_eq!(read(&short), read(&long), "{usual}");
        }
    }

    #[test]
    fn each_way_of_being_malformed_is_told() {
        for (returned, expected) in [
            ("", "the result is not JSON: EOF while parsing a value at line 1 column 0"),
            ("null", "the result is null, not an object with `statusCode`"),
            ("\"ok\"", "the result is a string, not an object with `statusCode`"),
            ("[200,null]", "the result is an array, not an object with `statusCode`"),
            ("[]", "the result is an array, not an object with `statusCode`"),
            ("{}", "the result has no `statusCode`"),
            (r#"{"statusCode":"ok"}"#, "`statusCode` of the result is \"ok\", not an HTTP status"),
            (r#"{"statusCode":0}"#, "`statusCode` of the result is 0, not an HTTP status"),
            (r#"{"statusCode":200.5}"#, "`statusCode` of the result is 200.5, not an HTTP status"),
            (r#"{"statusCode":200,"body":{}}"#, "`body` of the result is an object, not a string"),
            (r#"{"statusCode":200,"headers":1}"#, "`headers` of the result is a number, not an object"),
        ] {
            assert_eq!(problem(returned), expected, "{returned}");
        }
    }

    #[test]
    fn a_subprotocol_cannot_smuggle_a_second_header_in() {
        let returned = r#"{"statusCode":200,"headers":{"Sec-WebSocket-Protocol":"a\r\nSet-Cookie: b"}}"#;
        assert!(problem(returned).ends_with("not a header value"));
    }
}
