//! Many clients end to end: real sockets, an app in four processes, a DynamoDB, and what a broadcast reports.
//!
//! The function is this very binary, run with the name of one of its tests.

mod app;
mod clients;
mod door;

use app::{Here, Told};
use clients::{Crowd, Listener, Teller};
use door::Door;
use futures_util::future::join_all;
use lift_ws_local::core::{Fault, Manifest};
use lift_ws_local::{Function, LocalGateway};
use rustix::process::{Resource, getrlimit, setrlimit};
use std::time::Duration;

const CLIENTS: usize = 2_000;
const CUT: usize = 200;
const HANDSHAKES: usize = 200;
const ENVIRONMENTS: usize = 4;
/// Nothing takes this long; it only keeps a failure from hanging.
const PATIENCE: Duration = Duration::from_secs(120);

/// No test where nobody runs it as the function.
#[test]
fn this_binary_is_the_function() {
    if std::env::var_os(app::FUNCTION).is_some() {
        app::run();
    }
}

fn function() -> Function {
    Function::new(std::env::current_exe().unwrap())
        .args(["--exact", "this_binary_is_the_function", "--nocapture"])
        .env(app::FUNCTION, "1")
        .env("RUST_LOG", "warn")
}

async fn gateway(function: Function) -> LocalGateway {
    allow_many_sockets();
    let manifest = Manifest::parse(&app::manifest().to_string()).unwrap();
    LocalGateway::builder(manifest, function).environments(ENVIRONMENTS).start().await.unwrap()
}

/// A client's socket takes a descriptor at either end, and both are in this process.
fn allow_many_sockets() {
    let needed = 2 * CLIENTS as u64 + 2_000;
    let mut limit = getrlimit(Resource::Nofile);
    if limit.current.is_none_or(|files| files >= needed) {
        return;
    }
    let most = limit.maximum.unwrap_or(u64::MAX);
    assert!(
        most >= needed,
        "{CLIENTS} clients need {needed} open files, but `ulimit -Hn` is {most}: raise it"
    );
    limit.current = Some(needed);
    setrlimit(Resource::Nofile, limit).expect("a soft limit may be raised up to the hard one");
}

/// Ends the gateway; nobody needs thousands of `$disconnect` then.
async fn shut_down(gateway: LocalGateway, open: usize) -> lift_ws_local::Report {
    (0..open).for_each(|_| gateway.inject(Fault::DisconnectLost));
    gateway.shutdown().await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_broadcast_reaches_two_thousand_clients_once_and_removes_those_that_were_cut() {
    let gateway = gateway(function().env(app::NO_GRACE, "1")).await;
    let mut crowd = Crowd::connect(&gateway, CLIENTS).await;
    let mut teller = Teller::connect(&gateway).await;
    let before = teller.here().await;
    assert_eq!(before, Here { records: CLIENTS + 1, members: CLIENTS, processes: ENVIRONMENTS });

    let first = teller.tell().await;
    assert_eq!(first, Told { attempted: CLIENTS, delivered: CLIENTS, ..Told::default() });
    crowd.until_heard(CLIENTS).await;
    assert!(crowd.listeners.iter().all(|listener| listener.heard([1]) == [1]));

    cut(&gateway, crowd.listeners.drain(..CUT).collect()).await;
    let left = CLIENTS - CUT;
    let second = teller.tell().await;
    let cleaned = Told { attempted: CLIENTS, delivered: left, gone: CUT, departed: CUT, ..Told::default() };
    assert_eq!(second, cleaned);
    let after = teller.here().await;
    assert_eq!(after, Here { records: left + 1, members: left, processes: ENVIRONMENTS });

    let third = teller.tell().await;
    assert_eq!(third, Told { attempted: left, delivered: left, ..Told::default() });
    crowd.until_heard(CLIENTS + 2 * left).await;
    // a second copy of a message would have come before the message after it, and would be a post too many below
    assert!(crowd.listeners.iter().all(|listener| listener.heard([1, 2, 3]) == [1, 1, 1]));

    let life = shut_down(gateway, left + 1).await;
    assert_eq!(life.posts as usize, first.attempted + second.attempted + third.attempted);
    assert_eq!((life.environments as usize, life.failed_events), (ENVIRONMENTS, 0));
    let handshakes_and_messages = (CLIENTS + 1) + (CUT + teller.asked);
    assert_eq!(life.events as usize, handshakes_and_messages, "there was no `$disconnect` among them");
}

/// Ends these without a word, and without a `$disconnect`; the gateway knows it when this returns.
async fn cut(gateway: &LocalGateway, listeners: Vec<Listener>) {
    let ids = join_all(listeners.iter().map(Listener::id)).await;
    ids.iter().for_each(|_| gateway.inject(Fault::DisconnectLost));
    join_all(listeners.into_iter().map(Listener::cut)).await;
    for id in ids {
        clients::until_gone(gateway, &id).await;
    }
}

/// All the handshakes are under way at once, for a function may take several events at a time. Each has saved its
/// record and joined its group, so that the broadcast finds it; its client cannot be posted to yet, which answers 410.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_broadcast_beside_two_hundred_handshakes_removes_none_of_them() {
    let door = Door::closed().await;
    let at_once = (HANDSHAKES / ENVIRONMENTS + 10).to_string();
    let function = function().env(app::DOOR, door.address()).env("AWS_LAMBDA_MAX_CONCURRENCY", at_once);
    let gateway = gateway(function).await;
    let mut teller = Teller::connect(&gateway).await;
    let handshakes = tokio::spawn(Crowd::knock(gateway.url(), HANDSHAKES));
    let waiting = door.until_waiting(HANDSHAKES).await;

    let beside = teller.tell().await;
    assert_eq!(beside, Told { attempted: HANDSHAKES, connecting: HANDSHAKES, ..Told::default() });
    assert_eq!(teller.here().await.members, HANDSHAKES);

    drop(waiting);
    let crowd = handshakes.await.unwrap();
    let told = teller.tell().await;
    assert_eq!(told, Told { attempted: HANDSHAKES, delivered: HANDSHAKES, ..Told::default() });
    crowd.until_heard(HANDSHAKES).await;
    assert!(crowd.listeners.iter().all(|listener| listener.heard([1, 2]) == [0, 1]));

    let life = shut_down(gateway, HANDSHAKES + 1).await;
    assert_eq!(life.posts as usize, beside.attempted + told.attempted);
    assert_eq!(life.failed_events, 0);
}
