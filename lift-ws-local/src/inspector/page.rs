//! The page's files, which are part of the program.

use bytes::Bytes;
use hyper::StatusCode;
use hyper::header::{CONTENT_SECURITY_POLICY, HeaderValue};

use crate::http::{self, Answer};

/// Nothing of other origins, no script or style but the files below. `'self'` covers the WebSockets of this port.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; \
                      base-uri 'none'; form-action 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'";

const HTML: &str = "text/html; charset=utf-8";
const CSS: &str = "text/css; charset=utf-8";
const JS: &str = "text/javascript; charset=utf-8";

/// The answer to a GET of what follows `/_lift`, if it is a file of the page.
pub(crate) fn asset(path: &str) -> Option<Answer> {
    let (content_type, text) = match path {
        "" | "/" => (HTML, include_str!("page/index.html")),
        "/inspector.css" => (CSS, include_str!("page/inspector.css")),
        "/icon.svg" => ("image/svg+xml", include_str!("page/icon.svg")),
        "/inspector.js" => (JS, include_str!("page/inspector.js")),
        "/api.js" => (JS, include_str!("page/api.js")),
        "/connections.js" => (JS, include_str!("page/connections.js")),
        "/console.js" => (JS, include_str!("page/console.js")),
        "/detail.js" => (JS, include_str!("page/detail.js")),
        "/dom.js" => (JS, include_str!("page/dom.js")),
        "/faults.js" => (JS, include_str!("page/faults.js")),
        "/grid.js" => (JS, include_str!("page/grid.js")),
        "/json.js" => (JS, include_str!("page/json.js")),
        "/store.js" => (JS, include_str!("page/store.js")),
        "/tables.js" => (JS, include_str!("page/tables.js")),
        "/timeline.js" => (JS, include_str!("page/timeline.js")),
        _ => return None,
    };
    let mut answer = http::with_type(StatusCode::OK, content_type, Bytes::from_static(text.as_bytes()));
    answer.headers_mut().insert(CONTENT_SECURITY_POLICY, HeaderValue::from_static(POLICY));
    Some(answer)
}
