//! From an HTTP request to an open connection, or to a refusal (contract §3.2).

use bytes::Bytes;
use hyper::StatusCode;

use super::action::{Action, EventType, Finished, Verdict};
use super::api::Api;
use super::api_key;
use super::client::Client;
use super::event::{self, Occurrence};
use super::frames::{FORBIDDEN, INTERNAL_SERVER_ERROR, gateway_frame};
use super::gateway::{Connection, Gateway, Purpose, Turn};
use super::ids::{ConnectionId, IdKind, SocketId};
use super::input::HandshakeRequest;
use super::moment::Moment;
use super::multi_map::MultiMap;
use super::outcome::Conclusion;
use super::{domain_mapping, headers, url};

/// Close code and reason of a connection whose client did not wait for the end of its handshake.
const GONE_BEFORE_OPEN: (u16, &str) = (1006, "");

/// A handshake that has not been answered: what the authorizer and `$connect` are told, in the same words.
#[derive(Debug)]
pub(super) struct Handshake {
    /// Where the answer goes; nowhere, if the client has gone.
    pub(super) socket: Option<SocketId>,
    pub(super) connection: ConnectionId,
    pub(super) request_id: String,
    pub(super) client: Client,
    /// The API key that the client sent.
    api_key: Option<String>,
    /// The headers of CONNECT.
    pub(super) headers: MultiMap,
    pub(super) query: MultiMap,
    /// When it came, which is when the connection began.
    pub(super) began: Moment,
}

impl Handshake {
    /// CONNECT, or the authorizer's event: both tell of one request, so they have its id and time.
    pub(super) fn occurrence<'a>(&'a self, api: &'a Api) -> Occurrence<'a> {
        Occurrence {
            api,
            route_key: "$connect",
            connection: &self.connection,
            client: &self.client,
            connected_at: self.began,
            now: self.began,
            request_id: &self.request_id,
        }
    }
}

impl Gateway {
    pub(super) fn on_handshake(&mut self, turn: &mut Turn<'_>, socket: SocketId, request: &HandshakeRequest) {
        let handshake = Box::new(Handshake {
            socket: Some(socket),
            connection: self.ids.connection(),
            request_id: self.ids.text(IdKind::Request),
            client: Client::of(request),
            api_key: api_key::in_header(request),
            headers: headers::of_connect(&self.api, request, || self.ids.trace(turn.now.as_secs())),
            query: url::query(&request.query),
            began: turn.now,
        });
        if let Err(status) = self.check_target(request) {
            self.refuse(turn, &handshake, status);
        } else if let Some(status) = self.faulty_status(&handshake.connection) {
            self.refuse(turn, &handshake, status);
        } else if let Err(reason) = self.admit_handshake(turn.now) {
            self.refuse_for(turn, &handshake, StatusCode::TOO_MANY_REQUESTS, reason);
        } else if self.api.iam {
            self.ask_for_signature(turn, handshake, request);
        } else if self.api.authorizer.is_some() {
            self.ask_authorizer(turn, handshake);
        } else {
            self.ask_for_key(turn, handshake, None);
        }
    }

    /// Goes on if a caller who may do it has signed the request.
    fn ask_for_signature(
        &mut self,
        turn: &mut Turn<'_>,
        mut handshake: Box<Handshake>,
        request: &HandshakeRequest,
    ) {
        match self.signer_of(turn.now, request) {
            Ok(caller) => {
                handshake.client.caller = Some(Box::new(caller));
                self.ask_for_key(turn, handshake, None);
            }
            Err(why) => {
                let reason = format!("the handshake is not authorized by IAM: {why}");
                self.refuse_for(turn, &handshake, StatusCode::FORBIDDEN, reason);
            }
        }
    }

    /// Goes on to `$connect` if the API key is there that it may ask for.
    pub(super) fn ask_for_key(
        &mut self,
        turn: &mut Turn<'_>,
        mut handshake: Box<Handshake>,
        of_authorizer: Option<&str>,
    ) {
        match self.check_api_key(handshake.api_key.as_deref(), of_authorizer) {
            Ok(shown) => {
                handshake.client.api_key = shown;
                self.ask_connect_route(turn, handshake);
            }
            Err(reason) => self.refuse_for(turn, &handshake, StatusCode::FORBIDDEN, reason),
        }
    }

