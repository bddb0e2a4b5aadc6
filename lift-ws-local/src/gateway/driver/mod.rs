//! The task that owns the gateway's state: everything happens here, one command after the other.

mod ending;
mod faults;
mod functions;
mod inspect;
mod queue;
mod replacing;
mod sites;

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;

use tokio::sync::{mpsc, oneshot};

use super::Report;
use super::alarm::Alarm;
use crate::clock::Clock;
use crate::core::{
    Action, CallId, ConnectionId, Faults, Finished, Gateway, Input, InvocationId, ManagementRequest, Moment,
    Outcome, SocketId, Verdict,
};
use crate::environments::{
    EnvironmentId, Invocation, Launcher, Overdue, PoolAction, PoolSettings, Process, Receipt, Source, Work,
};
use crate::event::{EventSink, GatewayEvent};
use crate::inspector::Managed;
use crate::owner::{Command, HandshakeAnswer, ManagementAnswer};
use crate::site::SiteId;
use crate::sqs::{QueuePlan, Sqs};
use crate::transport::{OpenMessage, Outbox};
use faults::LateStarts;
pub(super) use functions::Destinations;
use functions::Functions;
pub(super) use inspect::Inspection;
use sites::Sites;

/// Commands that are taken in one go before the clock is looked at.
const BATCH: usize = 256;

/// What a driver is made of.
pub(super) struct DriverParts {
    /// One per stage, in the order of their numbers, with where its events go.
    pub(super) cores: Vec<(Gateway, Destinations)>,
    pub(super) sqs: Sqs,
    pub(super) queues: Vec<QueuePlan>,
    pub(super) jobs_of: Option<SiteId>,
    pub(super) functions: Vec<(PoolSettings, Launcher)>,
    pub(super) faults: Faults,
    pub(super) clock: Arc<dyn Clock>,
    pub(super) sink: EventSink,
    /// Where somebody may look at what happens.
    pub(super) inspection: Option<Inspection>,
}

pub(super) struct Driver {
    core: Sites,
    sqs: Sqs,
    /// The API that has the queue of jobs, by its first stage.
    jobs_of: Option<SiteId>,
    functions: Functions,
    clock: Arc<dyn Clock>,
    sink: EventSink,
    inspection: Option<Inspection>,
    processes: HashMap<EnvironmentId, Process>,
    faults: Faults,
    late_starts: LateStarts,
    handshakes: HashMap<SocketId, oneshot::Sender<HandshakeAnswer>>,
    connections: HashMap<ConnectionId, Outbox>,
    /// The message that is being taken in, until it has become an invocation.
    arriving: Option<OpenMessage>,
    /// The messages whose invocations are under way.
    open_messages: HashMap<InvocationId, OpenMessage>,
    call: Option<Call>,
    /// What the core and the pool want done, and what the core is to be told about it.
    actions: Vec<Action>,
    pool_actions: Vec<PoolAction>,
    inputs: VecDeque<Input>,
    alarm: Alarm,
    is_ending: bool,
    is_abandoned: bool,
    report: Report,
}

/// A request to `@connections` that is being answered.
struct Call {
    reply: oneshot::Sender<ManagementAnswer>,
    /// The client's buffer was full, so the message of this call was not taken.
    is_refused: bool,
    managed: Option<Managed>,
}

impl Driver {
    /// `None` without functions.
    pub(super) fn new(parts: DriverParts) -> Option<Self> {
        let now = parts.clock.now();
        let (cores, destinations) = parts.cores.into_iter().unzip();
        let mut driver = Self {
            core: Sites::new(cores),
            sqs: parts.sqs,
            jobs_of: parts.jobs_of,
            functions: Functions::new(parts.functions, destinations)?,
            clock: parts.clock,
            sink: parts.sink,
            inspection: parts.inspection,
            processes: HashMap::new(),
            faults: parts.faults,
            late_starts: LateStarts::default(),
            handshakes: HashMap::new(),
            connections: HashMap::new(),
            arriving: None,
            open_messages: HashMap::new(),
            call: None,
            actions: Vec::new(),
            pool_actions: Vec::new(),
            inputs: VecDeque::new(),
            alarm: Alarm::default(),
            is_ending: false,
            is_abandoned: false,
            report: Report::default(),
        };
        for queue in &parts.queues {
            driver.configure_queue(now, queue);
        }
        Some(driver)
    }

