//! The `@connections` management API (contract §5).

use bytes::Bytes;
use hyper::header::AUTHORIZATION;
use serde::Serialize;
use serde_json::json;

use super::action::Action;
use super::closing::CLOSED_NORMALLY;
use super::faults::Occasion;
use super::gateway::{Connection, Gateway, Turn};
use super::iam::NotPermitted;
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
        check_presence(request)?;
        let id = self.addressed(request)?;
        let is_throttled = self.faults.meet(Occasion::Management, Some(&id)).is_some();
        if is_throttled || self.admit_to_account(turn.now).is_err() {
            return Err(Answer::error(429, "LimitExceededException", &self.api.readings.throttled_message));
        }
        let too_large = request.body.len() > self.api.limits.message_bytes;
        if request.method == "POST" && too_large {
            return Err(self.too_large());
        }
        self.check_manager(turn.now, request, id.as_str()).map_err(Answer::from)?;
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
        self.connection(id)?;
        if self.faults.meet(Occasion::Post, Some(id)).is_some() {
            self.expire(turn, id);
            return Err(Answer::gone());
        }
        // Posts are delivered as text frames, which cannot hold anything else.
        let text = match String::from_utf8(body.to_vec()) {
            Ok(text) => text,
            Err(error) if self.api.readings.lossy_posts => {
                String::from_utf8_lossy(error.as_bytes()).into_owned()
            }
            Err(_) => {
                let message = "the message is not UTF-8, but is sent as a text frame";
                return Err(Answer::error(400, "BadRequestException", message));
            }
        };
        self.send(turn, id, text);
        Ok(Answer::ok(200, Bytes::new()))
    }

    fn too_large(&self) -> Answer {
        let limit = self.api.limits.message_bytes;
        Answer::error(413, "PayloadTooLargeException", format!("the message is larger than {limit} bytes"))
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

impl From<NotPermitted> for Answer {
    fn from(not_permitted: NotPermitted) -> Self {
        match not_permitted {
            NotPermitted::Signature(why) => Self::error(403, "InvalidSignatureException", why),
            NotPermitted::Policy(why) => Self::error(403, "AccessDeniedException", why),
        }
    }
}

/// Takes any SigV4 signature for the right service; whose it is, is another question (contract §9).
fn check_presence(request: &ManagementRequest) -> Result<(), Answer> {
    let Some(authorization) = request.headers.get(AUTHORIZATION) else {
        let message = "Missing Authentication Token: sign the request with SigV4 for the service execute-api; \
                       at home any key will do";
        return Err(Answer::error(403, "MissingAuthenticationTokenException", message));
    };
    let authorization = String::from_utf8_lossy(authorization.as_bytes());
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
