//! Identity sources: what a handshake must hold for the gateway to call the authorizer (contract §4).

use crate::distance::nearest;
use crate::errors::Errors;
use syn::LitStr;

/// What stands before the name.
const PREFIXES: [&str; 4] =
    ["route.request.header.", "route.request.querystring.", "stageVariables.", "context."];

const NOTE: &str = "note: an identity source of a WebSocket API is `route.request.header.NAME`, `route.request.querystring.NAME`, `stageVariables.NAME` or `context.NAME`";

/// Each is one, and stands once.
pub(super) fn check(sources: &[LitStr], errors: &mut Errors) {
    for (i, source) in sources.iter().enumerate() {
        let text = source.value();
        if let Err(message) = one(&text) {
            errors.at(source, message);
        } else if sources[..i].iter().any(|earlier| is_same(&earlier.value(), &text)) {
            errors.at(source, format!("identity source `{text}` stands here twice\nhelp: remove one"));
        }
    }
}

/// A header's name has no case.
fn is_same(a: &str, b: &str) -> bool {
    if a.starts_with(PREFIXES[0]) { a.eq_ignore_ascii_case(b) } else { a == b }
}

fn one(text: &str) -> Result<(), String> {
    let Some((prefix, name)) = PREFIXES.iter().find_map(|prefix| Some((*prefix, text.strip_prefix(prefix)?)))
    else {
        return Err(format!("`{text}` is not an identity source of a WebSocket API\n{}\n{NOTE}", help(text)));
    };
    if name.is_empty() {
        return Err(format!("`{text}` does not say which one\nhelp: write `{prefix}NAME`\n{NOTE}"));
    }
    if let Some(wrong) = name.chars().find(|c| !is_of_a_name(*c)) {
        return Err(format!(
            "`{name}` is no name: {wrong:?} cannot be in it\nhelp: write one source in each text: `[\"{prefix}a\", \"{prefix}b\"]`\n{NOTE}"
        ));
    }
    Ok(())
}

/// Of a header's name (RFC 9110 §5.6.2), and of what is found in the other places.
fn is_of_a_name(c: char) -> bool {
    c.is_ascii_alphanumeric() || "!#$%&'*+-.^_`|~[]".contains(c)
}

/// The same thing as another kind of API writes it, or as people do.
fn help(text: &str) -> String {
    let plain = text.trim_start_matches('$');
    let (kind, rest) = match plain.split_once("request.") {
        Some(("", rest)) => ("the form of HTTP APIs", rest),
        Some(("method.", rest)) => ("the form of REST APIs", rest),
        Some((_, rest)) => ("another form", rest),
        None => return help_without_request(text, plain),
    };
    let (place, name) = rest.split_once('.').unwrap_or((rest, "NAME"));
    let place = match place {
        "header" | "headers" => "header",
        "querystring" | "query" | "queryString" | "querystrings" => "querystring",
        _ => return "help: a handshake has headers and a query string: write `route.request.header.NAME` or `route.request.querystring.NAME`".to_owned(),
    };
    format!("help: this is {kind}: write `route.request.{place}.{name}`")
}

fn help_without_request(text: &str, plain: &str) -> String {
    if PREFIXES.iter().any(|prefix| plain.starts_with(prefix)) {
        return format!("help: write `{plain}`, without `$`");
    }
    let (first, rest) = plain.split_once('.').unwrap_or((plain, "NAME"));
    match nearest(first, ["stageVariables", "context"]) {
        Some(near) => format!("help: did you mean `{near}.{rest}`?"),
        None if text.contains('.') || text.is_empty() => "help: write `route.request.header.NAME`".to_owned(),
        None => format!("help: for a header of this name write `route.request.header.{text}`"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proc_macro2::Span;

    fn messages(sources: &[&str]) -> Vec<String> {
        let sources: Vec<_> = sources.iter().map(|text| LitStr::new(text, Span::call_site())).collect();
        let mut errors = Errors::default();
        check(&sources, &mut errors);
        errors.messages()
    }

    #[test]
    fn what_aws_writes_is_legal() {
        let all = [
            "route.request.header.Authorization",
            "route.request.header.Sec-WebSocket-Protocol",
            "route.request.querystring.token",
            "route.request.querystring.filter[user]",
            "stageVariables.tier",
            "context.identity.sourceIp",
        ];
        assert_eq!(messages(&all), [""; 0]);
    }

    #[test]
    fn other_forms_are_told_the_right_one() {
        for (wrong, right) in [
            ("$request.header.Authorization", "`route.request.header.Authorization`"),
            ("$request.querystring.token", "`route.request.querystring.token`"),
            ("method.request.header.Auth", "`route.request.header.Auth`"),
            ("route.request.headers.Auth", "`route.request.header.Auth`"),
            ("route.request.body.token", "a handshake has headers and a query string"),
            ("route.request.header", "`route.request.header.NAME`"),
            ("route.request.header.", "`route.request.header.NAME`"),
            ("$context.identity.sourceIp", "`context.identity.sourceIp`, without `$`"),
            ("stageVariable.tier", "did you mean `stageVariables.tier`?"),
            ("Authorization", "`route.request.header.Authorization`"),
            ("", "`route.request.header.NAME`"),
            ("route.request.header.a, route.request.header.b", "one source in each text"),
        ] {
            let messages = messages(&[wrong]);
            assert_eq!(messages.len(), 1, "{wrong}: {messages:?}");
            assert!(messages[0].contains(right), "{wrong}: {}", messages[0]);
        }
    }

    #[test]
    fn none_stands_twice() {
        let header = ["route.request.header.Auth", "route.request.header.auth"];
        assert!(messages(&header)[0].contains("twice"));
        assert_eq!(messages(&["route.request.querystring.T", "route.request.querystring.t"]), [""; 0]);
    }
}