    /// Works until it is told to stop, then ends everything in order.
    pub(super) async fn run(mut self, mut commands: mpsc::UnboundedReceiver<Command>) -> Report {
        while self.step(&mut commands).await {}
        self.is_ending = true;
        self.handshakes.clear();
        if self.is_abandoned {
            self.abandon(&mut commands).await;
        } else {
            self.finish(&mut commands).await;
        }
        self.report
    }

    /// Handles what has come; `false` if that was the order to stop.
    async fn step(&mut self, commands: &mut mpsc::UnboundedReceiver<Command>) -> bool {
        self.set_alarm();
        let first = tokio::select! {
            biased;
            command = commands.recv() => command,
            () = self.alarm.ring() => {
                self.tick();
                return true;
            }
        };
        let mut next = first;
        for handled in 1.. {
            match next {
                Some(Command::Shutdown) => return false,
                Some(Command::Abandon) => {
                    self.is_abandoned = true;
                    return false;
                }
                Some(command) => self.handle(command),
                None => break,
            }
            next = if handled < BATCH { commands.try_recv().ok() } else { None };
        }
        true
    }

    fn handle(&mut self, command: Command) {
        let now = self.clock.now();
        self.note_time(now);
        match command {
            // Without a reply the client hears 503.
            Command::Handshake { .. } if self.is_ending => return,
            Command::Handshake { socket, request, reply } => {
                self.note(|inspection, _| inspection.handshake(socket, &request));
                self.handshakes.insert(socket, reply);
                self.inputs.push_back(Input::Handshake { socket, request });
            }
            Command::Message { connection, text, open } => return self.take_in(now, connection, text, open),
            Command::Happened(input) => self.happened(input),
            Command::Management { site, request, reply } => return self.manage(now, site, request, reply),
            Command::Inspect(request) => return self.inspect(now, request),
            Command::Sqs { request, reply } => self.sqs.call(now, request, reply),
            Command::Polled { environment, poll } => {
                self.functions.of(environment).pool.polled(now, environment, poll, &mut self.pool_actions);
            }
            Command::Answered { environment, reply, .. } if self.dies_of_its_answer(environment) => {
                let _ = reply.send(Receipt::Accepted);
            }
            Command::Answered { environment, request, answer, reply } => {
                let pool = &mut self.functions.of(environment).pool;
                let receipt = pool.answered(now, environment, request, answer, &mut self.pool_actions);
                let _ = reply.send(receipt);
            }
            Command::InitError { environment, message, reply } => {
                let pool = &mut self.functions.of(environment).pool;
                let receipt = pool.init_error(environment, message, &mut self.pool_actions);
                let _ = reply.send(receipt);
            }
            Command::Exited { environment, how } => {
                self.note(|inspection, time| {
                    inspection.recorder.environment_ended(time.now, environment, &how);
                });
                self.functions.of(environment).pool.exited(now, environment, how, &mut self.pool_actions);
                self.settle(now);
                self.processes.remove(&environment);
                return;
            }
            Command::Replace { index, function, api, reply } => {
                let has = self.replace(now, index, function, api);
                let _ = reply.send(has);
            }
            Command::Age { by, reply } => return self.age(now, by, reply),
            Command::KillEnvironment { environment, reply } => {
                let _ = reply.send(self.kill(environment));
            }
            Command::Environments { reply } => drop(reply.send(self.environments())),
            Command::Shutdown | Command::Abandon => {}
        }
        self.settle(now);
    }

    /// A message that becomes no invocation is done with at once.
    fn take_in(&mut self, now: Moment, connection: ConnectionId, text: String, open: OpenMessage) {
        // What is due comes first, so that the next invocation is the message's.
        self.inputs.push_back(Input::Tick);
        self.settle(now);
        self.arriving = Some(open);
        self.note(|inspection, _| inspection.recorder.message_arrives(&text));
        self.inputs.push_back(Input::Message { connection, text });
        self.settle(now);
        self.arriving = None;
    }

    /// Something happened to a socket; what waits for a connection that has ended is dropped.
    fn happened(&mut self, input: Input) {
        self.note_client(&input);
        match &input {
            Input::HandshakeAbandoned { socket } => drop(self.handshakes.remove(socket)),
            Input::Closed { connection, .. } | Input::Lost { connection } => {
                self.connections.remove(connection);
            }
            _ => {}
        }
        self.inputs.push_back(input);
    }

