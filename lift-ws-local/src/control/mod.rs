//! What looks at a running gateway and drives it: everything under `/_lift` on its port.
//!
//! ```text
//! transport ──/_lift…──▶ guard.rs: who may ask ──▶ Control::route: what is it ──▶ api.rs
//!                                                                                       └─▶ dev_page
//! ```
//!
//! It exists only if the builder asks for it ([`control`](crate::LocalGatewayBuilder::control)); without it, these paths are
//! like any other.

mod api;
mod body;
mod guard;
mod requests;

use std::net::IpAddr;

use hyper::body::Incoming;
use hyper::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, HeaderName, HeaderValue, X_CONTENT_TYPE_OPTIONS, X_FRAME_OPTIONS,
};
use hyper::{Method, Request, StatusCode};
use serde_json::json;

use crate::core::Faults;
use crate::dev_page::DevPage;
use crate::http::{self, Answer};
use crate::inspector::{self, InspectorApi};
use api::ControlApi;
pub(crate) use body::read_json;

/// The first segment of every path here. No stage has this name while the control endpoint is on.
pub(crate) const PREFIX: &str = "_lift";

const CROSS_ORIGIN_RESOURCE_POLICY: HeaderName = HeaderName::from_static("cross-origin-resource-policy");

/// Answers what is asked under `/_lift`.
#[derive(Debug)]
pub(crate) struct Control {
    api: ControlApi,
    dev_page: Option<DevPage>,
    inspector: InspectorApi,
}

impl Control {
    pub(crate) fn new(inspector: InspectorApi, faults: Faults) -> Self {
        Self { api: ControlApi { owner: inspector.owner().clone(), faults }, dev_page: None, inspector }
    }

    /// Also serves what the pages of the gateway listen to in development.
    pub(crate) fn with_dev_page(mut self, dev_page: Option<DevPage>) -> Self {
        self.dev_page = dev_page;
        self
    }

    /// Whether a path, as sent, lies under `/_lift`. It is compared byte by byte: `/%5flift` and `//_lift` are other
    /// paths, and `/_lift/../dev` is one of here that leads nowhere.
    pub(crate) fn is_for(path: &str) -> bool {
        let below = path.strip_prefix('/').and_then(|path| path.strip_prefix(PREFIX));
        below.is_some_and(|below| below.is_empty() || below.starts_with('/'))
    }

    /// Answers a request, which may also be an upgrade: what takes it has the whole of it.
    pub(crate) async fn answer(&self, request: Request<Incoming>, peer: IpAddr) -> Answer {
        let mut answer = match guard::refusal(&request, peer) {
            Some(refusal) => refusal,
            None => self.route(request).await,
        };
        protect(&mut answer);
        answer
    }

    /// The one place that says what is where. `below` is what follows `/_lift`, as sent.
    async fn route(&self, mut request: Request<Incoming>) -> Answer {
        let path = request.uri().path().to_owned();
        let below = path.strip_prefix('/').and_then(|path| path.strip_prefix(PREFIX)).unwrap_or_default();
        if let Some(answer) = self.dev_page.as_ref().and_then(|page| page.answer(below, &mut request)) {
            return answer;
        }
        match below.strip_prefix("/api") {
            Some(resource) if resource.is_empty() || resource.starts_with('/') => {
                match self.inspector.answer(resource, request).await {
                    Ok(answer) => answer,
                    Err(request) => self.api.answer(resource, request).await,
                }
            }
            _ if request.method() == Method::GET => inspector::asset(below).unwrap_or_else(not_found),
            _ => not_found(),
        }
    }
}

/// No page may frame, embed or keep what stands here.
fn protect(answer: &mut Answer) {
    let headers = answer.headers_mut();
    for (name, value) in [
        (CACHE_CONTROL, "no-store"),
        (CONTENT_SECURITY_POLICY, "default-src 'none'; frame-ancestors 'none'"),
        (CROSS_ORIGIN_RESOURCE_POLICY, "same-origin"),
        (X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (X_FRAME_OPTIONS, "DENY"),
    ] {
        headers.entry(name).or_insert(HeaderValue::from_static(value));
    }
}

fn not_found() -> Answer {
    problem(StatusCode::NOT_FOUND, "there is no such resource: `GET /_lift/api` lists what there is")
}

/// An answer that says what is wrong and what to do.
pub(crate) fn problem(status: StatusCode, message: &str) -> Answer {
    http::json(status, json!({ "message": message }).to_string())
}

/// The answer when nobody is there any more to ask.
pub(crate) fn ended() -> Answer {
    problem(StatusCode::SERVICE_UNAVAILABLE, "the gateway has ended")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_paths_that_begin_so_byte_by_byte_are_here() {
        for path in ["/_lift", "/_lift/", "/_lift/api", "/_lift//x", "/_lift/../dev", "/_lift/@connections/a"]
        {
            assert!(Control::is_for(path), "{path}");
        }
        for path in [
            "/",
            "",
            "*",
            "_lift",
            "//_lift",
            "/%5flift/api",
            "/%5Flift",
            "/_LIFT",
            "/_lifted",
            "/_lift%2fapi",
            "/dev/_lift",
            "/./_lift",
            "/x/../_lift/api",
        ] {
            assert!(!Control::is_for(path), "{path}");
        }
    }
}
