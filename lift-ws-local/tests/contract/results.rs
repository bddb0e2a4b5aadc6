//! Contract §3.1: what a return value is, §3.3: what it means after a message.

use lift_ws_local::core::{Action, EventType, Finished, Verdict};

use crate::support::{World, failed, frame_of, returned};

/// Values that are no proxy response.
const MALFORMED: [&str; 9] = [
    "null",
    "",
    "not json",
    "\"ok\"",
    "[]",
    "7",
    "{}",
    r#"{"statusCode":200,"body":{"a":1}}"#,
    r#"{"statusCode":200,"headers":"x"}"#,
];

fn finished(world: &World) -> Finished {
    let lines = world.actions.iter().filter_map(|action| match action {
        Action::Finished(finished) => Some(finished.clone()),
        _ => None,
    });
    let mut lines: Vec<Finished> = lines.collect();
    assert_eq!(lines.len(), 1, "each event is one line");
    lines.remove(0)
}

/// What the client gets after a message on a route when the function returns this.
fn reply(action: &str, result: &str) -> Vec<String> {
    let mut world = World::usual();
    let connection = world.connect();
    world.message(&connection, &format!(r#"{{"action":"{action}"}}"#));
    let frame = frame_of("Internal server error", &world.event());
    world.returns(result);
    assert!(world.closed().is_none(), "nothing that a function returns closes a connection");
    world.sent().into_iter().map(|sent| if sent == frame { "internal".into() } else { sent.into() }).collect()
}

// §3.1: "`statusCode` (integer), optional `headers` (string map), `multiValueHeaders`, `body` (string),
// `isBase64Encoded`"
#[test]
fn a_proxy_response_is_understood_whole() {
    let whole = r#"{"statusCode":200,"headers":{"a":"b"},"multiValueHeaders":{"a":["b"]},"body":"x","isBase64Encoded":false}"#;
    assert_eq!(reply("ask", whole), ["x"]);
    assert_eq!(
        reply("ask", r#"{"statusCode":200,"headers":null,"multiValueHeaders":null,"body":"x"}"#),
        ["x"]
    );
}

// §3.1: "A null / non-object / non-string-body result is logged as a malformed Lambda proxy response, even on
// `$disconnect` where nobody waits for it"
#[test]
fn a_malformed_result_is_logged_even_on_disconnect() {
    for result in MALFORMED {
        let mut world = World::usual();
        let connection = world.connect();
        world.close(&connection, None, "");
        world.returns(result);
        let line = finished(&world);
        assert_eq!(line.event_type, EventType::Disconnect);
        assert!(matches!(line.verdict, Verdict::Malformed { .. }), "{result}: {line:?}");
        assert_eq!(world.actions.len(), 1, "nobody is there to hear more");
    }
}

// §3.1: "On a message route a null result produces the Internal-server-error frame"
#[test]
fn a_malformed_result_of_a_message_is_an_internal_server_error() {
    for result in MALFORMED {
        for action in ["say", "ask"] {
            assert_eq!(reply(action, result), ["internal"], "{action}: {result}");
        }
    }
}

// §3.1: "Whether a missing `statusCode` is tolerated: U - always send". It is not tolerated here.
#[test]
fn a_missing_status_code_is_malformed() {
    assert_eq!(reply("ask", r#"{"body":"x"}"#), ["internal"]);
    assert_eq!(World::connect_status(returned("{}")), 502);
}

// §3.3: "Default is one-way: the return value is discarded, including `body`"
#[test]
fn the_body_of_a_one_way_route_is_discarded() {
    assert!(reply("say", r#"{"statusCode":200,"body":"dropped"}"#).is_empty());
}

// §3.3: "`statusCode` on messages has no effect on the connection (200, 201, 301, 401, 501 all silent)"
#[test]
fn the_status_of_a_message_is_silent() {
    for status in [200, 201, 301, 401, 500, 501] {
        assert!(reply("say", &format!(r#"{{"statusCode":{status},"body":"dropped"}}"#)).is_empty());
    }
}

// §3.3: "Two-way … the function's `body` is sent to the client as one text message"; "output is passed as is"
#[test]
fn the_body_of_a_two_way_route_is_sent_as_it_is() {
    assert_eq!(reply("ask", r#"{"statusCode":200,"body":" {\"a\":\n1} é"}"#), [" {\"a\":\n1} é"]);
    assert!(reply("ask", r#"{"statusCode":200}"#).is_empty());
    assert!(reply("ask", r#"{"statusCode":200,"body":null}"#).is_empty());
    assert!(reply("ask", r#"{"statusCode":200,"body":""}"#).is_empty());
}

// §3.3: "With two-way and statusCode 500 the body still arrives as an ordinary message"
#[test]
fn a_two_way_body_arrives_whatever_the_status() {
    for status in [301, 401, 500] {
        assert_eq!(reply("ask", &format!(r#"{{"statusCode":{status},"body":"still"}}"#)), ["still"]);
    }
}

// §3.3: "Two-way replies are asynchronous and may reach the client in another order than the requests"
#[test]
fn two_way_replies_come_in_the_order_in_which_functions_answer() {
    let mut world = World::usual();
    let connection = world.connect();
    let ask = |world: &mut World| {
        world.message(&connection, r#"{"action":"ask"}"#);
        world.invoked().unwrap().id
    };
    let (first, second) = (ask(&mut world), ask(&mut world));
    for (invocation, body) in [(second, "second"), (first, "first")] {
        let outcome = returned(&format!(r#"{{"statusCode":200,"body":"{body}"}}"#));
        world.input(lift_ws_local::core::Input::Invoked { invocation, outcome });
        assert_eq!(world.sent(), [body]);
    }
}

// §3.3: "`isBase64Encoded: true` in a two-way reply: U". Passed as it is, like all output.
#[test]
fn a_base64_body_is_not_decoded() {
    assert_eq!(reply("ask", r#"{"statusCode":200,"body":"aGk=","isBase64Encoded":true}"#), ["aGk="]);
}

// §3.3 and §6.1: 128 KB hold for replies too; a larger one is the function's mistake.
#[test]
fn a_two_way_body_above_the_limit_is_an_internal_server_error() {
    let result = |bytes: usize| format!(r#"{{"statusCode":200,"body":"{}"}}"#, "x".repeat(bytes));
    assert_eq!(reply("ask", &result(131_072))[0].len(), 131_072);
    assert_eq!(reply("ask", &result(131_073)), ["internal"]);
}

#[test]
fn a_reply_for_a_connection_that_has_gone_is_dropped() {
    for outcome in [returned(r#"{"statusCode":200,"body":"late"}"#), failed()] {
        let mut world = World::usual();
        let connection = world.connect();
        world.message(&connection, r#"{"action":"ask"}"#);
        let invocation = world.invoked().unwrap().id;
        world.close(&connection, None, "");
        world.input(lift_ws_local::core::Input::Invoked { invocation, outcome });
        assert!(world.sent().is_empty());
        finished(&world);
    }
}

#[test]
fn answers_that_nobody_waits_for_are_ignored() {
    let mut world = World::usual();
    let connection = world.connect();
    world.message(&connection, r#"{"action":"ask"}"#);
    let invocation = world.invoked().unwrap().id;
    let answer = || lift_ws_local::core::Input::Invoked {
        invocation,
        outcome: returned(r#"{"statusCode":200,"body":"x"}"#),
    };
    world.input(answer());
    assert_eq!(world.sent(), ["x"]);
    assert!(world.input(answer()).is_empty());
}

#[test]
fn the_line_for_the_terminal_has_route_connection_times_and_status() {
    let mut world = World::usual();
    let connection = world.connect();
    world.message(&connection, r#"{"action":"say"}"#);
    let started = world.now;
    world.wait(std::time::Duration::from_millis(12));
    let invocation = world.actions.iter().find_map(|action| match action {
        Action::Invoke { invocation, .. } => Some(*invocation),
        _ => None,
    });
    world.input(lift_ws_local::core::Input::Invoked {
        invocation: invocation.unwrap(),
        outcome: returned(r#"{"statusCode":202}"#),
    });
    let line = finished(&world);
    assert_eq!((line.route_key.as_str(), &line.connection), ("say", &connection));
    assert_eq!((line.started.as_millis(), line.ended.as_millis()), (started, started + 12));
    assert_eq!(line.verdict, Verdict::Status(202));
}
