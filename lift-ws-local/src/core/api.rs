//! The API and stage that a gateway serves: routes, names, limits.

use std::collections::BTreeMap;
use std::time::Duration;

use super::action::NoRoute;
use super::authorizer::Authorizer;
use super::manifest::{Manifest, ManifestError};
use super::route_selection::RouteSelection;

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
    /// `stageVariables` of the events; the key is absent while this is empty (contract §2.1).
    pub stage_variables: BTreeMap<String, String>,
    /// Sizes and times that the gateway enforces.
    pub limits: Limits,
    /// Texts for which no evidence from AWS exists.
    pub words: Words,
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
        Ok(Self {
            api_id: "local00000".to_owned(),
            stage: "dev".to_owned(),
            region: "us-east-1".to_owned(),
            account: "000000000000".to_owned(),
            domain_name: "localhost".to_owned(),
            route_selection: manifest.route_selection()?,
            routes: manifest
                .routes
                .iter()
                .map(|route| Route { route_key: route.route_key.clone(), two_way: route.two_way })
                .collect(),
            authorizer: manifest
                .authorizer
                .as_ref()
                .map(|authorizer| Authorizer { identity_sources: authorizer.identity_sources.clone() }),
            stage_variables: BTreeMap::new(),
            limits: Limits::default(),
            words: Words::default(),
        })
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
        let Self { region, account, api_id, stage, .. } = self;
        format!("arn:aws:execute-api:{region}:{account}:{api_id}/{stage}/$connect")
    }

    /// The route of a message (contract §1.2); if there is none, what the expression evaluated to, and why.
    ///
    /// Keys match exactly. `$connect` and `$disconnect` are chosen by lifecycle alone: a message that names
    /// them matches nothing (contract §9).
    pub(super) fn select_route(&self, message: &str) -> Result<&Route, (String, NoRoute)> {
        let evaluated = self.route_selection.evaluate(message);
        let reason = match evaluated.as_deref() {
            None => NoRoute::NotJson,
            Some("") => NoRoute::NoKey,
            Some(_) => NoRoute::UnknownKey,
        };
        let key = evaluated.unwrap_or_default();
        let selected = match key.as_str() {
            "$connect" | "$disconnect" => None,
            key => self.route(key),
        };
        selected.or_else(|| self.route("$default")).ok_or((key, reason))
    }
}

/// One route of an API.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Route {
    /// `$connect`, `$disconnect`, `$default` or a custom key.
    pub route_key: String,
    /// Whether the function's body goes back to the client (contract §3.3).
    pub two_way: bool,
}

/// The sizes and times that the gateway enforces; the defaults are AWS's (contract §6.1).
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Limits {
    /// A connection without a message in either direction is closed after this time.
    pub idle_timeout: Duration,
    /// A connection is closed when it is this old.
    pub connection_duration: Duration,
    /// How long the gateway waits for a function.
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

/// Texts that clients see and for which no evidence from AWS exists, so that they can be corrected by setting
/// (contract §9).
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Words {
    /// `message` of the frame, and of the refused handshake's body, when a function took too long.
    pub timeout: String,
    /// `message` where a client or a program is throttled.
    pub throttled: String,
    /// Reason of the close frame 1003, after a binary frame.
    pub binary_frame: String,
    /// Reason of the close frame 1009, after a frame that is too large.
    pub frame_too_large: String,
    /// Reason of the close frame 1009, after a message that is too large.
    pub message_too_large: String,
}

impl Default for Words {
    fn default() -> Self {
        Self {
            timeout: "Endpoint request timed out".to_owned(),
            throttled: "Too Many Requests".to_owned(),
            binary_frame: "Binary frames are not supported".to_owned(),
            frame_too_large: "Frame is larger than 32 KB".to_owned(),
            message_too_large: "Message is larger than 128 KB".to_owned(),
        }
    }
}
