//! Which environment gets which event: a state machine without processes or sockets of its own.
//!
//! An environment takes one event at a time (or as many as `AWS_LAMBDA_MAX_CONCURRENCY` says), more
//! environments are started while events wait and the maximum allows, and events wait when all are busy.

use std::collections::{HashMap, VecDeque};
use std::time::Duration;

use tokio::sync::oneshot;

use super::environment::{Environment, EnvironmentId, State};
use super::init_failure::InitFailure;
use super::invocation::{Delivery, FunctionAnswer, Invocation, Receipt};
use super::request_id::{RequestId, RequestIds};
use crate::core::{InvocationId, Moment, Outcome};

/// How long after an answer the next poll may take; usually it takes no millisecond.
const POLL_EXPECTED: Duration = Duration::from_secs(1);

/// How many environments there may be and how long they may take.
#[derive(Clone, Debug)]
pub(crate) struct PoolSettings {
    pub(crate) max_environments: usize,
    /// Events that one environment may have at a time.
    pub(crate) concurrency: usize,
    /// From the start of the process to its first poll.
    pub(crate) init_timeout: Duration,
    /// From the delivery of an event to its answer; an environment that takes longer is ended.
    pub(crate) function_timeout: Duration,
}

/// What the pool asks its owner to do.
#[derive(Debug)]
pub(crate) enum PoolAction {
    /// Start a process; [`Pool::exited`] if that fails.
    Start(EnvironmentId),
    /// End a process that is not needed any more, with time to finish.
    Stop(EnvironmentId),
    /// End a process at once.
    Kill(EnvironmentId),
    /// This event is done with.
    Finished(InvocationId, Outcome),
    /// Tell the user that an environment did not start.
    InitFailed(EnvironmentId, InitFailure),
    /// Tell the user that an environment ended by itself; the number of events that it took along.
    Crashed(EnvironmentId, String, usize),
}

#[derive(Debug)]
struct InFlight {
    environment: EnvironmentId,
    invocation: InvocationId,
}

/// The environments of one function, and the events that wait for them.
#[derive(Debug)]
pub(crate) struct Pool {
    settings: PoolSettings,
    environments: Vec<Environment>,
    waiting: VecDeque<Invocation>,
    in_flight: HashMap<RequestId, InFlight>,
    /// In order of time, since all events get the same; entries that are answered are left behind.
    deadlines: VecDeque<(Moment, RequestId)>,
    ids: RequestIds,
    last_environment: u32,
    deliveries: u64,
    stopping: bool,
}

impl Pool {
    pub(crate) fn new(settings: PoolSettings) -> Self {
        Self {
            settings,
            environments: Vec::new(),
            waiting: VecDeque::new(),
            in_flight: HashMap::new(),
            deadlines: VecDeque::new(),
            ids: RequestIds::new(),
            last_environment: 0,
            deliveries: 0,
            stopping: false,
        }
    }

    /// A new event: delivered at once if somebody is free, else it waits.
    pub(crate) fn invoke(&mut self, now: Moment, invocation: Invocation, actions: &mut Vec<PoolAction>) {
        if self.stopping {
            actions.push(PoolAction::Finished(invocation.id, unavailable("the gateway is stopping")));
            return;
        }
        let Some(invocation) = self.deliver(now, invocation) else { return };
        self.waiting.push_back(invocation);
        self.start_for_waiting(now, actions);
    }

    /// The gateway does not wait for this event any more: one that nobody has begun is never begun.
    pub(crate) fn abandon(&mut self, invocation: InvocationId) {
        self.waiting.retain(|waiting| waiting.id != invocation);
    }

    /// An environment asks for its next event.
    pub(crate) fn polled(
        &mut self,
        now: Moment,
        id: EnvironmentId,
        poll: oneshot::Sender<Delivery>,
        actions: &mut Vec<PoolAction>,
    ) {
        let Some(environment) = find(&mut self.environments, id) else { return };
        environment.polls.push_back(poll);
        match environment.state {
            State::Starting { .. } => environment.state = State::Ready,
            State::Ready => {}
            State::Retiring => return self.end_if_idle(id, actions),
            State::Ending => return,
        }
        self.deliver_waiting(now, id);
    }

