//! What is known of a client from its handshake and repeated on every event.

use std::net::IpAddr;

use super::api::Api;
use super::api_key::ShownKey;
use super::authorizer::AuthorizerContext;
use super::iam::Caller;
use super::input::HandshakeRequest;

/// A client, as `identity` and `authorizer` of `requestContext` show it (contract §2.1).
#[derive(Clone, Debug)]
pub(super) struct Client {
    /// The address that the connection came from.
    pub(super) source_ip: IpAddr,
    /// The `User-Agent` header, if it was sent.
    pub(super) user_agent: Option<String>,
    /// Whom the authorizer named, if one was asked.
    pub(super) authorizer: Option<AuthorizerContext>,
    /// The API key that `$connect` asked for.
    pub(super) api_key: Option<ShownKey>,
    /// Who signed the handshake, where that is asked for.
    pub(super) caller: Option<Box<Caller>>,
    /// The custom domain that the connection came over, if it did.
    domain_name: Option<String>,
}

impl Client {
    pub(super) fn of(request: &HandshakeRequest) -> Self {
        let user_agent = request.headers.iter().find(|(name, _)| name.eq_ignore_ascii_case("user-agent"));
        Self {
            source_ip: request.source_ip,
            user_agent: user_agent.map(|(_, value)| value.clone()),
            authorizer: None,
            api_key: None,
            caller: None,
            domain_name: request.mapping.as_ref().map(|mapping| mapping.domain_name.clone()),
        }
    }

    /// `domainName` of its events: the custom domain, or the API's own.
    pub(super) fn domain_name<'a>(&'a self, api: &'a Api) -> &'a str {
        self.domain_name.as_deref().unwrap_or(&api.domain_name)
    }
}
