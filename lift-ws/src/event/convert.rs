//! To and from the types of the `aws_lambda_events` crate.
//!
//! Theirs own their data and know no kinds of event; ours borrow. So the way to us is over bytes.

use super::{Event, EventType};
use aws_lambda_events::apigw::ApiGatewayWebsocketProxyRequest;
use serde::Serialize;
use serde_json::value::RawValue;
use std::fmt;

/// The bytes of a request, for [`Envelope::parse`](super::Envelope::parse) or
/// [`Service::respond`](crate::Service::respond).
///
/// ```
/// use aws_lambda_events::apigw::ApiGatewayWebsocketProxyRequest;
/// use lift_ws::event::{Envelope, to_bytes};
///
/// let mut request = ApiGatewayWebsocketProxyRequest::default();
/// request.request_context.event_type = Some("MESSAGE".into());
/// request.request_context.connection_id = Some("L0SM9cOFvHcCIhw=".into());
/// request.request_context.route_key = Some("say".into());
/// request.body = Some("hi".into());
///
/// let bytes = to_bytes(&request)?;
/// let mut scratch = String::new();
/// let Envelope::WebSocket(event) = Envelope::parse(&bytes, &mut scratch).unwrap() else { panic!() };
/// assert_eq!((event.route_key(), event.body()), ("say", "hi"));
/// # Ok::<(), lift_ws::event::ConvertError>(())
/// ```
///
/// # Errors
/// If the request holds what JSON cannot, such as a header value that is no text.
pub fn to_bytes(request: &ApiGatewayWebsocketProxyRequest) -> Result<Vec<u8>, ConvertError> {
    serde_json::to_vec(request).map_err(ConvertError)
}

/// The event cannot be expressed in the other type.
#[derive(Debug)]
pub struct ConvertError(serde_json::Error);

impl fmt::Display for ConvertError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the event cannot be expressed in the other crate's type")
    }
}

impl std::error::Error for ConvertError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        Some(&self.0)
    }
}

/// Fails on what their types do not take, such as a header value with a control character (contract §2.3).
impl TryFrom<&Event<'_>> for ApiGatewayWebsocketProxyRequest {
    type Error = ConvertError;

    fn try_from(event: &Event<'_>) -> Result<Self, ConvertError> {
        let json = serde_json::to_vec(&Shape::of(event)).map_err(ConvertError)?;
        serde_json::from_slice(&json).map_err(ConvertError)
    }
}

/// The event in the gateway's own shape (contract §2.2).
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Shape<'e> {
    #[serde(skip_serializing_if = "Option::is_none")]
    headers: Option<&'e RawValue>,
    #[serde(skip_serializing_if = "Option::is_none")]
    multi_value_headers: Option<&'e RawValue>,
    #[serde(skip_serializing_if = "Option::is_none")]
    query_string_parameters: Option<&'e RawValue>,
    #[serde(skip_serializing_if = "Option::is_none")]
    multi_value_query_string_parameters: Option<&'e RawValue>,
    #[serde(skip_serializing_if = "Option::is_none")]
    stage_variables: Option<&'e RawValue>,
    request_context: Context<'e>,
    #[serde(skip_serializing_if = "Option::is_none")]
    body: Option<&'e str>,
    is_base64_encoded: bool,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Context<'e> {
    route_key: &'e str,
    #[serde(skip_serializing_if = "Option::is_none")]
    authorizer: Option<&'e RawValue>,
    #[serde(skip_serializing_if = "Option::is_none")]
    message_id: Option<&'e str>,
    event_type: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    disconnect_status_code: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    disconnect_reason: Option<&'e str>,
    stage: &'e str,
    connected_at: i64,
    request_time_epoch: i64,
    identity: Identity<'e>,
    request_id: &'e str,
    domain_name: &'e str,
    connection_id: &'e str,
    api_id: &'e str,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Identity<'e> {
    #[serde(skip_serializing_if = "Option::is_none")]
    user_agent: Option<&'e str>,
    source_ip: &'e str,
}

impl<'e> Shape<'e> {
    fn of(event: &Event<'e>) -> Self {
        let raw = |json: &'e str| serde_json::from_str(json).ok();
        Shape {
            headers: raw(event.headers()),
            multi_value_headers: raw(event.multi_value_headers()),
            query_string_parameters: raw(event.query()),
            multi_value_query_string_parameters: raw(event.multi_value_query()),
            stage_variables: raw(event.stage_variables()),
            request_context: Context {
                route_key: event.route_key(),
                authorizer: raw(event.authorizer()),
                message_id: event.message_id(),
                event_type: event.event_type().as_str(),
                disconnect_status_code: event.disconnect_status_code(),
                disconnect_reason: (event.event_type() == EventType::Disconnect)
                    .then_some(event.disconnect_reason()),
                stage: event.stage(),
                connected_at: event.connected_at(),
                request_time_epoch: event.request_time_epoch(),
                identity: Identity { user_agent: event.user_agent(), source_ip: event.source_ip() },
                request_id: event.request_id(),
                domain_name: event.domain_name(),
                connection_id: event.connection_id(),
                api_id: event.api_id(),
            },
            body: (event.event_type() == EventType::Message).then_some(event.body()),
            is_base64_encoded: event.is_base64_encoded(),
        }
    }
}