    /// Whether the request is a handshake with this stage; else the status to refuse it with.
    fn check_target(&self, request: &HandshakeRequest) -> Result<(), StatusCode> {
        let query = if request.query.is_empty() { 0 } else { 1 + request.query.chars().count() };
        if request.path.chars().count() + query > self.api.limits.url_characters {
            return Err(StatusCode::URI_TOO_LONG);
        }
        let path = request.path.strip_prefix('/').unwrap_or(&request.path);
        let base = domain_mapping::base(request.mapping.as_ref(), &self.api.stage);
        let below = domain_mapping::below(path, base).ok_or_else(|| self.unknown_path())?;
        // On the stage and on any path below it; an upgrade has no business below.
        if !request.upgrade {
            return Err(StatusCode::UPGRADE_REQUIRED);
        }
        if below.is_empty() { Ok(()) } else { Err(self.unknown_path()) }
    }

    fn unknown_path(&self) -> StatusCode {
        StatusCode::from_u16(self.api.readings.unknown_path_status).unwrap_or(StatusCode::FORBIDDEN)
    }

    /// Lets `$connect` decide; without such a route the handshake succeeds.
    fn ask_connect_route(&mut self, turn: &mut Turn<'_>, handshake: Box<Handshake>) {
        if self.api.route("$connect").is_none() {
            return self.accept(turn, *handshake, None);
        }
        let event = event::connect(&handshake.occurrence(&self.api), &handshake.headers, &handshake.query);
        self.invoke_for(turn, handshake, Purpose::Connect, event);
    }

    /// Accepts or refuses by the outcome of `$connect`.
    pub(super) fn conclude_connect(
        &mut self,
        turn: &mut Turn<'_>,
        handshake: Handshake,
        conclusion: Conclusion,
    ) {
        let answer = match conclusion {
            Conclusion::Response(response) if (200..300).contains(&response.status) => {
                Ok(response.subprotocol)
            }
            // An interim status cannot end a handshake.
            Conclusion::Response(response) if response.status < 200 => Err(StatusCode::BAD_GATEWAY),
            Conclusion::Response(response) => {
                Err(StatusCode::from_u16(response.status).unwrap_or(StatusCode::BAD_GATEWAY))
            }
            Conclusion::TimedOut(_) => {
                let status = self.api.readings.connect_timeout_status;
                Err(StatusCode::from_u16(status).unwrap_or(StatusCode::GATEWAY_TIMEOUT))
            }
            Conclusion::Malformed(_) | Conclusion::FunctionError(_) | Conclusion::Unavailable(_) => {
                Err(StatusCode::BAD_GATEWAY)
            }
        };
        match answer {
            Ok(subprotocol) => self.accept(turn, handshake, subprotocol),
            Err(status) => self.refuse(turn, &handshake, status),
        }
    }

    fn accept(&mut self, turn: &mut Turn<'_>, handshake: Handshake, subprotocol: Option<String>) {
        let Handshake { socket, connection, client, began, .. } = handshake;
        let opened = Connection::new(client, began, turn.now);
        match socket {
            Some(socket) => {
                self.open(connection.clone(), opened);
                turn.act(Action::Accept { socket, connection, subprotocol });
            }
            // The program has accepted, so it is told that the connection is over.
            None => {
                let (code, reason) = GONE_BEFORE_OPEN;
                self.report_disconnect(turn, &connection, &opened, code, reason);
            }
        }
    }

    /// Refuses, and tells the terminal why.
    fn refuse_for(&self, turn: &mut Turn<'_>, handshake: &Handshake, status: StatusCode, reason: String) {
        turn.act(Action::Finished(Finished {
            invocation: None,
            event_type: EventType::Connect,
            route_key: "$connect".to_owned(),
            connection: handshake.connection.clone(),
            started: handshake.began,
            ended: turn.now,
            verdict: Verdict::Refused { status: status.as_u16(), reason },
        }));
        self.refuse(turn, handshake, status);
    }

    /// Nobody hears it if the client has gone.
    pub(super) fn refuse(&self, turn: &mut Turn<'_>, handshake: &Handshake, status: StatusCode) {
        let Some(socket) = handshake.socket else { return };
        let message = match status {
            StatusCode::FORBIDDEN => FORBIDDEN,
            StatusCode::TOO_MANY_REQUESTS => &self.api.readings.throttled_message,
            StatusCode::BAD_GATEWAY | StatusCode::INTERNAL_SERVER_ERROR => INTERNAL_SERVER_ERROR,
            StatusCode::GATEWAY_TIMEOUT => &self.api.readings.timeout_message,
            status => status.canonical_reason().unwrap_or("Refused"),
        };
        let body = gateway_frame(message, &handshake.connection, &handshake.request_id);
        turn.act(Action::Refuse {
            socket,
            connection: handshake.connection.clone(),
            status: status.as_u16(),
            content_type: "application/json",
            body: if self.api.readings.refusal_body { body.into() } else { Bytes::new() },
        });
    }
}
