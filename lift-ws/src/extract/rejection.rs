//! Why an extractor refused: one type each, with one status and one code.
//!
//! The text says what is wrong with the client's input and nothing of the server.

use crate::{IntoReply, Reply};
use std::fmt;

macro_rules! rejections {
    ($($(#[$doc:meta])* $name:ident;)*) => {$(
        $(#[$doc])*
        #[derive(Debug)]
        #[non_exhaustive]
        pub struct $name {
            code: &'static str,
            status: u16,
            message: Text,
        }

        impl $name {
            /// The code that the client gets.
            pub const fn code(&self) -> &'static str {
                self.code
            }

            /// The status that decides a handshake.
            pub const fn status(&self) -> u16 {
                self.status
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.message)
            }
        }

        impl std::error::Error for $name {}

        impl IntoReply for $name {
            const TWO_WAY: bool = false;
            fn into_reply(self) -> Reply {
                Reply::error(self.code, self.message).with_status(self.status)
            }
        }
    )*};
}

type Text = std::borrow::Cow<'static, str>;

rejections! {
    /// The message is no JSON (`invalid_json`) or has another shape (`invalid_message`).
    JsonRejection;
    /// The message is no text (`binary_message`).
    TextRejection;
    /// The query string has another shape (`invalid_query`).
    QueryRejection;
    /// A header is missing or cannot be read (`missing_header`, `invalid_header`).
    HeaderRejection;
    /// There is no authorizer context, or it has another shape (`unauthorized`).
    AuthorizerRejection;
    /// The stage has no variables (`internal_error`: a mistake of the deployment).
    StageVariablesRejection;
    /// The connection's record is not there (`unknown_connection`).
    ConnectionRejection;
    /// The app was started without connections (`internal_error`: a mistake of the server).
    ConnectionsRejection;
}

impl JsonRejection {
    pub(crate) fn new(error: serde_json::Error) -> Self {
        let (code, what) = match error.classify() {
            serde_json::error::Category::Data => {
                ("invalid_message", "the message does not have the expected shape")
            }
            _ => ("invalid_json", "the message is not valid JSON"),
        };
        JsonRejection { code, status: 400, message: format!("{what}: {}", public(&error)).into() }
    }
}

/// Serde's words, unless they name a type of ours.
fn public(error: &serde_json::Error) -> String {
    let text = error.to_string();
    if text.contains("struct ") || text.contains("enum ") {
        return format!("unexpected value at line {} column {}", error.line(), error.column());
    }
    text
}

impl TextRejection {
    pub(crate) const fn new() -> Self {
        TextRejection {
            code: "binary_message",
            status: 400,
            message: Text::Borrowed("the message is binary where a text is expected"),
        }
    }
}

impl QueryRejection {
    pub(crate) fn new(error: serde::de::value::Error) -> Self {
        QueryRejection {
            code: "invalid_query",
            status: 400,
            message: format!("the query string does not fit: {error}").into(),
        }
    }
}

impl HeaderRejection {
    pub(crate) fn missing(name: &'static str) -> Self {
        HeaderRejection {
            code: "missing_header",
            status: 400,
            message: format!("the header `{name}` is missing").into(),
        }
    }

    pub(crate) fn unreadable(name: &'static str) -> Self {
        HeaderRejection {
            code: "invalid_header",
            status: 400,
            message: format!("the header `{name}` cannot be read").into(),
        }
    }
}

impl AuthorizerRejection {
    pub(crate) const fn absent() -> Self {
        AuthorizerRejection { code: "unauthorized", status: 401, message: Text::Borrowed("not authorized") }
    }

    pub(crate) fn new(error: serde::de::value::Error) -> Self {
        tracing::warn!(%error, "the authorizer's context does not have the shape that the handler takes");
        AuthorizerRejection { code: "unauthorized", status: 403, message: Text::Borrowed("not authorized") }
    }
}

impl StageVariablesRejection {
    pub(crate) fn new() -> Self {
        tracing::error!(
            "a handler takes `StageVariables`, but the stage has none; set them on the stage, or take `Option<StageVariables<'_>>`"
        );
        StageVariablesRejection {
            code: "internal_error",
            status: 500,
            message: Text::Borrowed("internal error"),
        }
    }
}

impl ConnectionRejection {
    pub(crate) const fn new() -> Self {
        ConnectionRejection {
            code: "unknown_connection",
            status: 410,
            message: Text::Borrowed("this connection is not known; connect again"),
        }
    }
}

impl ConnectionsRejection {
    pub(crate) fn new() -> Self {
        tracing::error!(
            "a handler takes `Connections`, but the service was made without; use `Service::with_connections`"
        );
        ConnectionsRejection {
            code: "internal_error",
            status: 500,
            message: Text::Borrowed("internal error"),
        }
    }
}
