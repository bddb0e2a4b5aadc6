//! What a program says about its own error: `{errorMessage, errorType, stackTrace}` and a header.

use std::fmt;

use hyper::header::{HeaderName, HeaderValue};
use serde::Deserialize;

use crate::environments::FunctionAnswer;

pub(super) const FUNCTION_ERROR_TYPE: HeaderName =
    HeaderName::from_static("lambda-runtime-function-error-type");

/// As much text of a body that is no error report as fits on a screen.
const EXCERPT_BYTES: usize = 500;

/// An error in the program's words. Every field may be missing.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct ErrorReport {
    error_type: Option<String>,
    error_message: Option<String>,
}

impl ErrorReport {
    pub(super) fn read(body: &[u8], header: Option<&HeaderValue>) -> Self {
        let mut report: Self = serde_json::from_slice(body).unwrap_or_else(|_| {
            let excerpt = &body[..body.len().min(EXCERPT_BYTES)];
            Self { error_type: None, error_message: Some(String::from_utf8_lossy(excerpt).into_owned()) }
        });
        if report.error_type.is_none() {
            report.error_type = header.and_then(|value| value.to_str().ok()).map(str::to_owned);
        }
        report
    }
}

impl From<ErrorReport> for FunctionAnswer {
    fn from(report: ErrorReport) -> Self {
        Self::Error { message: report.to_string(), error_message: report.error_message }
    }
}

impl fmt::Display for ErrorReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let message = self.error_message.as_deref().unwrap_or_default().trim();
        match (self.error_type.as_deref().unwrap_or_default(), message) {
            ("", "") => f.write_str("an error without type and message"),
            ("", message) => f.write_str(message),
            (error_type, "") => f.write_str(error_type),
            (error_type, message) => write!(f, "{error_type}: {message}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn type_and_message_come_from_the_body() {
        let body = br#"{"errorType":"ValueError","errorMessage":"no such room","stackTrace":["a"]}"#;
        let report = ErrorReport::read(body, Some(&HeaderValue::from_static("unhandled")));
        assert_eq!(report.to_string(), "ValueError: no such room");
    }

    #[test]
    fn the_header_stands_in_for_a_missing_type() {
        let report =
            ErrorReport::read(br#"{"errorMessage":"m"}"#, Some(&HeaderValue::from_static("Runtime.X")));
        assert_eq!(report.to_string(), "Runtime.X: m");
    }

    #[test]
    fn a_body_that_is_no_report_is_shown_as_it_is() {
        assert_eq!(ErrorReport::read(b"it broke\xff", None).to_string(), "it broke\u{fffd}");
        assert_eq!(ErrorReport::read(b"", None).to_string(), "an error without type and message");
    }
}
