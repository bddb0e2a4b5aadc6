//! Whole scenarios in a few lines each, over one app.

mod clients;
mod failures;
mod faults;
mod handshakes;
mod jobs;
mod limits;
mod order;
mod transcripts;

use super::{GatewayClient, TestGateway};
use crate::prelude::*;
use crate::testing::simulation::sleep;
use serde_json::{Value, json};
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// What the handlers did, in order.
#[derive(Clone, Debug, Default)]
struct Log {
    lines: Arc<Mutex<Vec<String>>>,
}

impl Log {
    fn add(&self, line: impl Into<String>) {
        self.lines.lock().unwrap().push(line.into());
    }

    fn take(&self) -> Vec<String> {
        std::mem::take(&mut self.lines.lock().unwrap())
    }
}

#[derive(Deserialize)]
struct Who {
    name: String,
}

#[derive(Deserialize)]
struct Say {
    text: String,
    #[serde(default)]
    seconds: u64,
}

/// Nobody is let in without a name; everybody stands in one room.
#[ws_route("$connect", crate = crate)]
async fn connect(Query(who): Query<Who>) -> Result<Accept, Reject> {
    match who.name.as_str() {
        "mallory" => Err(Reject::forbidden()),
        "slow" => {
            sleep(Duration::from_secs(5)).await;
            Ok(Accept::new().user(who.name).group("room"))
        }
        _ => Ok(Accept::new().user(who.name).group("room").subprotocol("chat.v1")),
    }
}

#[ws_route("$disconnect", crate = crate)]
async fn bye(me: Option<Connection<'_>>, why: DisconnectReason<'_>, State(log): State<Log>) {
    let who = me.as_ref().and_then(|me| me.user()).unwrap_or("nobody").to_owned();
    log.add(format!("{who} left: {} {}", why.code.unwrap_or(0), why.text));
}

#[ws_route("say", crate = crate)]
async fn say(conns: Connections, me: Connection<'_>, Json(say): Json<Say>) -> Result<(), Error> {
    let from = me.user().unwrap_or("guest");
    conns.group("room").send(&json!({"from": from, "text": say.text})).await?;
    Ok(())
}

/// Two-way, and takes its time.
#[ws_route("echo", crate = crate)]
async fn echo(Json(say): Json<Say>, State(log): State<Log>) -> Json<String> {
    log.add(format!("{} begins", say.text));
    sleep(Duration::from_secs(say.seconds)).await;
    log.add(format!("{} ends", say.text));
    Json(say.text)
}

#[ws_app(crate = crate, state = Log, routes = [connect, bye, say, echo])]
struct Chat;

fn gateway() -> (TestGateway<Chat>, Log) {
    let log = Log::default();
    (TestGateway::new(log.clone()), log)
}

async fn joined(gateway: &TestGateway<Chat>, name: &str) -> GatewayClient {
    gateway.connect(&format!("/?name={name}")).named(name).await.unwrap()
}

fn said(from: &str, text: &str) -> Value {
    json!({"from": from, "text": text})
}

fn say_it(text: &str) -> Value {
    json!({"action": "say", "text": text})
}

fn echo_it(text: &str, seconds: u64) -> Value {
    json!({"action": "echo", "text": text, "seconds": seconds})
}

const SECOND: Duration = Duration::from_secs(1);
