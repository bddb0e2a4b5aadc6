//! A past event as the source of a test: the same again, in `lift_ws::testing`, with what came of it as the expectation.
//!
//! What names call a secret is left out, as tests are committed: in query, headers, and JSON (messages, replies, what the
//! authorizer said, batches). A text that is no JSON has no names, and stands as it is. The samples in `golden/` are compiled
//! and run by the tests of the workspace (`tests/tests/recorded`).

use std::fmt::Write;

use serde_json::Value;

use super::entry::{End, Entry, Invocation, What};
use super::journal::Journal;
use super::peek;
use super::secrets::{is_secret, leave_out_secrets, text_without_secrets};
use super::summary::kind_of_event;
use crate::core::Verdict;
use crate::inspector::EntryId;

/// Stands where a secret was.
const LEFT_OUT: &str = "put your own here";
/// As many as Rust has around a raw literal.
const MOST_HASHES: usize = 255;
/// Headers of handshakes that every client sends, or that the gateway adds.
const USUAL_HEADERS: [&str; 18] = [
    "accept",
    "accept-encoding",
    "accept-language",
    "cache-control",
    "connection",
    "content-length",
    "host",
    "pragma",
    "sec-fetch-dest",
    "sec-fetch-mode",
    "sec-fetch-site",
    "sec-websocket-extensions",
    "sec-websocket-key",
    "sec-websocket-version",
    "upgrade",
    "user-agent",
    "x-amzn-trace-id",
    "x-forwarded-for",
];

impl Journal {
    /// The test of an entry; `None` if it is gone, or nothing that an app can be given,
    /// or was not kept whole.
    pub(super) fn test_source(&self, id: EntryId, app: &str) -> Option<String> {
        let entry = self.entry(id)?;
        let mut test = Test::new(app);
        match &entry.what {
            What::Invocation(invocation) => self.invocation_source(entry, invocation, &mut test)?,
            // Of a part of a message something else would come.
            What::TurnedAway { text: Some(text), left_out: 0, route, .. } => {
                test.name = format!("{} goes nowhere", words(route));
                test.connect(self.handshake_of(entry).as_ref());
                test.send(text);
            }
            _ => return None,
        }
        Some(test.source())
    }

    fn invocation_source(&self, entry: &Entry, invocation: &Invocation, test: &mut Test) -> Option<()> {
        let event: Value = serde_json::from_slice(&invocation.event).ok()?;
        let kind = kind_of_event(&peek::peek(&invocation.event));
        match kind {
            "message" => {
                test.name = format!("{} as recorded", words(&invocation.route));
                let handshake = self.handshake_of(entry);
                let body = event["body"].as_str().unwrap_or_default();
                if handshake.is_some() || event["requestContext"]["authorizer"].is_null() {
                    test.connect(handshake.as_ref());
                    test.send(body);
                    test.expect_reply(self.reply_to(entry.id));
                } else {
                    test.invoke(&invocation.route, body, &event);
                    test.expect_status(invocation);
                }
            }
            "connect" => {
                test.name = "connect as recorded".to_owned();
                test.handshake(&event, invocation);
            }
            "disconnect" => {
                test.name = "disconnect as recorded".to_owned();
                test.connect(self.handshake_of(entry).as_ref());
                test.disconnect(&event["requestContext"]);
            }
            "authorizer" => {
                test.name = "authorize as recorded".to_owned();
                test.authorize(&event, invocation);
            }
            _ => {
                test.name = "batch as recorded".to_owned();
                test.batch(invocation);
            }
        }
        Some(())
    }

    /// The CONNECT event of an entry's connection.
    fn handshake_of(&self, entry: &Entry) -> Option<Value> {
        let of_connection = self.newest_first().filter(|other| other.connection == entry.connection);
        of_connection
            .filter_map(|other| match &other.what {
                What::Invocation(invocation) if invocation.route == "$connect" => Some(invocation),
                _ => None,
            })
            .map(|invocation| invocation.event.clone())
            .find(|event| kind_of_event(&peek::peek(event)) == "connect")
            .and_then(|event| serde_json::from_slice(&event).ok())
    }

    fn reply_to(&self, id: EntryId) -> Option<&str> {
        self.newest_first().take_while(|entry| entry.id > id).find_map(|entry| match &entry.what {
            What::Sent { text, reply_to: Some(to) } if *to == id => Some(&**text),
            _ => None,
        })
    }
}

/// A test that is being written.
struct Test {
    app: String,
    name: String,
    /// Whether `TestEvent` is used, and `Value`.
    needs_event: bool,
    needs_value: bool,
    has_left_out: bool,
    lines: Vec<String>,
}

