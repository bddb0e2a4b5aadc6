//! The rules, each with a way to break it.

use lift_ws_tests::spoilt::Mistake;

pub(crate) const RULES: &[Mistake] = &[
    Mistake {
        name: "§1.2 a client cannot name the lifecycle routes",
        file: "core/api.rs",
        right: "\"$connect\" | \"$disconnect\" => None,",
        wrong: "\"$connect\" => None,",
    },
    Mistake {
        name: "§1.1 $default takes what no other route takes",
        file: "core/api.rs",
        right: "selected.or_else(|| self.route(\"$default\")).ok_or((key, reason))",
        wrong: "selected.ok_or((key, reason))",
    },
    Mistake {
        name: "§1.2 a list is rendered with commas",
        file: "core/route_selection/render.rs",
        right: "        text.push_str(if index > 0 { \", \" } else { \"\" });\n        push(text, value);\n    }\n    text.push(']');",
        wrong: "        text.push_str(if index > 0 { \",\" } else { \"\" });\n        push(text, value);\n    }\n    text.push(']');",
    },
    Mistake {
        name: "§1.2 null and missing are the same",
        file: "core/route_selection/render.rs",
        right: "[] | [Value::Null] => {}",
        wrong: "[] => {}",
    },
    Mistake {
        name: "§1.3 the spacing of gateway frames",
        file: "core/frames.rs",
        right: "{{\"message\": {message}, ",
        wrong: "{{\"message\":{message}, ",
    },
    Mistake {
        name: "§1.3 another stage is forbidden",
        file: "core/handshake.rs",
        right: "if url::decode(stage) != self.api.stage {\n            return Err(StatusCode::FORBIDDEN);",
        wrong: "if url::decode(stage) != self.api.stage {\n            return Err(StatusCode::NOT_FOUND);",
    },
    Mistake {
        name: "§2.1 integrations do not see the headers of the upgrade",
        file: "core/headers.rs",
        right: "withheld if WITHHELD.contains(&withheld) => continue,",
        wrong: "withheld if withheld == \"upgrade\" => continue,",
    },
    Mistake {
        name: "§2.1 the address that was seen comes last",
        file: "core/headers.rs",
        right: "    forwarded.push(request.source_ip.to_string());",
        wrong: "    forwarded.insert(0, request.source_ip.to_string());",
    },
    Mistake {
        name: "§2.1 empty queries are absent",
        file: "core/event.rs",
        right: "let query = (!query.is_empty()).then_some(query);",
        wrong: "let query = Some(query);",
    },
    Mistake {
        name: "§2.1 messages carry their id",
        file: "core/event.rs",
        right: "RequestContext { message_id: Some(message_id), ..occurrence.context(EventType::Message) }",
        wrong: "RequestContext { message_id: Some(message_id).filter(|_| false), ..occurrence.context(EventType::Message) }",
    },
    Mistake {
        name: "§3.1 a result without statusCode is malformed",
        file: "core/outcome.rs",
        right: "None | Some(Value::Null) => return Err(\"the result has no `statusCode`\".to_owned()),",
        wrong: "None | Some(Value::Null) => Some(200),",
    },
    Mistake {
        name: "§3.2 a refusal keeps its status",
        file: "core/handshake.rs",
        right: "Err(StatusCode::from_u16(response.status).unwrap_or(StatusCode::BAD_GATEWAY))",
        wrong: "Err(StatusCode::BAD_GATEWAY)",
    },
    Mistake {
        name: "§3.2 the subprotocol's header in any case",
        file: "core/outcome.rs",
        right: "name.eq_ignore_ascii_case(\"sec-websocket-protocol\")",
        wrong: "name.as_str() == \"Sec-WebSocket-Protocol\"",
    },
    Mistake {
        name: "§3.3 the body of a one-way route is dropped",
        file: "core/message.rs",
        right: "filter(|body| two_way && !body.is_empty())",
        wrong: "filter(|body| !body.is_empty())",
    },
    Mistake {
        name: "§3.3 an empty body makes no frame",
        file: "core/message.rs",
        right: "filter(|body| two_way && !body.is_empty())",
        wrong: "filter(|_| two_way)",
    },
    Mistake {
        name: "§3.4 a timeout has its own frame",
        file: "core/message.rs",
        right: "Conclusion::TimedOut(_) => &self.api.words.timeout,",
        wrong: "Conclusion::TimedOut(_) => INTERNAL_SERVER_ERROR,",
    },
    Mistake {
        name: "§3.5 functions have 29 seconds",
        file: "core/api.rs",
        right: "integration_timeout: Duration::from_secs(29)",
        wrong: "integration_timeout: Duration::from_secs(30)",
    },
    Mistake {
        name: "§5.4 gone is 410",
        file: "core/management.rs",
        right: "Self { status: 410, error_type: Some(\"GoneException\"), body: Bytes::new() }",
        wrong: "Self { status: 404, error_type: Some(\"GoneException\"), body: Bytes::new() }",
    },
    Mistake {
        name: "§5.4 a malformed connection id is 400",
        file: "core/management.rs",
        right: "if ids::is_well_formed(id) {",
        wrong: "if !id.is_empty() {",
    },
    Mistake {
        name: "§5.1 a post counts as activity",
        file: "core/gateway.rs",
        right: "            self.note_activity(turn.now, id);\n            turn.act(Action::Send",
        wrong: "            turn.act(Action::Send",
    },
    Mistake {
        name: "§5.4 a post of over 128 KB is refused",
        file: "core/management.rs",
        right: "if body.len() > limit {",
        wrong: "if body.len() > 2 * limit {",
    },
    Mistake {
        name: "§6.1 idle for ten minutes",
        file: "core/api.rs",
        right: "idle_timeout: Duration::from_secs(10 * 60)",
        wrong: "idle_timeout: Duration::from_secs(11 * 60)",
    },
    Mistake {
        name: "§6.1 two hours at most",
        file: "core/gateway.rs",
        right: "idle.min(self.aged.when_old(",
        wrong: "idle.max(self.aged.when_old(",
    },
    Mistake {
        name: "§6.2 binary frames close with 1003",
        file: "core/closing.rs",
        right: "FrameFault::Binary => (1003,",
        wrong: "FrameFault::Binary => (1007,",
    },
    Mistake {
        name: "§6.2 a lost connection shows as 1006",
        file: "core/closing.rs",
        right: "const ABNORMAL: (u16, &str) = (1006, \"\");",
        wrong: "const ABNORMAL: (u16, &str) = (1001, \"\");",
    },
    Mistake {
        name: "§6.2 a close frame without code shows as 1005",
        file: "core/closing.rs",
        right: "code.map_or(NO_STATUS, |code| (code, reason))",
        wrong: "code.map_or(ABNORMAL, |code| (code, reason))",
    },
];
