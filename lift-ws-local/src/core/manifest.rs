//! The description of a program that the gateway reads: its routes, its authorizer, its tables, its queue.

use std::collections::{BTreeMap, HashSet};
use std::fmt;

use serde::Deserialize;
use serde_json::{Map, Value};

use super::manifest_authorizer::{self, ManifestAuthorizer};
use super::manifest_keys;
use super::manifest_queue::{self, ManifestQueue};
use super::manifest_settings::{
    self, ManifestAccessLog, ManifestAccount, ManifestApiKey, ManifestCaller, ManifestRouteSettings,
};
use super::readings::Readings;
use super::route_selection::{RouteSelection, RouteSelectionError};

/// The newest manifest version that this gateway understands.
const NEWEST_VERSION: u64 = 1;

/// What a program tells about itself with `LIFT_WS_DESCRIBE=1`, or a file that is written for a foreign one.
///
/// Only `routes[].routeKey` is required. [`parse`](Self::parse) ignores unknown keys, so that older gateways read newer
/// programs; for a file that somebody has written there is [`parse_handwritten`](Self::parse_handwritten).
///
/// # Examples
///
/// ```
/// use lift_ws_local::core::Manifest;
///
/// let manifest = Manifest::parse(r#"{
///     "routeSelectionExpression": "$request.body.action",
///     "routes": [{ "routeKey": "$connect" }, { "routeKey": "history", "twoWay": true }]
/// }"#)?;
/// assert!(manifest.routes[1].two_way);
///
/// let error = Manifest::parse(r#"{ "routes": [{ "routeKey": "$conect" }] }"#).unwrap_err();
/// assert_eq!(
///     error.to_string(),
///     "route 1 of the manifest has the key `$conect`: only `$connect`, `$disconnect` and `$default` may \
///      start with `$`, rename it",
/// );
/// # Ok::<(), lift_ws_local::core::ManifestError>(())
/// ```
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct Manifest {
    /// The version of the format, 1 if absent.
    #[serde(default = "first_version")]
    pub manifest_version: u64,
    /// The app's name.
    #[serde(default)]
    pub app: Option<String>,
    /// How a message's route is found; `$request.body.action` if absent.
    #[serde(default = "usual_expression")]
    pub route_selection_expression: String,
    /// The routes.
    #[serde(default)]
    pub routes: Vec<ManifestRoute>,
    /// The Lambda authorizer that is asked before `$connect`; nobody is, if absent.
    #[serde(default, deserialize_with = "manifest_authorizer::read")]
    pub authorizer: Option<ManifestAuthorizer>,
    /// Tables that the program wants: requests of DynamoDB's `CreateTable` as JSON, each with an optional
    /// `TimeToLiveSpecification`. The core hands them through.
    #[serde(default)]
    pub tables: Vec<Value>,
    /// Whether the program uses the queue of jobs, and how; not, if absent.
    #[serde(default, deserialize_with = "manifest_queue::read")]
    pub queue: Option<ManifestQueue>,
    /// `stageVariables` of every event; absent there, if empty.
    #[serde(default)]
    pub stage_variables: BTreeMap<String, String>,
    /// How many routes there may be; 300 if absent, AWS's quota.
    #[serde(default)]
    pub max_routes: Option<usize>,
    /// How long the gateway waits for the function where a route does not say, 50 to 29,000; 29,000 if absent.
    #[serde(default)]
    pub timeout_in_millis: Option<u64>,
    /// How many events each route takes where [`route_settings`](Self::route_settings) do not say; any number, if absent.
    #[serde(default)]
    pub default_route_settings: Option<ManifestRouteSettings>,
    /// How many events a route takes, by its key.
    #[serde(default)]
    pub route_settings: BTreeMap<String, ManifestRouteSettings>,
    /// The account's quotas; none is kept, if absent.
    #[serde(default)]
    pub account: Option<ManifestAccount>,
    /// The API keys of which a handshake needs one, if `$connect` has `apiKeyRequired`.
    #[serde(default)]
    pub api_keys: Vec<ManifestApiKey>,
    /// Where the key is found: `$request.header.x-api-key` if absent, or `$context.authorizer.usageIdentifierKey`.
    #[serde(default)]
    pub api_key_selection_expression: Option<String>,
    /// Whose signatures the gateway knows, beside the function's own.
    #[serde(default)]
    pub callers: Vec<ManifestCaller>,
    /// The function's resource policy; API Gateway may call the function, if absent.
    #[serde(default)]
    pub function_policy: Option<Value>,
    /// JSON Schemas of draft 4 for [`ManifestRoute::request_models`], by name.
    #[serde(default)]
    pub models: BTreeMap<String, Value>,
    /// Access logs, which are not written at home.
    #[serde(default)]
    pub access_log_settings: Option<ManifestAccessLog>,
    /// How the gateway behaves where AWS is silent.
    #[serde(default)]
    pub readings: Readings,
}

