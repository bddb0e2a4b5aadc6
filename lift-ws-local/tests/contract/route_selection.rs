//! Contract §1.2: evaluating the route selection expression.

use serde_json::json;

use crate::support::World;

const MESSAGE: &str = r#"{"service":"chat","action":"join","data":{"room":"r1"}}"#;

/// The route that a message reaches in an API with this expression and these custom routes besides `$default`.
fn route(expression: &str, keys: &[&str], message: &str) -> String {
    let routes = keys.iter().chain(&["$default"]).map(|key| json!({ "routeKey": key })).collect::<Vec<_>>();
    let mut world = World::with_manifest(json!({ "routeSelectionExpression": expression, "routes": routes }));
    let connection = world.connect();
    world.message(&connection, message);
    world.route().expect("there is $default")
}

/// Whether an expression evaluates to exactly this key.
#[track_caller]
fn evaluates(expression: &str, message: &str, key: &str) {
    assert_eq!(route(expression, &[key], message), key, "{expression} of {message}");
}

// §1.2: "`$request.body.action` | `join`"
#[test]
fn a_bare_variable_is_the_value() {
    evaluates("$request.body.action", MESSAGE, "join");
}

// §1.2: "`${request.body.action}` | `join`"
#[test]
fn a_braced_variable_is_the_value() {
    evaluates("${request.body.action}", MESSAGE, "join");
}

// §1.2: "`${request.body.service}/${request.body.action}` | `chat/join`"
#[test]
fn several_variables_and_literals_are_joined() {
    evaluates("${request.body.service}/${request.body.action}", MESSAGE, "chat/join");
    evaluates("v1:${request.body.action}!", MESSAGE, "v1:join!");
}

// §1.2: "`${request.body.action}-${request.body.nope}` | `join-` (unknown path resolves to the empty string)"
#[test]
fn an_unknown_path_is_empty() {
    evaluates("${request.body.action}-${request.body.nope}", MESSAGE, "join-");
    evaluates("${request.body.action}-${request.body.data.nope.deeper[3]}", MESSAGE, "join-");
    evaluates("${request.body.action}-${request.body.action.deeper}", MESSAGE, "join-");
}

// §1.2: "`action` | literal `action`"
#[test]
fn an_expression_without_variables_is_literal() {
    evaluates("action", MESSAGE, "action");
}

// §1.2: "`\$default` | literal `$default`"
#[test]
fn a_backslash_makes_the_dollar_literal() {
    assert_eq!(route(r"\$default", &["join"], MESSAGE), "$default");
    // `$` cannot start a custom key, so a literal in the middle shows that the backslash is gone.
    evaluates(r"price\$${request.body.action}", MESSAGE, "price$join");
}

