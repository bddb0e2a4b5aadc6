//! What the SDK would send, learnt from a request that it made and did not send.
//!
//! Endpoint, region, credentials, HTTP client and timeouts have many sources (configuration, profile, environment,
//! partition). Asking the SDK for one finished request and the parts it was made of leaves all of that to the SDK.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, SystemTime};

use aws_sdk_apigatewaymanagement::Client;
use aws_sdk_apigatewaymanagement::config::interceptors::BeforeTransmitInterceptorContextRef;
use aws_sdk_apigatewaymanagement::config::retry::RetryConfig;
use aws_sdk_apigatewaymanagement::config::timeout::TimeoutConfig;
use aws_sdk_apigatewaymanagement::config::{
    ConfigBag, Credentials, HttpClient, Intercept, Layer, ResolveCachedIdentity, RuntimeComponents,
};
use aws_sdk_apigatewaymanagement::primitives::Blob;
use aws_smithy_runtime_api::box_error::BoxError;
use aws_smithy_runtime_api::client::auth::AuthSchemeId;
use aws_smithy_runtime_api::client::http::{HttpConnectorSettings, SharedHttpConnector};
use aws_smithy_runtime_api::client::identity::{
    Identity, IdentityCacheLocation, ResolveIdentity, SharedIdentityResolver,
};
use aws_smithy_runtime_api::client::interceptors::dyn_dispatch_hint;
use aws_smithy_runtime_api::client::orchestrator::HttpRequest;
use aws_smithy_runtime_api::client::runtime_components::GetIdentityResolver;
use aws_smithy_runtime_api::http::Headers;

use super::escape;
use super::signature::Signed;
use crate::push::PostError;
use crate::push::outcome::of_sdk_error;

/// The connection of the request that is never sent. No gateway gives such an id.
const NOBODY: &str = "lift-ws-looks-how-the-sdk-posts";

/// Changes with the request; the gateway takes none of it into account.
const PER_REQUEST: [&str; 4] =
    ["amz-sdk-invocation-id", "amz-sdk-request", "authorization", "x-amzn-trace-id"];

/// What all posts to one callback URL have in common.
#[derive(Debug)]
pub(super) struct Template {
    /// The address up to the connection id.
    pub(super) url: String,
    /// The headers that do not change.
    pub(super) headers: Headers,
    pub(super) signed: Signed,
    pub(super) connector: SharedHttpConnector,
    /// How long a call may take, if the SDK's configuration says so.
    pub(super) timeout: Option<Duration>,
    resolver: SharedIdentityResolver,
    components: RuntimeComponents,
    config: ConfigBag,
}

impl Template {
    /// Learns how a client posts, which has this interceptor and of which nobody else learns meanwhile. `None` if it
    /// does so in a way that only the SDK knows.
    ///
    /// # Errors
    ///
    /// As a post through the SDK would fail before anything is sent: without credentials, for instance.
    pub(super) async fn learn(client: &Client, learner: &Learner) -> Result<Option<Self>, PostError> {
        learner.take();
        let outcome = client.post_to_connection().connection_id(NOBODY).data(Blob::new("{}")).send().await;
        match (learner.take(), outcome) {
            (Some(template), _) => Ok(template),
            (None, Err(error)) => Err(of_sdk_error(error)),
            (None, Ok(_)) => Ok(None),
        }
    }

    /// The time, by the SDK's clock.
    pub(super) fn now(&self) -> SystemTime {
        self.components.time_source().map_or_else(SystemTime::now, |source| source.now())
    }

    /// The credentials, from the SDK's cache, which renews them in time.
    pub(super) async fn credentials(&self) -> Result<Credentials, BoxError> {
        let identity = self.identity().await?;
        identity.data::<Credentials>().cloned().ok_or_else(|| "the identity holds no credentials".into())
    }

    async fn identity(&self) -> Result<Identity, BoxError> {
        let Self { resolver, components, config, .. } = self;
        if resolver.cache_location() == IdentityCacheLocation::IdentityResolver {
            return resolver.resolve_identity(components, config).await;
        }
        components.identity_cache().resolve_cached_identity(resolver.clone(), components, config).await
    }

    fn of(request: &HttpRequest, components: &RuntimeComponents, config: &ConfigBag) -> Option<Self> {
        let authorization = Authorization::read(request.headers().get("authorization")?)?;
        let resolver = components.identity_resolver(AuthSchemeId::new("sigv4"))?;
        let (url, path) = address(request.uri())?;
        let timeouts = config.load::<TimeoutConfig>()?;
        let mut settings = HttpConnectorSettings::builder();
        settings.set_connect_timeout(timeouts.connect_timeout());
        settings.set_read_timeout(timeouts.read_timeout());
        let connector = components.http_client()?.http_connector(&settings.build(), components);
        Some(Self {
            signed: Signed {
                path: escape::path_again(path),
                region: authorization.region.to_owned(),
                service: authorization.service.to_owned(),
                headers: authorization.signed_headers(request, url)?,
                has_content_length: authorization.signs("content-length"),
            },
            url: url.to_owned(),
            headers: unchanging(request.headers()),
            connector,
            timeout: shortest(timeouts.operation_timeout(), timeouts.operation_attempt_timeout()),
            resolver,
            components: components.clone(),
            config: what_identities_need(config),
        })
    }
}

