//! API keys: which clients may connect, where `$connect` asks for one (contract §3.2, §4).

use std::fmt;

use super::gateway::Gateway;
use super::input::HandshakeRequest;

/// The header that a key comes in.
const HEADER: &str = "x-api-key";

/// An API key.
///
/// On AWS a key is good for the stages of its usage plans; at home every key is good for every stage.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct ApiKey {
    /// `identity.apiKeyId`.
    pub id: String,
    /// What clients send: `identity.apiKey`.
    pub value: String,
    /// A key that is not enabled is as good as none.
    pub enabled: bool,
}

/// Where the key is found: the two expressions that AWS allows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ApiKeySource {
    /// `$request.header.x-api-key`: the client sends it, which browsers cannot.
    #[default]
    Header,
    /// `$context.authorizer.usageIdentifierKey`: the Lambda authorizer returns it.
    Authorizer,
}

impl ApiKeySource {
    /// Reads an API key selection expression.
    ///
    /// # Errors
    ///
    /// If it is neither of the two.
    ///
    /// ```
    /// use lift_ws_local::core::ApiKeySource;
    ///
    /// assert_eq!(ApiKeySource::parse("$request.header.x-api-key"), Ok(ApiKeySource::Header));
    /// assert!(ApiKeySource::parse("$request.querystring.key").is_err());
    /// ```
    pub fn parse(expression: &str) -> Result<Self, ApiKeySourceError> {
        match expression.replace(['{', '}'], "").as_str() {
            "$request.header.x-api-key" => Ok(Self::Header),
            "$context.authorizer.usageIdentifierKey" => Ok(Self::Authorizer),
            _ => Err(ApiKeySourceError { expression: expression.to_owned() }),
        }
    }
}

/// An expression is no [`ApiKeySource`]: it, and what to write.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ApiKeySourceError {
    expression: String,
}

impl fmt::Display for ApiKeySourceError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "`{}` is no place of an API key: write `$request.header.x-api-key` or `$context.authorizer.usageIdentifierKey`",
            self.expression
        )
    }
}

impl std::error::Error for ApiKeySourceError {}

/// The key that a client showed, as `identity` has it.
#[derive(Clone, Debug)]
pub(super) struct ShownKey {
    pub(super) id: String,
    pub(super) value: String,
}

/// The key in a request's header.
pub(super) fn in_header(request: &HandshakeRequest) -> Option<String> {
    let found = request.headers.iter().rfind(|(name, _)| name.eq_ignore_ascii_case(HEADER));
    found.map(|(_, value)| value.trim().to_owned())
}

impl Gateway {
    /// The API key that was shown, if `$connect` asks for one and it is good; else why it is not.
    pub(super) fn check_api_key(
        &self,
        header: Option<&str>,
        of_authorizer: Option<&str>,
    ) -> Result<Option<ShownKey>, String> {
        if !self.api.route("$connect").is_some_and(|route| route.api_key_required) {
            return Ok(None);
        }
        let (shown, place) = match self.api.api_key_source {
            ApiKeySource::Header => (header, "the header `x-api-key`"),
            ApiKeySource::Authorizer => (of_authorizer, "`usageIdentifierKey` of the authorizer's result"),
        };
        let Some(shown) = shown.filter(|shown| !shown.is_empty()) else {
            return Err(format!("`$connect` asks for an API key, and {place} has none"));
        };
        match self.api.api_keys.iter().find(|key| key.value == shown) {
            Some(key) if key.enabled => Ok(Some(ShownKey { id: key.id.clone(), value: key.value.clone() })),
            Some(key) => Err(format!("the API key `{}` is not enabled", key.id)),
            None => Err(format!("the API key in {place} is none of `apiKeys`")),
        }
    }
}
