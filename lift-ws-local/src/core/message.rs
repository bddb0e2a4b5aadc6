//! From a client's message to the function, and what comes back (contract §1, §3.3, §3.4).

use super::action::{Action, EventType, Finished, Verdict};
use super::connection_info::Direction;
use super::event::{self, Occurrence};
use super::faults::{Fault, Occasion};
use super::frames::{FORBIDDEN, INTERNAL_SERVER_ERROR, bad_request_frame, gateway_frame};
use super::gateway::{Draft, Gateway, Purpose, Turn};
use super::ids::{ConnectionId, IdKind};
use super::input::FrameFault;
use super::outcome::Conclusion;

impl Gateway {
    pub(super) fn on_message(&mut self, turn: &mut Turn<'_>, id: &ConnectionId, text: &str) {
        if text.len() > self.api.limits.message_bytes {
            return self.on_bad_frame(turn, id, FrameFault::MessageTooLarge);
        }
        self.note_activity(turn.now, id, Direction::In);
        if !self.connections.contains_key(id) {
            return;
        }
        let request_id = self.ids.text(IdKind::Request);
        let route = match self.api.select_route(text) {
            Ok(route) => route,
            Err((unmatched, reason)) => {
                let frame = gateway_frame(FORBIDDEN, id, &request_id);
                return self.turn_away(turn, id, unmatched, Verdict::NoRoute(reason), frame);
            }
        };
        let message_id = self.ids.text(IdKind::Message);
        let (route_key, two_way, models) = (route.route_key.clone(), route.two_way, route.models.clone());
        if let Some(met) = self.faults.meet(Occasion::Message, Some(id)) {
            let fault = met.fault;
            let frame = match fault {
                Fault::BadRequestBody => bad_request_frame(id, &message_id),
                _ => gateway_frame(&self.api.readings.throttled_message, id, &request_id),
            };
            return self.turn_away(turn, id, route_key, Verdict::Fault(fault), frame);
        }
        if let Err(reason) = self.admit(turn.now, &route_key) {
            let frame = gateway_frame(&self.api.readings.throttled_message, id, &request_id);
            return self.turn_away(turn, id, route_key, Verdict::Refused { status: 429, reason }, frame);
        }
        if let Some(Err(reason)) = models.map(|models| models.check(text)) {
            let frame = bad_request_frame(id, &message_id);
            return self.turn_away(turn, id, route_key, Verdict::Refused { status: 400, reason }, frame);
        }
        let Some(connection) = self.connections.get(id) else { return };
        let occurrence = Occurrence {
            api: &self.api,
            route_key: &route_key,
            connection: id,
            client: &connection.client,
            connected_at: connection.connected_at,
            now: turn.now,
            request_id: &request_id,
        };
        let event = event::message(&occurrence, &message_id, text);
        let draft =
            Draft { purpose: Purpose::Message { two_way }, route_key, connection: id.clone(), request_id };
        self.invoke_message(turn, draft, event);
    }

    /// The function never sees the message: the client hears it, the connection stays (contract §1.3, §3.4).
    fn turn_away(
        &mut self,
        turn: &mut Turn<'_>,
        id: &ConnectionId,
        route_key: String,
        verdict: Verdict,
        frame: String,
    ) {
        turn.act(Action::Finished(Finished {
            invocation: None,
            event_type: EventType::Message,
            route_key,
            connection: id.clone(),
            started: turn.now,
            ended: turn.now,
            verdict,
        }));
        self.send(turn, id, frame);
    }

    /// Sends the body of a two-way route, or the frame that tells of a failure; a one-way result is dropped,
    /// and no status matters.
    pub(super) fn conclude_message(
        &mut self,
        turn: &mut Turn<'_>,
        two_way: bool,
        id: &ConnectionId,
        request_id: &str,
        conclusion: Conclusion,
    ) {
        let failure = match conclusion {
            Conclusion::Response(response) if two_way && !self.is_reply(response.status) => {
                INTERNAL_SERVER_ERROR
            }
            Conclusion::Response(response) => {
                let body = response.body.filter(|body| two_way && !body.is_empty());
                match body {
                    Some(body) if body.len() <= self.api.limits.message_bytes => {
                        return self.send(turn, id, body);
                    }
                    Some(_) => INTERNAL_SERVER_ERROR,
                    None => return,
                }
            }
            Conclusion::TimedOut(_) => &self.api.readings.timeout_message,
            Conclusion::Malformed(_) | Conclusion::FunctionError(_) | Conclusion::Unavailable(_) => {
                INTERNAL_SERVER_ERROR
            }
        };
        let frame = gateway_frame(failure, id, request_id);
        self.send(turn, id, frame);
    }

    /// Whether a two-way body of this status reaches the client as it is: two sources disagree (contract §3.3).
    fn is_reply(&self, status: u16) -> bool {
        (200..300).contains(&status) || !self.api.readings.non_2xx_replies_fail
    }
}