    /// A function's answer, by its id; the connection that it came on does not matter.
    pub(crate) fn answered(
        &mut self,
        now: Moment,
        id: EnvironmentId,
        request: RequestId,
        answer: FunctionAnswer,
        actions: &mut Vec<PoolAction>,
    ) -> Receipt {
        let Some(environment) = find(&mut self.environments, id) else { return Receipt::UnknownRequest };
        let Some(position) = environment.in_flight.iter().position(|known| *known == request) else {
            return if environment.last_answered == Some(request) {
                Receipt::WrongState
            } else {
                Receipt::UnknownRequest
            };
        };
        environment.in_flight.swap_remove(position);
        environment.last_answered = Some(request);
        environment.poll_expected_until = now.after(POLL_EXPECTED);
        let outcome = match answer {
            FunctionAnswer::Response(body) => Outcome::Returned(body),
            FunctionAnswer::Error { message } => Outcome::FunctionError { message },
        };
        if let Some(known) = self.in_flight.remove(&request) {
            actions.push(PoolAction::Finished(known.invocation, outcome));
        }
        self.forget_answered_deadlines();
        self.deliver_waiting(now, id);
        self.end_if_idle(id, actions);
        Receipt::Accepted
    }

    /// The program says that it cannot start.
    pub(crate) fn init_error(
        &mut self,
        id: EnvironmentId,
        message: String,
        actions: &mut Vec<PoolAction>,
    ) -> Receipt {
        match find(&mut self.environments, id).map(|environment| &mut environment.state) {
            Some(state @ State::Starting { .. }) => *state = State::Ending,
            _ => return Receipt::WrongState,
        }
        actions.push(PoolAction::Stop(id));
        self.fail_init(id, InitFailure::Reported { message }, actions);
        Receipt::Accepted
    }

    /// A process could not be made.
    pub(crate) fn not_started(&mut self, id: EnvironmentId, reason: String, actions: &mut Vec<PoolAction>) {
        self.environments.retain(|environment| environment.id != id);
        self.fail_init(id, InitFailure::NotStarted { reason }, actions);
    }

    /// A process has ended, for whatever reason.
    pub(crate) fn exited(
        &mut self,
        now: Moment,
        id: EnvironmentId,
        how: String,
        actions: &mut Vec<PoolAction>,
    ) {
        let Some(position) = self.environments.iter().position(|environment| environment.id == id) else {
            return;
        };
        let environment = self.environments.swap_remove(position);
        match environment.state {
            State::Starting { .. } => return self.fail_init(id, InitFailure::Exited { how }, actions),
            State::Ready | State::Retiring => {
                actions.push(PoolAction::Crashed(id, how.clone(), environment.in_flight.len()));
            }
            State::Ending => {}
        }
        for request in environment.in_flight {
            let message = format!("environment {id} {how} before it answered");
            self.finish_in_flight(request, message, actions);
        }
        self.start_for_waiting(now, actions);
    }

    /// Ends what has taken too long.
    pub(crate) fn tick(&mut self, now: Moment, actions: &mut Vec<PoolAction>) {
        self.end_overdue_inits(now, actions);
        while let Some((deadline, request)) = self.deadlines.front().copied() {
            if self.in_flight.contains_key(&request) {
                if deadline > now {
                    break;
                }
                self.time_out(request, actions);
            }
            self.deadlines.pop_front();
        }
        self.start_for_waiting(now, actions);
    }

    /// When [`tick`](Self::tick) has something to do.
    pub(crate) fn next_wakeup(&self, now: Moment) -> Option<Moment> {
        let init = self.environments.iter().filter_map(|environment| match environment.state {
            State::Starting { deadline } => Some(deadline),
            _ => None,
        });
        let polls = self.environments.iter().filter(|_| !self.waiting.is_empty());
        let polls = polls.map(|environment| environment.poll_expected_until);
        let polls = polls.filter(|expected| *expected > now);
        let deadline = self.deadlines.front().map(|(deadline, _)| *deadline);
        init.chain(polls).chain(deadline).min()
    }

