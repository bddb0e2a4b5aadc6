//! Route selection expressions: how the key of a message's route is found (contract §1.2).

mod path;
mod pick;
mod render;
mod scan;

use std::fmt;

use serde_json::Value;

use self::path::Path;

/// A parsed route selection expression, such as `$request.body.action`.
///
/// - `$` starts a variable, braces delimit it, `\$` is a literal dollar, everything else is literal. An
///   unbraced variable reaches as far as its path does: names are made of letters, digits, `_` and `-`.
/// - The only variable that messages have is `request.body` with a path into its JSON: `.name`, `['name']`,
///   `[index]` (from the end if negative), `.*` and `[*]`. Filters, slices and descents of JSONPath are refused.
/// - A missing value, and `null`, is the empty string. Numbers, booleans, arrays and objects become text:
///   `[item1, item2]`, `{key=value}`.
/// - One pass: what a message contains is never taken for an expression.
///
/// # Examples
///
/// ```
/// use lift_ws_local::core::RouteSelection;
///
/// let message = r#"{ "service": "chat", "action": "join", "data": { "room": "r1" } }"#;
/// let key = |expression| RouteSelection::parse(expression).unwrap().evaluate(message);
///
/// assert_eq!(key("$request.body.action").as_deref(), Some("join"));
/// assert_eq!(key("${request.body.service}/${request.body.action}").as_deref(), Some("chat/join"));
/// assert_eq!(key("$request.body.data.room").as_deref(), Some("r1"));
/// assert_eq!(RouteSelection::parse("$request.body.action").unwrap().evaluate("hello"), None);
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RouteSelection {
    source: String,
    parts: Vec<Part>,
}

/// A stretch of an expression.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Part {
    /// Text that stands for itself.
    Literal(String),
    /// A variable: a path into the message's JSON.
    Body(Path),
}

impl RouteSelection {
    /// Reads an expression.
    ///
    /// # Errors
    ///
    /// If the expression is empty, a variable is not `request.body`, or its path is not one of those above.
    pub fn parse(expression: &str) -> Result<Self, RouteSelectionError> {
        let parts = scan::parts(expression)?;
        Ok(Self { source: expression.to_owned(), parts })
    }

    /// The expression as written.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.source
    }

    /// The route key that a message selects, possibly empty; `None` if the message is not JSON, which goes to
    /// `$default` whatever the expression.
    ///
    /// JSON means strict JSON of at most 128 levels. AWS may be more lenient (contract §1.2): see
    /// [`Readings::lenient_json`](super::Readings::lenient_json).
    #[must_use]
    pub fn evaluate(&self, message: &str) -> Option<String> {
        if let Some(key) = self.pick(message) {
            return Some(key);
        }
        let body: Value = serde_json::from_str(message).ok()?;
        Some(self.select(&body))
    }

    /// The key, if the expression is just a path of names, as nearly all are: then the rest of the message need not be kept, which
    /// takes longer than reading it.
    fn pick(&self, message: &str) -> Option<String> {
        let [Part::Body(path)] = self.parts.as_slice() else { return None };
        Some(match pick::value(message, &path.steps)? {
            Some(Value::String(key)) => key,
            value => render::value(value.as_ref()),
        })
    }

    /// The route key that a message of this JSON selects.
    pub(super) fn select(&self, body: &Value) -> String {
        let mut key = String::new();
        for part in &self.parts {
            match part {
                Part::Literal(text) => key.push_str(text),
                Part::Body(path) => render::selected(&mut key, path, body),
            }
        }
        key
    }
}

/// Why an expression cannot be understood: what, where, and what to write.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RouteSelectionError {
    expression: String,
    /// Characters before the mistake.
    offset: usize,
    problem: &'static str,
}

impl fmt::Display for RouteSelectionError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "`{}`, character {}: {}", self.expression, self.offset + 1, self.problem)
    }
}

