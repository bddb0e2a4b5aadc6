//! The API and stage that a gateway serves: routes, names, limits.

use std::collections::BTreeMap;
use std::ops::RangeInclusive;
use std::sync::Arc;
use std::time::Duration;

use serde_json::Value;

use super::action::NoRoute;
use super::api_key::{ApiKey, ApiKeySource};
use super::authorizer::Authorizer;
use super::function_policy::FunctionPolicy;
use super::iam::{Caller, CallerPolicy};
use super::lenient;
use super::manifest::{Manifest, ManifestError, ManifestRoute};
use super::manifest_settings::ManifestRouteSettings;
use super::readings::Readings;
use super::request_model::RequestModels;
use super::route_selection::RouteSelection;
use super::throttle::{RateLimit, Throttling};

/// How long an integration may be given (contract §3.5).
pub(super) const TIMEOUTS: RangeInclusive<Duration> = Duration::from_millis(50)..=Duration::from_secs(29);

/// One WebSocket API at one stage: what would be configured in AWS.
///
/// Made from a program's manifest by [`Api::from_manifest`]; change the fields before the gateway is made.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Api {
    /// `requestContext.apiId`; ten lower-case letters and digits on AWS.
    pub api_id: String,
    /// `requestContext.stage` and the first segment of every path.
    pub stage: String,
    /// The region that callback URLs and ARNs name.
    pub region: String,
    /// The account that ARNs name.
    pub account: String,
    /// `requestContext.domainName`. At home it is `host:port`, since programs make their callback URL of it.
    pub domain_name: String,
    /// How a message's route key is found.
    pub route_selection: RouteSelection,
    /// The routes, each key once.
    pub routes: Vec<Route>,
    /// Who is asked before `$connect`, if anybody.
    pub authorizer: Option<Authorizer>,
    /// Whether a handshake must be signed by one of [`callers`](Self::callers): the authorization type AWS_IAM.
    pub iam: bool,
    /// Whose signatures the gateway knows; the function's own credentials are among them.
    pub callers: Vec<Caller>,
    /// The keys of which a handshake needs one, if `$connect` asks for it.
    pub api_keys: Vec<ApiKey>,
    /// Where the key is found.
    pub api_key_source: ApiKeySource,
    /// The function's resource policy; API Gateway may call the function for everything, if absent.
    pub function_policy: Option<FunctionPolicy>,
    /// `stageVariables` of the events; the key is absent while this is empty (contract §2.1).
    pub stage_variables: BTreeMap<String, String>,
    /// How many requests are too many.
    pub throttling: Throttling,
    /// How long the gateway waits for the function where a route does not say; see [`Api::integration_timeout`].
    pub timeout: Option<Duration>,
    /// Sizes and times that the gateway enforces.
    pub limits: Limits,
    /// How the gateway behaves where AWS is silent.
    pub readings: Readings,
}

impl Api {
    /// The API that a manifest describes, with names that stand for "at home".
    ///
    /// The caller sets at least [`stage`](Api::stage) and [`domain_name`](Api::domain_name) to what it serves.
    ///
    /// # Errors
    ///
    /// If the manifest's route selection expression cannot be understood.
    pub fn from_manifest(manifest: &Manifest) -> Result<Self, ManifestError> {
        let mut api = Self {
            api_id: "local00000".to_owned(),
            stage: "dev".to_owned(),
            region: "us-east-1".to_owned(),
            account: "000000000000".to_owned(),
            domain_name: "localhost".to_owned(),
            route_selection: manifest.route_selection()?,
            routes: Vec::new(),
            authorizer: None,
            iam: false,
            callers: Vec::new(),
            api_keys: Vec::new(),
            api_key_source: ApiKeySource::default(),
            function_policy: None,
            stage_variables: BTreeMap::new(),
            throttling: Throttling::default(),
            timeout: None,
            limits: Limits::default(),
            readings: Readings::default(),
        };
        api.configure(manifest)?;
        Ok(api)
    }