    /// New events go to new environments; the old ones finish what they have begun.
    pub(crate) fn replace(&mut self, now: Moment, settings: PoolSettings, actions: &mut Vec<PoolAction>) {
        self.settings = settings;
        for environment in &mut self.environments {
            match environment.state {
                State::Starting { .. } => {
                    environment.state = State::Ending;
                    actions.push(PoolAction::Stop(environment.id));
                }
                State::Ready => environment.state = State::Retiring,
                State::Retiring | State::Ending => {}
            }
        }
        let ids: Vec<_> = self.environments.iter().map(|environment| environment.id).collect();
        for id in ids {
            self.end_if_idle(id, actions);
        }
        self.start_for_waiting(now, actions);
    }

    /// No more events; every environment ends when its events are answered.
    pub(crate) fn stop(&mut self, now: Moment, actions: &mut Vec<PoolAction>) {
        self.stopping = true;
        for invocation in self.waiting.drain(..) {
            actions.push(PoolAction::Finished(invocation.id, unavailable("the gateway is stopping")));
        }
        let settings = self.settings.clone();
        self.replace(now, settings, actions);
    }

    /// Whether events wait or are being worked on.
    pub(crate) fn is_busy(&self) -> bool {
        !self.waiting.is_empty() || !self.in_flight.is_empty()
    }

    /// Gives the event to the environment that has been idle longest, so that a program which keeps state in
    /// memory meets its mistake at home.
    fn deliver(&mut self, now: Moment, mut invocation: Invocation) -> Option<Invocation> {
        loop {
            let concurrency = self.settings.concurrency;
            let free = self.environments.iter().filter(|environment| environment.is_free(concurrency));
            let Some(id) = free.min_by_key(|environment| environment.last_used).map(|free| free.id) else {
                return Some(invocation);
            };
            invocation = self.deliver_to(now, id, invocation)?;
        }
    }

    /// Gives an environment what waits, as far as it has room.
    fn deliver_waiting(&mut self, now: Moment, id: EnvironmentId) {
        while let Some(invocation) = self.waiting.pop_front() {
            if let Some(undelivered) = self.deliver_to(now, id, invocation) {
                self.waiting.push_front(undelivered);
                return;
            }
        }
    }

    /// Gives the event back if this environment has no open poll for it.
    fn deliver_to(
        &mut self,
        now: Moment,
        id: EnvironmentId,
        mut invocation: Invocation,
    ) -> Option<Invocation> {
        let concurrency = self.settings.concurrency;
        let environment = find(&mut self.environments, id)?;
        while environment.is_free(concurrency) {
            let poll = environment.polls.pop_front()?;
            let delivery = Delivery {
                request_id: self.ids.next(),
                deadline: now.after(self.settings.function_timeout),
                trace_id: trace_id(now, &mut self.ids),
                event: invocation.event,
                invocation: invocation.id,
            };
            let (request, deadline) = (delivery.request_id, delivery.deadline);
            match poll.send(delivery) {
                Ok(()) => {
                    self.deliveries += 1;
                    environment.last_used = self.deliveries;
                    environment.in_flight.push(request);
                    self.in_flight.insert(request, InFlight { environment: id, invocation: invocation.id });
                    self.deadlines.push_back((deadline, request));
                    return None;
                }
                // That poll's connection is gone: take the event back and look for another.
                Err(back) => invocation = Invocation { id: back.invocation, event: back.event },
            }
        }
        Some(invocation)
    }

    /// One start per waiting event that nobody will take soon, up to the maximum.
    fn start_for_waiting(&mut self, now: Moment, actions: &mut Vec<PoolAction>) {
        if self.stopping || self.waiting.is_empty() {
            return;
        }
        let concurrency = self.settings.concurrency;
        let (mut live, mut coming) = (0, 0);
        for environment in &self.environments {
            match environment.state {
                State::Starting { .. } => (live, coming) = (live + 1, coming + concurrency),
                State::Ready => {
                    live += 1;
                    coming += usize::from(environment.is_about_to_poll(now, concurrency));
                }
                State::Retiring | State::Ending => {}
            }
        }
        while coming < self.waiting.len() && live < self.settings.max_environments {
            self.last_environment += 1;
            let id = EnvironmentId(self.last_environment);
            let deadline = now.after(self.settings.init_timeout);
            self.environments.push(Environment::starting(id, deadline));
            actions.push(PoolAction::Start(id));
            live += 1;
            coming += concurrency;
        }
    }

