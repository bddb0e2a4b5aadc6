use expect_test::expect_file;
use serde_json::json;

use super::writer::{is_path, literal};
use super::*;
use crate::core::{ConnectionId, InvocationId, Moment, Outcome, Verdict};
use crate::environments::Work;
use crate::inspector::Time;

const NOW: Time = Time { now: Moment::from_millis(1_000), micros: 1_000_000 };

fn ann() -> ConnectionId {
    "AbC=".into()
}

/// Records one event and its answer; the number of its entry.
fn record(journal: &mut Journal, invocation: u64, route: &str, event: &Value, verdict: Verdict) -> EntryId {
    let work = Work::Event(InvocationId(invocation));
    let id = journal.invoked(NOW, (0, work), Some(ann()), route.to_owned(), event.to_string().into());
    let returned = json!({ "statusCode": 200 }).to_string();
    journal.answered(NOW, work, &Outcome::Returned(returned.into()));
    journal.concluded(NOW, InvocationId(invocation), verdict);
    id
}

fn handshake() -> Value {
    json!({
        "multiValueHeaders": {
            "Host": ["127.0.0.1:3000"],
            "Origin": ["http://localhost:3000"],
            "Authorization": ["Bearer abc"],
        },
        "multiValueQueryStringParameters": { "name": ["Ada"] },
        "requestContext": { "eventType": "CONNECT", "routeKey": "$connect" },
    })
}

fn message(body: &str) -> Value {
    json!({ "requestContext": { "eventType": "MESSAGE", "routeKey": "say" }, "body": body })
}

fn source(journal: &Journal, id: EntryId) -> String {
    journal.test_source(id, "Chat").unwrap()
}