    /// Takes over all that a manifest says; names and limits, which it does not know, stay as they are.
    ///
    /// # Errors
    ///
    /// If the manifest's route selection expression, a policy or a model cannot be understood; the API is as before then.
    pub fn configure(&mut self, manifest: &Manifest) -> Result<(), ManifestError> {
        let route_selection = manifest.route_selection()?;
        let routes: Result<_, _> =
            manifest.routes.iter().map(|route| Route::of(route, &manifest.models)).collect();
        let callers = self.callers_of(manifest)?;
        let function_policy = manifest.function_policy.as_ref().map(FunctionPolicy::read).transpose();
        let function_policy = function_policy.map_err(|error| ManifestError::Content(error.to_string()))?;
        (self.route_selection, self.routes) = (route_selection, routes?);
        (self.callers, self.function_policy) = (callers, function_policy);
        let authorizer = manifest.authorizer.as_ref();
        self.authorizer =
            authorizer.map(|authorizer| Authorizer { identity_sources: authorizer.identity_sources.clone() });
        let connect = manifest.routes.iter().find(|route| route.route_key == "$connect");
        self.iam = connect.is_some_and(|route| route.authorization_type.as_deref() == Some("AWS_IAM"));
        let keys = manifest.api_keys.iter().enumerate().map(|(index, key)| ApiKey {
            id: key.id.clone().unwrap_or_else(|| format!("key{}", index + 1)),
            value: key.value.clone(),
            enabled: key.enabled,
        });
        self.api_keys = keys.collect();
        let source = manifest.api_key_selection_expression.as_deref();
        self.api_key_source = source.and_then(|source| ApiKeySource::parse(source).ok()).unwrap_or_default();
        self.stage_variables.clone_from(&manifest.stage_variables);
        self.throttling = throttling_of(manifest);
        self.timeout = manifest.timeout_in_millis.map(Duration::from_millis);
        self.readings = manifest.readings.clone();
        Ok(())
    }

    fn callers_of(&self, manifest: &Manifest) -> Result<Vec<Caller>, ManifestError> {
        let mut callers = vec![Caller::local(&self.account)];
        for caller in &manifest.callers {
            let policy = caller.policy.as_ref().map(CallerPolicy::read).transpose();
            let account_id = caller.account_id.clone().unwrap_or_else(|| self.account.clone());
            let named = Caller {
                access_key_id: caller.access_key_id.clone(),
                secret_access_key: caller.secret_access_key.clone(),
                session_token: caller.session_token.clone(),
                user_id: caller.user_id.clone().unwrap_or_else(|| "AIDALOCAL00000000LOCAL".to_owned()),
                user_arn: caller
                    .user_arn
                    .clone()
                    .unwrap_or_else(|| format!("arn:aws:iam::{account_id}:user/local")),
                account_id,
                policy: policy.map_err(|error| ManifestError::Content(error.to_string()))?,
            };
            // The manifest may say what the function's own credentials are allowed.
            callers.retain(|known| known.access_key_id != named.access_key_id);
            callers.push(named);
        }
        Ok(callers)
    }

    /// The route with exactly this key.
    #[must_use]
    pub fn route(&self, route_key: &str) -> Option<&Route> {
        self.routes.iter().find(|route| route.route_key == route_key)
    }

    /// What a client does that opens a connection, as authorizers and policies name it (contract §4).
    ///
    /// ```
    /// use lift_ws_local::core::{Api, Manifest};
    ///
    /// let api = Api::from_manifest(&Manifest::parse("{}")?)?;
    /// assert_eq!(api.method_arn(), "arn:aws:execute-api:us-east-1:000000000000:local00000/dev/$connect");
    /// # Ok::<(), lift_ws_local::core::ManifestError>(())
    /// ```
    #[must_use]
    pub fn method_arn(&self) -> String {
        format!("{}/$connect", self.arn())
    }

    /// The stage, in front of what policies name.
    pub(super) fn arn(&self) -> String {
        let Self { region, account, api_id, stage, .. } = self;
        format!("arn:aws:execute-api:{region}:{account}:{api_id}/{stage}")
    }

    /// How long the gateway waits for the function when it serves this route (contract §3.5): as the route says, else as
    /// the API does, and never longer than [`Limits::integration_timeout`].
    ///
    /// A limit above AWS's 29 s is there for a debugger: then no route says anything.
    #[must_use]
    pub fn integration_timeout(&self, route_key: &str) -> Duration {
        let limit = self.limits.integration_timeout;
        if limit > *TIMEOUTS.end() {
            return limit;
        }
        let said = self.route(route_key).and_then(|route| route.timeout).or(self.timeout);
        said.map_or(limit, |said| said.min(limit))
    }

