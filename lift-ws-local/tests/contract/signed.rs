//! Requests that botocore 1.43 signed at the second when every test starts: its `SigV4Auth` and `SigV4QueryAuth`, for the
//! service `execute-api`.

use std::collections::BTreeMap;

use lift_ws_local::core::{HandshakeRequest, ManagementRequest};
use serde::Deserialize;

#[derive(Deserialize)]
pub(crate) struct Signed {
    pub(crate) method: String,
    pub(crate) target: String,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: String,
}

/// The request of this name in `signed/botocore.json`.
pub(crate) fn by_botocore(name: &str) -> Signed {
    let all: BTreeMap<String, Signed> = serde_json::from_str(include_str!("signed/botocore.json")).unwrap();
    all.into_iter().find(|(known, _)| known == name).unwrap_or_else(|| panic!("{name} is there")).1
}

impl Signed {
    pub(crate) fn handshake(self) -> HandshakeRequest {
        let mut request = HandshakeRequest::get(&self.target);
        assert_eq!(self.method, "GET");
        request.headers = self.headers;
        request
    }

    /// To this connection, which the signature must be meant for.
    pub(crate) fn management(self) -> ManagementRequest {
        let mut request = ManagementRequest::new(&self.method, &self.target, self.body);
        request.headers.clear();
        for (name, value) in self.headers {
            let name: hyper::header::HeaderName = name.parse().unwrap();
            request.headers.append(name, value.parse().unwrap());
        }
        request
    }
}
