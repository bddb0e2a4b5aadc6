//! Secrets in what looks like JSON and is not read as such: numbers beyond all bounds, half of a surrogate pair, more depth than
//! a parser allows, a byte order mark, several texts in one, a text that was cut.

use super::{WORDS, is_secret, text_without_secrets as without_secrets};

/// The text with something else where a name says that there is a secret; `None` if there is none, or it looks like no JSON.
pub(super) fn text_without_secrets(text: &str, instead: &str) -> Option<String> {
    let start = text.trim_start_matches(is_blank);
    if !start.starts_with(['{', '[']) {
        return None;
    }
    let mut scan = Scan { instead, ..Scan::default() };
    let mut rest = text;
    while !rest.is_empty() {
        let token;
        (token, rest) = rest.split_at(length_of_token(rest));
        scan.token(token, rest);
    }
    scan.has_left_out.then_some(scan.out)
}

/// One pass over the tokens. It holds no more of the structure than a depth, as it must not fail at anything.
#[derive(Default)]
struct Scan<'t> {
    instead: &'t str,
    out: String,
    has_left_out: bool,
    depth: usize,
    /// The name before the value that comes next is one of secrets.
    is_named: bool,
    /// In all of the object or array that began at this depth there are secrets.
    since: Option<usize>,
}

impl Scan<'_> {
    fn token(&mut self, token: &str, rest: &str) {
        let is_secret = self.is_named || self.since.is_some();
        let is_before_colon = rest.trim_start_matches(is_blank).starts_with(':');
        match token.as_bytes()[0] {
            b'"' if is_before_colon && !self.is_named => {
                self.is_named = is_name_of_secret(token);
                self.out.push_str(token);
            }
            b'"' => self.string(token, is_secret),
            b'{' | b'[' => {
                self.depth += 1;
                if std::mem::take(&mut self.is_named) {
                    self.since.get_or_insert(self.depth);
                }
                self.out.push_str(token);
            }
            b'}' | b']' => {
                if self.since == Some(self.depth) {
                    self.since = None;
                }
                self.depth = self.depth.saturating_sub(1);
                self.is_named = false;
                self.out.push_str(token);
            }
            b',' => {
                self.is_named = false;
                self.out.push_str(token);
            }
            _ if is_secret && !stays(token) => self.put("0"),
            _ => self.out.push_str(token),
        }
    }

    fn string(&mut self, token: &str, is_secret: bool) {
        if is_secret && token != "\"\"" {
            return self.put(&quoted(self.instead));
        }
        match serde_json::from_str::<String>(token) {
            Ok(text) => match without_secrets(&text, self.instead) {
                Some(without) => self.put(&quoted(&without)),
                None => self.out.push_str(token),
            },
            // What is in it cannot be told apart, so nothing of it stays.
            Err(_) if may_name_secrets(token) => self.put(&quoted(self.instead)),
            Err(_) => self.out.push_str(token),
        }
    }

    fn put(&mut self, instead: &str) {
        self.has_left_out = true;
        self.out.push_str(instead);
    }
}

/// A string to its end or that of the text, a mark, blanks, or whatever else is between these.
fn length_of_token(text: &str) -> usize {
    let length_while = |belongs: fn(char) -> bool| text.len() - text.trim_start_matches(belongs).len();
    match text.chars().next() {
        None => 0,
        Some('"') => length_of_string(text),
        Some(letter) if is_mark(letter) => 1,
        Some(letter) if is_blank(letter) => length_while(is_blank),
        Some(_) => length_while(|letter| letter != '"' && !is_mark(letter) && !is_blank(letter)),
    }
}

fn length_of_string(text: &str) -> usize {
    let mut is_escaped = false;
    for (at, byte) in text.bytes().enumerate().skip(1) {
        match byte {
            _ if is_escaped => is_escaped = false,
            b'\\' => is_escaped = true,
            b'"' => return at + 1,
            _ => {}
        }
    }
    text.len()
}