fn shortest(one: Option<Duration>, other: Option<Duration>) -> Option<Duration> {
    one.into_iter().chain(other).min()
}

/// Address and path, both up to the connection id; `None` if the path is one that signers normalise.
fn address(uri: &str) -> Option<(&str, &str)> {
    let url = uri.strip_suffix(NOBODY)?;
    let (_, rest) = url.split_once("://")?;
    let path = &rest[rest.find('/')?..];
    let is_plain = |part: &str| !matches!(part, "" | "." | "..");
    let parts = path.strip_prefix('/')?.strip_suffix('/')?;
    (parts.split('/').all(is_plain) && !path.contains(['?', '#'])).then_some((url, path))
}

/// The headers that each post has, but for those that are set anew.
fn unchanging(headers: &Headers) -> Headers {
    let mut unchanging = Headers::new();
    let changing = PER_REQUEST.into_iter().chain(["content-length", "x-amz-date", "x-amz-security-token"]);
    let changing: Vec<&str> = changing.collect();
    for (name, value) in headers.iter().filter(|(name, _)| !changing.contains(name)) {
        unchanging.append(name.to_owned(), value.to_owned());
    }
    unchanging
}

/// What credentials providers read of the configuration.
fn what_identities_need(config: &ConfigBag) -> ConfigBag {
    let mut layer = Layer::new("lift-ws");
    if let Some(timeouts) = config.load::<TimeoutConfig>() {
        layer.store_put(timeouts.clone());
    }
    if let Some(retries) = config.load::<RetryConfig>() {
        layer.store_put(retries.clone());
    }
    ConfigBag::of_layers([layer])
}

/// The parts of an `authorization` header.
struct Authorization<'a> {
    region: &'a str,
    service: &'a str,
    names: Vec<&'a str>,
}

impl<'a> Authorization<'a> {
    fn read(header: &'a str) -> Option<Self> {
        let rest = header.strip_prefix("AWS4-HMAC-SHA256 Credential=")?;
        let (credential, rest) = rest.split_once(", SignedHeaders=")?;
        let (names, _) = rest.split_once(", Signature=")?;
        let mut scope = credential.rsplit('/');
        let (Some("aws4_request"), service, region) = (scope.next(), scope.next()?, scope.next()?) else {
            return None;
        };
        Some(Self { region, service, names: names.split(';').collect() })
    }

    fn signs(&self, name: &str) -> bool {
        self.names.contains(&name)
    }

    /// The signed headers that are the same in every post.
    fn signed_headers(&self, request: &HttpRequest, url: &str) -> Option<Vec<(String, String)>> {
        let set_anew = ["content-length", "x-amz-date", "x-amz-security-token"];
        let names = self.names.iter().filter(|name| !set_anew.contains(name) && !PER_REQUEST.contains(name));
        let headers = names.map(|name| {
            let value = request.headers().get(name).or_else(|| (*name == "host").then(|| host(url))?)?;
            // Signers trim, and make several spaces one.
            let value: Vec<&str> = value.split_ascii_whitespace().collect();
            Some(((*name).to_owned(), value.join(" ")))
        });
        headers.collect()
    }
}

/// The host of an address as HTTP names it: without the port that its scheme has anyway.
fn host(url: &str) -> Option<&str> {
    let (scheme, rest) = url.split_once("://")?;
    let authority = &rest[..rest.find('/')?];
    let authority = authority.rsplit_once('@').map_or(authority, |(_, host)| host);
    let usual = if scheme == "https" { ":443" } else { ":80" };
    Some(authority.strip_suffix(usual).unwrap_or(authority))
}

/// Takes the finished request to nobody and its parts, and stops before it is sent. Lets all others pass.
#[derive(Debug, Default, Clone)]
pub(super) struct Learner(Arc<Mutex<Option<Option<Template>>>>);

impl Learner {
    fn take(&self) -> Option<Option<Template>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).take()
    }
}

#[dyn_dispatch_hint]
impl Intercept for Learner {
    fn name(&self) -> &'static str {
        "LiftWsTemplate"
    }

    fn read_before_transmit(
        &self,
        context: &BeforeTransmitInterceptorContextRef<'_>,
        components: &RuntimeComponents,
        config: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        if !context.request().uri().ends_with(NOBODY) {
            return Ok(());
        }
        let template = Template::of(context.request(), components, config);
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(template);
        Err("learnt, and not sent".into())
    }
}
