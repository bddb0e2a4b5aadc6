use bytes::Bytes;

use super::*;
use crate::core::InvocationId;
use crate::environments::Source;
use crate::sqs::BatchId;

const START: Moment = Moment::from_millis(1_000_000);

/// A pool, and what it has asked for since it was last looked at.
struct World {
    pool: Pool,
    actions: Vec<PoolAction>,
    now: Moment,
    invocations: u64,
}

type Poll = oneshot::Receiver<Delivery>;

fn world(max_environments: usize, concurrency: usize) -> World {
    let settings = PoolSettings {
        max_environments,
        concurrency,
        init_timeout: Duration::from_secs(10),
        function_timeout: Duration::from_secs(30),
    };
    World { pool: Pool::new(settings), actions: Vec::new(), now: START, invocations: 0 }
}

impl World {
    fn invoke(&mut self) -> InvocationId {
        self.invocations += 1;
        let id = InvocationId(self.invocations);
        let event = Bytes::from(format!("event {}", self.invocations));
        let (work, source) = (Work::Event(id), Source::Connection("one".into()));
        self.pool.invoke(self.now, Invocation { work, source, event }, &mut self.actions);
        id
    }

    fn poll(&mut self, environment: u32) -> Poll {
        let (poll, delivered) = oneshot::channel();
        self.pool.polled(self.now, EnvironmentId(environment), poll, &mut self.actions);
        delivered
    }

    fn respond(&mut self, environment: u32, request: RequestId) -> Receipt {
        let answer = FunctionAnswer::Response(Bytes::from_static(b"{}"));
        self.pool.answered(self.now, EnvironmentId(environment), request, answer, &mut self.actions)
    }

    fn exit(&mut self, environment: u32) {
        let how = "exited with status 1".to_owned();
        self.pool.exited(self.now, EnvironmentId(environment), how, &mut self.actions);
    }

    fn wait(&mut self, seconds: u64) {
        self.now = self.now.after(Duration::from_secs(seconds));
        self.pool.tick(self.now, &mut self.actions);
    }

    /// What was asked for, in words.
    fn asked(&mut self) -> Vec<String> {
        let told = self.actions.drain(..).filter(|action| !matches!(action, PoolAction::Delivered(..)));
        let words = told.map(|action| match action {
            PoolAction::Delivered(..) => unreachable!("it is filtered out"),
            PoolAction::Start(id) => format!("start {id}"),
            PoolAction::Stop(id) => format!("stop {id}"),
            PoolAction::Kill(id, overdue) => {
                format!("kill {id}: {} of {:?}", overdue.setting, overdue.limit)
            }
            PoolAction::Finished(work, Outcome::Returned(_)) => format!("returned {}", name(work)),
            PoolAction::Finished(work, Outcome::FunctionError { .. }) => format!("failed {}", name(work)),
            PoolAction::Finished(work, Outcome::Unavailable { .. }) => {
                format!("unavailable {}", name(work))
            }
            PoolAction::InitFailed(id, failure) => format!("init failed {id}: {failure}"),
            PoolAction::Crashed(id, how, events) => format!("crashed {id}: {how}, {events} events"),
        });
        words.collect()
    }
}

fn name(work: Work) -> String {
    match work {
        Work::Event(InvocationId(id)) => id.to_string(),
        Work::Batch(BatchId(id)) => format!("batch {id}"),
        Work::Replay(id) => format!("replay {id}"),
    }
}

fn delivered(poll: &mut Poll) -> Delivery {
    poll.try_recv().expect("an event was delivered")
}

#[test]
fn an_event_starts_an_environment_and_is_delivered_to_its_first_poll() {
    let mut world = world(4, 1);
    world.invoke();
    assert_eq!(world.asked(), ["start 1"]);
    let delivery = delivered(&mut world.poll(1));
    assert_eq!(delivery.event, "event 1");
    assert_eq!(delivery.deadline, START.after(Duration::from_secs(30)));
    assert_eq!(world.respond(1, delivery.request_id), Receipt::Accepted);
    assert_eq!(world.asked(), ["returned 1"]);
}

