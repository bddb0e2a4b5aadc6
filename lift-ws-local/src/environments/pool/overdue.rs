//! Ending what takes too long.

use std::time::Duration;

use super::{Overdue, Pool, PoolAction, find};
use crate::core::Moment;
use crate::environments::environment::State;
use crate::environments::init_failure::InitFailure;
use crate::environments::{EnvironmentId, RequestId};

impl Pool {
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

    fn end_overdue_inits(&mut self, now: Moment, actions: &mut Vec<PoolAction>) {
        let is_overdue = |state: &State| matches!(state, State::Starting { deadline } if *deadline <= now);
        while let Some(late) = self.environments.iter_mut().find(|environment| is_overdue(&environment.state))
        {
            let id = late.id;
            late.state = State::Ending;
            let limit = self.settings.init_timeout;
            actions.push(PoolAction::Kill(id, Overdue { limit, setting: "init_timeout" }));
            let failure = InitFailure::NeverPolled { after: limit };
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
        let limit = self.settings.function_timeout;
        actions.push(PoolAction::Kill(environment, Overdue { limit, setting: "function_timeout" }));
    }

    /// The process of this environment will be there later by this time, so it is not too slow until then.
    pub(crate) fn postpone(&mut self, id: EnvironmentId, by: Duration) {
        if let Some(State::Starting { deadline }) =
            find(&mut self.environments, id).map(|environment| &mut environment.state)
        {
            *deadline = deadline.after(by);
        }
    }

    pub(super) fn forget_answered_deadlines(&mut self) {
        while let Some((_, request)) = self.deadlines.front()
            && !self.in_flight.contains_key(request)
        {
            self.deadlines.pop_front();
        }
    }
}
