//! The `@connections` management API (contract §5).

use bytes::Bytes;
use serde::Serialize;
use serde_json::json;

use super::action::Action;
use super::closing::CLOSED_NORMALLY;
use super::faults::Occasion;
use super::gateway::{Connection, Gateway, Turn};
use super::ids::{self, CallId, ConnectionId};
use super::input::ManagementRequest;
use super::{domain_mapping, url};

/// An answer, without the request that it is for.
struct Answer {
    status: u16,
    error_type: Option<&'static str>,
    body: Bytes,
}

impl Answer {
    fn ok(status: u16, body: impl Into<Bytes>) -> Self {
        Self { status, error_type: None, body: body.into() }
    }

    fn error(status: u16, error_type: &'static str, message: impl Into<String>) -> Self {
        let body = json!({ "message": message.into() }).to_string().into();
        Self { status, error_type: Some(error_type), body }
    }

    /// SDKs know this error by its header; the body is empty (contract §5.4).
    fn gone() -> Self {
        Self { status: 410, error_type: Some("GoneException"), body: Bytes::new() }
    }
}

impl Gateway {
    /// Answers at once, whatever the functions are doing.
    pub(super) fn on_management(&mut self, turn: &mut Turn<'_>, call: CallId, request: &ManagementRequest) {
        let answer = self.manage(turn, request).unwrap_or_else(|error| error);
        let Answer { status, error_type, body } = answer;
        turn.act(Action::Answer { call, status, error_type, body });
    }

    fn manage(&mut self, turn: &mut Turn<'_>, request: &ManagementRequest) -> Result<Answer, Answer> {
        check_signature(request.authorization.as_deref())?;
        let id = self.addressed(request)?;
        if self.faults.meet(Occasion::Management, Some(&id)).is_some() {
            return Err(Answer::error(429, "LimitExceededException", &self.api.words.throttled));
        }
        match request.method.as_str() {
            "POST" => self.post_to_connection(turn, &id, &request.body),
            "GET" => self.get_connection(&id),
            "DELETE" => self.delete_connection(turn, &id),
            _ => Err(Answer::error(403, "ForbiddenException", "Forbidden")),
        }
    }

    /// The connection that `/{stage}/@connections/{connectionId}` names, or by a custom domain
    /// `/{mapping}/@connections/{connectionId}`.
    fn addressed(&self, request: &ManagementRequest) -> Result<ConnectionId, Answer> {
        let base = domain_mapping::base(request.mapping.as_ref(), &self.api.stage);
        let below = domain_mapping::below(request.path.trim_start_matches('/'), base);
        let segments: Vec<String> =
            below.into_iter().flat_map(|path| path.split('/')).map(url::decode).collect();
        match segments.as_slice() {
            [connections, id] if connections == "@connections" => {
                if ids::is_well_formed(id) {
                    Ok(id.as_str().into())
                } else {
                    let message = format!("Invalid connectionId: {id}");
                    Err(Answer::error(400, "BadRequestException", message))
                }
            }
            _ => Err(Answer::error(403, "ForbiddenException", "Forbidden")),
        }
    }

    fn post_to_connection(
        &mut self,
        turn: &mut Turn<'_>,
        id: &ConnectionId,
        body: &Bytes,
    ) -> Result<Answer, Answer> {
        let limit = self.api.limits.message_bytes;
        if body.len() > limit {
            let message = format!("the message is larger than {limit} bytes");
            return Err(Answer::error(413, "PayloadTooLargeException", message));
        }
        self.connection(id)?;
        if self.faults.meet(Occasion::Post, Some(id)).is_some() {
            self.expire(turn, id);
            return Err(Answer::gone());
        }
        // Posts are delivered as text frames, which cannot hold anything else.
        let text = String::from_utf8(body.to_vec()).map_err(|_| {
            Answer::error(400, "BadRequestException", "the message is not UTF-8, but is sent as a text frame")
        })?;
        self.send(turn, id, text);
        Ok(Answer::ok(200, Bytes::new()))
    }

    fn get_connection(&self, id: &ConnectionId) -> Result<Answer, Answer> {
        let connection = self.connection(id)?;
        let description = Description {
            connected_at: connection.connected_at.to_string(),
            identity: Identity {
                source_ip: connection.client.source_ip.to_string(),
                user_agent: connection.client.user_agent.as_deref(),
            },
            last_active_at: connection.last_active_at.to_string(),
        };
        // Strings only: nothing here can fail to become JSON.
        Ok(Answer::ok(200, serde_json::to_vec(&description).expect("a description is plain data")))
    }

    fn delete_connection(&mut self, turn: &mut Turn<'_>, id: &ConnectionId) -> Result<Answer, Answer> {
        self.connection(id)?;
        let (code, reason) = CLOSED_NORMALLY;
        self.close(turn, id, code, reason);
        Ok(Answer::ok(204, Bytes::new()))
    }

    /// An open connection; one whose `$connect` still runs is as gone as one that never was.
    fn connection(&self, id: &ConnectionId) -> Result<&Connection, Answer> {
        self.connections.get(id).ok_or_else(Answer::gone)
    }
}

/// Takes any SigV4 signature for the right service; keys are not checked (contract §9).
fn check_signature(authorization: Option<&str>) -> Result<(), Answer> {
    let Some(authorization) = authorization else {
        let message = "Missing Authentication Token: sign the request with SigV4 for the service execute-api; \
                       at home any key will do";
        return Err(Answer::error(403, "MissingAuthenticationTokenException", message));
    };
    let signed = authorization.starts_with("AWS4-") && authorization.contains("/execute-api/aws4_request");
    if signed {
        Ok(())
    } else {
        let message = "Credential should be scoped to correct service: 'execute-api'.";
        Err(Answer::error(403, "InvalidSignatureException", message))
    }
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Description<'a> {
    connected_at: String,
    identity: Identity<'a>,
    last_active_at: String,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Identity<'a> {
    source_ip: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    user_agent: Option<&'a str>,
}
