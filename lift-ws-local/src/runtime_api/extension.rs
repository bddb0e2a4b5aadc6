//! As much of the Extensions API as a program needs that wants to shut down gracefully.
//!
//! lambda_runtime's graceful shutdown registers an internal extension without events, because Lambda sends
//! SIGTERM only to environments that have one. Here every environment gets SIGTERM.

use hyper::body::Incoming;
use hyper::header::HeaderValue;
use hyper::{Request, StatusCode};

use super::{RuntimeApi, refusal};
use crate::http::{self, Answer};

impl RuntimeApi {
    pub(super) fn register_extension(&self, request: &Request<Incoming>) -> Answer {
        let name = request.headers().get("lambda-extension-name").and_then(|name| name.to_str().ok());
        let Some(name) = name.filter(|name| !name.is_empty()) else {
            return refusal(
                StatusCode::FORBIDDEN,
                "Extension.InvalidExtensionName",
                "the header Lambda-Extension-Name is missing",
            );
        };
        let body = serde_json::json!({
            "functionName": self.function_name,
            "functionVersion": "$LATEST",
            "handler": "bootstrap",
        });
        let mut answer = http::json(StatusCode::OK, body.to_string());
        let identifier = HeaderValue::from_str(&format!("{name}-{}", self.environment));
        answer.headers_mut().insert(
            "lambda-extension-identifier",
            identifier.unwrap_or(HeaderValue::from_static("extension")),
        );
        answer
    }

    /// Internal extensions get no SHUTDOWN event, so there is nothing to tell until the process ends.
    pub(super) async fn next_extension_event(&self) -> Answer {
        std::future::pending().await
    }
}
