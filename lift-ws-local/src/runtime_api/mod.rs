//! The Lambda Runtime API, as unmodified programs expect it (contract §7).
//!
//! `AWS_LAMBDA_RUNTIME_API` is `host:port` without a path, so every environment has a port of its own, and the
//! port tells which environment is talking. Answers are matched by request id, not by connection: a program
//! with threads posts on another connection than it polled on.

mod answer;
#[cfg(test)]
mod byte_by_byte;
mod direct;
mod error_report;
mod extension;
mod head;
mod init_error;
mod next;

use std::sync::Arc;

use bytes::Bytes;
use hyper::body::Incoming;
use hyper::{Method, Request, StatusCode};
use tokio::net::TcpListener;

use crate::environments::{EnvironmentId, RequestId};
use crate::http::{self, Answer};
use crate::owner::Owner;
use crate::pages::{self, Reach};

/// What one environment's API needs to know.
#[derive(Debug)]
pub(crate) struct RuntimeApi {
    pub(crate) environment: EnvironmentId,
    pub(crate) function_name: String,
    pub(crate) function_arn: String,
    pub(crate) owner: Owner,
}

impl RuntimeApi {
    /// Serves the API until the future is dropped; open polls end with it.
    pub(crate) async fn serve(self, listener: TcpListener) {
        let api = Arc::new(self);
        http::accept_all(listener, |stream| direct::serve_connection(Arc::clone(&api), stream)).await;
    }

    async fn handle(&self, request: Request<Incoming>) -> Answer {
        // A page that polls would take events away.
        if let Some(refusal) = pages::refusal(request.headers(), Reach::Loopback) {
            return refusal;
        }
        let path = request.uri().path();
        if let Some(path) = path.strip_prefix("/2018-06-01/runtime/") {
            return match (request.method(), path) {
                (&Method::GET, "invocation/next") => self.next().await.into(),
                (&Method::POST, "init/error") => self.init_error(request).await,
                (_, "restore/next" | "restore/error") => refusal(
                    StatusCode::FORBIDDEN,
                    "InvalidStateTransition",
                    "this is not a SnapStart environment",
                ),
                (&Method::POST, path) => match answer::target(path) {
                    Some((id, kind)) => {
                        let id = RequestId::parse(id);
                        self.answer(id, kind, request).await
                    }
                    None => not_found(),
                },
                _ => not_found(),
            };
        }
        match (request.method(), path.strip_prefix("/2020-01-01/extension/")) {
            (&Method::POST, Some("register")) => self.register_extension(&request),
            (&Method::GET, Some("event/next")) => self.next_extension_event().await,
            _ => not_found(),
        }
    }
}

/// `{"errorMessage": …, "errorType": …}`, the shape of every error of this API (contract §7.1).
fn refusal(status: StatusCode, error_type: &str, message: &str) -> Answer {
    let body = serde_json::json!({ "errorMessage": message, "errorType": error_type });
    http::json(status, body.to_string())
}

/// The answer to everything that was taken over.
fn accepted() -> Answer {
    http::json(StatusCode::ACCEPTED, Bytes::from_static(b"{\"status\":\"OK\"}\n"))
}

fn not_found() -> Answer {
    http::with_type(
        StatusCode::NOT_FOUND,
        "text/plain; charset=utf-8",
        Bytes::from_static(b"404 page not found\n"),
    )
}

/// The gateway is ending: lambda_runtime leaves when it reads this.
fn unrecoverable() -> Answer {
    refusal(StatusCode::INTERNAL_SERVER_ERROR, "InternalServerError", "the environment is ending")
}