fn is_mark(letter: char) -> bool {
    matches!(letter, '{' | '}' | '[' | ']' | ',' | ':')
}

fn is_blank(letter: char) -> bool {
    letter == '\u{feff}' || letter.is_whitespace()
}

/// What is between values, or tells nothing.
fn stays(token: &str) -> bool {
    matches!(token, ":" | "true" | "false" | "null") || token.chars().all(is_blank)
}

/// A name that cannot be read may be any.
fn is_name_of_secret(token: &str) -> bool {
    serde_json::from_str::<String>(token).map_or(true, |name| is_secret(&name))
}

fn may_name_secrets(token: &str) -> bool {
    let token = token.to_ascii_lowercase();
    token.contains(['{', '[']) && (token.contains("\\u") || WORDS.iter().any(|word| token.contains(word)))
}

fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn left_out(text: &str) -> Option<String> {
        without_secrets(text, "-")
    }

    #[test]
    fn what_serde_refuses_keeps_no_secret_either() {
        let deep = |inner: &str| format!("{}{inner}{}", "[".repeat(200), "]".repeat(200));
        for (text, expected) in [
            (r#"{"token":"s3cret","n":1e400}"#.to_owned(), r#"{"token":"-","n":1e400}"#.to_owned()),
            (r#"{"token" : "s3\"cret", "x":"\ud800"}"#.into(), r#"{"token" : "-", "x":"\ud800"}"#.into()),
            (r#"{"token":"s3cret\ud800","n":true}"#.into(), r#"{"token":"-","n":true}"#.into()),
            (deep(r#"{"a":1,"key":123}"#), deep(r#"{"a":1,"key":0}"#)),
            ("\u{feff}{\"jwt\":\"s3cret\"}".into(), "\u{feff}{\"jwt\":\"-\"}".into()),
            (
                r#"{"a":1} {"session":{"id":["s3cret",1,true,null]},"b":"c"}"#.into(),
                r#"{"a":1} {"session":{"id":["-",0,true,null]},"b":"c"}"#.into(),
            ),
            (r#"{"room":"a","token":"s3cr"#.into(), r#"{"room":"a","token":"-""#.into()),
            (r#"{"tok\u0065n":"s3cret","n":1e400}"#.into(), r#"{"tok\u0065n":"-","n":1e400}"#.into()),
            (r#"{"\ud800token":"s3cret"}"#.into(), r#"{"\ud800token":"-"}"#.into()),
            (
                r#"{"n":1e400,"body":"{\"jwt\":\"s3cret\"}"}"#.into(),
                r#"{"n":1e400,"body":"{\"jwt\":\"-\"}"}"#.into(),
            ),
            (r#"{"body":"{\"jwt\":\"s3cret\ud800\"}"}"#.into(), r#"{"body":"-"}"#.into()),
            (r#"{"key":s3cret}"#.into(), r#"{"key":0}"#.into()),
            (r#"{"key":s3 'cret',"n":1}"#.into(), r#"{"key":0 0,"n":1}"#.into()),
            (r#"{"key":"s3cret":1}"#.into(), r#"{"key":"-":0}"#.into()),
        ] {
            assert!(serde_json::from_str::<serde_json::Value>(&text).is_err(), "{text}");
            assert_eq!(left_out(&text).as_ref(), Some(&expected), "{text}");
        }
    }

    #[test]
    fn what_has_no_secret_or_is_no_json_stands_as_it_is() {
        for text in [
            "no \"token\": \"abc\"",
            r#"{"n":1e400,"token":""}"#,
            r#"{"n":1e400,"room":"token","list":["key",{}]}"#,
            r#"{"a":"\ud800"}"#,
            "{",
            "}]",
            "[}\"",
            "[\"\\",
        ] {
            assert_eq!(left_out(text), None, "{text}");
        }
    }
}
