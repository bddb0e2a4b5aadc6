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

    /// What the gateway asks a Lambda authorizer (contract §4).
    ///
    /// ```
    /// use lift_ws::event::Envelope;
    /// use lift_ws::testing::TestEvent;
    ///
    /// let bytes = TestEvent::authorize().query("token", "t").to_bytes();
    /// let mut scratch = String::new();
    /// let Ok(Envelope::Authorizer(event)) = Envelope::parse(&bytes, &mut scratch) else { panic!() };
    /// assert!(event.method_arn().unwrap().ends_with(":test/test/$connect"));
    /// ```
    pub fn authorize() -> Self {
        TestEvent::connect().asked()
    }

    /// The same handshake, as the authorizer is asked about it.
    pub(super) fn asked(self) -> Self {
        let mut event = self;
        if let Value::Object(fields) = &mut event.0 {
            fields.remove("isBase64Encoded");
        }
        for name in ["queryStringParameters", "multiValueQueryStringParameters", "stageVariables"] {
            object(&mut event.0, name);
        }
        let context = &event.0["requestContext"];
        let arn = format!(
            "arn:aws:execute-api:us-east-1:123456789012:{}/{}/$connect",
            context["apiId"].as_str().unwrap_or_default(),
            context["stage"].as_str().unwrap_or_default()
        );
        event
            .field("type", "REQUEST")
            .field("methodArn", arn)
            .header("Connection", "upgrade")
            .header("Upgrade", "websocket")
            .header("content-length", "0")
    }

    pub(super) fn method_arn(&self) -> &str {
        self.0["methodArn"].as_str().unwrap_or_default()
    }

    /// What an identity source names.
    pub(super) fn identity(&self, source: &str) -> Option<String> {
        let pointed = |value: &Value| value.as_str().map_or_else(|| value.to_string(), ToOwned::to_owned);
        if let Some(name) = source.strip_prefix("route.request.header.") {
            let mut headers = self.0["headers"].as_object()?.iter();
            return headers
                .find(|(header, _)| header.eq_ignore_ascii_case(name))
                .map(|(_, value)| pointed(value));
        }
        let (map, path) = match source.strip_prefix("context.") {
            Some(path) => (&self.0["requestContext"], path),
            None => match source.strip_prefix("route.request.querystring.") {
                Some(name) => return self.0["queryStringParameters"].get(name).map(pointed),
                None => {
                    return self.0["stageVariables"]
                        .get(source.strip_prefix("stageVariables.")?)
                        .map(pointed);
                }
            },
        };
        path.split('.').try_fold(map, |value, name| value.get(name)).map(pointed)
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

    /// As the gateway repeats what an authorizer said.
    pub(super) fn authorized(self, context: Option<Value>) -> Self {
        match context {
            Some(context) => self.authorizer(context),
            None => self,
        }
    }

    pub(super) fn authorizer_context(&self) -> Option<&Value> {
        self.0["requestContext"].get("authorizer")
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
