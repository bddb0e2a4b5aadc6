//! What is said in a schedule: by clients, and by programs that have a handle.

use std::rc::Rc;
use std::time::Duration;

use lift_ws::testing::simulation::{self, sleep};
use serde_json::json;

use super::app;
use super::audience::{Audience, Telling};
use super::environments::{Call, begin};
use super::event;
use super::executor;
use super::promises::Promise;
use super::schedule::Driver;
use super::world::{GROUPS, SCOPES, State, TENANTS, USERS, World, world};

impl Driver {
    pub(super) fn message(&self) {
        let Some(id) = self.speaker() else { return };
        let scope = world(|w| w.connections[&id].scope);
        let to = self.somebody(|of, _| of == scope).unwrap_or_default();
        let (what, group) = world(|w| {
            let what = w.lots.pick(&[
                "ping", "whoami", "whoami", "whoami", "join", "join", "join", "leave", "leave", "say", "say",
                "say", "say", "direct", "direct", "kick", "members", "presence", "identify", "list",
            ]);
            (what, w.lots.pick(&GROUPS))
        });
        let to = if what == "kick" && world(|w| w.lots.permille(600)) { String::new() } else { to };
        self.say(&id, what, group, &to);
    }

    /// One client says several things at once, and looks a little later at what has come of it.
    pub(super) fn chatter(&self) {
        let Some(id) = self.speaker() else { return };
        let group = world(|w| w.lots.pick(&GROUPS));
        for _ in 0..3 {
            let what = world(|w| w.lots.pick(&["join", "leave", "identify", "whoami", "whoami"]));
            self.say(&id, what, group, "");
        }
        let this = self.clone_for_task();
        self.under_way.set(self.under_way.get() + 1);
        executor::spawn(async move {
            sleep(world(|w| w.lots.millis(100..1_000))).await;
            (0..3).for_each(|_| this.say(&id, "whoami", group, ""));
            this.under_way.set(this.under_way.get() - 1);
        });
    }

    fn say(&self, id: &str, what: &'static str, group: &str, to: &str) {
        let body = world(|w| {
            let (except, again) = (w.lots.permille(300), w.lots.permille(250));
            json!({
                "action": what,
                "group": group,
                "to": to,
                "user": w.lots.pick(&["", USERS[0], USERS[1]]),
                "audience": some_audience(w, group),
                "except": except,
                "again": again,
            })
        });
        let (body, opened) = (body.to_string(), world(|w| w.connections[id].opened_at));
        let (call, id) = (self.call(event::message(id, what, &body), what, id), id.to_owned());
        self.environments.invoke(call, move |answer| {
            let body = answer.as_ref().and_then(|answer| answer["body"].as_str()).unwrap_or_default();
            if what == "whoami" && body.contains("unknown_connection") && opened.is_some() {
                world(|w| {
                    if w.state(&id) == Some(State::Open) {
                        w.broken(Promise::LivingHasRecord, || format!("{id} lives and was called unknown"));
                    }
                });
            }
        });
    }

    /// Often the one who spoke last: a client does not wait for an answer before it says the next thing.
    fn speaker(&self) -> Option<String> {
        let last = world(|w| {
            let again = w.lots.permille(400);
            w.last_speaker.clone().filter(|id| again && w.state(id) == Some(State::Open))
        });
        let id = last.or_else(|| self.somebody(|_, state| state == State::Open))?;
        world(|w| w.last_speaker = Some(id.clone()));
        Some(id)
    }

    pub(super) fn broadcast_from_outside(&self) {
        let except = self.somebody(|_, state| state == State::Open);
        let on = world(|w| {
            let (scope, group) = (usize::from(w.lots.permille(300)), w.lots.pick(&GROUPS));
            let (audience, again) = (some_audience(w, group), w.lots.permille(250));
            let except = except.filter(|_| w.lots.permille(300));
            w.begin_broadcast(scope, audience, except.as_deref(), again)
        });
        if world(|w| w.lots.permille(400)) {
            return self.hand_over(on);
        }
        self.broadcast(on);
    }

    /// A job of an environment of its own: it has a handle by the callback URL.
    pub(super) fn broadcast(&self, on: Telling) {
        let (api, stage) = SCOPES[on.scope];
        let conns = self.environments.connections();
        let conns = conns.at(format!("https://{api}.execute-api.eu-central-1.amazonaws.com/{stage}"));
        let time = world(|w| {
            let short = w.plan.short_deadlines;
            if w.lots.permille(short) { w.lots.millis(10..200) } else { Duration::from_secs(60) }
        });
        let conns = conns.with_deadline(simulation::now().expect("a schedule runs") + time);
        let under_way = Rc::clone(&self.under_way);
        under_way.set(under_way.get() + 1);
        executor::spawn(async move {
            let call =
                Call { payload: Vec::new(), what: "job", about: format!("{:?}", on.audience), deadline: 0 };
            let task = executor::current().expect("it has its turn");
            begin(task, 0, &call);
            let scope = on.scope;
            let departed = app::tell(&conns, on).await;
            app::announce(&conns, scope, departed).await;
            world(|w| w.invocations.remove(&task));
            under_way.set(under_way.get() - 1);
        });
    }
}

/// A group, mostly; or a user, a tenant, everybody.
fn some_audience(w: &mut World, group: &str) -> Audience {
    match w.lots.among(0..10) {
        0..6 => Audience::group(group),
        6..8 => Audience::User(w.lots.pick(&USERS).to_owned()),
        8 => Audience::Tenant(w.lots.pick(&TENANTS).to_owned()),
        _ => Audience::All,
    }
}
