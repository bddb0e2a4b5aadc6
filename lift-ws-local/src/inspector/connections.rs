//! The live connections, and what is served, as JSON.

use bytes::Bytes;
use serde::Serialize;
use serde_json::{Value, json};

use crate::core::{Api, ConnectionInfo, Gateway, Route};

/// Connections that one answer has.
const SHOWN: usize = 500;

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Connections<'g> {
    /// How many there are, whatever was searched for.
    open: usize,
    /// How many the search finds; not more than [`SHOWN`] are in `connections`.
    found: usize,
    connections: Vec<Connection<'g>>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Connection<'g> {
    id: &'g str,
    source_ip: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    user_agent: Option<&'g str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    principal: Option<&'g str>,
    connected_at: u64,
    last_active_at: u64,
    received: u64,
    sent: u64,
}

/// The connections whose id, address, user agent or principal have the text in them, the newest first.
pub(crate) fn connections<'g>(gateways: impl Iterator<Item = &'g Gateway> + Clone, search: &str) -> Bytes {
    let search = search.to_lowercase();
    let open = gateways.clone().map(|gateway| gateway.connections().len()).sum();
    let all = gateways.flat_map(Gateway::connections);
    let mut found: Vec<_> = all.filter(|connection| is_found(connection, &search)).collect();
    let newest_first = |a: &ConnectionInfo<'_>, b: &ConnectionInfo<'_>| {
        b.connected_at.cmp(&a.connected_at).then_with(|| a.id.cmp(b.id))
    };
    let count = found.len();
    if count > SHOWN {
        found.select_nth_unstable_by(SHOWN, newest_first);
        found.truncate(SHOWN);
    }
    found.sort_unstable_by(newest_first);
    let connections = found.iter().map(shown).collect();
    to_bytes(&Connections { open, found: count, connections })
}

fn is_found(connection: &ConnectionInfo<'_>, search: &str) -> bool {
    let has = |text: &str| text.to_lowercase().contains(search);
    search.is_empty()
        || has(connection.id.as_str())
        || connection.user_agent.is_some_and(has)
        || connection.principal.is_some_and(has)
        || has(&connection.source_ip.to_string())
}

fn shown<'g>(connection: &ConnectionInfo<'g>) -> Connection<'g> {
    Connection {
        id: connection.id.as_str(),
        source_ip: connection.source_ip.to_string(),
        user_agent: connection.user_agent,
        principal: connection.principal,
        connected_at: connection.connected_at.as_millis(),
        last_active_at: connection.last_active_at.as_millis(),
        received: connection.messages.received,
        sent: connection.messages.sent,
    }
}

/// What is served, for the head of the page.
#[derive(Debug)]
pub(crate) struct Overview<'g> {
    pub(crate) app: &'g str,
    /// The numbers of the environments that run.
    pub(crate) environments: Vec<u32>,
    pub(crate) max_environments: usize,
    pub(crate) now: u64,
}

impl Overview<'_> {
    pub(crate) fn to_bytes<'g>(&self, gateways: impl Iterator<Item = &'g Gateway> + Clone) -> Bytes {
        let stages: Vec<_> = gateways.clone().map(Gateway::api).map(stage).collect();
        let overview = json!({
            "version": env!("CARGO_PKG_VERSION"),
            "app": self.app,
            "stages": stages,
            "environments": self.environments,
            "maxEnvironments": self.max_environments,
            "connections": gateways.map(|gateway| gateway.connections().len()).sum::<usize>(),
            "now": self.now,
        });
        overview.to_string().into()
    }
}

fn stage(api: &Api) -> Value {
    let route = |route: &Route| json!({ "routeKey": route.route_key, "twoWay": route.two_way });
    json!({
        "apiId": api.api_id,
        "stage": api.stage,
        "domainName": api.domain_name,
        "routes": api.routes.iter().map(route).collect::<Vec<Value>>(),
        "hasAuthorizer": api.authorizer.is_some(),
    })
}

pub(super) fn to_bytes(value: &impl Serialize) -> Bytes {
    // Texts, numbers and lists: nothing here can fail to become JSON.
    serde_json::to_vec(value).expect("it is plain data").into()
}
