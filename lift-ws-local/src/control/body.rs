//! Bodies of requests: JSON, and not much of it.

use hyper::body::Incoming;
use hyper::{Request, StatusCode};
use serde::de::DeserializeOwned;

use super::problem;
use crate::http::{Answer, Read, read_body};

/// More than any request here needs.
const MAX_BODY_BYTES: usize = 64 * 1024;

/// Reads a body, or says what is wrong with it. No body is `{}`.
pub(crate) async fn read_json<T: DeserializeOwned>(request: Request<Incoming>) -> Result<T, Answer> {
    let body = match read_body(request.into_body(), MAX_BODY_BYTES).await {
        Read::Whole(body) => body,
        Read::TooLarge(_) => {
            let message = format!("the body is larger than {MAX_BODY_BYTES} bytes");
            return Err(problem(StatusCode::PAYLOAD_TOO_LARGE, &message));
        }
        Read::Broken => return Err(problem(StatusCode::BAD_REQUEST, "the body broke off")),
    };
    let body = if body.is_empty() { &b"{}"[..] } else { &body[..] };
    serde_json::from_slice(body).map_err(|error| {
        problem(StatusCode::BAD_REQUEST, &format!("the body is not what is needed here: {error}"))
    })
}
