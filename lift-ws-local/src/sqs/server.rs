//! SQS over HTTP: the JSON protocol that today's SDKs speak.

use std::io;
use std::sync::Arc;

use hyper::body::Incoming;
use hyper::header::{AUTHORIZATION, CONTENT_TYPE, HeaderName, HeaderValue};
use hyper::{Request as HttpRequest, StatusCode};
use serde_json::json;
use tokio::net::TcpListener;

use super::core::{Answer, Request, SqsError, SqsErrorKind};
use crate::http::{self, Answer as HttpAnswer, Read, read_body};
use crate::owner::{Command, Owner};
use crate::pages::{self, Reach};

const TARGET: HeaderName = HeaderName::from_static("x-amz-target");
const QUERY_ERROR: HeaderName = HeaderName::from_static("x-amzn-query-error");
const JSON: &str = "application/x-amz-json-1.0";
/// A batch of 1 MiB may be six times as long in JSON.
const MAX_BODY_BYTES: usize = 8 * 1024 * 1024;

/// The port of the queues.
#[derive(Debug)]
pub(crate) struct SqsServer {
    listener: TcpListener,
    url: String,
}

impl SqsServer {
    /// Listens on a free port of the loopback.
    pub(crate) fn bind() -> io::Result<Self> {
        let listener = http::listen()?;
        let url = format!("http://{}", listener.local_addr()?);
        Ok(Self { listener, url })
    }

    /// `http://127.0.0.1:PORT`.
    pub(crate) fn url(&self) -> &str {
        &self.url
    }

    /// Serves the port until the future is dropped; open requests end with it.
    pub(crate) async fn serve(self, owner: Owner) {
        let owner = Arc::new(owner);
        let handler = || {
            let owner = Arc::clone(&owner);
            move |request| {
                let owner = Arc::clone(&owner);
                async move { handle(&owner, request).await }
            }
        };
        http::serve(self.listener, handler).await;
    }
}

async fn handle(owner: &Owner, request: HttpRequest<Incoming>) -> HttpAnswer {
    match pages::refusal(request.headers(), Reach::Loopback) {
        Some(refusal) => refusal,
        None => into_http(answer(owner, request).await),
    }
}

/// `None` if the gateway has ended.
async fn answer(owner: &Owner, request: HttpRequest<Incoming>) -> Option<Answer> {
    match read(request).await {
        Ok(request) => owner.ask(|reply| Command::Sqs { request, reply }).await,
        Err(error) => Some(Err(error)),
    }
}

async fn read(request: HttpRequest<Incoming>) -> Result<Request, SqsError> {
    let (head, body) = request.into_parts();
    let target = head.headers.get(TARGET).and_then(|target| target.to_str().ok());
    let Some(operation) = target.and_then(|target| target.strip_prefix("AmazonSQS.")) else {
        let message = "The local SQS speaks the JSON protocol: send POST / with the header X-Amz-Target: \
                       AmazonSQS.SendMessage (or another operation). SDKs of 2024 and later do; an older one must be \
                       updated.";
        return Err(SqsError::new(SqsErrorKind::InvalidAction, message));
    };
    // That it is there, not what it is: a program that forgets to sign would fail on AWS only.
    if !head.headers.get(AUTHORIZATION).is_some_and(|value| value.as_bytes().starts_with(b"AWS4-")) {
        let message = "Request is missing Authentication Token";
        return Err(SqsError::new(SqsErrorKind::MissingAuthenticationToken, message));
    }
    match read_body(body, MAX_BODY_BYTES).await {
        Read::Whole(body) => Request::parse(operation, &body),
        Read::TooLarge(_) => {
            let message = format!("The request is longer than {MAX_BODY_BYTES} bytes.");
            Err(SqsError::new(SqsErrorKind::InvalidRequest, message))
        }
        Read::Broken => Err(SqsError::new(SqsErrorKind::InvalidRequest, "The body is cut off.")),
    }
}

fn into_http(answer: Option<Answer>) -> HttpAnswer {
    let mut http = match answer {
        Some(Ok(body)) => http::json(StatusCode::OK, body.to_string()),
        Some(Err(error)) => refusal(&error),
        None => http::empty(StatusCode::SERVICE_UNAVAILABLE),
    };
    http.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(JSON));
    http
}

fn refusal(error: &SqsError) -> HttpAnswer {
    let status = StatusCode::from_u16(error.kind.status()).unwrap_or(StatusCode::BAD_REQUEST);
    let body = json!({ "__type": error.kind.shape(), "message": error.message });
    let mut answer = http::json(status, body.to_string());
    // SDKs show the code that this error had in the query protocol.
    if let Ok(code) = HeaderValue::try_from(format!("{};Sender", error.kind.code())) {
        answer.headers_mut().insert(QUERY_ERROR, code);
    }
    answer
}
