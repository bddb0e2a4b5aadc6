//! Contract §4: handshakes that the SDK's own signer signed, in either form, are let in, and others are not.

use std::time::{Duration, UNIX_EPOCH};

use aws_credential_types::Credentials;
use aws_sigv4::http_request::{SignableBody, SignableRequest, SignatureLocation, SigningSettings, sign};
use aws_sigv4::sign::v4;
use hyper::Request;
use lift_ws_local::core::{Action, Api, Gateway, HandshakeRequest, Input, Manifest, Moment, SocketId};
use proptest::prelude::*;
use serde_json::json;

const HOST: &str = "127.0.0.1:9000";

/// What a client signs, and with what.
#[derive(Clone, Debug)]
struct Client {
    query: Vec<(String, String)>,
    headers: Vec<(String, String)>,
    secret: String,
    token: Option<String>,
    in_query: bool,
    second: u64,
}

fn client() -> impl Strategy<Value = Client> {
    let query = prop::collection::vec((".{0,6}", ".{0,10}"), 0..4);
    let headers = prop::collection::vec(("x-[ab]", "[!-~]( {0,3}[!-~]){0,6}"), 0..4);
    let token = prop::option::of("[A-Za-z0-9+/=]{1,60}");
    (query, headers, "[ -~]{1,40}", token, any::<bool>(), 0_u64..4_000_000_000).prop_map(
        |(query, headers, secret, token, in_query, second)| Client {
            query,
            headers,
            secret,
            token,
            in_query,
            second,
        },
    )
}

fn escape(text: &str) -> String {
    let escape = |byte: u8| match byte {
        b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' => char::from(byte).to_string(),
        other => format!("%{other:02X}"),
    };
    text.bytes().map(escape).collect()
}

impl Client {
    /// The signed request, as it stands on the wire.
    fn request(&self) -> HandshakeRequest {
        let query: Vec<String> =
            self.query.iter().map(|(name, value)| format!("{}={}", escape(name), escape(value))).collect();
        let query = if query.is_empty() { String::new() } else { format!("?{}", query.join("&")) };
        let url = format!("http://{HOST}/dev{query}");
        let mut settings = SigningSettings::default();
        if self.in_query {
            settings.signature_location = SignatureLocation::QueryParams;
            settings.expires_in = Some(Duration::from_secs(60));
        }
        let identity =
            Credentials::new("AKIDEXAMPLE", &*self.secret, self.token.clone(), None, "test").into();
        let params = v4::SigningParams::builder()
            .identity(&identity)
            .region("us-east-1")
            .name("execute-api")
            .time(UNIX_EPOCH + Duration::from_secs(self.second))
            .settings(settings)
            .build()
            .unwrap()
            .into();
        let headers = self.headers.iter().map(|(name, value)| (name.as_str(), value.as_str()));
        let signable = SignableRequest::new("GET", &url, headers, SignableBody::Bytes(b"")).unwrap();
        let (instructions, _) = sign(signable, &params).unwrap().into_parts();
        let mut signed = Request::get(&url);
        for (name, value) in &self.headers {
            signed = signed.header(name, value);
        }
        let mut signed = signed.body(()).unwrap();
        instructions.apply_to_request_http1x(&mut signed);
        let target = signed.uri().path_and_query().unwrap().as_str();
        let mut request = HandshakeRequest::get(target);
        request.headers.push(("Host".to_owned(), HOST.to_owned()));
        for (name, value) in signed.headers() {
            request.headers.push((name.to_string(), value.to_str().unwrap().to_owned()));
        }
        request
    }
}

/// What a gateway that knows the client by this secret makes of a request.
fn is_let_in(request: HandshakeRequest, secret: &str, client: &Client) -> Result<(), String> {
    let manifest = json!({
        "routes": [{ "routeKey": "$connect", "authorizationType": "AWS_IAM" }],
        "callers": [{
            "accessKeyId": "AKIDEXAMPLE", "secretAccessKey": secret, "sessionToken": client.token,
        }],
    });
    let api = Api::from_manifest(&Manifest::parse(&manifest.to_string()).unwrap()).unwrap();
    let mut actions = Vec::new();
    let now = Moment::from_millis(client.second * 1000);
    Gateway::new(api, 1).handle(now, Input::Handshake { socket: SocketId(1), request }, &mut actions);
    match &actions[..] {
        [Action::Invoke { .. }] => Ok(()),
        other => Err(format!("{other:?}")),
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 500, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn what_the_sdks_signer_signed_is_let_in(client in client()) {
        let request = client.request();
        prop_assert_eq!(is_let_in(request.clone(), &client.secret, &client), Ok(()), "{:?}", request);
    }

    #[test]
    fn what_another_secret_signed_or_what_was_changed_is_not(client in client(), added in "[a-z]{1,4}=[a-z]{1,4}") {
        let request = client.request();
        let other = format!("{}x", client.secret);
        prop_assert!(is_let_in(request.clone(), &other, &client).is_err());
        let mut changed = request;
        changed.query = if changed.query.is_empty() { added } else { format!("{}&{added}", changed.query) };
        prop_assert!(is_let_in(changed, &client.secret, &client).is_err());
    }
}
