//! Events as the gateway builds them (contract §2).

use serde_json::{Map, Value, json};

/// An event of a WebSocket API in the gateway's shape, to be changed where a test wants it different.
///
/// ```
/// use lift_ws::event::Envelope;
/// use lift_ws::testing::TestEvent;
///
/// let bytes = TestEvent::message("say", r#"{"action":"say"}"#).connection_id("Ann=").to_bytes();
/// let mut scratch = String::new();
/// let Ok(Envelope::WebSocket(event)) = Envelope::parse(&bytes, &mut scratch) else { panic!() };
/// assert_eq!((event.route_key(), event.connection_id()), ("say", "Ann="));
/// ```
#[derive(Clone, Debug)]
pub struct TestEvent(Value);

impl TestEvent {
    /// A CONNECT without query, with the headers of a browser.
    pub fn connect() -> Self {
        let mut event = TestEvent::new("CONNECT", "$connect");
        event.0["headers"] = json!({});
        event.0["multiValueHeaders"] = json!({});
        event
            .header("Host", "test.execute-api.us-east-1.amazonaws.com")
            .header("X-Forwarded-For", "192.0.2.10")
    }

    /// A MESSAGE.
    pub fn message(route_key: &str, body: &str) -> Self {
        let mut event = TestEvent::new("MESSAGE", route_key);
        event.0["body"] = json!(body);
        event.context("messageId", "TestKcXyZ_wCQr0=")
    }

    /// A DISCONNECT with its code and reason.
    pub fn disconnect(code: u16, reason: &str) -> Self {
        let mut event = TestEvent::new("DISCONNECT", "$disconnect");
        event.0["headers"] = json!({"Host": "test.execute-api.us-east-1.amazonaws.com", "x-api-key": "", "X-Forwarded-For": "", "x-restapi": ""});
        event.context("disconnectStatusCode", code).context("disconnectReason", reason)
    }

    fn new(event_type: &str, route_key: &str) -> Self {
        TestEvent(json!({
            "requestContext": {
                "routeKey": route_key,
                "eventType": event_type,
                "extendedRequestId": "TestEFgHiJkFlmN=",
                "requestId": "TestEFgHiJkFlmN=",
                "messageDirection": "IN",
                "stage": "test",
                "connectedAt": now(),
                "requestTimeEpoch": now(),
                "identity": { "sourceIp": "192.0.2.10", "userAgent": "lift-ws-test" },
                "domainName": "test.execute-api.us-east-1.amazonaws.com",
                "connectionId": "TestEdXyZ_wCQr0=",
                "apiId": "test"
            },
            "isBase64Encoded": false
        }))
    }

    /// With a value of the request context, such as `stage` or `connectedAt`.
    #[must_use]
    pub fn context(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.0["requestContext"][name] = value.into();
        self
    }

    /// From this connection.
    #[must_use]
    pub fn connection_id(self, id: &str) -> Self {
        self.context("connectionId", id)
    }

    /// With the context of a Lambda authorizer.
    #[must_use]
    pub fn authorizer(self, context: impl Into<Value>) -> Self {
        self.context("authorizer", context)
    }

    /// With a header; again for a second value.
    #[must_use]
    pub fn header(self, name: &str, value: &str) -> Self {
        self.pair("headers", "multiValueHeaders", name, value)
    }

    /// With a parameter of the query string; again for a second value.
    #[must_use]
    pub fn query(self, name: &str, value: &str) -> Self {
        self.pair("queryStringParameters", "multiValueQueryStringParameters", name, value)
    }

    /// With a stage variable.
    #[must_use]
    pub fn stage_variable(mut self, name: &str, value: &str) -> Self {
        object(&mut self.0, "stageVariables").insert(name.to_owned(), json!(value));
        self
    }

    /// With any other field at the top.
    #[must_use]
    pub fn field(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.0[name] = value.into();
        self
    }

    /// As bytes, as an invocation brings them.
    pub fn to_bytes(&self) -> Vec<u8> {
        self.0.to_string().into_bytes()
    }

    fn pair(mut self, single: &str, multi: &str, name: &str, value: &str) -> Self {
        object(&mut self.0, single).insert(name.to_owned(), json!(value));
        let values = object(&mut self.0, multi).entry(name).or_insert_with(|| json!([]));
        if let Value::Array(values) = values {
            values.push(json!(value));
        }
        self
    }
}

/// The object at `name`, made if it is not there.
fn object<'v>(value: &'v mut Value, name: &str) -> &'v mut Map<String, Value> {
    let field = &mut value[name];
    if !field.is_object() {
        *field = json!({});
    }
    match field {
        Value::Object(object) => object,
        _ => unreachable!("it was made an object above"),
    }
}

/// In milliseconds since the epoch.
pub(super) fn now() -> u64 {
    let now =
        std::time::SystemTime::now().duration_since(std::time::SystemTime::UNIX_EPOCH).unwrap_or_default();
    now.as_millis().try_into().unwrap_or(u64::MAX)
}
