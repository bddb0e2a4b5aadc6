//! The bytes of events (contract §2).
//!
//! Keys stand in the order of AWS's samples, and a key that would have no value is absent.

use std::collections::BTreeMap;
use std::net::IpAddr;

use bytes::Bytes;
use serde::Serialize;
use serde_json::Value;

use super::action::EventType;
use super::api::Api;
use super::authorizer::AuthorizerContext;
use super::client::Client;
use super::ids::ConnectionId;
use super::moment::Moment;
use super::multi_map::{MultiMap, Single};

/// What every event tells.
#[derive(Debug)]
pub(super) struct Occurrence<'a> {
    pub(super) api: &'a Api,
    pub(super) route_key: &'a str,
    pub(super) connection: &'a ConnectionId,
    pub(super) client: &'a Client,
    pub(super) connected_at: Moment,
    pub(super) now: Moment,
    pub(super) request_id: &'a str,
}

/// CONNECT: with the client's headers and, where there is one, the query.
pub(super) fn connect(occurrence: &Occurrence<'_>, headers: &MultiMap, query: &MultiMap) -> Bytes {
    let query = (!query.is_empty()).then_some(query);
    let context = occurrence.context(EventType::Connect);
    Event {
        headers: Some(headers.single()),
        multi_value_headers: Some(headers),
        query_string_parameters: query.map(MultiMap::single),
        multi_value_query_string_parameters: query,
        ..occurrence.event(context)
    }
    .to_bytes()
}

/// What a Lambda authorizer gets (contract §4): CONNECT in other clothes, with its maps even if they are empty.
pub(super) fn authorizer(
    occurrence: &Occurrence<'_>,
    method_arn: &str,
    headers: &MultiMap,
    query: &MultiMap,
) -> Bytes {
    to_bytes(&AuthorizerEvent {
        r#type: "REQUEST",
        method_arn,
        headers: headers.single(),
        multi_value_headers: headers,
        query_string_parameters: query.single(),
        multi_value_query_string_parameters: query,
        stage_variables: &occurrence.api.stage_variables,
        request_context: occurrence.context(EventType::Connect),
    })
}

/// `requestContext` of CONNECT alone.
pub(super) fn context_of_connect(occurrence: &Occurrence<'_>) -> Value {
    serde_json::to_value(occurrence.context(EventType::Connect)).expect("a context is plain data")
}

/// MESSAGE: nothing but the context and the body.
pub(super) fn message(occurrence: &Occurrence<'_>, message_id: &str, body: &str) -> Bytes {
    let context = RequestContext { message_id: Some(message_id), ..occurrence.context(EventType::Message) };
    Event { body: Some(body), ..occurrence.event(context) }.to_bytes()
}

/// DISCONNECT: with how the connection ended and stubs of headers.
pub(super) fn disconnect(occurrence: &Occurrence<'_>, headers: &MultiMap, code: u16, reason: &str) -> Bytes {
    let context = RequestContext {
        disconnect_status_code: Some(code),
        disconnect_reason: Some(reason),
        ..occurrence.context(EventType::Disconnect)
    };
    Event { headers: Some(headers.single()), multi_value_headers: Some(headers), ..occurrence.event(context) }
        .to_bytes()
}

impl<'a> Occurrence<'a> {
    fn event(&self, request_context: RequestContext<'a>) -> Event<'a> {
        let variables = &self.api.stage_variables;
        Event {
            headers: None,
            multi_value_headers: None,
            query_string_parameters: None,
            multi_value_query_string_parameters: None,
            stage_variables: (!variables.is_empty()).then_some(variables),
            request_context,
            body: None,
            is_base64_encoded: false,
        }
    }

    fn context(&self, event_type: EventType) -> RequestContext<'a> {
        RequestContext {
            route_key: self.route_key,
            disconnect_status_code: None,
            authorizer: self.client.authorizer.as_ref(),
            message_id: None,
            event_type: event_type.as_str(),
            extended_request_id: self.request_id,
            request_time: self.now.request_time(),
            message_direction: "IN",
            disconnect_reason: None,
            stage: &self.api.stage,
            connected_at: self.connected_at.as_millis(),
            request_time_epoch: self.now.as_millis(),
            identity: self.identity(event_type),
            request_id: self.request_id,
            domain_name: self.client.domain_name(self.api),
            connection_id: self.connection.as_str(),
            api_id: &self.api.api_id,
        }
    }
}

impl<'a> Occurrence<'a> {
    fn identity(&self, event_type: EventType) -> Identity<'a> {
        let Client { caller, api_key, .. } = self.client;
        let is_told = event_type == EventType::Connect || self.api.readings.identity_repeated;
        let caller = caller.as_deref().filter(|_| is_told);
        let api_key = api_key.as_ref().filter(|_| is_told);
        Identity {
            account_id: caller.map(|caller| caller.account_id.as_str()),
            caller: caller.map(|caller| caller.user_id.as_str()),
            api_key: api_key.map(|key| key.value.as_str()),
            api_key_id: api_key.map(|key| key.id.as_str()),
            access_key: caller.map(|caller| caller.access_key_id.as_str()),
            user_arn: caller.map(|caller| caller.user_arn.as_str()),
            user_agent: self.client.user_agent.as_deref(),
            user: caller.map(|caller| caller.user_id.as_str()),
            source_ip: self.client.source_ip,
        }
    }
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Event<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    headers: Option<Single<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    multi_value_headers: Option<&'a MultiMap>,
    #[serde(skip_serializing_if = "Option::is_none")]
    query_string_parameters: Option<Single<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    multi_value_query_string_parameters: Option<&'a MultiMap>,
    #[serde(skip_serializing_if = "Option::is_none")]
    stage_variables: Option<&'a BTreeMap<String, String>>,
    request_context: RequestContext<'a>,
    #[serde(skip_serializing_if = "Option::is_none")]
    body: Option<&'a str>,
    is_base64_encoded: bool,
}

impl Event<'_> {
    fn to_bytes(&self) -> Bytes {
        to_bytes(self)
    }
}

fn to_bytes(event: &impl Serialize) -> Bytes {
    // A MESSAGE event without its body has some 600 bytes; most bodies fit into the rest.
    let mut json = Vec::with_capacity(1024);
    // Strings, numbers and maps with string keys: nothing here can fail to become JSON.
    serde_json::to_writer(&mut json, event).expect("an event is plain data");
    json.into()
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct AuthorizerEvent<'a> {
    r#type: &'static str,
    method_arn: &'a str,
    headers: Single<'a>,
    multi_value_headers: &'a MultiMap,
    query_string_parameters: Single<'a>,
    multi_value_query_string_parameters: &'a MultiMap,
    stage_variables: &'a BTreeMap<String, String>,
    request_context: RequestContext<'a>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct RequestContext<'a> {
    route_key: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    disconnect_status_code: Option<u16>,
    #[serde(skip_serializing_if = "Option::is_none")]
    authorizer: Option<&'a AuthorizerContext>,
    #[serde(skip_serializing_if = "Option::is_none")]
    message_id: Option<&'a str>,
    event_type: &'static str,
    extended_request_id: &'a str,
    request_time: String,
    message_direction: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    disconnect_reason: Option<&'a str>,
    stage: &'a str,
    connected_at: u64,
    request_time_epoch: u64,
    identity: Identity<'a>,
    request_id: &'a str,
    domain_name: &'a str,
    connection_id: &'a str,
    api_id: &'a str,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Identity<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    account_id: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    caller: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    api_key: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    api_key_id: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    access_key: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    user_arn: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    user: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    user_agent: Option<&'a str>,
    source_ip: IpAddr,
}
