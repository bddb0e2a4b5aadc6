//! The driver's work for the inspector: notes in the journal, and answers to the page.

use std::collections::HashMap;

use bytes::Bytes;

use super::Driver;
use crate::core::{ConnectionId, HandshakeRequest, Input, Moment, SocketId};
use crate::environments::{Invocation, Source};
use crate::event::GatewayEvent;
use crate::inspector::{self, Ask, EntryId, Managed, Overview, Recorder, Replay, Time};

/// What the inspector keeps; a gateway without a control endpoint has none of it.
#[derive(Debug)]
pub(in crate::gateway) struct Inspection {
    pub(super) recorder: Recorder,
    /// The app's name, for tests that are made of past events.
    app: String,
    /// When what is being noted happens: the clock is read once per command.
    now: Moment,
    /// What handshakes that are open asked for.
    targets: HashMap<SocketId, String>,
}

impl Inspection {
    pub(in crate::gateway) fn new(recorder: Recorder, app: String) -> Self {
        Self { recorder, app, now: Moment::default(), targets: HashMap::new() }
    }

    pub(super) fn handshake(&mut self, socket: SocketId, request: &HandshakeRequest) {
        let target = match request.query.as_str() {
            "" => request.path.clone(),
            query => format!("{}?{query}", request.path),
        };
        self.targets.insert(socket, target);
    }

    pub(super) fn opened(
        &mut self,
        now: Moment,
        socket: SocketId,
        connection: &ConnectionId,
        subprotocol: Option<&str>,
    ) {
        self.targets.remove(&socket);
        self.recorder.opened(now, connection, subprotocol);
    }

    pub(super) fn refused(&mut self, now: Moment, socket: SocketId, status: u16, body: &Bytes) {
        let target = self.targets.remove(&socket).unwrap_or_default();
        self.recorder.refused(now, &target, status, body);
    }

    pub(super) fn managed(&mut self, now: Moment, managed: Option<Managed>, status: u16) {
        if let Some(managed) = managed {
            self.recorder.managed(now, &managed, status);
        }
    }
}

impl Driver {
    /// Writes something down, where there is an inspector.
    pub(super) fn note(&mut self, write: impl FnOnce(&mut Inspection, Time)) {
        let Some(inspection) = &mut self.inspection else { return };
        let now = inspection.now;
        // Nobody looks at the durations of a past that nobody looked at.
        let time = match inspection.recorder.is_watched() {
            true => Time { now, micros: self.clock.micros() },
            false => Time::of(now),
        };
        write(inspection, time);
    }

    /// What is noted from now on happens now.
    pub(super) fn note_time(&mut self, now: Moment) {
        if let Some(inspection) = &mut self.inspection {
            inspection.now = now;
        }
    }

    pub(super) fn note_client(&mut self, input: &Input) {
        self.note(|inspection, time| {
            if let Input::HandshakeAbandoned { socket } = input {
                inspection.targets.remove(socket);
            }
            inspection.recorder.client_happened(time.now, input);
        });
    }

    /// Tells the terminal, and the inspector.
    pub(super) fn emit(&mut self, event: GatewayEvent) {
        self.note(|inspection, time| inspection.recorder.told(time.now, &event));
        self.sink.emit(event);
    }

    pub(super) fn inspect(&mut self, now: Moment, request: Ask) {
        match request {
            Ask::Overview { reply } => drop(reply.send(self.overview(now))),
            Ask::Connections { search, reply } => {
                let _ = reply.send(inspector::connections(self.core.iter(), &search));
            }
            Ask::Replay { id, reply } => drop(reply.send(self.replay(now, id))),
            Ask::Disconnect { connection, reply } => {
                let _ = reply.send(self.connections.contains_key(&connection));
                self.inputs.push_back(Input::Disconnect { connection });
                self.settle(now);
            }
            Ask::Wrote { environment, stream, line } => {
                self.note(|inspection, time| inspection.recorder.wrote(time.now, environment, stream, line));
            }
            other => {
                if let Some(inspection) = &mut self.inspection {
                    inspection.recorder.answer(other, &inspection.app);
                }
            }
        }
    }

    fn overview(&self, now: Moment) -> Bytes {
        let mut environments: Vec<u32> = self.processes.keys().map(|environment| environment.0).collect();
        environments.sort_unstable();
        let overview = Overview {
            app: self.inspection.as_ref().map_or("", |inspection| inspection.app.as_str()),
            environments,
            max_environments: self.functions.max_environments(),
            now: now.as_millis(),
        };
        overview.to_bytes(self.core.iter())
    }

    /// Gives its function a past event again, by the way that all events go.
    fn replay(&mut self, now: Moment, of: EntryId) -> Option<EntryId> {
        let mut replay = None;
        self.note(|inspection, time| replay = inspection.recorder.replay(time, of));
        let Replay { id, function, work, connection, event } = replay?;
        let source = connection.map_or(Source::Queue, Source::Connection);
        let invocation = Invocation { work, source, event };
        self.functions.at(function).pool.invoke(now, invocation, &mut self.pool_actions);
        self.settle(now);
        Some(id)
    }
}
