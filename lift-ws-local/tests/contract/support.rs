//! A gateway on a clock that the test turns, with what it did last.

use std::time::Duration;

use lift_ws_local::core::{
    Action, Api, CallId, ConnectionId, Fault, Finished, FrameFault, Gateway, HandshakeRequest, Input,
    InvocationId, ManagementRequest, Manifest, Moment, Outcome, SocketId,
};
use serde_json::{Value, json};

/// When every test starts: 2026-05-05T10:20:30.100Z.
pub(crate) const START: u64 = 1_777_976_430_100;

/// A signature that the gateway takes.
pub(crate) const SIGNED: &str = "AWS4-HMAC-SHA256 Credential=AKID/20260505/us-east-1/execute-api/aws4_request, \
                                 SignedHeaders=host, Signature=00";

/// A gateway, its clock, and the actions of the last input.
pub(crate) struct World {
    pub(crate) gateway: Gateway,
    pub(crate) now: u64,
    pub(crate) actions: Vec<Action>,
    sockets: u64,
}

/// An event that was given to the function.
pub(crate) struct Invoked {
    pub(crate) id: InvocationId,
    pub(crate) route_key: String,
    pub(crate) bytes: String,
    pub(crate) event: Value,
    pub(crate) deadline: u64,
}

/// An answer of `@connections`.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Answered {
    pub(crate) status: u16,
    pub(crate) error_type: Option<&'static str>,
    pub(crate) body: String,
}

impl World {
    /// With these one-way routes.
    pub(crate) fn with_routes(keys: &[&str]) -> Self {
        let routes: Vec<Value> = keys.iter().map(|key| json!({ "routeKey": key })).collect();
        Self::with_manifest(json!({ "routes": routes }))
    }

    /// With all three predefined routes, a one-way `say` and a two-way `ask`.
    pub(crate) fn usual() -> Self {
        Self::with_manifest(json!({ "routes": [
            { "routeKey": "$connect" },
            { "routeKey": "$disconnect" },
            { "routeKey": "$default" },
            { "routeKey": "say" },
            { "routeKey": "ask", "twoWay": true },
        ]}))
    }

    /// As usual, and with an authorizer that needs these identity sources.
    pub(crate) fn guarded(identity_sources: &[&str]) -> Self {
        Self::with_manifest(json!({
            "routes": [{ "routeKey": "$connect" }, { "routeKey": "$disconnect" }, { "routeKey": "say" }],
            "authorizer": { "identitySources": identity_sources },
        }))
    }

    pub(crate) fn with_manifest(manifest: Value) -> Self {
        Self::with_api(manifest, |_| {})
    }

    /// Why a manifest is not accepted.
    pub(crate) fn problem(manifest: Value) -> String {
        match Manifest::parse(&manifest.to_string()) {
            Ok(_) => panic!("{manifest} is accepted"),
            Err(error) => error.to_string(),
        }
    }

    pub(crate) fn with_api(manifest: Value, change: impl FnOnce(&mut Api)) -> Self {
        let manifest = Manifest::parse(&manifest.to_string()).unwrap();
        let mut api = Api::from_manifest(&manifest).unwrap();
        api.api_id = "a1b2c3d4e5".into();
        api.stage = "prod".into();
        api.domain_name = "127.0.0.1:9000".into();
        change(&mut api);
        Self { gateway: Gateway::new(api, 1), now: START, actions: Vec::new(), sockets: 0 }
    }

    /// Hands an input in; [`World::actions`] has what it led to.
    pub(crate) fn input(&mut self, input: Input) -> &[Action] {
        self.actions.clear();
        self.gateway.handle(Moment::from_millis(self.now), input, &mut self.actions);
        &self.actions
    }

    /// Lets time pass without telling the gateway.
    pub(crate) fn wait(&mut self, time: Duration) {
        self.now += u64::try_from(time.as_millis()).unwrap();
    }

    /// Lets time pass up to the gateway's next timeout, and tells it.
    pub(crate) fn wait_for_wakeup(&mut self) {
        self.now = self.gateway.next_wakeup().expect("something times out").as_millis();
        self.input(Input::Tick);
    }

    pub(crate) fn fault(&mut self, fault: Fault) {
        assert!(self.input(Input::Fault(fault)).is_empty());
    }

    // Handshakes

    pub(crate) fn handshake(&mut self, request: HandshakeRequest) -> SocketId {
        self.sockets += 1;
        let socket = SocketId(self.sockets);
        self.input(Input::Handshake { socket, request });
        socket
    }

