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
            /// For the log.
            cause: Option<String>,
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
                let reply = Reply::error(self.code, self.message).with_status(self.status);
                match self.cause {
                    Some(cause) => reply.with_cause(cause),
                    None => reply,
                }
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
        let (line, column) = (error.line(), error.column());
        let why = public(error.to_string(), || format!("unexpected value at line {line} column {column}"));
        JsonRejection { code, status: 400, message: format!("{what}: {why}").into(), cause: None }
    }
}

/// The longest explanation that a client gets, in characters: serde quotes the client's value whole.
const LONGEST: usize = 300;

/// Serde's words, unless they name a type of ours.
fn public(text: String, otherwise: impl FnOnce() -> String) -> String {
    if ["struct ", "enum ", "variant "].iter().any(|word| text.contains(word))
        && !text.starts_with("unknown variant")
    {
        return otherwise();
    }
    match text.char_indices().nth(LONGEST) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text,
    }
}

impl TextRejection {
    pub(crate) const fn new() -> Self {
        TextRejection {
            code: "binary_message",
            status: 400,
            message: Text::Borrowed("the message is binary where a text is expected"),
            cause: None,
        }
    }
}

impl QueryRejection {
    pub(crate) fn new(error: serde::de::value::Error) -> Self {
        let why = public(error.to_string(), || "unexpected value".to_owned());
        let message = format!("the query string does not fit: {why}").into();
        QueryRejection { code: "invalid_query", status: 400, message, cause: None }
    }
}

impl HeaderRejection {
    pub(crate) fn missing(name: &'static str) -> Self {
        let message = format!("the header `{name}` is missing").into();
        HeaderRejection { code: "missing_header", status: 400, message, cause: None }
    }

    pub(crate) fn unreadable(name: &'static str) -> Self {
        let message = format!("the header `{name}` cannot be read").into();
        HeaderRejection { code: "invalid_header", status: 400, message, cause: None }
    }
}

impl AuthorizerRejection {
    pub(crate) const fn absent() -> Self {
        AuthorizerRejection {
            code: "unauthorized",
            status: 401,
            message: Text::Borrowed("not authorized"),
            cause: None,
        }
    }

    pub(crate) fn new(error: serde::de::value::Error) -> Self {
        let cause =
            format!("the authorizer's context does not have the shape that the handler takes: {error}");
        AuthorizerRejection { status: 403, cause: Some(cause), ..Self::absent() }
    }
}

/// A mistake of the server: the client is told nothing of it.
const INTERNAL: (&str, u16, Text) = ("internal_error", 500, Text::Borrowed("internal error"));

impl StageVariablesRejection {
    pub(crate) fn new() -> Self {
        let (code, status, message) = INTERNAL;
        let cause = "a handler takes `StageVariables`, but the stage has none; set them, or take `Option<StageVariables<'_>>`";
        StageVariablesRejection { code, status, message, cause: Some(cause.to_owned()) }
    }
}

impl ConnectionRejection {
    pub(crate) const fn new() -> Self {
        ConnectionRejection {
            code: "unknown_connection",
            status: 410,
            message: Text::Borrowed("this connection is not known; connect again"),
            cause: None,
        }
    }
}

impl ConnectionsRejection {
    pub(crate) fn new() -> Self {
        let (code, status, message) = INTERNAL;
        let cause = "a handler takes `Connections`, but the service was made without; use `Service::with_connections`";
        ConnectionsRejection { code, status, message, cause: Some(cause.to_owned()) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde::Deserialize;

    fn refusal<'m, T: Deserialize<'m>>(message: &'m str) -> String {
        match serde_json::from_str::<T>(message) {
            Ok(_) => panic!("it fits"),
            Err(error) => JsonRejection::new(error).to_string(),
        }
    }

    #[derive(Deserialize)]
    struct Secret {
        #[allow(dead_code, reason = "only its name matters")]
        field: u8,
    }

    #[derive(Deserialize)]
    enum Choice {
        #[allow(dead_code, reason = "only its name matters")]
        Pair(u8, u8),
    }

    #[test]
    fn no_name_of_a_type_reaches_a_client() {
        for text in [refusal::<Secret>("7"), refusal::<Secret>("[]"), refusal::<Choice>(r#"{"Pair":[1]}"#)] {
            assert!(!text.contains("Secret") && !text.contains("Choice"), "{text}");
            assert!(text.contains("line 1"), "{text}");
        }
        assert!(refusal::<Secret>("{}").ends_with("missing field `field` at line 1 column 2"));
        assert!(refusal::<Choice>(r#""x""#).contains("unknown variant `x`, expected `Pair`"));
    }

    #[test]
    fn what_a_client_wrote_is_not_quoted_without_end() {
        let long = format!("\"{}\"", "x".repeat(100_000));
        assert!(refusal::<u8>(&long).len() < 500);
    }
}
