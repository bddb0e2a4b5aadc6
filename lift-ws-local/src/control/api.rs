//! The resources under `/_lift/api`, for programs.

use hyper::body::Incoming;
use hyper::{Method, Request, StatusCode};
use serde_json::json;

use super::{not_found, problem};
use crate::http::{self, Answer};

/// Answers requests for resources.
#[derive(Debug)]
pub(super) struct ControlApi {}

impl ControlApi {
    pub(super) fn new() -> Self {
        Self {}
    }

    /// `resource` is what follows `/_lift/api`, as sent.
    pub(super) async fn answer(&self, resource: &str, request: Request<Incoming>) -> Answer {
        match (request.method(), resource) {
            (&Method::GET, "") => index(),
            (_, "") => wrong_method("GET"),
            _ => not_found(),
        }
    }
}

fn index() -> Answer {
    let index = json!({ "version": env!("CARGO_PKG_VERSION"), "resources": ["/_lift/api"] });
    http::json(StatusCode::OK, index.to_string())
}

fn wrong_method(allowed: &'static str) -> Answer {
    let mut answer = problem(StatusCode::METHOD_NOT_ALLOWED, &format!("this resource takes {allowed} only"));
    answer.headers_mut().insert(hyper::header::ALLOW, hyper::header::HeaderValue::from_static(allowed));
    answer
}
