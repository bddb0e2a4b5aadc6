//! Pages that may open a connection.

use super::{AuthError, AuthErrorKind, Handshake};
use crate::extract::State;
use crate::middleware::Next;
use crate::{IntoReply, Reply, ws_middleware};
use std::fmt;
use std::sync::Arc;

/// The pages that may open a connection, by their origin: `https://app.example.org`.
///
/// A WebSocket is not bound by the same-origin policy: any page may open one to any server, and the browser sends
/// the server's cookies along (cross-site WebSocket hijacking). The browser also sends the page's `Origin`, which no
/// page can forge; this is the list it is compared with.
///
/// Programs that are no browsers send none, and cookies of others neither: they pass, unless
/// [`only_browsers`](Self::only_browsers) is said.
///
/// ```
/// use lift_ws::auth::AllowedOrigins;
///
/// let origins = AllowedOrigins::new(["https://app.example.org", "https://*.preview.example.org"])?;
/// assert!(origins.allows("https://pr-7.preview.example.org"));
/// assert!(!origins.allows("https://app.example.org.evil.example"));
/// # Ok::<(), lift_ws::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct AllowedOrigins {
    patterns: Arc<[Pattern]>,
    only_browsers: bool,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Pattern {
    Exactly(String),
    /// What stands before and after the `*`, which is one or more labels of a host name.
    Below {
        scheme: String,
        rest: String,
    },
}

impl AllowedOrigins {
    /// These alone. `https://*.example.org` stands for every host below `example.org`, itself not included.
    ///
    /// # Errors
    /// If one is no origin: scheme, `://`, host, and the port if it is not the scheme's own; no path.
    pub fn new<O: AsRef<str>>(origins: impl IntoIterator<Item = O>) -> Result<Self, InvalidOrigin> {
        let patterns: Result<Vec<_>, _> =
            origins.into_iter().map(|origin| Pattern::parse(origin.as_ref())).collect();
        Ok(Self { patterns: patterns?.into(), only_browsers: false })
    }

    /// Whoever says no origin does not pass either.
    #[must_use]
    pub fn only_browsers(mut self) -> Self {
        self.only_browsers = true;
        self
    }

    /// May pages of this origin connect?
    #[must_use]
    pub fn allows(&self, origin: &str) -> bool {
        self.patterns.iter().any(|pattern| pattern.allows(origin))
    }

    /// May whoever shakes hands connect?
    ///
    /// # Errors
    /// If its origin is not on the list.
    pub fn check(&self, handshake: &Handshake<'_>) -> Result<(), AuthError> {
        match handshake.origin() {
            Some(origin) if self.allows(&origin) => Ok(()),
            None if !handshake.says_origin() => match self.only_browsers {
                true => Err(AuthErrorKind::MissingOrigin.into()),
                false => Ok(()),
            },
            _ => Err(AuthErrorKind::ForeignOrigin.into()),
        }
    }
}

impl Pattern {
    fn parse(text: &str) -> Result<Self, InvalidOrigin> {
        let invalid = |why| InvalidOrigin { origin: text.to_owned(), why };
        let (scheme, host) = text
            .split_once("://")
            .ok_or_else(|| invalid("write the scheme, as in https://app.example.org"))?;
        if host.is_empty() || scheme.is_empty() {
            return Err(invalid("write scheme and host, as in https://app.example.org"));
        }
        if host.contains(['/', '?', '#', '@']) {
            return Err(invalid("an origin has no path: end it after the host or port"));
        }
        if text.chars().any(|letter| letter.is_ascii_uppercase() || letter.is_whitespace()) {
            return Err(invalid("browsers send origins in lower case"));
        }
        if (scheme == "https" && host.ends_with(":443")) || (scheme == "http" && host.ends_with(":80")) {
            return Err(invalid("browsers leave out the scheme's own port: so do you"));
        }
        match host.strip_prefix("*.") {
            None if host.contains('*') => {
                Err(invalid("a `*` stands only at the beginning: https://*.example.org"))
            }
            None => Ok(Self::Exactly(text.to_owned())),
            Some(rest) if rest.contains('*') || !rest.contains('.') => {
                Err(invalid("after `*.` comes a domain of your own, as in https://*.example.org"))
            }
            Some(rest) => Ok(Self::Below { scheme: format!("{scheme}://"), rest: format!(".{rest}") }),
        }
    }

