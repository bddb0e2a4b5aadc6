//! `POST /runtime/invocation/{requestId}/response` and `…/error`: how an event ended.

use hyper::body::Incoming;
use hyper::header::HeaderName;
use hyper::{Request, StatusCode};

use super::error_report::{ErrorReport, FUNCTION_ERROR_TYPE};
use super::{RuntimeApi, accepted, refusal, unrecoverable};
use crate::environments::{FunctionAnswer, Receipt, RequestId};
use crate::http::{Answer, Read, read_body};
use crate::owner::Command;

/// The most that Lambda takes from a function: 6 MB and a little for the envelope.
const MAX_RESPONSE_BYTES: usize = 6 * 1024 * 1024 + 100;

const INVOCATION_ID: HeaderName = HeaderName::from_static("lambda-runtime-invocation-id");

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Response,
    Error,
}

/// Request id and kind of `invocation/{requestId}/{kind}`.
pub(super) fn target(path: &str) -> Option<(&str, Kind)> {
    let (id, kind) = path.strip_prefix("invocation/")?.split_once('/')?;
    match kind {
        "response" => Some((id, Kind::Response)),
        "error" => Some((id, Kind::Error)),
        _ => None,
    }
}

impl RuntimeApi {
    /// Takes an answer to the event of this id; `None` stands for an id that cannot be one.
    pub(super) async fn answer(
        &self,
        id: Option<RequestId>,
        kind: Kind,
        request: Request<Incoming>,
    ) -> Answer {
        let Some(id) = id else { return unknown_request() };
        let (head, body) = request.into_parts();
        let nonce =
            head.headers.get(INVOCATION_ID).map(|nonce| nonce.to_str().ok().and_then(RequestId::parse));
        if nonce.is_some_and(|nonce| nonce != Some(id)) {
            return refusal(
                StatusCode::GONE,
                "InvalidInvocationID",
                "this answer belongs to an earlier invocation",
            );
        }
        let error_type = head.headers.get(FUNCTION_ERROR_TYPE);
        let (answer, is_too_large) = match (read_body(body, MAX_RESPONSE_BYTES).await, kind) {
            (Read::Whole(body), Kind::Response) => (FunctionAnswer::Response(body), false),
            (Read::Whole(body) | Read::TooLarge(body), Kind::Error) => {
                (ErrorReport::read(&body, error_type).into(), false)
            }
            (Read::TooLarge(_), Kind::Response) => (too_large(), true),
            // The program is gone or confused; if it is gone, its exit ends the event.
            (Read::Broken, _) => {
                return refusal(StatusCode::BAD_REQUEST, "InvalidRequest", "the body is cut off");
            }
        };
        self.take(id, answer, is_too_large).await
    }

    /// Hands an answer to the owner, and says what has become of it.
    pub(super) async fn take(&self, id: RequestId, answer: FunctionAnswer, is_too_large: bool) -> Answer {
        let environment = self.environment;
        let receipt =
            self.owner.ask(|reply| Command::Answered { environment, request: id, answer, reply }).await;
        match receipt {
            Some(Receipt::Accepted) if is_too_large => refusal(
                StatusCode::PAYLOAD_TOO_LARGE,
                "RequestEntityTooLarge",
                "the response is larger than 6 MB",
            ),
            Some(Receipt::Accepted) => accepted(),
            Some(Receipt::UnknownRequest) => unknown_request(),
            Some(Receipt::WrongState) => {
                refusal(StatusCode::FORBIDDEN, "InvalidStateTransition", "this request was answered already")
            }
            None => unrecoverable(),
        }
    }
}

fn unknown_request() -> Answer {
    refusal(StatusCode::BAD_REQUEST, "InvalidRequestID", "this environment has no open request of that id")
}

fn too_large() -> FunctionAnswer {
    let message = "Function.ResponseSizeTooLarge: the response is larger than 6 MB".to_owned();
    FunctionAnswer::Error { message, error_message: None }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_response_and_error_are_answers() {
        assert_eq!(target("invocation/7/response"), Some(("7", Kind::Response)));
        assert_eq!(target("invocation/7/error"), Some(("7", Kind::Error)));
        assert_eq!(target("invocation/7/other"), None);
        assert_eq!(target("invocation/7"), None);
        assert_eq!(target("init/7/error"), None);
    }
}
