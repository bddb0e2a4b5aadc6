//! The signature beside the SDK's signer.

use std::time::{Duration, UNIX_EPOCH};

use aws_sdk_apigatewaymanagement::config::Credentials;
use aws_sigv4::http_request::{SignableBody, SignableRequest, SigningSettings, sign};
use aws_sigv4::sign::v4;
use proptest::prelude::*;

use super::wire::Request;
use crate::push::signed::escape;
use crate::push::signed::signature::{Signed, Signer, hash};

/// What the SDK's signer makes of a request.
struct Case<'a> {
    url: &'a str,
    headers: &'a [(String, String)],
    body: &'a [u8],
    credentials: Credentials,
    region: &'a str,
    second: u64,
}

impl Case<'_> {
    fn authorization(self) -> String {
        let identity = self.credentials.into();
        let params = v4::SigningParams::builder()
            .identity(&identity)
            .region(self.region)
            .name("execute-api")
            .time(UNIX_EPOCH + Duration::from_secs(self.second))
            .settings(SigningSettings::default())
            .build()
            .unwrap()
            .into();
        let headers = self.headers.iter().map(|(name, value)| (name.as_str(), value.as_str()));
        let request = SignableRequest::new("POST", self.url, headers, SignableBody::Bytes(self.body));
        let (instructions, _) = sign(request.unwrap(), &params).unwrap().into_parts();
        let (headers, _) = instructions.into_parts();
        let header = headers.into_iter().find(|header| header.name() == "authorization").unwrap();
        header.value().to_owned()
    }
}

/// The `authorization` that the SDK's signer gives a request that was on the wire at noon.
pub(super) fn by_the_sdks_signer(request: &Request, token: Option<&str>) -> String {
    let added = ["authorization", "x-amz-date", "x-amz-security-token", "host"];
    let headers: Vec<_> =
        request.headers.iter().filter(|(name, _)| !added.contains(&name.as_str())).cloned().collect();
    let case = Case {
        url: &format!("http://{}{}", request.header("host"), request.path),
        headers: &headers,
        body: &request.body,
        credentials: Credentials::new("AKIDEXAMPLE", "secret", token.map(str::to_owned), None, "test"),
        region: "eu-central-1",
        second: super::NOON,
    };
    case.authorization()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_thousand_random_requests_are_signed_as_the_sdks_signer_signs_them(
        id in "[^\u{0}-\u{1f}.][^\u{0}-\u{1f}]{0,30}",
        parts in prop::collection::vec("[a-zA-Z0-9_~-][a-zA-Z0-9._~!$&'()*+,;=:-]{0,10}", 1..4),
        body in prop::collection::vec(any::<u8>(), 0..600),
        access_key in "[A-Z0-9]{16,20}",
        secret in "[ -~]{1,80}",
        token in prop::option::of("[A-Za-z0-9+/=]{1,300}"),
        region in "[a-z]{2}-[a-z]{4,9}-[0-9]",
        agent in "[a-z/#.0-9]{1,20}( [a-z/#.0-9]{1,9}){0,4}",
        has_content_length: bool,
        second in 0_u64..4_000_000_000,
    ) {
        let path = format!("/{}/@connections/", parts.join("/"));
        let mut headers = vec![
            ("content-type".to_owned(), "application/octet-stream".to_owned()),
            ("x-amz-user-agent".to_owned(), agent),
        ];
        let credentials = Credentials::new(access_key, secret, token, None, "test");
        let mut constant = headers.clone();
        constant.push(("host".to_owned(), "a1.example.org:8443".to_owned()));
        let signed = Signed {
            path: escape::path_again(&path),
            region: region.clone(),
            service: "execute-api".to_owned(),
            headers: constant,
            has_content_length,
        };
        let signer = Signer::new(&signed, &credentials, i64::try_from(second).unwrap()).unwrap();
        let length = body.len().to_string();
        let ours = signer.authorization(&id, &length, &hash(&body));

        let mut url = format!("https://a1.example.org:8443{path}");
        escape::push(&id, &mut url);
        if has_content_length {
            headers.push(("content-length".to_owned(), length));
        }
        let case = Case { url: &url, headers: &headers, body: &body, credentials, region: &region, second };
        prop_assert_eq!(ours, case.authorization());
    }
}