/// Each is compiled and run by `tests/tests/recorded`.
#[test]
fn the_samples_that_are_compiled_are_what_is_written() {
    let mut journal = Journal::new(0);
    let connect = record(&mut journal, 1, "$connect", &handshake(), Verdict::Status(200));
    expect_file!["golden/connect.rs"].assert_eq(&source(&journal, connect));

    let say = message(r##"{"action":"say","text":"a \"#quote\"#"}"##);
    let say = record(&mut journal, 2, "say", &say, Verdict::Status(200));
    journal.sent(NOW.now, &ann(), r##"{"said":"a \"#quote\"#"}"##);
    expect_file!["golden/message.rs"].assert_eq(&source(&journal, say));

    let leave = json!({
        "requestContext": { "eventType": "DISCONNECT", "disconnectStatusCode": 1001, "disconnectReason": "Going away" },
    });
    let leave = record(&mut journal, 3, "$disconnect", &leave, Verdict::Status(200));
    expect_file!["golden/disconnect.rs"].assert_eq(&source(&journal, leave));
}

#[test]
fn a_message_without_its_handshake_is_an_event_with_what_the_authorizer_said() {
    let mut journal = Journal::new(0);
    let mut event = message("no JSON\r\n");
    event["requestContext"]["authorizer"] = json!({
        "principalId": "ann",
        "at": 1_795_437_407_558_u64,
        "least": i64::MIN,
        "most": u64::MAX,
        "huge": 1e300,
        "escapes": "a\u{1b}\u{8}\u{7f}\u{202e}\"#",
    });
    let id = record(&mut journal, 1, "$default", &event, Verdict::Status(200));
    expect_file!["golden/authorized.rs"].assert_eq(&source(&journal, id));
}

#[test]
fn what_is_not_done_again_or_not_sure_to_come_again_is_told() {
    let mut journal = Journal::new(0);
    let post = |journal: &mut Journal, to: &str, status, body: &str| {
        let what = What::Management { method: "POST".into(), body: body.to_owned().into(), status };
        journal.push(NOW.now, Some(to.into()), what);
    };
    record(&mut journal, 1, "$connect", &handshake(), Verdict::Status(200));
    let first = record(&mut journal, 2, "say", &message("1"), Verdict::Status(200));
    post(&mut journal, "AbC=", 200, r#"{"n":1,"token":"s3cr3t"}"#);
    post(&mut journal, "AbC=", 410, "gone");
    post(&mut journal, "other", 200, "for somebody else");
    let second = record(&mut journal, 3, "say", &message("2"), Verdict::Status(200));
    post(&mut journal, "AbC=", 200, "of the second");

    // A replay is the function's alone: no client has sent or received anything.
    let replay = journal.replay(NOW, first).unwrap();
    journal.answered(NOW, replay.work, &Outcome::Returned("{}".into()));
    let again = source(&journal, replay.id);
    assert!(again.contains("// 2 messages came before") && again.contains("let _ = reply;"), "{again}");

    let first = source(&journal, first);
    assert!(!first.contains("came before"), "{first}");
    let recorded: Vec<_> = first.lines().filter(|line| line.contains("// recorded")).collect();
    assert_eq!(recorded, [r##"    // recorded: r#"{"n":1,"token":"put your own here"}"#"##]);
    let second = source(&journal, second);
    assert!(second.contains("// one message came before, which is not sent here"), "{second}");
    assert!(second.contains("// recorded: \"of the second\""), "{second}");
}

#[test]
fn a_refused_handshake_is_expected_to_be_refused() {
    let mut journal = Journal::new(0);
    let id = record(&mut journal, 1, "$connect", &handshake(), Verdict::Status(403));
    let source = source(&journal, id);
    assert!(source.contains("assert_eq!(refused.status, 403);"), "{source}");
    assert!(!source.contains("Bearer"), "{source}");
}

#[test]
fn what_clients_send_is_a_literal_and_stays_one() {
    for text in [
        "",
        "plain",
        "\"#\"##",
        "a\\",
        "\r\n\u{0}",
        "\u{202e}",
        "\"#\u{1}",
        "r#\"\"#",
        "{}\"###",
        &"\"#".repeat(300),
        &format!("\"{}", "#".repeat(255)),
        "\"\u{202e}",
        "\\\u{feff}",
    ] {
        let source = format!("const TEXT: &str = {};", literal(text));
        // Read back by the rules of Rust's own lexer, as far as they matter here.
        let inner = source.strip_prefix("const TEXT: &str = ").unwrap().strip_suffix(';').unwrap();
        if let Some(raw) = inner.strip_prefix('r') {
            let hashes = raw.chars().take_while(|&letter| letter == '#').count();
            let end = format!("\"{}", "#".repeat(hashes));
            let body = &raw[hashes + 1..];
            assert_eq!(body.find(&end), Some(body.len() - end.len()), "{inner}");
            assert_eq!(&body[..body.len() - end.len()], text);
            assert!(hashes <= 255 && !text.contains(['\u{202e}', '\u{feff}']), "Rust refuses it: {inner}");
        } else {
            assert_eq!(inner, format!("{text:?}"));
        }
    }
}

#[test]
fn names_of_tests_are_names() {
    assert_eq!(words("$connect"), "connect");
    assert_eq!(words("room/join:now"), "room join now");
    assert_eq!(words("\u{fc}\u{1f600}"), "message");
    assert_eq!(words("2fa"), "route 2fa");
    assert!(is_path("chat::Chat") && !is_path("my app") && !is_path("") && !is_path("a::"));
}

#[test]
fn what_is_no_event_is_no_test() {
    let mut journal = Journal::new(0);
    journal.sent(NOW.now, &ann(), "a frame");
    assert_eq!(journal.test_source(EntryId(1), "Chat"), None);
    assert_eq!(journal.test_source(EntryId(2), "Chat"), None);
}

#[test]
fn secrets_are_in_no_part_of_a_test() {
    let mut journal = Journal::new(0);
    let mut authorized = message(r#"{"action":"say","text":"hi","token":"s3cr3t"}"#);
    authorized["requestContext"]["authorizer"] = json!({ "principalId": "ann", "jwt": "s3cr3t" });
    let authorized = record(&mut journal, 1, "say", &authorized, Verdict::Status(200));
    // without its handshake: the event alone, with what the authorizer said
    let authorized = source(&journal, authorized);
    assert!(authorized.contains(".authorizer("), "{authorized}");
    record(&mut journal, 2, "$connect", &handshake(), Verdict::Status(200));
    let login = message(r#"{"action":"login","password":"s3cr3t","n":1e400}"#);
    let login = record(&mut journal, 3, "login", &login, Verdict::Status(200));
    journal.sent(NOW.now, &ann(), r#"{"hello":"Ada","ticket":"s3cr3t"}"#);
    let batch = json!({ "Records": [{ "body": r#"{"user":"Ada","apiKey":"s3cr3t"}"# }] });
    let batch = record(&mut journal, 4, "queue", &batch, Verdict::Status(200));

    let (login, batch) = (source(&journal, login), source(&journal, batch));
    for (source, kept) in [(authorized, "\"hi\""), (login, "\"Ada\""), (batch, "Ada")] {
        assert!(!source.contains("s3cr3t"), "{source}");
        assert!(source.contains(kept) && source.contains("secrets were left out"), "{source}");
    }
}
