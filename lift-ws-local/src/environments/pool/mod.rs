//! Which environment gets which event: a state machine without processes or sockets of its own.
//!
//! An environment takes one event at a time (or as many as `AWS_LAMBDA_MAX_CONCURRENCY` says), more
//! environments are started while events wait and the maximum allows, and events wait when all are busy.

mod action;
mod delivery;
mod overdue;
mod settings;
mod waiting;

use std::collections::{HashMap, VecDeque};
use std::time::Duration;

use tokio::sync::oneshot;

pub(crate) use action::{Overdue, PoolAction};
pub(crate) use settings::PoolSettings;

use super::environment::{Environment, EnvironmentId, State};
use super::init_failure::InitFailure;
use super::invocation::{Delivery, FunctionAnswer, Invocation, Receipt, Source, Work};
use super::request_id::{RequestId, RequestIds};
use crate::core::{Moment, Outcome};
use waiting::Waiting;

/// How long after an answer the next poll may take; usually it takes no millisecond.
const POLL_EXPECTED: Duration = Duration::from_secs(1);

#[derive(Debug)]
struct InFlight {
    environment: EnvironmentId,
    work: Work,
}

/// The environments of one function, and the events that wait for them.
#[derive(Debug)]
pub(crate) struct Pool {
    settings: PoolSettings,
    environments: Vec<Environment>,
    waiting: Waiting,
    in_flight: HashMap<RequestId, InFlight>,
    /// In order of time, since all events get the same; entries that are answered are left behind.
    deadlines: VecDeque<(Moment, RequestId)>,
    ids: RequestIds,
    next_environment: u32,
    /// How far the numbers of two environments are apart: other functions have those in between.
    numbers_apart: u32,
    deliveries: u64,
    stopping: bool,
}

impl Pool {
    #[cfg(test)]
    pub(crate) fn new(settings: PoolSettings) -> Self {
        Self::numbered(settings, 1, 1)
    }

    /// A pool whose environments are numbered `first`, `first + apart`, and so on.
    pub(crate) fn numbered(settings: PoolSettings, first: u32, apart: u32) -> Self {
        Self {
            settings,
            environments: Vec::new(),
            waiting: Waiting::default(),
            in_flight: HashMap::new(),
            deadlines: VecDeque::new(),
            ids: RequestIds::new(),
            next_environment: first,
            numbers_apart: apart,
            deliveries: 0,
            stopping: false,
        }
    }

    /// A new event: delivered at once if somebody is free, else it waits.
    pub(crate) fn invoke(&mut self, now: Moment, invocation: Invocation, actions: &mut Vec<PoolAction>) {
        if self.stopping {
            actions.push(PoolAction::Finished(invocation.work, unavailable("the gateway is stopping")));
            return;
        }
        let Some(invocation) = self.deliver(now, invocation, actions) else { return };
        self.waiting.push(invocation);
        self.start_for_waiting(now, actions);
    }

    /// The gateway does not wait for this event any more: one that nobody has begun is never begun.
    pub(crate) fn abandon(&mut self, source: &Source, work: Work) {
        self.waiting.remove(source, work);
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
        // A program that polls and hangs up again and again would fill the memory until the next event.
        environment.polls.retain(|poll| !poll.is_closed());
        environment.polls.push_back(poll);
        match environment.state {
            State::Starting { .. } => environment.state = State::Ready,
            State::Ready => {}
            State::Retiring => return self.end_if_idle(id, actions),
            State::Ending => return,
        }
        self.deliver_waiting(now, id, actions);
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
            FunctionAnswer::Error { message, error_message } => {
                Outcome::FunctionError { message, error_message }
            }
        };
        if let Some(known) = self.in_flight.remove(&request) {
            actions.push(PoolAction::Finished(known.work, outcome));
        }
        self.forget_answered_deadlines();
        self.deliver_waiting(now, id, actions);
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
        while let Some(invocation) = self.waiting.pop() {
            actions.push(PoolAction::Finished(invocation.work, unavailable("the gateway is stopping")));
        }
        let settings = self.settings.clone();
        self.replace(now, settings, actions);
    }

    /// Whether events wait or are being worked on.
    pub(crate) fn is_busy(&self) -> bool {
        !self.waiting.is_empty() || !self.in_flight.is_empty()
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
            let id = EnvironmentId(self.next_environment);
            self.next_environment += self.numbers_apart;
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
        for invocation in std::iter::from_fn(|| self.waiting.pop()).take(lost) {
            actions.push(PoolAction::Finished(invocation.work, unavailable(&message)));
        }
    }

    fn finish_in_flight(&mut self, request: RequestId, message: String, actions: &mut Vec<PoolAction>) {
        if let Some(known) = self.in_flight.remove(&request) {
            let outcome = Outcome::FunctionError { message, error_message: None };
            actions.push(PoolAction::Finished(known.work, outcome));
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
}

fn find(environments: &mut [Environment], id: EnvironmentId) -> Option<&mut Environment> {
    environments.iter_mut().find(|environment| environment.id == id)
}

fn unavailable(message: &str) -> Outcome {
    Outcome::Unavailable { message: message.to_owned() }
}

#[cfg(test)]
mod tests;
