//! `GET /runtime/invocation/next`: the long poll that delivers an event.

use bytes::Bytes;
use hyper::Response;
use hyper::header::{CONTENT_TYPE, HeaderName, HeaderValue};

use super::RuntimeApi;
use crate::environments::Delivery;
use crate::http::{self, Answer};
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
    pub(super) async fn next(&self) -> Event {
        let environment = self.environment;
        match self.owner.ask(|poll| Command::Polled { environment, poll }).await {
            Some(delivery) => self.event(delivery),
            None => std::future::pending().await,
        }
    }

    fn event(&self, delivery: Delivery) -> Event {
        let request_id = text(delivery.request_id.to_string());
        let headers = [
            (CONTENT_TYPE, HeaderValue::from_static("application/json")),
            // An invocation is delivered once, so its id is as good a nonce as any.
            (INVOCATION_ID, request_id.clone()),
            (REQUEST_ID, request_id),
            (DEADLINE_MS, HeaderValue::from(delivery.deadline.as_millis())),
            (FUNCTION_ARN, text(self.function_arn.clone())),
            (TRACE_ID, text(delivery.trace_id)),
        ];
        Event { headers, body: delivery.event }
    }
}

/// A delivered event, which is answered with 200. Most are written without a map of their headers, whose making and
/// dropping would take as long as the writing.
pub(super) struct Event {
    pub(super) headers: [(HeaderName, HeaderValue); 6],
    pub(super) body: Bytes,
}

impl From<Event> for Answer {
    fn from(event: Event) -> Self {
        let mut answer = Response::new(http::whole(event.body));
        answer.headers_mut().extend(event.headers);
        answer
    }
}

fn text(value: String) -> HeaderValue {
    HeaderValue::from_maybe_shared(Bytes::from(value)).unwrap_or(HeaderValue::from_static(""))
}