#[test]
fn events_wait_when_all_environments_are_busy_and_come_in_order() {
    let mut world = world(1, 1);
    for _ in 0..3 {
        world.invoke();
    }
    assert_eq!(world.asked(), ["start 1"]);
    for number in 1..=3 {
        let delivery = delivered(&mut world.poll(1));
        assert_eq!(delivery.event, format!("event {number}"));
        world.respond(1, delivery.request_id);
    }
    assert_eq!(world.asked(), ["returned 1", "returned 2", "returned 3"]);
}

#[test]
fn no_environment_is_started_for_an_event_between_an_answer_and_the_next_poll() {
    let mut world = world(4, 1);
    world.invoke();
    let delivery = delivered(&mut world.poll(1));
    world.respond(1, delivery.request_id);
    world.asked();
    world.invoke();
    assert_eq!(world.asked(), [""; 0]);
    // If the poll does not come after all, another environment takes over.
    assert_eq!(world.pool.next_wakeup(world.now), Some(world.now.after(POLL_EXPECTED)));
    world.wait(1);
    assert_eq!(world.asked(), ["start 2"]);
}

#[test]
fn the_environment_that_was_idle_longest_gets_the_next_event() {
    let mut world = world(2, 1);
    world.invoke();
    world.invoke();
    let first = delivered(&mut world.poll(1));
    let second = delivered(&mut world.poll(2));
    world.respond(2, second.request_id);
    world.respond(1, first.request_id);
    let (mut one, mut two) = (world.poll(1), world.poll(2));
    world.invoke();
    assert!(one.try_recv().is_ok() && two.try_recv().is_err());
    world.invoke();
    assert!(two.try_recv().is_ok());
}

#[test]
fn a_concurrent_environment_takes_as_many_events_as_it_may() {
    let mut world = world(1, 2);
    let mut polls = [world.poll(1), world.poll(1), world.poll(1)];
    world.invoke();
    assert_eq!(world.asked(), ["start 1"]);
    polls[0] = world.poll(1);
    polls[1] = world.poll(1);
    world.invoke();
    world.invoke();
    let first = delivered(&mut polls[0]);
    let second = delivered(&mut polls[1]);
    let mut third = world.poll(1);
    assert!(third.try_recv().is_err());
    world.respond(1, second.request_id);
    assert_eq!(delivered(&mut third).event, "event 3");
    world.respond(1, first.request_id);
    assert_eq!(world.asked(), ["returned 2", "returned 1"]);
}

#[test]
fn an_event_is_not_lost_with_a_poll_whose_connection_has_gone() {
    let mut world = world(1, 1);
    world.invoke();
    let delivery = delivered(&mut world.poll(1));
    world.respond(1, delivery.request_id);
    drop(world.poll(1));
    let mut open = world.poll(1);
    world.invoke();
    assert_eq!(delivered(&mut open).event, "event 2");
}

#[test]
fn polls_whose_connections_have_gone_do_not_pile_up() {
    let mut world = world(1, 1);
    world.invoke();
    let first = delivered(&mut world.poll(1)).request_id;
    world.respond(1, first);
    for _ in 0..100 {
        drop(world.poll(1));
    }
    assert_eq!(world.pool.environments[0].polls.len(), 1);
}

#[test]
fn a_crash_fails_the_event_and_a_waiting_one_gets_a_new_environment() {
    let mut world = world(1, 1);
    world.invoke();
    world.invoke();
    let _delivery = delivered(&mut world.poll(1));
    world.asked();
    world.exit(1);
    assert_eq!(world.asked(), ["crashed 1: exited with status 1, 1 events", "failed 1", "start 2"]);
    assert_eq!(delivered(&mut world.poll(2)).event, "event 2");
}

#[test]
fn a_program_that_cannot_start_fails_all_that_wait_and_is_started_again_only_by_the_next_event() {
    let mut world = world(1, 1);
    world.invoke();
    world.invoke();
    world.exit(1);
    assert_eq!(
        world.asked(),
        [
            "start 1",
            "init failed 1: it exited with status 1 before it asked for its first event",
            "unavailable 1",
            "unavailable 2",
        ]
    );
    assert_eq!(world.pool.next_wakeup(world.now), None);
    world.invoke();
    assert_eq!(world.asked(), ["start 2"]);
}

