//! The ends of connections and the DISCONNECT events that tell of them (contract §6.2).

use super::action::Action;
use super::event::{self, Occurrence};
use super::faults::{Fault, Occasion};
use super::gateway::{Connection, Draft, Gateway, Purpose, Turn};
use super::headers;
use super::held::Held;
use super::ids::{ConnectionId, IdKind};
use super::input::FrameFault;
use super::readings::CloseReading;

/// The code that events show for a close frame without one.
const NO_STATUS: (u16, &str) = (1005, "Client-side close frame status not set");

/// How the gateway closes on `DELETE @connections`.
pub(super) const CLOSED_NORMALLY: (u16, &str) = (1000, "Connection Closed Normally");

/// How the gateway closes connections that are idle.
const GOING_AWAY: (u16, &str) = (1001, "Going away");

impl Gateway {
    /// A close frame of the client; its code and reason are passed through.
    pub(super) fn on_closed(
        &mut self,
        turn: &mut Turn<'_>,
        id: &ConnectionId,
        code: Option<u16>,
        reason: &str,
    ) {
        let (code, reason) = code.map_or(NO_STATUS, |code| (code, reason));
        self.end(turn, id, code, reason);
    }

    pub(super) fn on_lost(&mut self, turn: &mut Turn<'_>, id: &ConnectionId) {
        let CloseReading { code, reason } = self.api.readings.lost_close.clone();
        self.end(turn, id, code, &reason);
    }

    pub(super) fn on_bad_frame(&mut self, turn: &mut Turn<'_>, id: &ConnectionId, fault: FrameFault) {
        let readings = &self.api.readings;
        let (code, reason) = match fault {
            FrameFault::Binary => (1003, readings.binary_frame_reason.as_str()),
            FrameFault::FrameTooLarge => (1009, readings.frame_too_large_reason.as_str()),
            FrameFault::MessageTooLarge => (1009, readings.message_too_large_reason.as_str()),
            FrameFault::InvalidUtf8 => (1007, "Invalid UTF-8"),
            FrameFault::Protocol => (1002, "Protocol error"),
        };
        let reason = reason.to_owned();
        self.close(turn, id, code, &reason);
    }

    /// The connection's time is over.
    pub(super) fn expire(&mut self, turn: &mut Turn<'_>, id: &ConnectionId) {
        let Some(connection) = self.connections.get(id) else { return };
        if connection.is_too_old(&self.api.limits, turn.now) {
            let CloseReading { code, reason } = self.api.readings.duration_close.clone();
            return self.close(turn, id, code, &reason);
        }
        let (code, reason) = GOING_AWAY;
        self.close(turn, id, code, reason);
    }

    /// As `DELETE` of `@connections` closes.
    pub(super) fn disconnect(&mut self, turn: &mut Turn<'_>, id: &ConnectionId) {
        let (code, reason) = CLOSED_NORMALLY;
        self.close(turn, id, code, reason);
    }

    /// Closes from this side.
    pub(super) fn close(&mut self, turn: &mut Turn<'_>, id: &ConnectionId, code: u16, reason: &str) {
        if self.connections.contains_key(id) {
            turn.act(Action::Close { connection: id.clone(), code, reason: reason.to_owned() });
            self.end(turn, id, code, reason);
        }
    }

    fn end(&mut self, turn: &mut Turn<'_>, id: &ConnectionId, code: u16, reason: &str) {
        if let Some(connection) = self.remove(id) {
            self.report_disconnect(turn, id, &connection, code, reason);
        }
    }

    /// Runs `$disconnect` where the API has it.
    pub(super) fn report_disconnect(
        &mut self,
        turn: &mut Turn<'_>,
        id: &ConnectionId,
        connection: &Connection,
        code: u16,
        reason: &str,
    ) {
        if self.api.route("$disconnect").is_none() {
            return;
        }
        match self.faults.meet(Occasion::Disconnect, Some(id)).map(|met| met.fault) {
            Some(Fault::DisconnectLost) => {}
            Some(Fault::DisconnectLate(by)) => {
                let (id, connection) = (id.clone(), Box::new(connection.clone()));
                self.hold(turn, by, Held::Disconnect { id, connection, code, reason: reason.to_owned() });
            }
            Some(Fault::DisconnectTwice) => self.invoke_disconnect(turn, id, connection, (code, reason), 2),
            _ => self.invoke_disconnect(turn, id, connection, (code, reason), 1),
        }
    }

    /// Gives the function the event so many times.
    pub(super) fn invoke_disconnect(
        &mut self,
        turn: &mut Turn<'_>,
        id: &ConnectionId,
        connection: &Connection,
        (code, reason): (u16, &str),
        times: u8,
    ) {
        let request_id = self.ids.text(IdKind::Request);
        let occurrence = Occurrence {
            api: &self.api,
            route_key: "$disconnect",
            connection: id,
            client: &connection.client,
            connected_at: connection.connected_at,
            now: turn.now,
            request_id: &request_id,
        };
        let event = event::disconnect(
            &occurrence,
            &headers::of_disconnect(connection.client.domain_name(&self.api)),
            code,
            reason,
        );
        for _ in 0..times {
            let draft = Draft {
                purpose: Purpose::Disconnect,
                route_key: "$disconnect".to_owned(),
                connection: id.clone(),
                request_id: request_id.clone(),
            };
            self.invoke(turn, draft, event.clone());
        }
    }
}