    fn allows(&self, origin: &str) -> bool {
        match self {
            Self::Exactly(allowed) => origin == allowed,
            Self::Below { scheme, rest } => {
                let labels = origin.strip_prefix(&**scheme).and_then(|host| host.strip_suffix(&**rest));
                labels.is_some_and(is_labels)
            }
        }
    }
}

/// Labels of a host name, and nothing with which a host could be made to look like another.
fn is_labels(text: &str) -> bool {
    let is_label = |label: &str| {
        !label.is_empty()
            && label.bytes().all(|byte| {
                byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-' || byte == b'_'
            })
    };
    text.split('.').all(is_label)
}

/// What was given is no origin.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InvalidOrigin {
    origin: String,
    why: &'static str,
}

impl fmt::Display for InvalidOrigin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "`{}` is no origin: {}", self.origin, self.why)
    }
}

impl std::error::Error for InvalidOrigin {}

/// Middleware for `$connect` that lets in the pages of [`AllowedOrigins`], which it takes from the state.
///
/// ```
/// use lift_ws::auth::{AllowedOrigins, check_origin};
/// use lift_ws::prelude::*;
///
/// #[derive(Clone, FromRef)]
/// struct AppState { origins: AllowedOrigins }
///
/// #[ws_route("$connect", middleware = [check_origin])]
/// async fn connect() {}
///
/// #[ws_app(state = AppState, routes = [connect])]
/// struct App;
/// ```
#[ws_middleware(crate = crate)]
pub async fn check_origin(
    State(origins): State<AllowedOrigins>,
    handshake: Handshake<'_>,
    next: impl Next,
) -> Reply {
    match origins.check(&handshake) {
        Ok(()) => next.run().await,
        Err(refused) => refused.into_reply(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn allows(pattern: &str, origin: &str) -> bool {
        AllowedOrigins::new([pattern]).unwrap().allows(origin)
    }

    #[test]
    fn an_origin_is_compared_whole() {
        assert!(allows("https://app.example.org", "https://app.example.org"));
        assert!(allows("http://localhost:5173", "http://localhost:5173"));
        for other in [
            "http://app.example.org",
            "https://app.example.org:8443",
            "https://app.example.org.evil.example",
            "https://evil.example/https://app.example.org",
            "https://APP.example.org",
            "https://app.example.org/",
            "null",
            "",
        ] {
            assert!(!allows("https://app.example.org", other), "{other}");
        }
    }

    #[test]
    fn a_star_stands_for_labels_and_nothing_else() {
        for below in ["https://a.example.org", "https://a.b-1.example.org"] {
            assert!(allows("https://*.example.org", below), "{below}");
        }
        for other in [
            "https://example.org",
            "https://.example.org",
            "https://evilexample.org",
            "https://evil.example/.example.org",
            "https://evil.example:80.example.org",
            "https://evil.example\\.example.org",
            "https://user@x.example.org",
            "https://a..example.org",
            "http://a.example.org",
        ] {
            assert!(!allows("https://*.example.org", other), "{other}");
        }
    }

    #[test]
    fn what_browsers_never_send_is_said_so() {
        for wrong in [
            "app.example.org",
            "https://",
            "https://app.example.org/chat",
            "https://App.example.org",
            "https://app.example.org:443",
            "https://*",
            "https://*.org",
            "https://a.*.org",
            "*",
        ] {
            let error = AllowedOrigins::new([wrong]).unwrap_err().to_string();
            assert!(error.starts_with(&format!("`{wrong}` is no origin: ")), "{error}");
        }
    }
}