impl std::error::Error for RouteSelectionError {}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn key(expression: &str, message: &str) -> Option<String> {
        RouteSelection::parse(expression).unwrap().evaluate(message)
    }

    fn problem(expression: &str) -> String {
        RouteSelection::parse(expression).unwrap_err().to_string()
    }

    #[test]
    fn an_unbraced_variable_ends_where_its_path_ends() {
        let message = r#"{ "a": "x", "b": "y", "a-b": "z" }"#;
        assert_eq!(key("$request.body.a/$request.body.b", message).unwrap(), "x/y");
        assert_eq!(key("$request.body.a.", message).unwrap(), "x.");
        assert_eq!(key("$request.body.a-b", message).unwrap(), "z");
        assert_eq!(key("${request.body.a}-b", message).unwrap(), "x-b");
    }

    #[test]
    fn paths_reach_into_arrays_and_quoted_names() {
        let message = r#"{ "list": [{ "op": "first" }, { "op": "last" }], "it's a.b": 1, "": "empty" }"#;
        assert_eq!(key("$request.body.list[0].op", message).unwrap(), "first");
        assert_eq!(key("$request.body.list[-1].op", message).unwrap(), "last");
        assert_eq!(key("$request.body.list[2].op", message).unwrap(), "");
        assert_eq!(key("$request.body.list[-3].op", message).unwrap(), "");
        assert_eq!(key("$request.body.list[*].op", message).unwrap(), "[first, last]");
        assert_eq!(key(r#"$request.body["it's a.b"]"#, message).unwrap(), "1");
        assert_eq!(key(r"${request.body['it\'s a.b']}", message).unwrap(), "1");
        assert_eq!(key("$request.body['']", message).unwrap(), "empty");
    }

    #[test]
    fn a_backslash_escapes_only_a_dollar() {
        assert_eq!(key(r"\$default", "{}").unwrap(), "$default");
        assert_eq!(key(r"a\b", "{}").unwrap(), r"a\b");
        assert_eq!(key(r"\\$request", "{}").unwrap(), r"\$request");
    }

    #[test]
    fn mistakes_are_named_with_their_place_and_a_way_out() {
        assert_eq!(
            problem("a/$default"),
            r"`a/$default`, character 4: messages have no such variable: write $request.body.action, or \$ for a literal $"
        );
        assert_eq!(problem(""), "``, character 1: the expression is empty: write $request.body.action");
        assert_eq!(
            problem("${request.body.a"),
            "`${request.body.a`, character 17: the variable does not end: write } here"
        );
        assert_eq!(
            problem("$request.body..a"),
            "`$request.body..a`, character 15: descents are not supported: write the whole path, as in $request.body.a.b"
        );
        assert!(problem("$request.body[?(@.a)]").contains("character 15: write an index"));
        assert!(problem("${request.body.}").contains("character 16: a name is missing"));
        assert!(problem("$request.body['a").contains("the quoted name does not end"));
        assert!(problem("$request.bodyx").contains("no such variable"));
        assert!(problem("$").contains("no such variable"));
    }

    fn json() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            any::<i64>().prop_map(Value::from),
            any::<f64>().prop_map(Value::from),
            ".{0,8}".prop_map(Value::from),
            Just(Value::from("$request.body.a")),
            Just(Value::from("${request.body.a}")),
        ];
        leaf.prop_recursive(4, 32, 4, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
                prop::collection::btree_map("[abc]|.{0,3}", inner, 0..4)
                    .prop_map(|map| Value::Object(map.into_iter().collect())),
            ]
        })
    }

    proptest! {
        #[test]
        fn no_expression_and_no_message_panics(expression in ".*", message in ".*") {
            if let Ok(selection) = RouteSelection::parse(&expression) {
                let _ = selection.evaluate(&message);
            }
        }

        #[test]
        fn expressions_near_the_grammar_do_not_panic(
            expression in prop::collection::vec(
                prop::sample::select(vec![
                    "$", "{", "}", "\\", "request", ".body", ".", "[", "]", "'", "\"", "*", "-", "0", "9", "a",
                    "$request.body", "${request.body", "é", " ", "99999999999999999999",
                ]),
                0..12,
            ),
            message in json(),
        ) {
            if let Ok(selection) = RouteSelection::parse(&expression.concat()) {
                prop_assert!(selection.evaluate(&message.to_string()).is_some());
            }
        }

        #[test]
        fn a_value_is_never_evaluated_again(value in ".*") {
            let message = serde_json::json!({ "action": value, "a": "evaluated twice" }).to_string();
            prop_assert_eq!(key("$request.body.action", &message), Some(value.clone()));
            prop_assert_eq!(key("<${request.body.action}>", &message), Some(format!("<{value}>")));
        }

        #[test]
        fn an_expression_without_dollars_is_its_own_value(expression in "[^$\\\\]+", message in json()) {
            prop_assert_eq!(key(&expression, &message.to_string()), Some(expression));
        }

        #[test]
        fn any_name_can_be_reached_in_quotes(name in ".*") {
            let message = serde_json::json!({ &name: "found" }).to_string();
            let quoted = name.replace('\\', r"\\").replace('\'', r"\'");
            prop_assert_eq!(key(&format!("${{request.body['{quoted}']}}"), &message), Some("found".to_owned()));
        }
    }
}