    fn manage(
        &mut self,
        now: Moment,
        site: Option<SiteId>,
        request: ManagementRequest,
        reply: oneshot::Sender<ManagementAnswer>,
    ) {
        // What is due comes first, so that all that follows belongs to this call.
        self.inputs.push_back(Input::Tick);
        self.settle(now);
        let managed = self.inspection.as_ref().map(|_| Managed::of(&request));
        self.call = Some(Call { reply, is_refused: false, managed });
        self.report.posts += u64::from(request.method == "POST");
        let site = site.unwrap_or_else(|| self.core.holder(&request.connection()));
        self.inputs.push_back(Input::Management { call: CallId(site.first_number()), request });
        self.settle(now);
        self.call = None;
    }

    fn tick(&mut self) {
        let now = self.clock.now();
        self.note_time(now);
        self.inputs.push_back(Input::Tick);
        self.functions.tick(now, &mut self.pool_actions);
        self.start_late(now);
        self.settle(now);
    }

    /// Does what is to be done, and what follows from that, until nothing does.
    fn settle(&mut self, now: Moment) {
        loop {
            let mut actions = std::mem::take(&mut self.actions);
            for action in actions.drain(..) {
                self.act(now, action);
            }
            self.actions = actions;
            let mut pool_actions = std::mem::take(&mut self.pool_actions);
            for action in pool_actions.drain(..) {
                self.act_for_pool(now, action);
            }
            if self.pool_actions.is_empty() {
                self.pool_actions = pool_actions;
            }
            match self.inputs.pop_front() {
                Some(input) => {
                    if let Some(inspection) = &mut self.inspection {
                        inspection.recorder.turn_page();
                    }
                    self.core.handle(now, input, &mut self.actions);
                }
                None if !self.actions.is_empty() || !self.pool_actions.is_empty() => {}
                None => {
                    self.poll_queues(now);
                    if self.pool_actions.is_empty() {
                        return;
                    }
                }
            }
        }
    }

    fn act(&mut self, now: Moment, action: Action) {
        match action {
            Action::Accept { socket, connection, subprotocol } => {
                self.accept(socket, connection, subprotocol);
            }
            Action::Refuse { socket, status, content_type, body, .. } => {
                self.note(|inspection, time| inspection.refused(time.now, socket, status, &body));
                if let Some(reply) = self.handshakes.remove(&socket) {
                    let _ = reply.send(HandshakeAnswer::Refuse { status, content_type, body });
                }
            }
            Action::Invoke { invocation, event_type, route_key, connection, event, .. } => {
                let function = self.functions.number_for(invocation, event_type, &route_key);
                self.note(|inspection, time| {
                    let work = (function, Work::Event(invocation));
                    inspection.recorder.invoked(time, work, Some(&connection), &route_key, &event);
                });
                if let Some(open) = self.arriving.take() {
                    self.open_messages.insert(invocation, open);
                }
                let source = Source::Connection(connection);
                let invocation = Invocation { work: Work::Event(invocation), source, event };
                self.functions.at(function).pool.invoke(now, invocation, &mut self.pool_actions);
            }
            Action::Abandon { invocation, connection } => {
                self.open_messages.remove(&invocation);
                self.functions.abandon(&Source::Connection(connection), Work::Event(invocation));
            }
            Action::Send { connection, text } => self.send(&connection, text),
            Action::Close { connection, code, reason } => {
                self.note(|inspection, time| {
                    inspection.recorder.gateway_closed(time.now, &connection, code, &reason);
                });
                if let Some(outbox) = self.connections.remove(&connection) {
                    outbox.close(code, reason);
                }
            }
            Action::Answer { status, error_type, body, .. } => {
                if let Some(mut call) = self.call.take() {
                    let managed = call.managed.take();
                    let status = call.answer(ManagementAnswer { status, error_type, body });
                    self.note(|inspection, time| inspection.managed(time.now, managed, status));
                }
            }
            Action::Finished(finished) => self.finished(finished),
        }
    }

    fn accept(&mut self, socket: SocketId, connection: ConnectionId, subprotocol: Option<String>) {
        self.note(|inspection, time| {
            inspection.opened(time.now, socket, &connection, subprotocol.as_deref());
        });
        let (outbox, reader) = Outbox::new();
        let answer = HandshakeAnswer::Accept { connection: connection.clone(), subprotocol, outbox: reader };
        let reply = self.handshakes.remove(&socket);
        if reply.is_some_and(|reply| reply.send(answer).is_ok()) {
            self.connections.insert(connection, outbox);
        } else {
            // The client has gone in the last moment.
            self.inputs.push_back(Input::Lost { connection });
        }
    }

