//! From an HTTP request to an open connection, or to a refusal (contract §3.2).

use hyper::StatusCode;

use super::action::Action;
use super::client::Client;
use super::event::{self, Occurrence};
use super::frames::{FORBIDDEN, INTERNAL_SERVER_ERROR, gateway_frame};
use super::gateway::{Connection, Draft, Gateway, Purpose, Turn};
use super::ids::{ConnectionId, IdKind, SocketId};
use super::input::HandshakeRequest;
use super::outcome::Conclusion;
use super::{headers, url};

/// Close code and reason of a connection whose client did not wait for the end of its handshake.
const GONE_BEFORE_OPEN: (u16, &str) = (1006, "");

impl Gateway {
    pub(super) fn on_handshake(&mut self, turn: &mut Turn<'_>, socket: SocketId, request: &HandshakeRequest) {
        let connection = self.ids.connection();
        let request_id = self.ids.text(IdKind::Request);
        if let Err(status) = self.check_target(request) {
            self.refuse(turn, socket, &connection, &request_id, status);
        } else if let Some(status) = self.faults.take_handshake() {
            self.refuse(turn, socket, &connection, &request_id, status);
        } else if self.api.route("$connect").is_some() {
            self.ask_connect_route(turn, socket, request, connection, request_id);
        } else {
            let opened = Connection::new(Client::of(request), turn.now, turn.now);
            self.open(connection.clone(), opened);
            turn.act(Action::Accept { socket, connection, subprotocol: None });
        }
    }

    /// Whether the request is a handshake with this stage; else the status to refuse it with.
    fn check_target(&self, request: &HandshakeRequest) -> Result<(), StatusCode> {
        let query = if request.query.is_empty() { 0 } else { 1 + request.query.chars().count() };
        if request.path.chars().count() + query > self.api.limits.url_characters {
            return Err(StatusCode::URI_TOO_LONG);
        }
        let path = request.path.strip_prefix('/').unwrap_or(&request.path);
        let (stage, below) = path.split_once('/').unwrap_or((path, ""));
        if url::decode(stage) != self.api.stage {
            return Err(StatusCode::FORBIDDEN);
        }
        // On the stage and on any path below it; an upgrade has no business below.
        if !request.upgrade {
            return Err(StatusCode::UPGRADE_REQUIRED);
        }
        if below.is_empty() { Ok(()) } else { Err(StatusCode::FORBIDDEN) }
    }

    fn ask_connect_route(
        &mut self,
        turn: &mut Turn<'_>,
        socket: SocketId,
        request: &HandshakeRequest,
        connection: ConnectionId,
        request_id: String,
    ) {
        let client = Client::of(request);
        let headers = headers::of_connect(&self.api, request, || self.ids.trace(turn.now.as_secs()));
        let occurrence = Occurrence {
            api: &self.api,
            route_key: "$connect",
            connection: &connection,
            client: &client,
            connected_at: turn.now,
            now: turn.now,
            request_id: &request_id,
        };
        let event = event::connect(&occurrence, &headers, &url::query(&request.query));
        let purpose = Purpose::Connect { socket: Some(socket), client };
        let draft = Draft { purpose, route_key: "$connect".to_owned(), connection, request_id };
        let invocation = self.invoke(turn, draft, event);
        self.handshakes.insert(socket, invocation);
    }

    /// Accepts or refuses by the outcome of `$connect`.
    pub(super) fn conclude_connect(
        &mut self,
        turn: &mut Turn<'_>,
        socket: Option<SocketId>,
        id: ConnectionId,
        connection: Connection,
        request_id: &str,
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
            Conclusion::TimedOut(_) => Err(StatusCode::GATEWAY_TIMEOUT),
            Conclusion::Malformed(_) | Conclusion::FunctionError(_) | Conclusion::Unavailable(_) => {
                Err(StatusCode::BAD_GATEWAY)
            }
        };
        match (answer, socket) {
            (Ok(subprotocol), Some(socket)) => {
                self.open(id.clone(), connection);
                turn.act(Action::Accept { socket, connection: id, subprotocol });
            }
            // The program has accepted, so it is told that the connection is over.
            (Ok(_), None) => {
                let (code, reason) = GONE_BEFORE_OPEN;
                self.report_disconnect(turn, &id, &connection, code, reason);
            }
            (Err(status), Some(socket)) => self.refuse(turn, socket, &id, request_id, status),
            (Err(_), None) => {}
        }
    }

    fn refuse(
        &self,
        turn: &mut Turn<'_>,
        socket: SocketId,
        connection: &ConnectionId,
        request_id: &str,
        status: StatusCode,
    ) {
        let message = match status {
            StatusCode::FORBIDDEN => FORBIDDEN,
            StatusCode::TOO_MANY_REQUESTS => &self.api.words.throttled,
            StatusCode::BAD_GATEWAY | StatusCode::INTERNAL_SERVER_ERROR => INTERNAL_SERVER_ERROR,
            StatusCode::GATEWAY_TIMEOUT => &self.api.words.timeout,
            status => status.canonical_reason().unwrap_or("Refused"),
        };
        turn.act(Action::Refuse {
            socket,
            status: status.as_u16(),
            content_type: "application/json",
            body: gateway_frame(message, connection, request_id).into(),
        });
    }
}
