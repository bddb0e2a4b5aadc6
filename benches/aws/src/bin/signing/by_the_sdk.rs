//! The SDK's signer, called as the SDK calls it for each request.

use std::time::SystemTime;

use aws_sigv4::http_request::{SignableBody, SignableRequest, SigningInstructions, SigningSettings, sign};
use aws_sigv4::sign::v4;
use aws_smithy_runtime_api::client::identity::Identity;

use crate::{HEADERS, HOST, Made, PATH};

pub(crate) struct Signer {
    identity: Identity,
}

impl Default for Signer {
    fn default() -> Self {
        Self { identity: lift_ws_bench_aws::credentials().into() }
    }
}

impl Signer {
    pub(crate) fn sign(&self, url: &str, message: &[u8], now: SystemTime) -> SigningInstructions {
        let params = v4::SigningParams::builder()
            .identity(&self.identity)
            .region(lift_ws_bench_aws::REGION)
            .name("execute-api")
            .time(now)
            .settings(SigningSettings::default())
            .build()
            .expect("all is given")
            .into();
        let length = message.len().to_string();
        let headers = HEADERS.into_iter().chain([("content-length", length.as_str())]);
        let request = SignableRequest::new("POST", url, headers, SignableBody::Bytes(message));
        let signed = sign(request.expect("a request"), &params).expect("a signature");
        signed.into_parts().0
    }
}

impl Made {
    pub(crate) fn of(instructions: SigningInstructions) -> Self {
        let mut made = Self { date: String::new(), token: None, authorization: String::new() };
        for header in instructions.into_parts().0 {
            let value = header.value().to_owned();
            match header.name() {
                "x-amz-date" => made.date = value,
                "x-amz-security-token" => made.token = Some(value),
                _ => made.authorization = value,
            }
        }
        made
    }
}

pub(crate) fn url(id: &str) -> String {
    format!("https://{HOST}{PATH}{}", id.replace('=', "%3D"))
}