    /// Whether API Gateway may call the function for this; else what to write into its policy.
    pub(super) fn may_invoke(&self, what: &str) -> Result<(), String> {
        let Some(policy) = &self.function_policy else { return Ok(()) };
        let source = format!("{}/{what}", self.arn());
        if policy.permits(&source, &self.account) {
            return Ok(());
        }
        Err(format!(
            "API Gateway may not call the function: its policy allows apigateway.amazonaws.com nothing for the source \
             `{source}`; add that to `functionPolicy`, and on AWS with `aws lambda add-permission`"
        ))
    }

    /// The route of a message (contract §1.2); if there is none, what the expression evaluated to, and why.
    ///
    /// Keys match exactly. `$connect` and `$disconnect` are chosen by lifecycle alone: a message that names
    /// them matches nothing (contract §9).
    pub(super) fn select_route(&self, message: &str) -> Result<&Route, (String, NoRoute)> {
        let evaluated = if self.readings.lenient_json {
            lenient::read(message).map(|body| self.route_selection.select(&body))
        } else {
            self.route_selection.evaluate(message)
        };
        let reason = match evaluated.as_deref() {
            None => NoRoute::NotJson,
            Some("") => NoRoute::NoKey,
            Some(_) => NoRoute::UnknownKey,
        };
        let key = evaluated.unwrap_or_default();
        let selected = match key.as_str() {
            "$connect" | "$disconnect" if !self.readings.lifecycle_keys => None,
            key => self.route(key),
        };
        selected.or_else(|| self.route("$default")).ok_or((key, reason))
    }
}

/// One route of an API.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Route {
    /// `$connect`, `$disconnect`, `$default` or a custom key.
    pub route_key: String,
    /// Whether the function's body goes back to the client (contract §3.3).
    pub two_way: bool,
    /// How long the gateway waits for the function; see [`Api::integration_timeout`].
    pub timeout: Option<Duration>,
    /// Whether a handshake needs an API key; of `$connect` alone.
    pub api_key_required: bool,
    /// What messages must fit.
    pub models: Option<Arc<RequestModels>>,
}

impl Route {
    fn of(route: &ManifestRoute, schemas: &BTreeMap<String, Value>) -> Result<Self, ManifestError> {
        Ok(Self {
            route_key: route.route_key.clone(),
            two_way: route.two_way,
            timeout: route.timeout_in_millis.map(Duration::from_millis),
            api_key_required: route.api_key_required,
            models: route.models(schemas)?.map(Arc::new),
        })
    }
}

fn throttling_of(manifest: &Manifest) -> Throttling {
    let routes = manifest.route_settings.iter();
    let account = manifest.account.unwrap_or_default();
    Throttling {
        default: manifest.default_route_settings.and_then(ManifestRouteSettings::limit),
        routes: routes.filter_map(|(key, settings)| Some((key.clone(), settings.limit()?))).collect(),
        account: account
            .throttle_settings
            .map(|settings| RateLimit { rate: settings.rate_limit, burst: settings.burst_limit }),
        new_connections: account
            .new_connections_per_second
            .map(|rate| RateLimit { rate: f64::from(rate), burst: rate }),
    }
}

/// The sizes and times that the gateway enforces; the defaults are AWS's (contract §6.1).
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Limits {
    /// A connection without a message in either direction is closed after this time.
    pub idle_timeout: Duration,
    /// A connection is closed when it is this old.
    pub connection_duration: Duration,
    /// How long the gateway waits for a function at most; see [`Api::integration_timeout`].
    pub integration_timeout: Duration,
    /// Bytes in one frame, both ways. The transport counts them.
    pub frame_bytes: usize,
    /// Bytes in one message, both ways, and in one post to `@connections`.
    pub message_bytes: usize,
    /// Characters of path and query of the handshake's URL.
    pub url_characters: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            idle_timeout: Duration::from_secs(10 * 60),
            connection_duration: Duration::from_secs(2 * 60 * 60),
            integration_timeout: Duration::from_secs(29),
            frame_bytes: 32 * 1024,
            message_bytes: 128 * 1024,
            url_characters: 4096,
        }
    }
}