#[test]
fn one_failed_start_among_working_environments_fails_one_event() {
    let mut world = world(2, 1);
    world.invoke();
    let _busy = delivered(&mut world.poll(1));
    world.invoke();
    world.invoke();
    world.asked();
    world.exit(2);
    assert_eq!(world.asked()[1..], ["unavailable 2"]);
    assert!(world.pool.is_busy());
}

#[test]
fn a_program_that_never_polls_is_killed_when_its_time_is_over() {
    let mut world = world(1, 1);
    world.invoke();
    assert_eq!(world.pool.next_wakeup(world.now), Some(START.after(Duration::from_secs(10))));
    world.wait(9);
    assert_eq!(world.asked(), ["start 1"]);
    world.wait(1);
    assert_eq!(
        world.asked(),
        [
            "kill 1: init_timeout of 10s",
            "init failed 1: it did not ask for its first event within 10 s",
            "unavailable 1"
        ]
    );
    world.exit(1);
    assert_eq!(world.asked(), [""; 0]);
}

#[test]
fn an_event_that_takes_longer_than_the_function_may_ends_the_environment() {
    let mut world = world(1, 1);
    world.invoke();
    let delivery = delivered(&mut world.poll(1));
    world.asked();
    world.wait(30);
    assert_eq!(world.asked(), ["failed 1", "kill 1: function_timeout of 30s"]);
    // Its late answer has no addressee any more.
    assert_eq!(world.respond(1, delivery.request_id), Receipt::UnknownRequest);
    world.invoke();
    assert_eq!(world.asked(), ["start 2"]);
}

#[test]
fn answers_count_once_and_only_from_the_environment_that_was_asked() {
    let mut world = world(2, 1);
    world.invoke();
    let delivery = delivered(&mut world.poll(1));
    world.invoke();
    let _other = delivered(&mut world.poll(2));
    assert_eq!(world.respond(2, delivery.request_id), Receipt::UnknownRequest);
    assert_eq!(world.respond(1, delivery.request_id), Receipt::Accepted);
    assert_eq!(world.respond(1, delivery.request_id), Receipt::WrongState);
}

#[test]
fn a_replaced_environment_finishes_what_it_has_begun_and_the_new_one_does_not_wait_for_it() {
    let mut world = world(1, 1);
    world.invoke();
    let delivery = delivered(&mut world.poll(1));
    world.asked();
    let settings = world.pool.settings.clone();
    world.pool.replace(world.now, settings, &mut world.actions);
    world.invoke();
    assert_eq!(world.asked(), ["start 2"]);
    assert_eq!(world.respond(1, delivery.request_id), Receipt::Accepted);
    assert_eq!(world.asked(), ["returned 1", "stop 1"]);
    assert_eq!(delivered(&mut world.poll(2)).event, "event 2");
}

#[test]
fn events_that_wait_for_a_starting_environment_wait_for_the_one_that_replaces_it() {
    let mut world = world(1, 1);
    world.invoke();
    let settings = world.pool.settings.clone();
    world.pool.replace(world.now, settings, &mut world.actions);
    assert_eq!(world.asked(), ["start 1", "stop 1", "start 2"]);
    world.exit(1);
    assert_eq!(delivered(&mut world.poll(2)).event, "event 1");
    assert_eq!(world.asked(), [""; 0]);
}

#[test]
fn an_event_that_the_gateway_has_given_up_is_not_begun() {
    let mut world = world(1, 1);
    let given_up = world.invoke();
    world.invoke();
    world.pool.abandon(&Source::Connection("one".into()), Work::Event(given_up));
    assert_eq!(delivered(&mut world.poll(1)).event, "event 2");
}

#[test]
fn a_stopped_pool_refuses_events_and_ends_idle_environments() {
    let mut world = world(2, 1);
    world.invoke();
    let busy = delivered(&mut world.poll(1));
    world.invoke();
    let idle = delivered(&mut world.poll(2));
    world.respond(2, idle.request_id);
    world.asked();
    world.pool.stop(world.now, &mut world.actions);
    assert_eq!(world.asked(), ["stop 2"]);
    world.invoke();
    assert_eq!(world.asked(), ["unavailable 3"]);
    world.respond(1, busy.request_id);
    assert_eq!(world.asked(), ["returned 1", "stop 1"]);
}