    /// An open connection; runs `$connect` with success if there is such a route.
    pub(crate) fn connect(&mut self) -> ConnectionId {
        self.connect_with(HandshakeRequest::get("/prod"))
    }

    pub(crate) fn connect_with(&mut self, request: HandshakeRequest) -> ConnectionId {
        self.handshake(request);
        if self.gateway.api().route("$connect").is_some() {
            self.returns(r#"{"statusCode":200}"#);
        }
        self.accepted().expect("the handshake succeeds").0
    }

    /// The connection and subprotocol of the last [`Action::Accept`].
    pub(crate) fn accepted(&self) -> Option<(ConnectionId, Option<String>)> {
        self.actions.iter().find_map(|action| match action {
            Action::Accept { connection, subprotocol, .. } => Some((connection.clone(), subprotocol.clone())),
            _ => None,
        })
    }

    /// The one event that is done with after the last input.
    pub(crate) fn finished(&self) -> Finished {
        let finished = self.actions.iter().filter_map(|action| match action {
            Action::Finished(finished) => Some(finished.clone()),
            _ => None,
        });
        let finished: Vec<Finished> = finished.collect();
        let [one] = finished.as_slice() else { panic!("one event is done with, not {finished:?}") };
        one.clone()
    }

    /// Status and body of the last [`Action::Refuse`], which is JSON.
    pub(crate) fn refused(&self) -> Option<(u16, String)> {
        self.actions.iter().find_map(|action| match action {
            Action::Refuse { status, content_type, body, .. } => {
                assert_eq!(*content_type, "application/json");
                Some((*status, String::from_utf8(body.to_vec()).unwrap()))
            }
            _ => None,
        })
    }

    /// The status with which a handshake ends whose `$connect` has this outcome; 101 if it succeeds.
    pub(crate) fn connect_status(outcome: Outcome) -> u16 {
        let mut world = Self::usual();
        world.handshake(HandshakeRequest::get("/prod"));
        world.finishes(outcome);
        match (world.refused(), world.accepted()) {
            (Some((status, _)), None) => status,
            (None, Some(_)) => 101,
            other => panic!("one answer is expected, not {other:?}"),
        }
    }

    // Messages

    pub(crate) fn message(&mut self, connection: &ConnectionId, text: &str) -> &[Action] {
        self.input(Input::Message { connection: connection.clone(), text: text.to_owned() })
    }

    /// The texts that were sent.
    pub(crate) fn sent(&self) -> Vec<&str> {
        self.actions
            .iter()
            .filter_map(|action| match action {
                Action::Send { text, .. } => Some(text.as_str()),
                _ => None,
            })
            .collect()
    }

    // The function

    /// The event that was given to the function last.
    pub(crate) fn invoked(&self) -> Option<Invoked> {
        self.actions.iter().rev().find_map(|action| match action {
            Action::Invoke { invocation, route_key, event, deadline, .. } => {
                let bytes = String::from_utf8(event.to_vec()).unwrap();
                let event = serde_json::from_str(&bytes).unwrap();
                let deadline = deadline.as_millis();
                Some(Invoked { id: *invocation, route_key: route_key.clone(), bytes, event, deadline })
            }
            _ => None,
        })
    }

    pub(crate) fn event(&self) -> Value {
        self.invoked().expect("the function is called").event
    }

    /// The key of the route that was called, if one was.
    pub(crate) fn route(&self) -> Option<String> {
        self.invoked().map(|invoked| invoked.route_key)
    }

    /// The event under way, which the last input started, ends like this.
    pub(crate) fn finishes(&mut self, outcome: Outcome) -> &[Action] {
        let invocation = self.invoked().expect("the function is called").id;
        self.input(Input::Invoked { invocation, outcome })
    }

    pub(crate) fn returns(&mut self, result: &str) -> &[Action] {
        self.finishes(returned(result))
    }

    // Ends

    pub(crate) fn close(&mut self, connection: &ConnectionId, code: Option<u16>, reason: &str) -> &[Action] {
        self.input(Input::Closed { connection: connection.clone(), code, reason: reason.to_owned() })
    }

    pub(crate) fn lose(&mut self, connection: &ConnectionId) -> &[Action] {
        self.input(Input::Lost { connection: connection.clone() })
    }

    pub(crate) fn bad_frame(&mut self, connection: &ConnectionId, fault: FrameFault) -> &[Action] {
        self.input(Input::BadFrame { connection: connection.clone(), fault })
    }

    /// Code and reason of the close frame that was sent.
    pub(crate) fn closed(&self) -> Option<(u16, &str)> {
        self.actions.iter().find_map(|action| match action {
            Action::Close { code, reason, .. } => Some((*code, reason.as_str())),
            _ => None,
        })
    }

    /// Code and reason in the DISCONNECT event.
    pub(crate) fn disconnected(&self) -> Option<(u64, String)> {
        let event = self.invoked().filter(|invoked| invoked.route_key == "$disconnect")?.event;
        let context = &event["requestContext"];
        Some((
            context["disconnectStatusCode"].as_u64().unwrap(),
            context["disconnectReason"].as_str().unwrap().to_owned(),
        ))
    }

    // @connections

    pub(crate) fn manage(&mut self, method: &str, path: &str, body: &[u8]) -> Answered {
        self.manage_signed(method, path, body, Some(SIGNED))
    }

    pub(crate) fn manage_signed(
        &mut self,
        method: &str,
        path: &str,
        body: &[u8],
        authorization: Option<&str>,
    ) -> Answered {
        let mut request = ManagementRequest::new(method, path, body.to_vec());
        request.headers.clear();
        if let Some(authorization) = authorization {
            request.headers.insert("authorization", authorization.parse().unwrap());
        }
        self.manage_by(request)
    }

    pub(crate) fn manage_by(&mut self, request: ManagementRequest) -> Answered {
        self.input(Input::Management { call: CallId(7), request });
        let answers = self.actions.iter().filter_map(|action| match action {
            Action::Answer { call: CallId(7), status, error_type, body } => Some(Answered {
                status: *status,
                error_type: *error_type,
                body: String::from_utf8(body.to_vec()).unwrap(),
            }),
            _ => None,
        });
        let mut answers: Vec<Answered> = answers.collect();
        assert_eq!(answers.len(), 1, "each call is answered once and at once");
        answers.remove(0)
    }

    pub(crate) fn post(&mut self, connection: &ConnectionId, text: &str) -> Answered {
        self.manage("POST", &format!("/prod/@connections/{connection}"), text.as_bytes())
    }
}

pub(crate) fn returned(result: &str) -> Outcome {
    Outcome::Returned(result.to_owned().into())
}

/// What an authorizer returns that lets `user-42` of tenant `t-7` in.
pub(crate) fn allowing(resource: &str) -> String {
    policy(json!({ "Effect": "Allow", "Action": "execute-api:Invoke", "Resource": resource }))
}

/// What an authorizer returns with this one statement.
pub(crate) fn policy(statement: Value) -> String {
    json!({
        "principalId": "user-42",
        "policyDocument": { "Version": "2012-10-17", "Statement": [statement] },
        "context": { "tenant": "t-7" },
    })
    .to_string()
}

pub(crate) fn failed() -> Outcome {
    Outcome::FunctionError { message: "secret: the database said no".into(), error_message: None }
}

pub(crate) fn unavailable() -> Outcome {
    Outcome::Unavailable { message: "secret: exit code 101".into() }
}

/// The frame with which the gateway speaks to clients (contract §1.3), for a message that reached a route.
pub(crate) fn frame_of(message: &str, event: &Value) -> String {
    let context = &event["requestContext"];
    format!(
        r#"{{"message": "{message}", "connectionId":{}, "requestId":{}}}"#,
        context["connectionId"], context["requestId"]
    )
}

pub(crate) fn keys(value: &Value) -> Vec<&str> {
    value.as_object().expect("an object").keys().map(String::as_str).collect()
}

/// A request with the headers of a browser.
pub(crate) fn browser(path: &str) -> HandshakeRequest {
    let mut request = HandshakeRequest::get(path);
    request.source_ip = [192, 0, 2, 10].into();
    request.headers = [
        ("Host", "127.0.0.1:9000"),
        ("Connection", "Upgrade"),
        ("Upgrade", "websocket"),
        ("Content-Length", "0"),
        ("User-Agent", "ExampleBrowser/1.0"),
        ("Origin", "https://app.example.org"),
        ("Sec-WebSocket-Version", "13"),
        ("Sec-WebSocket-Key", "c2FtcGxlLWtleS0wMDAwMQ=="),
        ("Sec-WebSocket-Extensions", "permessage-deflate; client_max_window_bits"),
        ("Sec-WebSocket-Protocol", "demo.v1"),
        ("X-Amzn-Trace-Id", "Root=1-6a000000-0123456789abcdef01234567"),
    ]
    .map(|(name, value)| (name.to_owned(), value.to_owned()))
    .into();
    request
}