/// One route of a [`Manifest`].
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct ManifestRoute {
    /// The route key.
    pub route_key: String,
    /// Whether the function's body goes back to the client.
    #[serde(default)]
    pub two_way: bool,
    /// The handler's path.
    #[serde(default)]
    pub handler: Option<String>,
    /// Where the handler is written.
    #[serde(default)]
    pub location: Option<ManifestLocation>,
    /// How long the gateway waits for the function, 50 to 29,000.
    #[serde(default)]
    pub timeout_in_millis: Option<u64>,
    /// Whether a handshake needs an API key; on `$connect` alone.
    #[serde(default)]
    pub api_key_required: bool,
    /// `NONE`, `AWS_IAM` or `CUSTOM`; on `$connect` alone. An authorizer makes it `CUSTOM`.
    #[serde(default)]
    pub authorization_type: Option<String>,
    /// Which of the request models a message must fit; `$default` if absent.
    #[serde(default)]
    pub model_selection_expression: Option<String>,
    /// The names of models, by the value of the expression.
    #[serde(default)]
    pub request_models: BTreeMap<String, String>,
    /// Mapping templates, which proxy integrations do not have: anything in it is a mistake.
    #[serde(default)]
    pub request_templates: Option<Map<String, Value>>,
}

/// A place in the program's source.
#[derive(Clone, Debug, Deserialize)]
pub struct ManifestLocation {
    /// The file, relative to the package or the workspace.
    pub file: String,
    /// The line, from 1.
    pub line: u32,
}

fn first_version() -> u64 {
    1
}

fn usual_expression() -> String {
    "$request.body.action".to_owned()
}

impl Manifest {
    /// Reads a manifest and checks it.
    ///
    /// # Errors
    ///
    /// If the text is not JSON of this shape, the version is too new, a route key is empty, reserved or given
    /// twice, a `$disconnect` route is two-way, an identity source of the authorizer is none, a setting is none that AWS
    /// has, or the route selection expression cannot be understood. The error says which route and what to write.
    pub fn parse(json: &str) -> Result<Self, ManifestError> {
        Self::of_value(read(json)?)
    }

    /// The same for a manifest that somebody has written: a key that means nothing is a mistake, which would have no effect
    /// that anybody could see, and so is a manifest without `routes`. One with a `manifestVersion` is what a program tells
    /// about itself, and may be newer: unknown keys in it are ignored.
    ///
    /// # Errors
    ///
    /// As [`parse`](Self::parse), and if there is a key that means nothing, or there are no `routes`.
    pub fn parse_handwritten(json: &str) -> Result<Self, ManifestError> {
        let value = read(json)?;
        let is_described = value.get("manifestVersion").is_some();
        if !is_described {
            manifest_keys::check(&value)?;
        }
        if value.as_object().is_some_and(|manifest| !manifest.contains_key("routes")) {
            return Err(problem("the manifest has no `routes`: write \"routes\": [{\"routeKey\": \"say\"}]"));
        }
        Self::of_value(value)
    }

    /// The same for a part of another file, which may leave the routes out.
    #[cfg(feature = "server")]
    pub(crate) fn of_handwritten_value(value: Value) -> Result<Self, ManifestError> {
        manifest_keys::check(&value)?;
        Self::of_value(value)
    }

