//! `GET /runtime/invocation/next`: the long poll that delivers an event.

use bytes::Bytes;
use http_body_util::Full;
use hyper::Response;
use hyper::header::{CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue};

use super::RuntimeApi;
use crate::environments::Delivery;
use crate::http::Answer;
use crate::owner::Command;

const REQUEST_ID: HeaderName = HeaderName::from_static("lambda-runtime-aws-request-id");
const DEADLINE_MS: HeaderName = HeaderName::from_static("lambda-runtime-deadline-ms");
const FUNCTION_ARN: HeaderName = HeaderName::from_static("lambda-runtime-invoked-function-arn");
const TRACE_ID: HeaderName = HeaderName::from_static("lambda-runtime-trace-id");
const INVOCATION_ID: HeaderName = HeaderName::from_static("lambda-runtime-invocation-id");

impl RuntimeApi {
    /// Waits for an event as long as it takes.
    ///
    /// Nothing but 200 is ever answered: programs take everything else for the end of the world (contract
    /// §7.2). When the gateway ends, the process is ended before its poll is.
    pub(super) async fn next(&self) -> Answer {
        let environment = self.environment;
        match self.owner.ask(|poll| Command::Polled { environment, poll }).await {
            Some(delivery) => self.deliver(delivery),
            None => std::future::pending().await,
        }
    }

    fn deliver(&self, delivery: Delivery) -> Answer {
        let request_id = text(delivery.request_id.to_string());
        let mut answer = Response::new(Full::new(delivery.event));
        let headers: &mut HeaderMap = answer.headers_mut();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        // An invocation is delivered once, so its id is as good a nonce as any.
        headers.insert(INVOCATION_ID, request_id.clone());
        headers.insert(REQUEST_ID, request_id);
        headers.insert(DEADLINE_MS, HeaderValue::from(delivery.deadline.as_millis()));
        headers.insert(FUNCTION_ARN, text(self.function_arn.clone()));
        headers.insert(TRACE_ID, text(delivery.trace_id));
        answer
    }
}

fn text(value: String) -> HeaderValue {
    HeaderValue::from_maybe_shared(Bytes::from(value)).unwrap_or(HeaderValue::from_static(""))
}