    /// Posts to a client that does not read are refused with 429 (contract §5.1). Replies and the gateway's
    /// own frames are always taken: there are only as many as the client has sent messages.
    fn send(&mut self, connection: &ConnectionId, text: String) {
        if self.call.is_none() {
            self.note(|inspection, time| inspection.recorder.sent(time.now, connection, &text));
        }
        let Some(outbox) = self.connections.get(connection) else { return };
        match &mut self.call {
            Some(call) if outbox.is_full() => call.is_refused = true,
            _ => outbox.send(text),
        }
    }

    fn finished(&mut self, finished: Finished) {
        self.report.events += 1;
        match finished.verdict {
            Verdict::Status(_) | Verdict::NoRoute(_) | Verdict::Authorized | Verdict::Refused { .. } => {}
            _ => self.report.failed_events += 1,
        }
        self.note(|inspection, time| inspection.recorder.concluded(time, &finished));
        self.emit(GatewayEvent::Finished(finished));
    }

    fn act_for_pool(&mut self, now: Moment, action: PoolAction) {
        match action {
            PoolAction::Start(environment) => self.start_or_wait(now, environment),
            PoolAction::Stop(environment) => match self.processes.get(&environment) {
                Some(process) => process.stop(),
                None => self.never_starts(now, environment),
            },
            PoolAction::Kill(environment, Overdue { limit, setting }) => {
                if let Some(process) = self.processes.get(&environment) {
                    process.kill();
                    self.emit(GatewayEvent::EnvironmentKilled { environment, limit, setting });
                }
            }
            PoolAction::Delivered(work, environment, request) => {
                self.note(|inspection, time| inspection.recorder.delivered(time, work, environment, request));
            }
            PoolAction::Finished(work, outcome) => {
                self.note(|inspection, time| inspection.recorder.answered(time, work, &outcome));
                self.work_finished(now, work, outcome);
            }
            PoolAction::InitFailed(environment, failure) => {
                let stderr = self.processes.get(&environment).map(Process::last_words).unwrap_or_default();
                let reason = failure.to_string();
                self.emit(GatewayEvent::InitFailed { environment, reason, stderr });
            }
            PoolAction::Crashed(environment, how, events) => {
                self.emit(GatewayEvent::EnvironmentCrashed { environment, how, events });
            }
        }
    }

    fn work_finished(&mut self, now: Moment, work: Work, outcome: Outcome) {
        match work {
            Work::Batch(batch) => self.batch_finished(now, batch, outcome),
            Work::Event(invocation) => {
                self.open_messages.remove(&invocation);
                self.inputs.push_back(Input::Invoked { invocation, outcome });
            }
            Work::Replay(_) => {}
        }
    }

    fn start(&mut self, environment: EnvironmentId) {
        let served = self.functions.of(environment);
        match served.launcher.launch(environment) {
            Ok(process) => {
                self.report.environments += 1;
                let pid = process.pid();
                self.processes.insert(environment, process);
                let function = served.launcher.function.name();
                self.emit(GatewayEvent::EnvironmentStarted { environment, function, pid });
            }
            Err(error) => {
                let reason = served.launcher.function.cannot_start(&error);
                served.pool.not_started(environment, reason, &mut self.pool_actions);
            }
        }
    }

    fn set_alarm(&mut self) {
        let functions = self.functions.next_wakeup(self.clock.now());
        let wakeups = [self.core.next_wakeup(), functions, self.sqs.next_wakeup(), self.late_starts.next()];
        if let Some(due) = wakeups.into_iter().flatten().min() {
            self.alarm.set(due, &*self.clock);
        }
    }
}

impl Call {
    /// Sends the answer; its status, which is another if the client's buffer was full.
    fn answer(self, answer: ManagementAnswer) -> u16 {
        let full = ManagementAnswer {
            status: 429,
            error_type: Some("LimitExceededException"),
            body: bytes::Bytes::new(),
        };
        let answer = if self.is_refused { full } else { answer };
        let status = answer.status;
        let _ = self.reply.send(answer);
        status
    }
}
