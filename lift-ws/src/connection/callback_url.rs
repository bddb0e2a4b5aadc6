//! Where the management API of an API's stage is.

use std::fmt;
use std::sync::Arc;

/// The environment variable that names the callback URL; the deployment template sets it.
pub const CALLBACK_URL_VARIABLE: &str = "LIFT_WS_CALLBACK_URL";

/// The SDK's own variable for the endpoint of the management API.
const ENDPOINT_VARIABLE: &str = "AWS_ENDPOINT_URL_APIGATEWAYMANAGEMENTAPI";

/// The base of `…/@connections/{id}`: the address of an API's stage as the management API sees it.
///
/// On the default endpoint it ends with the stage; on a custom domain it ends with the base path of the API
/// mapping, and a stage behind it would be refused (contract §5.2).
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct CallbackUrl(Arc<str>);

impl CallbackUrl {
    /// A callback URL as it stands. `wss:` and `ws:` become `https:` and `http:`; a slash at the end goes.
    ///
    /// ```
    /// # use lift_ws::connection::CallbackUrl;
    /// assert_eq!(CallbackUrl::new("wss://ws.example.org/").as_str(), "https://ws.example.org");
    /// ```
    #[must_use]
    pub fn new(url: impl AsRef<str>) -> Self {
        let url = url.as_ref().trim().trim_end_matches('/');
        let url = match url.split_once("://") {
            Some(("wss", rest)) => format!("https://{rest}"),
            Some(("ws", rest)) => format!("http://{rest}"),
            _ => url.to_owned(),
        };
        Self(url.into())
    }

    /// The default endpoint of a stage. It works behind custom domains too, where the event's `domainName` and
    /// `stage` would not.
    ///
    /// ```
    /// # use lift_ws::connection::CallbackUrl;
    /// let url = CallbackUrl::of_stage("a1b2c3", "eu-central-1", "prod");
    /// assert_eq!(url.as_str(), "https://a1b2c3.execute-api.eu-central-1.amazonaws.com/prod");
    /// ```
    #[must_use]
    pub fn of_stage(api_id: &str, region: &str, stage: &str) -> Self {
        let suffix = dns_suffix(region);
        Self(format!("https://{api_id}.execute-api.{region}.{suffix}/{stage}").into())
    }

    /// The URL that the environment names: `LIFT_WS_CALLBACK_URL`, else
    /// `AWS_ENDPOINT_URL_APIGATEWAYMANAGEMENTAPI`.
    #[must_use]
    pub fn from_env() -> Option<Self> {
        Self::from_variables(|name| std::env::var(name).ok())
    }

    fn from_variables(variable: impl Fn(&str) -> Option<String>) -> Option<Self> {
        let set = |name| variable(name).filter(|url| !url.trim().is_empty());
        set(CALLBACK_URL_VARIABLE).or_else(|| set(ENDPOINT_VARIABLE)).map(Self::new)
    }

    /// The URL as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The scope `{apiId}/{stage}`, where the URL is a default endpoint and tells it.
    pub(crate) fn scope(&self) -> Option<String> {
        let (_, rest) = self.0.split_once("://")?;
        let (host, path) = rest.split_once('/')?;
        let (api_id, service) = host.split_once('.')?;
        let stage = path.split('/').next().filter(|stage| !stage.is_empty())?;
        service.starts_with("execute-api.").then(|| format!("{api_id}/{stage}"))
    }

    /// Whether it is the default endpoint of an API's stage, in some region: a host that nobody else can have.
    pub(super) fn is_default_of(&self, api_id: &str, stage: &str) -> bool {
        let rest = self.0.strip_prefix("https://").and_then(|rest| rest.strip_prefix(api_id));
        let rest = rest.and_then(|rest| rest.strip_prefix(".execute-api."));
        let region = rest.and_then(|rest| rest.split('.').next()).filter(|region| is_plain(region));
        region.is_some_and(|region| *self == Self::of_stage(api_id, region, stage))
    }
}

/// What API ids, stages and regions are made of: nothing that would end a host or a part of a key.
pub(super) fn is_plain(name: &str) -> bool {
    !name.is_empty() && name.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'$'))
}

