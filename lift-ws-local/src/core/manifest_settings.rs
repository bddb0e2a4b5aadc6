//! The settings of an API in a manifest, in the words of AWS: throttling, keys, authorization, models, readings.

use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use super::api::TIMEOUTS;
use super::api_key::ApiKeySource;
use super::function_policy::FunctionPolicy;
use super::iam::CallerPolicy;
use super::manifest::{Manifest, ManifestError, ManifestRoute, problem};
use super::readings::Readings;
use super::route_selection::RouteSelection;
use super::throttle::RateLimit;

/// The routes that an API may have before AWS raises its quota (contract §6.1).
const MAX_ROUTES: usize = 300;

/// The most bytes of an access-log template (contract §6.1).
const ACCESS_LOG_FORMAT_BYTES: usize = 3 * 1024;

/// `defaultRouteSettings`, or one of `routeSettings`. What is left out is the account's default.
#[derive(Clone, Copy, Debug, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct ManifestRouteSettings {
    /// Events a second.
    #[serde(default)]
    pub throttling_rate_limit: Option<f64>,
    /// Events at once.
    #[serde(default)]
    pub throttling_burst_limit: Option<u32>,
}

impl ManifestRouteSettings {
    pub(super) fn limit(self) -> Option<RateLimit> {
        let Self { throttling_rate_limit: rate, throttling_burst_limit: burst } = self;
        let of_account = RateLimit::OF_ACCOUNTS;
        let limit =
            RateLimit { rate: rate.unwrap_or(of_account.rate), burst: burst.unwrap_or(of_account.burst) };
        (rate.is_some() || burst.is_some()).then_some(limit)
    }
}

/// `account`: the quotas that all APIs of an account share. None is kept, if absent.
#[derive(Clone, Copy, Debug, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct ManifestAccount {
    /// Requests to routes and to `@connections` together.
    #[serde(default)]
    pub throttle_settings: Option<ManifestThrottleSettings>,
    /// 500 on AWS.
    #[serde(default)]
    pub new_connections_per_second: Option<u32>,
}

/// `throttleSettings` of an account, 10,000 and 5,000 in most regions.
#[derive(Clone, Copy, Debug, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ManifestThrottleSettings {
    /// Requests a second.
    pub rate_limit: f64,
    /// Requests at once.
    pub burst_limit: u32,
}

/// One of `apiKeys`.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[non_exhaustive]
pub struct ManifestApiKey {
    /// The key's id, `key1` and so on if absent.
    #[serde(default)]
    pub id: Option<String>,
    /// What clients send.
    pub value: String,
    /// Whether it is good; it is, if absent.
    #[serde(default = "yes")]
    pub enabled: bool,
}

/// One of `callers`: somebody whose signature the gateway knows, beside the function's own.
#[derive(Clone, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct ManifestCaller {
    /// The access key.
    pub access_key_id: String,
    /// The secret key.
    pub secret_access_key: String,
    /// The session token of temporary credentials.
    #[serde(default)]
    pub session_token: Option<String>,
    /// The account, the gateway's if absent.
    #[serde(default)]
    pub account_id: Option<String>,
    /// The unique id of the user or role.
    #[serde(default)]
    pub user_id: Option<String>,
    /// The ARN of the user or role.
    #[serde(default)]
    pub user_arn: Option<String>,
    /// The IAM policy; everything is allowed, if absent.
    #[serde(default)]
    pub policy: Option<Value>,
}

/// Without the secrets.
impl fmt::Debug for ManifestCaller {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ManifestCaller").field("access_key_id", &self.access_key_id).finish_non_exhaustive()
    }
}

/// `accessLogSettings`, which is checked and otherwise without effect.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[non_exhaustive]
pub struct ManifestAccessLog {
    /// The template of a line.
    #[serde(default)]
    pub format: String,
}

fn yes() -> bool {
    true
}

/// A key, what to write, and whether a value can be read.
type Setting = (&'static str, &'static str, fn(&Value) -> Result<(), serde_json::Error>);