impl Test {
    fn new(app: &str) -> Self {
        let app = if is_path(app) { app } else { "App" };
        Self {
            app: app.to_owned(),
            name: String::new(),
            needs_event: false,
            needs_value: false,
            has_left_out: false,
            lines: Vec::new(),
        }
    }

    fn line(&mut self, line: impl Into<String>) {
        self.lines.push(line.into());
    }

    /// Opens a connection as it was opened, if that is known.
    fn connect(&mut self, event: Option<&Value>) {
        let calls = event.map(|event| self.handshake_calls(event)).unwrap_or_default();
        self.handshake_line("client", &calls, "expect(\"the handshake is accepted\")");
    }

    fn handshake(&mut self, event: &Value, invocation: &Invocation) {
        let calls = self.handshake_calls(event);
        match status_of(invocation) {
            Some(status) if status >= 300 => {
                self.handshake_line("refused", &calls, "expect_err(\"the handshake is refused\")");
                self.line(format!("assert_eq!(refused.status, {status});"));
            }
            _ => {
                self.handshake_line("client", &calls, "expect(\"the handshake is accepted\")");
                self.line("assert!(client.is_open());");
            }
        }
    }

    /// In the form that rustfmt gives it.
    fn handshake_line(&mut self, name: &str, calls: &str, last: &str) {
        self.line(match calls {
            "" => format!("let {name} = app.connect().await.{last};"),
            calls => {
                format!("let {name} = app\n        .connect(){calls}\n        .await\n        .{last};")
            }
        });
    }

    fn authorize(&mut self, event: &Value, invocation: &Invocation) {
        self.needs_event = true;
        let calls = self.handshake_calls(event);
        self.line(format!("let said = app.authorize(TestEvent::authorize(){calls}).await;"));
        match &invocation.ended {
            Some(ended)
                if !matches!(ended.end, End::Event(Verdict::Authorized) | End::Replay { error: None }) =>
            {
                self.line("assert!(said.is_err(), \"it lets in: {said:?}\");");
            }
            _ => self.line("assert!(said.is_ok(), \"it refuses: {said:?}\");"),
        }
    }

    /// `.query(…)` and `.header(…)` of what was special about a handshake.
    fn handshake_calls(&mut self, event: &Value) -> String {
        let mut calls = String::new();
        for (method, field) in [("query", "multiValueQueryStringParameters"), ("header", "multiValueHeaders")]
        {
            let Some(map) = event[field].as_object() else { continue };
            for (name, values) in map {
                let lower = name.to_ascii_lowercase();
                if method == "header"
                    && (USUAL_HEADERS.contains(&&*lower) || lower.starts_with("x-forwarded-"))
                {
                    continue;
                }
                for value in values.as_array().into_iter().flatten().filter_map(Value::as_str) {
                    let value = match is_secret(name) {
                        true => {
                            self.has_left_out = true;
                            literal(LEFT_OUT)
                        }
                        false => self.text(value),
                    };
                    let _ = write!(calls, "\n        .{method}({}, {value})", literal(name));
                }
            }
        }
        calls
    }

    /// A literal of a text without its secrets.
    fn text(&mut self, text: &str) -> String {
        match text_without_secrets(text, LEFT_OUT) {
            Some(without) => {
                self.has_left_out = true;
                literal(&without)
            }
            None => literal(text),
        }
    }

    /// The expression of a value without its secrets. It is read when the test runs: `json!` takes no escapes of JSON,
    /// no integer beyond 32 bits, and no long list.
    fn json(&mut self, mut value: Value) -> String {
        self.needs_value = true;
        self.has_left_out |= leave_out_secrets(&mut value, LEFT_OUT);
        format!("serde_json::from_str::<Value>({}).expect(\"it is JSON\")", literal(&value.to_string()))
    }

    fn send(&mut self, body: &str) {
        let body = self.text(body);
        self.line(format!("let reply = client.send_text({body}).await;"));
    }

    fn expect_reply(&mut self, reply: Option<&str>) {
        match reply {
            Some(reply) => {
                let reply = self.text(reply);
                self.line(format!("assert_eq!(reply.text(), Some({reply}));"));
            }
            None => self.line("assert!(reply.is_none(), \"{reply:?}\");"),
        }
        self.line("// what was posted to this very client meanwhile");
        self.line("let _received = client.received();");
    }

