//! What of a handshake must be there before an authorizer is asked (contract §4).

use std::fmt;

use serde_json::Value;

use crate::core::multi_map::MultiMap;

/// A part of the handshake that an authorizer needs: without it the client is refused with 401, and nobody asked.
///
/// ```
/// use lift_ws_local::core::IdentitySource;
///
/// let source = IdentitySource::parse("route.request.header.Authorization")?;
/// assert_eq!(source, IdentitySource::Header("Authorization".into()));
/// assert_eq!(
///     IdentitySource::parse("$request.header.Authorization").unwrap_err().to_string(),
///     "`$request.header.Authorization` is written as for HTTP APIs: write `route.request.header.Authorization`",
/// );
/// # Ok::<(), lift_ws_local::core::IdentitySourceError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum IdentitySource {
    /// `route.request.header.NAME`: a header; its name has no case.
    Header(String),
    /// `route.request.querystring.NAME`: a query parameter; its name has a case.
    Query(String),
    /// `stageVariables.NAME`: a stage variable.
    StageVariable(String),
    /// `context.NAME`: a member of the event's `requestContext`; a dot leads into objects, as in
    /// `context.identity.sourceIp`.
    Context(String),
}

const HEADER: &str = "route.request.header.";
const QUERY: &str = "route.request.querystring.";
const STAGE_VARIABLE: &str = "stageVariables.";
const CONTEXT: &str = "context.";

/// Makes a source of a name.
type Make = fn(String) -> IdentitySource;

impl IdentitySource {
    /// Reads one source as AWS writes it.
    ///
    /// # Errors
    ///
    /// If it is none of the four.
    pub fn parse(text: &str) -> Result<Self, IdentitySourceError> {
        let kinds: [(&str, Make); 4] = [
            (HEADER, Self::Header),
            (QUERY, Self::Query),
            (STAGE_VARIABLE, Self::StageVariable),
            (CONTEXT, Self::Context),
        ];
        let known =
            kinds.into_iter().find_map(|(start, make)| text.strip_prefix(start).map(|name| (name, make)));
        let problem = match known {
            Some((name, make)) if is_name(name) => return Ok(make(name.to_owned())),
            Some(("", _)) => Problem::NoName,
            Some(_) => Problem::Characters,
            None => of_others(text).unwrap_or(Problem::Unknown),
        };
        Err(IdentitySourceError { text: text.to_owned(), problem })
    }

    /// Whether the handshake has it, and it is not empty. Of several values the last counts, as functions see it.
    pub(super) fn is_there(&self, found: &Found<'_>) -> bool {
        match self {
            Self::Header(name) => is_filled(found.headers.last(name, |a, b| a.eq_ignore_ascii_case(b))),
            Self::Query(name) => is_filled(found.query.last(name, |a, b| a == b)),
            Self::StageVariable(name) => is_filled(found.stage_variables.get(name).map(String::as_str)),
            Self::Context(name) => {
                let value = name.split('.').try_fold(found.context, |value, key| value.get(key));
                value.is_some_and(|value| !value.is_null() && value != "")
            }
        }
    }
}

impl fmt::Display for IdentitySource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (start, name) = match self {
            Self::Header(name) => (HEADER, name),
            Self::Query(name) => (QUERY, name),
            Self::StageVariable(name) => (STAGE_VARIABLE, name),
            Self::Context(name) => (CONTEXT, name),
        };
        write!(f, "{start}{name}")
    }
}

/// Where identity sources are looked for.
#[derive(Debug)]
pub(super) struct Found<'a> {
    pub(super) headers: &'a MultiMap,
    pub(super) query: &'a MultiMap,
    pub(super) stage_variables: &'a std::collections::BTreeMap<String, String>,
    /// The event's `requestContext`.
    pub(super) context: &'a Value,
}

fn is_filled(value: Option<&str>) -> bool {
    value.is_some_and(|value| !value.is_empty())
}

/// The characters that AWS documents.
fn is_name(name: &str) -> bool {
    !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"._-".contains(&byte))
}

/// Whether it is written as for another kind of API.
fn of_others(text: &str) -> Option<Problem> {
    let others = [
        ("$request.", "route.request.", "HTTP APIs"),
        ("method.request.", "route.request.", "REST APIs"),
        ("$context.", CONTEXT, "HTTP APIs"),
        ("$stageVariables.", STAGE_VARIABLE, "HTTP APIs"),
    ];
    others.into_iter().find_map(|(start, ours, whose)| {
        let source = format!("{ours}{}", text.strip_prefix(start)?);
        Some(Problem::OfOthers { whose, ours: IdentitySource::parse(&source).ok()? })
    })
}

/// Why a text is no [`IdentitySource`]: what is wrong with it, and what to write.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IdentitySourceError {
    text: String,
    problem: Problem,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Problem {
    NoName,
    Characters,
    /// It is how other APIs write this source.
    OfOthers {
        whose: &'static str,
        ours: IdentitySource,
    },
    Unknown,
}

impl fmt::Display for IdentitySourceError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "`{}` ", self.text)?;
        match &self.problem {
            Problem::NoName => f.write_str("names nothing: write a name after the last dot"),
            Problem::Characters => f.write_str(
                "names something with other characters than letters, digits, `.`, `_` and `-`: only those are allowed",
            ),
            Problem::OfOthers { whose, ours } => write!(f, "is written as for {whose}: write `{ours}`"),
            Problem::Unknown => write!(
                f,
                "is no identity source: write `{HEADER}NAME`, `{QUERY}NAME`, `{STAGE_VARIABLE}NAME` or `{CONTEXT}NAME`"
            ),
        }
    }
}

impl std::error::Error for IdentitySourceError {}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn every_source_reads_back_as_it_is_written() {
        for text in [
            "route.request.header.Sec-WebSocket-Protocol",
            "route.request.querystring.token",
            "stageVariables.tier",
            "context.identity.sourceIp",
        ] {
            assert_eq!(IdentitySource::parse(text).unwrap().to_string(), text);
        }
    }

    #[test]
    fn a_source_that_is_none_is_told_what_to_write() {
        for (text, expected) in [
            ("", "is no identity source: write `route.request.header.NAME`, "),
            ("Authorization", "is no identity source: write `route.request.header.NAME`, "),
            ("route.request.header.", "names nothing: write a name after the last dot"),
            ("route.request.header.A B", "names something with other characters than letters"),
            ("route.request.body.token", "is no identity source: write "),
            (
                "method.request.querystring.t",
                "is written as for REST APIs: write `route.request.querystring.t`",
            ),
            ("$context.connectionId", "is written as for HTTP APIs: write `context.connectionId`"),
            ("$request.header.", "is no identity source: write "),
        ] {
            let error = IdentitySource::parse(text).unwrap_err().to_string();
            assert!(error.starts_with(&format!("`{text}` {expected}")), "{error}");
        }
    }

    proptest! {
        #[test]
        fn reading_never_panics_and_is_exact(text in "[a-z$.]{0,24}|.{0,12}") {
            if let Ok(source) = IdentitySource::parse(&text) {
                prop_assert_eq!(source.to_string(), text);
            }
        }
    }
}