const SETTINGS: [Setting; 13] = [
    ("stageVariables", r#"{"tier": "test"}"#, try_read::<BTreeMap<String, String>>),
    ("maxRoutes", "500", try_read::<Option<usize>>),
    ("timeoutInMillis", "29000", try_read::<Option<u64>>),
    ("defaultRouteSettings", ROUTE_SETTINGS, try_read::<Option<ManifestRouteSettings>>),
    (
        "routeSettings",
        r#"{"say": {"throttlingRateLimit": 100, "throttlingBurstLimit": 50}}"#,
        try_read::<BTreeMap<String, ManifestRouteSettings>>,
    ),
    (
        "account",
        r#"{"throttleSettings": {"rateLimit": 10000, "burstLimit": 5000}, "newConnectionsPerSecond": 500}"#,
        try_read::<Option<ManifestAccount>>,
    ),
    ("apiKeys", r#"[{"id": "key1", "value": "secret"}]"#, try_read::<Vec<ManifestApiKey>>),
    ("apiKeySelectionExpression", r#""$request.header.x-api-key""#, try_read::<Option<String>>),
    (
        "callers",
        r#"[{"accessKeyId": "AKIDEXAMPLE", "secretAccessKey": "secret"}]"#,
        try_read::<Vec<ManifestCaller>>,
    ),
    ("models", r#"{"Say": {"type": "object"}}"#, try_read::<BTreeMap<String, Value>>),
    ("accessLogSettings", r#"{"format": "$context.requestId"}"#, try_read::<Option<ManifestAccessLog>>),
    ("functionPolicy", r#"{"Statement": []}"#, try_read::<Option<Value>>),
    ("readings", r#"{"lenientJson": true}"#, try_read::<Readings>),
];

const ROUTE_SETTINGS: &str = r#"{"throttlingRateLimit": 100, "throttlingBurstLimit": 50}"#;

const SETTINGS_OF_ROUTES: [Setting; 6] = [
    ("timeoutInMillis", "5000", try_read::<Option<u64>>),
    ("apiKeyRequired", "true", try_read::<bool>),
    ("authorizationType", r#""AWS_IAM""#, try_read::<Option<String>>),
    ("modelSelectionExpression", r#""$request.body.action""#, try_read::<Option<String>>),
    ("requestModels", r#"{"$default": "Say"}"#, try_read::<BTreeMap<String, String>>),
    ("requestTemplates", "{}", try_read::<Option<Map<String, Value>>>),
];

fn try_read<T: DeserializeOwned>(value: &Value) -> Result<(), serde_json::Error> {
    T::deserialize(value).map(drop)
}

/// Finds settings of another shape before serde words them without their name.
pub(super) fn check_shape(manifest: &Map<String, Value>) -> Result<(), ManifestError> {
    check_each(manifest, &SETTINGS, "the manifest")
}

/// The same for a route.
pub(super) fn check_shape_of_route(route: &Map<String, Value>, number: usize) -> Result<(), ManifestError> {
    check_each(route, &SETTINGS_OF_ROUTES, &format!("route {number} of the manifest"))
}

fn check_each(of: &Map<String, Value>, settings: &[Setting], place: &str) -> Result<(), ManifestError> {
    for (key, example, read) in settings {
        if let Some(value) = of.get(*key)
            && let Err(error) = read(value)
        {
            return Err(problem(format!("`{key}` of {place}: {error}: write \"{key}\": {example}")));
        }
    }
    Ok(())
}

impl Manifest {
    pub(super) fn check_settings(&self) -> Result<(), ManifestError> {
        let (routes, most) = (self.routes.len(), self.max_routes.unwrap_or(MAX_ROUTES));
        if routes > most {
            return Err(problem(format!(
                "the manifest has {routes} routes, and an API may have {most}: take several messages in one route, split \
                 the API, or write \"maxRoutes\": {routes} once AWS has raised your quota"
            )));
        }
        check_timeout(self.timeout_in_millis, "the manifest")?;
        self.check_throttling()?;
        self.check_connect()?;
        self.check_documents()?;
        self.readings.check().map_err(problem)
    }

    fn check_throttling(&self) -> Result<(), ManifestError> {
        let is_route = |key: &String| self.routes.iter().any(|route| route.route_key == *key);
        if let Some(key) = self.route_settings.keys().find(|key| !is_route(key)) {
            return Err(problem(format!(
                "`routeSettings` of the manifest has the key `{key}`, which is no route: write the key of a route"
            )));
        }
        let limits = self.default_route_settings.iter().chain(self.route_settings.values());
        let of_account = self.account.and_then(|account| account.throttle_settings);
        let rates = limits.filter_map(|settings| settings.throttling_rate_limit);
        let wrong = |rate: &f64| !rate.is_finite() || *rate < 0.0;
        match rates.chain(of_account.map(|settings| settings.rate_limit)).find(wrong) {
            Some(rate) => Err(problem(format!(
                "a rate limit of the manifest is {rate}: write how many events a second, such as 100"
            ))),
            None => Ok(()),
        }
    }

    fn check_connect(&self) -> Result<(), ManifestError> {
        let expression = self.api_key_selection_expression.as_deref();
        let source = expression.map_or(Ok(ApiKeySource::Header), ApiKeySource::parse);
        let source = source
            .map_err(|error| problem(format!("`apiKeySelectionExpression` of the manifest: {error}")))?;
        let connect = self.routes.iter().find(|route| route.route_key == "$connect");
        if source == ApiKeySource::Authorizer
            && self.authorizer.is_none()
            && connect.is_some_and(|route| route.api_key_required)
        {
            return Err(problem(
                "`apiKeySelectionExpression` of the manifest takes the key from the authorizer, and there is none: add \
                 \"authorizer\": {}, or write \"$request.header.x-api-key\"",
            ));
        }
        match (connect.and_then(|route| route.authorization_type.as_deref()), &self.authorizer) {
            (Some("CUSTOM"), None) => Err(problem(
                "`$connect` has the authorization type CUSTOM, and the manifest has no authorizer: add \"authorizer\": {}",
            )),
            (Some(other @ ("NONE" | "AWS_IAM")), Some(_)) => Err(problem(format!(
                "`$connect` has the authorization type {other}, and the manifest has an authorizer: write \"CUSTOM\", or \
                 remove \"authorizer\""
            ))),
            _ => Ok(()),
        }
    }

    fn check_documents(&self) -> Result<(), ManifestError> {
        for caller in &self.callers {
            let read = caller.policy.as_ref().map_or(Ok(()), |policy| CallerPolicy::read(policy).map(drop));
            read.map_err(|error| {
                problem(format!("the policy of the caller `{}`: {error}", caller.access_key_id))
            })?;
        }
        if let Some(Err(error)) = self.function_policy.as_ref().map(FunctionPolicy::read) {
            return Err(problem(format!("`functionPolicy` of the manifest: {error}")));
        }
        let format = self.access_log_settings.as_ref().map_or(0, |settings| settings.format.len());
        if format > ACCESS_LOG_FORMAT_BYTES {
            return Err(problem(format!(
                "`format` of `accessLogSettings` has {format} bytes, above the limit of {ACCESS_LOG_FORMAT_BYTES}: log less"
            )));
        }
        for route in &self.routes {
            route.models(&self.models)?;
        }
        Ok(())
    }
}

impl ManifestRoute {
    pub(super) fn check_settings(&self, number: usize) -> Result<(), ManifestError> {
        let key = &self.route_key;
        check_timeout(self.timeout_in_millis, &format!("route {number} of the manifest, `{key}`,"))?;
        if self.api_key_required && key != "$connect" {
            return Err(problem(format!(
                "route {number} of the manifest, `{key}`, asks for an API key, which only handshakes carry: write \
                 \"apiKeyRequired\" on `$connect`, which protects every route"
            )));
        }
        if self.request_templates.as_ref().is_some_and(|templates| !templates.is_empty()) {
            return Err(problem(format!(
                "route {number} of the manifest, `{key}`, has `requestTemplates`, but a Lambda proxy integration passes \
                 messages as they are: remove them"
            )));
        }
        match self.authorization_type.as_deref() {
            None | Some("NONE") => Ok(()),
            Some("AWS_IAM" | "CUSTOM") if key == "$connect" => Ok(()),
            Some("AWS_IAM" | "CUSTOM") => Err(problem(format!(
                "route {number} of the manifest, `{key}`, has an authorization type, but only `$connect` is authorized, \
                 which protects every route: write \"authorizationType\" there"
            ))),
            Some("JWT") => Err(problem(format!(
                "route {number} of the manifest, `{key}`, has the authorization type JWT, which is for HTTP APIs alone: \
                 write \"CUSTOM\" and check the token in the authorizer"
            ))),
            Some(other) => Err(problem(format!(
                "route {number} of the manifest, `{key}`, has the authorization type `{other}`: write \"NONE\", \
                 \"AWS_IAM\" or \"CUSTOM\""
            ))),
        }
    }

    /// The compiled request models, if there are some.
    pub(super) fn models(
        &self,
        schemas: &BTreeMap<String, Value>,
    ) -> Result<Option<super::request_model::RequestModels>, ManifestError> {
        if self.request_models.is_empty() {
            return Ok(None);
        }
        let key = &self.route_key;
        if matches!(key.as_str(), "$connect" | "$disconnect") {
            return Err(problem(format!("`{key}` has `requestModels`, but no body: remove them")));
        }
        let expression = self.model_selection_expression.as_deref().unwrap_or(r"\$default");
        let selection = RouteSelection::parse(expression)
            .map_err(|error| problem(format!("`modelSelectionExpression` of the route `{key}`: {error}")))?;
        super::request_model::RequestModels::new(selection, &self.request_models, schemas)
            .map(Some)
            .map_err(|error| problem(format!("`requestModels` of the route `{key}`: {error}")))
    }
}

fn check_timeout(millis: Option<u64>, place: &str) -> Result<(), ManifestError> {
    let Some(millis) = millis else { return Ok(()) };
    let (least, most) = (TIMEOUTS.start(), TIMEOUTS.end());
    if TIMEOUTS.contains(&Duration::from_millis(millis)) {
        return Ok(());
    }
    Err(problem(format!(
        "`timeoutInMillis` of {place} is {millis}: write a number from {} to {}",
        least.as_millis(),
        most.as_millis()
    )))
}