    /// Without its handshake: the event alone.
    fn invoke(&mut self, route: &str, body: &str, event: &Value) {
        self.needs_event = true;
        let mut line = format!("let event = TestEvent::message({}, {})", literal(route), self.text(body));
        if let Some(authorizer) = event["requestContext"].get("authorizer") {
            let _ = write!(line, "\n        .authorizer({})", self.json(authorizer.clone()));
        }
        self.line(line + ";");
        self.line("let answer = app.invoke(&event.to_bytes()).await.expect(\"it is answered\");");
    }

    fn expect_status(&mut self, invocation: &Invocation) {
        if let Some(status) = status_of(invocation) {
            self.line(format!("assert_eq!(answer[\"statusCode\"], {status});"));
        }
    }

    fn disconnect(&mut self, context: &Value) {
        let code = context["disconnectStatusCode"].as_u64().unwrap_or(1000);
        let reason = context["disconnectReason"].as_str().unwrap_or_default();
        self.line(format!("client.disconnect_with({code}, {}).await;", literal(reason)));
        self.line("assert!(!client.is_open());");
    }

    fn batch(&mut self, invocation: &Invocation) {
        let event = String::from_utf8_lossy(&invocation.event);
        let event = self.text(&event);
        self.line(format!("let event = {event};"));
        self.line("let answer = app.invoke(event.as_bytes()).await.expect(\"it is answered\");");
        let returned =
            invocation.returned.as_deref().and_then(|returned| serde_json::from_slice(returned).ok());
        if let Some(Value::Object(returned)) = returned {
            let returned = self.json(Value::Object(returned));
            self.line(format!("let returned = {returned};"));
            self.line("assert_eq!(answer, returned);");
        }
    }

    fn source(self) -> String {
        let name = self.name.split_whitespace().collect::<Vec<_>>().join("_");
        let mut source = String::from("#[tokio::test]\n");
        let _ = writeln!(source, "async fn {name}() {{");
        let testing = if self.needs_event { "{TestApp, TestEvent}" } else { "TestApp" };
        let _ = writeln!(source, "    use lift_ws::testing::{testing};");
        if self.needs_value {
            source.push_str("    use serde_json::Value;\n");
        }
        source.push_str("\n    // the state that `main` makes\n");
        let _ = writeln!(source, "    let app = TestApp::<{}>::new(Default::default());", self.app);
        if self.has_left_out {
            let _ = writeln!(source, "    // secrets were left out: {LEFT_OUT:?}");
        }
        for line in &self.lines {
            let _ = writeln!(source, "    {line}");
        }
        source + "}\n"
    }
}

fn status_of(invocation: &Invocation) -> Option<u16> {
    match invocation.ended.as_ref().map(|ended| &ended.end) {
        Some(End::Event(Verdict::Status(status))) => Some(*status),
        Some(End::Replay { .. }) => {
            let returned: Value = serde_json::from_slice(invocation.returned.as_deref()?).ok()?;
            returned["statusCode"].as_u64()?.try_into().ok()
        }
        _ => None,
    }
}

/// Letters and digits of a text, apart by blanks, as a name can have them.
fn words(text: &str) -> String {
    let words: String = text
        .chars()
        .map(|letter| if letter.is_ascii_alphanumeric() { letter.to_ascii_lowercase() } else { ' ' })
        .collect();
    let words = words.trim();
    match words.chars().next() {
        None => "message".to_owned(),
        Some(first) if first.is_ascii_digit() => format!("route {words}"),
        Some(_) => words.to_owned(),
    }
}

fn is_path(text: &str) -> bool {
    let is_name = |name: &str| {
        name.starts_with(|first: char| first.is_ascii_alphabetic() || first == '_')
            && name.chars().all(|letter| letter.is_ascii_alphanumeric() || letter == '_')
    };
    text.split("::").all(is_name)
}

/// A Rust literal of a text: raw, where that reads better.
fn literal(text: &str) -> String {
    let reads_better_raw = text.contains(['"', '\\']) && text.chars().all(stands_for_itself);
    let longest = text.split('"').skip(1).map(|after| after.chars().take_while(|&c| c == '#').count()).max();
    let hashes = longest.unwrap_or(0) + 1;
    if !reads_better_raw || hashes > MOST_HASHES {
        return format!("{text:?}");
    }
    let hashes = "#".repeat(hashes);
    format!("r{hashes}\"{text}\"{hashes}")
}

/// Nothing that the compiler refuses, or that people do not see.
fn stands_for_itself(letter: char) -> bool {
    matches!(letter, '"' | '\'' | '\\') || letter.escape_debug().count() == 1
}

#[cfg(test)]
mod tests;
