//! Connections of a schedule, from their handshake to `$disconnect`.

use std::rc::Rc;
use std::time::Duration;

use lift_ws::testing::simulation::sleep;

use super::event;
use super::executor;
use super::promises::Promise;
use super::schedule::Driver;
use super::world::{Connection, GROUPS, State, TENANTS, USERS, now, scope_key, world};

/// The longest that a connection lasts.
const TWO_HOURS: u64 = 2 * 60 * 60 * 1_000;

impl Driver {
    pub(super) fn connect(&mut self) {
        self.last += 1;
        let n = self.last;
        let (scope, id) = world(|w| {
            // most of them meet in one stage
            let scope = usize::from(w.lots.permille(300));
            (scope, format!("{}{n:04}=", ["Prod", "Test"][scope]))
        });
        let (user, tenant, groups, how) = world(|w| {
            let user = w.lots.permille(750).then(|| w.lots.pick(&USERS));
            let tenant = w.lots.permille(600).then(|| w.lots.pick(&TENANTS));
            let groups: Vec<&'static str> = GROUPS.iter().copied().filter(|_| w.lots.permille(450)).collect();
            let how = match w.lots.among(0..100) {
                0..76 => "accept",
                76..82 => "refuse",
                82..86 => "panic",
                86..92 => "post",
                _ => "slow",
            };
            let connection = Connection {
                scope,
                connected_at: now(),
                user,
                tenant,
                groups,
                state: State::Handshaking,
                opened_at: None,
                closed_at: None,
                refused: matches!(how, "refuse" | "panic"),
                disconnects: 0,
            };
            w.note(|| format!("{id} connects ({how}) as {user:?} of {tenant:?} to {:?}", connection.groups));
            let groups = connection.groups.join(",");
            w.connections.insert(id.clone(), connection);
            (user, tenant, groups, how)
        });
        let call = self.call(event::connect(&id, user, tenant, &groups, how), "$connect", &id);
        let (this, of) = (self.clone_for_task(), id.clone());
        self.under_way.set(self.under_way.get() + 1);
        self.environments.invoke(call, move |answer| {
            let status = answer.and_then(|answer| answer["statusCode"].as_u64()).unwrap_or(502);
            executor::spawn(async move { this.answered(&of, status).await });
        });
        if world(|w| w.lots.permille(50)) {
            self.abort_handshake(id);
        }
    }

    /// The client goes away before it is answered.
    fn abort_handshake(&self, id: String) {
        let this = self.clone_for_task();
        self.under_way.set(self.under_way.get() + 1);
        executor::spawn(async move {
            sleep(world(|w| w.lots.millis(0..120))).await;
            if world(|w| w.state(&id)) == Some(State::Handshaking) {
                world(|w| w.close(&id));
                this.deliver_disconnect(&id, 1_006);
            }
            this.under_way.set(this.under_way.get() - 1);
        });
    }

    /// What the function said to the handshake; the client hears it a little later.
    async fn answered(&self, id: &str, status: u64) {
        if status == 200 {
            sleep(world(
                |w| {
                    if w.lots.permille(500) { w.lots.millis(0..30) } else { w.lots.millis(30..4_000) }
                },
            ))
            .await;
        }
        self.under_way.set(self.under_way.get() - 1);
        let (scope, groups, connected_at) = world(|w| {
            let connection = &w.connections[id];
            (connection.scope, connection.groups.clone(), connection.connected_at)
        });
        if world(|w| w.state(id)) != Some(State::Handshaking) {
            return;
        }
        if status != 200 || now() - connected_at > 29_000 {
            world(|w| {
                w.note(|| format!("{id} is refused with {status}"));
                w.close(id);
            });
            return;
        }
        let record = self.store.record(&scope_key(scope), id);
        world(|w| {
            w.note(|| format!("{id} is open"));
            let Some(record) = record else {
                return w.broken(Promise::AcceptedIsSaved, || format!("{id} was accepted and has no record"));
            };
            let connection = w.connections.get_mut(id).expect("it is known");
            connection.state = State::Open;
            connection.opened_at = Some(now());
            for group in groups {
                w.members.insert((id.to_owned(), group.to_owned()), now());
                if !record.is_in(group) {
                    w.broken(Promise::AcceptedIsSaved, || {
                        format!("{id} was accepted and is not in `{group}`")
                    });
                }
            }
        });
        self.end_after_two_hours(id.to_owned(), connected_at);
    }

    fn end_after_two_hours(&self, id: String, connected_at: u64) {
        let this = self.clone_for_task();
        executor::spawn(async move {
            sleep(Duration::from_millis((connected_at + TWO_HOURS).saturating_sub(now()))).await;
            this.close(&id, 1_001);
        });
    }

    fn close(&self, id: &str, code: u16) {
        if world(|w| w.state(id)) == Some(State::Open) {
            world(|w| w.close(id));
            self.deliver_disconnect(id, code);
        }
    }

    pub(super) fn close_one(&self) {
        if let Some(id) = self.somebody(|_, state| state == State::Open) {
            self.close(&id, 1_005);
        }
    }

    /// `$disconnect` comes soon, late, twice or never.
    pub(super) fn deliver_disconnect(&self, id: &str, code: u16) {
        let delays = world(|w| {
            let lost = w.plan.lost_disconnects;
            if w.lots.permille(lost) {
                w.note(|| format!("{id} gets no `$disconnect`"));
                w.taint(id);
                return Vec::new();
            }
            let times = if w.lots.permille(150) { 2 } else { 1 };
            let late = w.lots.permille(120);
            (0..times)
                .map(|_| if late { w.lots.millis(5_000..1_200_000) } else { w.lots.millis(0..60) })
                .collect()
        });
        for delay in delays {
            let (this, id) = (self.clone_for_task(), id.to_owned());
            self.under_way.set(self.under_way.get() + 1);
            executor::spawn(async move {
                sleep(delay).await;
                let call = this.call(event::disconnect(&id, code), "$disconnect", &id);
                let under_way = Rc::clone(&this.under_way);
                this.environments.invoke(call, move |answer| {
                    under_way.set(under_way.get() - 1);
                    world(|w| {
                        let connection = w.connections.get_mut(&id).expect("it is known");
                        connection.disconnects += u32::from(answer.is_some());
                    });
                });
            });
        }
    }
}
