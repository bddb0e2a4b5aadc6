//! A chat function without a framework: the event type of `aws_lambda_events`, a `match`, serde for the body.
//!
//! It is what one writes who knows the crates: nothing is done twice, nothing is done badly on purpose.

use aws_lambda_events::apigw::{ApiGatewayProxyResponse, ApiGatewayWebsocketProxyRequest};
use aws_lambda_events::encodings::Body;
use lambda_runtime::{Context, Error, LambdaEvent};
use serde::{Deserialize, Serialize};

/// A message of a client.
#[derive(Debug, Deserialize)]
pub struct Say {
    room: String,
    text: String,
}

/// What it is answered.
#[derive(Debug, Serialize)]
pub struct Said<'m> {
    r#type: &'static str,
    room: &'m str,
    text: &'m str,
}

/// The function: routes the event, reads the body, answers.
///
/// # Errors
///
/// When the answer cannot be serialised.
pub async fn handler(
    event: LambdaEvent<ApiGatewayWebsocketProxyRequest>,
) -> Result<ApiGatewayProxyResponse, Error> {
    let request = event.payload;
    let context = &request.request_context;
    match (context.event_type.as_deref(), context.route_key.as_deref()) {
        (Some("CONNECT" | "DISCONNECT"), _) => Ok(status(200)),
        (Some("MESSAGE"), Some("sendMessage")) => send_message(request.body.as_deref().unwrap_or_default()),
        _ => Ok(status(404)),
    }
}

fn send_message(body: &str) -> Result<ApiGatewayProxyResponse, Error> {
    let Ok(Say { room, text }) = serde_json::from_str(body) else { return Ok(status(400)) };
    let said = Said { r#type: "said", room: &room, text: &text };
    let mut response = status(200);
    response.body = Some(Body::Text(serde_json::to_string(&said)?));
    Ok(response)
}

fn status(code: i64) -> ApiGatewayProxyResponse {
    let mut response = ApiGatewayProxyResponse::default();
    response.status_code = code;
    response
}

/// One event from bytes to bytes, with the decoding and encoding of `lambda_runtime` 1.5 (its `deserializer.rs` and
/// `requests.rs`), which it does not export.
///
/// # Errors
///
/// When the event is malformed or the handler fails.
pub async fn bytes_to_bytes(event: &[u8], context: Context) -> Result<Vec<u8>, Error> {
    let payload = serde_path_to_error::deserialize(&mut serde_json::Deserializer::from_slice(event))?;
    let response = handler(LambdaEvent::new(payload, context)).await?;
    Ok(serde_json::to_vec(&response)?)
}