impl fmt::Display for CallbackUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl From<&str> for CallbackUrl {
    fn from(url: &str) -> Self {
        Self::new(url)
    }
}

impl From<String> for CallbackUrl {
    fn from(url: String) -> Self {
        Self::new(url)
    }
}

/// The DNS suffix of the partition that a region is in.
fn dns_suffix(region: &str) -> &'static str {
    const PARTITIONS: [(&str, &str); 6] = [
        ("cn-", "amazonaws.com.cn"),
        ("eusc-", "amazonaws.eu"),
        ("us-iso-", "c2s.ic.gov"),
        ("us-isob-", "sc2s.sgov.gov"),
        ("eu-isoe-", "cloud.adc-e.uk"),
        ("us-isof-", "csp.hci.ic.gov"),
    ];
    PARTITIONS
        .iter()
        .find(|(prefix, _)| region.starts_with(prefix))
        .map_or("amazonaws.com", |(_, suffix)| suffix)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_partition_has_its_suffix() {
        let host = |region| CallbackUrl::of_stage("a1", region, "prod").to_string();
        assert_eq!(host("us-east-1"), "https://a1.execute-api.us-east-1.amazonaws.com/prod");
        assert_eq!(host("us-gov-west-1"), "https://a1.execute-api.us-gov-west-1.amazonaws.com/prod");
        assert_eq!(host("cn-north-1"), "https://a1.execute-api.cn-north-1.amazonaws.com.cn/prod");
        assert_eq!(host("eusc-de-east-1"), "https://a1.execute-api.eusc-de-east-1.amazonaws.eu/prod");
        assert_eq!(host("us-isob-east-1"), "https://a1.execute-api.us-isob-east-1.sc2s.sgov.gov/prod");
    }

    #[test]
    fn our_variable_beats_the_sdks_and_an_empty_one_is_none() {
        let from = |ours: Option<&str>, sdk: Option<&str>| {
            let url = CallbackUrl::from_variables(|name| {
                if name == CALLBACK_URL_VARIABLE { ours.map(Into::into) } else { sdk.map(Into::into) }
            });
            url.map(|url| url.to_string())
        };
        assert_eq!(from(Some("http://ours/dev/"), Some("http://sdk")).as_deref(), Some("http://ours/dev"));
        assert_eq!(from(Some(" "), Some("http://sdk")).as_deref(), Some("http://sdk"));
        assert_eq!(from(None, None), None);
    }

    #[test]
    fn no_other_host_passes_for_a_default_endpoint() {
        let is_default = |url: &str| CallbackUrl::new(url).is_default_of("a1", "prod");
        assert!(is_default("https://a1.execute-api.eu-central-1.amazonaws.com/prod"));
        assert!(is_default("https://a1.execute-api.cn-north-1.amazonaws.com.cn/prod/"));
        for url in [
            "http://a1.execute-api.eu-central-1.amazonaws.com/prod",
            "https://a1.execute-api.eu-central-1.amazonaws.com/test",
            "https://b2.execute-api.eu-central-1.amazonaws.com/prod",
            "https://a1.execute-api.eu-central-1.amazonaws.com.example.org/prod",
            "https://a1.execute-api.example.org/prod",
            "https://a1.execute-api.x@example.amazonaws.com/prod",
            "https://a1.execute-api.eu-central-1.amazonaws.com:81/prod",
            "https://example.org/a1.execute-api.eu-central-1.amazonaws.com/prod",
        ] {
            assert!(!is_default(url), "{url}");
        }
    }

    #[test]
    fn only_a_default_endpoint_tells_the_scope() {
        let scope = |url: &str| CallbackUrl::new(url).scope();
        assert_eq!(
            scope("https://a1.execute-api.eu-central-1.amazonaws.com/prod").as_deref(),
            Some("a1/prod")
        );
        assert_eq!(scope("https://a1.execute-api.eu-central-1.amazonaws.com"), None);
        assert_eq!(scope("https://ws.example.org/prod"), None);
        assert_eq!(scope("nonsense"), None);
    }
}