    /// Fails the event that the environment was started for, or all if nobody is left to take them.
    ///
    /// Nothing is started in its place: the next event tries again, so a program that cannot start is not
    /// started in a loop.
    fn fail_init(&mut self, id: EnvironmentId, failure: InitFailure, actions: &mut Vec<PoolAction>) {
        let others = self
            .environments
            .iter()
            .any(|environment| matches!(environment.state, State::Starting { .. } | State::Ready));
        let lost = if others { self.waiting.len().min(1) } else { self.waiting.len() };
        let message = format!("environment {id} did not start: {failure}");
        actions.push(PoolAction::InitFailed(id, failure));
        for invocation in self.waiting.drain(..lost) {
            actions.push(PoolAction::Finished(invocation.id, unavailable(&message)));
        }
    }

    fn end_overdue_inits(&mut self, now: Moment, actions: &mut Vec<PoolAction>) {
        let is_overdue = |state: &State| matches!(state, State::Starting { deadline } if *deadline <= now);
        while let Some(late) = self.environments.iter_mut().find(|environment| is_overdue(&environment.state))
        {
            let id = late.id;
            late.state = State::Ending;
            actions.push(PoolAction::Kill(id));
            let failure = InitFailure::NeverPolled { after: self.settings.init_timeout };
            self.fail_init(id, failure, actions);
        }
    }

    /// Lambda's own limit: the environment is not usable any more, as nobody knows what it still does.
    fn time_out(&mut self, request: RequestId, actions: &mut Vec<PoolAction>) {
        let Some(environment) = self.in_flight.get(&request).map(|known| known.environment) else { return };
        let message = format!(
            "the function did not answer within its timeout of {:.1} s; environment {environment} is replaced",
            self.settings.function_timeout.as_secs_f64()
        );
        if let Some(environment) = find(&mut self.environments, environment) {
            environment.state = State::Ending;
            for request in std::mem::take(&mut environment.in_flight) {
                self.finish_in_flight(request, message.clone(), actions);
            }
        }
        actions.push(PoolAction::Kill(environment));
    }

    fn finish_in_flight(&mut self, request: RequestId, message: String, actions: &mut Vec<PoolAction>) {
        if let Some(known) = self.in_flight.remove(&request) {
            actions.push(PoolAction::Finished(known.invocation, Outcome::FunctionError { message }));
        }
    }

    fn end_if_idle(&mut self, id: EnvironmentId, actions: &mut Vec<PoolAction>) {
        if let Some(environment) = find(&mut self.environments, id)
            && environment.state == State::Retiring
            && environment.in_flight.is_empty()
        {
            environment.state = State::Ending;
            actions.push(PoolAction::Stop(id));
        }
    }

    fn forget_answered_deadlines(&mut self) {
        while let Some((_, request)) = self.deadlines.front()
            && !self.in_flight.contains_key(request)
        {
            self.deadlines.pop_front();
        }
    }
}

fn find(environments: &mut [Environment], id: EnvironmentId) -> Option<&mut Environment> {
    environments.iter_mut().find(|environment| environment.id == id)
}

fn unavailable(message: &str) -> Outcome {
    Outcome::Unavailable { message: message.to_owned() }
}

/// `Root=1-{seconds}-{96 bits};Parent={64 bits};Sampled=0`, as X-Ray writes it.
fn trace_id(now: Moment, ids: &mut RequestIds) -> String {
    let (root, parent) = (ids.hex(), ids.hex());
    format!("Root=1-{:08x}-{root}{};Parent={parent};Sampled=0", now.as_millis() / 1000, &parent[..8])
}

#[cfg(test)]
#[path = "pool_tests.rs"]
mod tests;
