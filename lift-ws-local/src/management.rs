//! `@connections`: post to, look at and end connections over HTTP (contract §5).
//!
//! Answered by the gateway itself at once, also while the function that asks is busy in `$connect`
//! (contract §8.1): such a request never waits for an environment.

use std::future::Future;

use hyper::body::Incoming;
use hyper::header::{CONNECTION, HeaderValue};
use hyper::{Request, StatusCode};

use crate::core::{DomainMapping, ManagementRequest};
use crate::http::{self, Answer, Read, read_body_within};
use crate::owner::{Command, ManagementAnswer, Owner};
use crate::pages::{self, Reach};
use crate::site::SiteId;

/// Passes a request on to the gateway's core and its answer back.
///
/// Without a `site` it is for whichever stage has the connection. A body that is not there when `time` ends is waited for no more.
pub(crate) async fn handle(
    owner: &Owner,
    message_bytes: usize,
    site: Option<SiteId>,
    mapping: Option<DomainMapping>,
    request: Request<Incoming>,
    time: impl Future<Output = ()>,
) -> Answer {
    if let Some(refusal) = pages::refusal(request.headers(), Reach::Any) {
        return refusal;
    }
    let (head, body) = request.into_parts();
    let body = match read_body_within(time, body, message_bytes).await {
        Some(Read::Whole(body) | Read::TooLarge(body)) => body,
        None => return too_slow(),
        Some(Read::Broken) => return http::empty(StatusCode::BAD_REQUEST),
    };
    let request = ManagementRequest {
        method: head.method.as_str().to_owned(),
        path: head.uri.path().to_owned(),
        query: head.uri.query().unwrap_or_default().to_owned(),
        headers: head.headers,
        body,
        mapping,
    };
    match owner.ask(|reply| Command::Management { site, request, reply }).await {
        Some(answer) => answer.into_http(),
        None => http::empty(StatusCode::SERVICE_UNAVAILABLE),
    }
}

/// What is left of the body may still come, so that nothing can follow it.
fn too_slow() -> Answer {
    let mut answer = http::empty(StatusCode::REQUEST_TIMEOUT);
    answer.headers_mut().insert(CONNECTION, HeaderValue::from_static("close"));
    answer
}

impl ManagementAnswer {
    fn into_http(self) -> Answer {
        let status = StatusCode::from_u16(self.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let mut answer =
            if self.body.is_empty() { http::empty(status) } else { http::json(status, self.body) };
        if let Some(error_type) = self.error_type {
            answer.headers_mut().insert("x-amzn-errortype", HeaderValue::from_static(error_type));
        }
        answer
    }
}