// §1.2: "`$request.body.data.room` (nested) | `r1`; any JSONPath is allowed after `request.body`"
#[test]
fn paths_may_be_nested() {
    evaluates("$request.body.data.room", MESSAGE, "r1");
    evaluates("$request.body['data']['room']", MESSAGE, "r1");
    evaluates("${request.body.list[1].op}", r#"{"list":[{"op":"a"},{"op":"b"}]}"#, "b");
    // As in the suite that was run on AWS.
    evaluates("$request.body.service.do", r#"{"service":{"do":"echo"}}"#, "echo");
}

// §1.2: "`$` starts a variable; braces delimit it"
#[test]
fn braces_delimit_a_variable() {
    evaluates("${request.body.action}ed", MESSAGE, "joined");
    evaluates("$request.body.actioned", r#"{"action":"join","actioned":"other"}"#, "other");
}

// §1.2: "one pass, no recursive evaluation"
#[test]
fn what_a_message_says_is_not_evaluated() {
    let message = r#"{"action":"$request.body.secret","secret":"say"}"#;
    assert_eq!(route("$request.body.action", &["say"], message), "$default");
    let message = r#"{"action":"${request.body.secret}","secret":"say"}"#;
    evaluates("<${request.body.action}>", message, "<${request.body.secret}>");
}

// §1.2: "AWS's own example renders a two-element array as `[item1, item2]`"
#[test]
fn an_array_is_rendered_as_java_renders_lists() {
    evaluates("$request.body.action", r#"{"action":["item1","item2"]}"#, "[item1, item2]");
    evaluates("$request.body.action", r#"{"action":[]}"#, "[]");
    evaluates(
        "$request.body.action",
        r#"{"action":["a",["b",1],{"k":"v"},null]}"#,
        "[a, [b, 1], {k=v}, null]",
    );
}

// §1.2: "number `1` matches route key `1`, `true` matches `true`"
#[test]
fn numbers_and_booleans_become_text() {
    evaluates("$request.body.action", r#"{"action":1}"#, "1");
    evaluates("$request.body.action", r#"{"action":-7}"#, "-7");
    evaluates("$request.body.action", r#"{"action":1.5}"#, "1.5");
    evaluates("$request.body.action", r#"{"action":true}"#, "true");
    evaluates("$request.body.action", r#"{"action":false}"#, "false");
}

// §1.2: "exact rendering of floats, objects and null is U": as Java does it, where `null` is what a missing
// value is.
#[test]
fn objects_are_rendered_as_java_renders_maps_and_null_is_missing() {
    evaluates("$request.body.action", r#"{"action":{"a":1,"b":"x"}}"#, "{a=1, b=x}");
    evaluates("<${request.body.action}>", r#"{"action":null}"#, "<>");
}

// §1.2: "Missing key: … a bare expression then evaluates to `""`, no route matches, `$default` is used"
#[test]
fn a_missing_key_goes_to_default() {
    assert_eq!(route("$request.body.action", &["join"], r#"{"type":"join"}"#), "$default");
    assert_eq!(route("$request.body.action", &["join"], r#"["join"]"#), "$default");
    assert_eq!(route("$request.body.action", &["join"], r#"{"action":""}"#), "$default");
}

// §1.2: "Non-JSON body: goes to `$default` untouched, `body` carries the raw text"
#[test]
fn text_that_is_not_json_goes_to_default_untouched() {
    for text in ["hello", "", " \t", "{\"action\":\"join\"", "\u{1F600}", "join", "\u{0}"] {
        let mut world = World::with_routes(&["$default", "join"]);
        let connection = world.connect();
        world.message(&connection, text);
        assert_eq!(world.route().as_deref(), Some("$default"), "{text:?}");
        assert_eq!(world.event()["body"], text);
    }
    // Also when the expression needs nothing from the message.
    assert_eq!(route("join", &["join"], "hello"), "$default");
}

// §1.2: "Parser strictness: one real event shows … invalid JSON … routed" (single sample); §9: "Lenient routing
// off by default".
#[test]
fn invalid_json_is_not_read_leniently() {
    for text in [r#"{"action":"join", body:"hello"}"#, "{'action':'join'}", r#"{"action":"join",}"#] {
        assert_eq!(route("$request.body.action", &["join"], text), "$default", "{text}");
    }
    // A byte order mark, comments and depths that no parser should follow are not JSON either.
    assert_eq!(route("$request.body.action", &["join"], "\u{feff}{\"action\":\"join\"}"), "$default");
    let deep = format!(r#"{{"action":"join","x":{}{}}}"#, "[".repeat(100_000), "]".repeat(100_000));
    let mut world =
        World::with_api(json!({ "routes": [{ "routeKey": "$default" }, { "routeKey": "join" }] }), |api| {
            api.limits.message_bytes = usize::MAX
        });
    let connection = world.connect();
    world.message(&connection, &deep);
    assert_eq!(world.route().as_deref(), Some("$default"));
}

// §1.2: "Match is exact and case-sensitive"
#[test]
fn keys_match_exactly() {
    for action in ["Join", "JOIN", " join", "join ", "joi", "joint"] {
        let message = json!({ "action": action }).to_string();
        assert_eq!(route("$request.body.action", &["join"], &message), "$default", "{action}");
    }
    evaluates("$request.body.action", r#"{"action":"j\u006fin"}"#, "join");
    evaluates("$request.body.action", r#"{"action":"größe/ß"}"#, "größe/ß");
}

// §1.2: of two members of the same name the last counts, as in most parsers.
#[test]
fn of_repeated_names_the_last_counts() {
    evaluates("$request.body.action", r#"{"action":"first","action":"last"}"#, "last");
}