    fn of_value(value: Value) -> Result<Self, ManifestError> {
        check_shape(&value)?;
        let manifest = Self::deserialize(value)
            .map_err(|error| problem(format!("the manifest is not as it should be: {error}")))?;
        manifest.check()?;
        Ok(manifest)
    }

    /// The parsed route selection expression.
    ///
    /// # Errors
    ///
    /// If it cannot be understood.
    pub fn route_selection(&self) -> Result<RouteSelection, ManifestError> {
        RouteSelection::parse(&self.route_selection_expression).map_err(ManifestError::RouteSelection)
    }

    fn check(&self) -> Result<(), ManifestError> {
        if self.manifest_version > NEWEST_VERSION {
            return Err(problem(format!(
                "the manifest has version {}, this gateway reads up to version {NEWEST_VERSION}: update \
                 cargo-lift-ws",
                self.manifest_version
            )));
        }
        let mut seen = HashSet::new();
        for (index, route) in self.routes.iter().enumerate() {
            route.check(index + 1)?;
            route.check_settings(index + 1)?;
            if !seen.insert(&route.route_key) {
                return Err(problem(format!(
                    "route {} of the manifest repeats the key `{}`: give each route key once",
                    index + 1,
                    route.route_key
                )));
            }
        }
        self.route_selection()?;
        self.check_settings()
    }
}

impl ManifestRoute {
    fn check(&self, number: usize) -> Result<(), ManifestError> {
        let key = &self.route_key;
        let reserved =
            key.starts_with('$') && !["$connect", "$disconnect", "$default"].contains(&key.as_str());
        if key.is_empty() {
            return Err(problem(format!(
                "route {number} of the manifest has an empty key: write the route key, such as \"say\""
            )));
        }
        if reserved {
            return Err(problem(format!(
                "route {number} of the manifest has the key `{key}`: only `$connect`, `$disconnect` and \
                 `$default` may start with `$`, rename it"
            )));
        }
        if self.two_way && key == "$disconnect" {
            return Err(problem(format!(
                "route {number} of the manifest, `$disconnect`, is two-way, but nobody is there to read an \
                 answer: remove \"twoWay\""
            )));
        }
        Ok(())
    }
}

fn read(json: &str) -> Result<Value, ManifestError> {
    serde_json::from_str(json).map_err(|error| problem(format!("the manifest is not JSON: {error}")))
}

/// Finds the mistakes that people make in files, before serde words them without the route's number.
fn check_shape(value: &Value) -> Result<(), ManifestError> {
    let Some(manifest) = value.as_object() else {
        return Err(problem("the manifest is no JSON object: write {\"routes\": [{\"routeKey\": \"say\"}]}"));
    };
    manifest_settings::check_shape(manifest)?;
    let routes = match manifest.get("routes") {
        None => return Ok(()),
        Some(Value::Array(routes)) => routes,
        Some(_) => {
            return Err(problem(
                "`routes` of the manifest is no array: write \"routes\": [{\"routeKey\": \"say\"}]",
            ));
        }
    };
    for (index, route) in routes.iter().enumerate() {
        let number = index + 1;
        match route.get("routeKey") {
            Some(Value::String(_)) => {}
            Some(other) => {
                return Err(problem(format!(
                    "`routeKey` of route {number} of the manifest is {other}: write a string, such as \"say\""
                )));
            }
            None => {
                return Err(problem(format!(
                    "route {number} of the manifest has no `routeKey`: write {{\"routeKey\": \"say\"}}"
                )));
            }
        }
        if let Some(two_way) = route.get("twoWay").filter(|two_way| !two_way.is_boolean()) {
            return Err(problem(format!(
                "`twoWay` of route {number} of the manifest is {two_way}: write true or false"
            )));
        }
        if let Some(route) = route.as_object() {
            manifest_settings::check_shape_of_route(route, number)?;
        }
    }
    Ok(())
}

