//! The source of a test, line by line.

use std::borrow::Cow;
use std::fmt::Write;

use serde_json::Value;

use crate::core::Verdict;
use crate::inspector::entry::{End, Invocation};
use crate::inspector::secrets::{is_secret, leave_out_secrets, text_without_secrets};

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

/// A test that is being written.
pub(super) struct Test {
    app: String,
    pub(super) name: String,
    /// Whether `TestEvent` is used, and `Value`.
    needs_event: bool,
    needs_value: bool,
    has_left_out: bool,
    lines: Vec<String>,
}

impl Test {
    pub(super) fn new(app: &str) -> Self {
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
    pub(super) fn connect(&mut self, event: Option<&Value>) {
        let calls = event.map(|event| self.handshake_calls(event)).unwrap_or_default();
        self.handshake_line("client", &calls, "expect(\"the handshake is accepted\")");
    }

    pub(super) fn handshake(&mut self, event: &Value, invocation: &Invocation) {
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

    pub(super) fn authorize(&mut self, event: &Value, invocation: &Invocation) {
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

    pub(super) fn send(&mut self, body: &str) {
        let body = self.text(body);
        self.line(format!("let reply = client.send_text({body}).await;"));
    }

    pub(super) fn expect_reply(&mut self, reply: Option<&str>) {
        match reply {
            Some(reply) => {
                let reply = self.text(reply);
                self.line(format!("assert_eq!(reply.text(), Some({reply}));"));
            }
            None => self.line("assert!(reply.is_none(), \"{reply:?}\");"),
        }
    }

    pub(super) fn expect_nothing_certain(&mut self) {
        self.line("// what it was answered is not known any more");
        self.line("let _ = reply;");
    }

    /// Lets the test have what it may be about, without a claim: whether it comes depends on others, and on the app's state.
    pub(super) fn receive(&mut self, posts: &[Cow<'_, str>]) {
        self.line("// what was posted to this very client meanwhile");
        for post in posts {
            let post = self.text(post);
            self.line(format!("// recorded: {post}"));
        }
        self.line("let _received = client.received();");
    }

    pub(super) fn say_what_came_before(&mut self, messages: usize) {
        match messages {
            0 => {}
            1 => self.line("// one message came before, which is not sent here: does the answer follow from it?"),
            _ => self.line(format!(
                "// {messages} messages came before, which are not sent here: does the answer follow from them?"
            )),
        }
    }

    /// Without its handshake: the event alone.
    pub(super) fn invoke(&mut self, route: &str, body: &str, event: &Value) {
        self.needs_event = true;
        let mut line = format!("let event = TestEvent::message({}, {})", literal(route), self.text(body));
        if let Some(authorizer) = event["requestContext"].get("authorizer") {
            let _ = write!(line, "\n        .authorizer({})", self.json(authorizer.clone()));
        }
        self.line(line + ";");
        self.line("let answer = app.invoke(&event.to_bytes()).await.expect(\"it is answered\");");
    }

    pub(super) fn expect_status(&mut self, invocation: &Invocation) {
        if let Some(status) = status_of(invocation) {
            self.line(format!("assert_eq!(answer[\"statusCode\"], {status});"));
        }
    }

    pub(super) fn disconnect(&mut self, context: &Value) {
        let code = context["disconnectStatusCode"].as_u64().unwrap_or(1000);
        let reason = context["disconnectReason"].as_str().unwrap_or_default();
        self.line(format!("client.disconnect_with({code}, {}).await;", literal(reason)));
        self.line("assert!(!client.is_open());");
    }

    pub(super) fn batch(&mut self, invocation: &Invocation) {
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

    pub(super) fn source(self) -> String {
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
pub(super) fn words(text: &str) -> String {
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

pub(super) fn is_path(text: &str) -> bool {
    let is_name = |name: &str| {
        name.starts_with(|first: char| first.is_ascii_alphabetic() || first == '_')
            && name.chars().all(|letter| letter.is_ascii_alphanumeric() || letter == '_')
    };
    text.split("::").all(is_name)
}

/// A Rust literal of a text: raw, where that reads better.
pub(super) fn literal(text: &str) -> String {
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
