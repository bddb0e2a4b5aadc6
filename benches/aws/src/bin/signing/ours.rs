//! Our signer: the source itself, since it is no part of what the crate shows.

#[path = "../../../../../lift-ws/src/percent.rs"]
#[allow(dead_code, reason = "the rest is the poster's")]
mod escape;
#[path = "../../../../../lift-ws/src/push/signed/signature.rs"]
mod signature;

use signature::Signed;

use crate::{HEADERS, HOST, Made, PATH};

pub(crate) struct Signer(signature::Signer);

impl Signer {
    /// What signs in this second.
    pub(crate) fn of(second: i64) -> Self {
        let headers = HEADERS.into_iter().chain([("host", HOST)]);
        let signed = Signed {
            path: escape::path_again(PATH),
            region: lift_ws_bench_aws::REGION.to_owned(),
            service: "execute-api".to_owned(),
            headers: headers.map(|(name, value)| (name.to_owned(), value.to_owned())).collect(),
            has_content_length: true,
        };
        let signer = signature::Signer::new(&signed, &lift_ws_bench_aws::credentials(), second);
        Self(signer.expect("a date"))
    }

    pub(crate) fn sign(&self, id: &str, message: &[u8]) -> Made {
        let length = message.len().to_string();
        Made {
            date: self.0.date().to_owned(),
            token: self.0.token().map(str::to_owned),
            authorization: self.0.authorization(id, &length, &signature::hash(message)),
        }
    }
}
