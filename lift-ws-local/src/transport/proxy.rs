//! The port as an HTTP proxy that leads to itself: for programs that build `https://{apiId}.execute-api.{region}.amazonaws.com/{stage}`.
//!
//! An explicit endpoint beats every `AWS_ENDPOINT_URL_…` (contract §8.1), and that name does not lead here. Clients that are told of a proxy
//! (`HTTPS_PROXY`) ask it for a tunnel to the name, `CONNECT name:443`, and speak TLS in it. No connection is made for it: what follows
//! on the same socket is served as if the client had connected to the port. So there is no way through to anywhere else.

use std::sync::Arc;

use hyper::body::Incoming;
use hyper::{Request, StatusCode, Uri};
use serde_json::json;

use super::{Front, Peer, handshake};
use crate::http::{self, Answer};
use crate::tls::Wire;

/// The one port that names on AWS are called on.
const HTTPS: u16 = 443;

impl Front {
    /// Answers a `CONNECT`.
    ///
    /// It is no `async fn`: serving a connection would contain itself.
    pub(super) fn tunnel(self: Arc<Self>, mut request: Request<Incoming>, peer: Peer) -> Answer {
        if !leads_home(request.uri(), &self.name_on_aws) {
            return self.no_tunnel();
        }
        let upgrade = hyper::upgrade::on(&mut request);
        tokio::spawn(async move {
            let Some((wire, early)) = upgrade.await.ok().and_then(handshake::wire_of) else { return };
            // A client waits for the answer before it begins TLS; and a proxy is not called by `https:`.
            if let Wire::Plain(stream) = wire
                && early.is_empty()
            {
                self.serve_client(stream, peer.ip).await;
            }
        });
        http::empty(StatusCode::OK)
    }

    fn no_tunnel(&self) -> Answer {
        let message = format!(
            "this is no proxy but for {}:{HTTPS}, which is the gateway itself; for other hosts, name them in NO_PROXY",
            self.name_on_aws
        );
        http::json(StatusCode::FORBIDDEN, json!({ "message": message }).to_string())
    }
}

/// Whether the target of a `CONNECT` is the API by its name on AWS.
fn leads_home(target: &Uri, name: &str) -> bool {
    let Some(authority) = target.authority() else { return false };
    // A user before the host, or a path behind it, is part of no such target (RFC 9112 §3.2.3).
    let is_plain = !authority.as_str().contains('@') && target.path_and_query().is_none();
    is_plain && authority.port_u16() == Some(HTTPS) && authority.host().eq_ignore_ascii_case(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_apis_own_name_at_the_port_of_https_leads_home() {
        const NAME: &str = "local00000.execute-api.us-east-1.amazonaws.com";
        let leads = |target: &str| target.parse().is_ok_and(|uri| leads_home(&uri, NAME));
        assert!(leads("local00000.execute-api.us-east-1.amazonaws.com:443"));
        assert!(leads("LOCAL00000.execute-api.us-east-1.amazonaws.com:443"));
        for target in [
            "local00000.execute-api.us-east-1.amazonaws.com",
            "local00000.execute-api.us-east-1.amazonaws.com:80",
            "local00000.execute-api.us-east-1.amazonaws.com.:443",
            "user@local00000.execute-api.us-east-1.amazonaws.com:443",
            "http://local00000.execute-api.us-east-1.amazonaws.com:443/",
            "other.execute-api.us-east-1.amazonaws.com:443",
            "127.0.0.1:443",
            "localhost:22",
            "/",
        ] {
            assert!(!leads(target), "{target}");
        }
    }
}