pub(super) fn problem(text: impl Into<String>) -> ManifestError {
    ManifestError::Content(text.into())
}

/// Why a manifest was not accepted.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ManifestError {
    /// Something in the file: what, where and what to write instead.
    Content(String),
    /// The route selection expression.
    RouteSelection(RouteSelectionError),
}

impl fmt::Display for ManifestError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Content(text) => f.write_str(text),
            Self::RouteSelection(error) => write!(f, "the manifest's `routeSelectionExpression`: {error}"),
        }
    }
}

impl std::error::Error for ManifestError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Content(_) => None,
            Self::RouteSelection(error) => Some(error),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn problem(json: &str) -> String {
        Manifest::parse(json).unwrap_err().to_string()
    }

    #[test]
    fn a_described_program_is_read_and_unknown_keys_are_ignored() {
        let manifest = Manifest::parse(
            r#"{
                "manifestVersion": 1,
                "app": "Chat",
                "routeSelectionExpression": "$request.body.type",
                "routes": [{
                    "routeKey": "say", "twoWay": false, "needs": ["record"], "middleware": ["chat::audit"],
                    "handler": "chat::say", "location": { "file": "src/chat.rs", "line": 10 }
                }],
                "tables": [{ "TableName": "lift-ws-connections", "TimeToLiveSpecification": { "Enabled": true } }],
                "invented": { "later": [] }
            }"#,
        )
        .unwrap();
        assert_eq!(manifest.app.as_deref(), Some("Chat"));
        assert_eq!(manifest.route_selection().unwrap().as_str(), "$request.body.type");
        assert_eq!(manifest.routes[0].location.as_ref().unwrap().line, 10);
        assert_eq!(manifest.tables[0]["TableName"], "lift-ws-connections");
    }

    #[test]
    fn a_route_key_is_all_that_is_needed() {
        let manifest = Manifest::parse(r#"{ "routes": [{ "routeKey": "$default" }] }"#).unwrap();
        assert_eq!(manifest.route_selection_expression, "$request.body.action");
        assert!(!manifest.routes[0].two_way && manifest.tables.is_empty());
        Manifest::parse("{}").unwrap();
    }

    #[test]
    fn each_mistake_names_the_route_and_what_to_write() {
        for (json, expected) in [
            ("[]", "the manifest is no JSON object: write {\"routes\": [{\"routeKey\": \"say\"}]}"),
            (r#"{"routes":{}}"#, "`routes` of the manifest is no array: write"),
            (
                r#"{"routes":["say"]}"#,
                "route 1 of the manifest has no `routeKey`: write {\"routeKey\": \"say\"}",
            ),
            (r#"{"routes":[{"routeKey":7}]}"#, "`routeKey` of route 1 of the manifest is 7: write a string"),
            (
                r#"{"routes":[{"routeKey":""}]}"#,
                "route 1 of the manifest has an empty key: write the route key",
            ),
            (
                r#"{"routes":[{"routeKey":"a"},{"routeKey":"a"}]}"#,
                "route 2 of the manifest repeats the key `a`: give each route key once",
            ),
            (
                r#"{"routes":[{"routeKey":"a","twoWay":"yes"}]}"#,
                "`twoWay` of route 1 of the manifest is \"yes\": write true or false",
            ),
            (
                r#"{"routes":[{"routeKey":"$disconnect","twoWay":true}]}"#,
                "route 1 of the manifest, `$disconnect`, is two-way, but nobody is there to read an answer",
            ),
            (r#"{"manifestVersion":2}"#, "the manifest has version 2, this gateway reads up to version 1"),
            (
                r#"{"routeSelectionExpression":"$body.action"}"#,
                "the manifest's `routeSelectionExpression`: `$body.action`, character 2: messages have no such",
            ),
            ("{", "the manifest is not JSON: EOF"),
            (
                r#"{"tables":{}}"#,
                "the manifest is not as it should be: invalid type: map, expected a sequence",
            ),
        ] {
            let problem = problem(json);
            assert!(problem.starts_with(expected), "{json}: {problem}");
        }
    }
}
