//! No input in any order makes the core panic, repeat an answer, or forget one.

use std::collections::{HashMap, HashSet};
use std::time::Duration;

use lift_ws_local::core::{
    Action, CallId, ConnectionId, Fault, FrameFault, HandshakeRequest, Input, InvocationId,
    ManagementRequest, Outcome, SocketId,
};
use proptest::prelude::*;

use crate::support::{World, allowing};

/// What may happen next; numbers choose among what exists at that time.
#[derive(Clone, Debug)]
enum Happening {
    Handshake { path: String, header: (String, String), upgrade: bool },
    Abandon(usize),
    Message(usize, String),
    BadFrame(usize),
    Closed(usize, Option<u16>, String),
    Lost(usize),
    Returned(usize, String),
    Failed(usize),
    Management(usize, String, Vec<u8>),
    Wait(u64),
    Aged(u64),
    Fault(usize),
}

fn happening() -> impl Strategy<Value = Happening> {
    let path = prop_oneof![3 => Just("/prod".to_owned()), 1 => "/prod\\?.{0,12}", 1 => ".{0,12}"];
    let message = prop_oneof![
        Just(r#"{"action":"ask"}"#.to_owned()),
        Just(r#"{"action":"say"}"#.to_owned()),
        ".{0,16}",
    ];
    let result = prop_oneof![
        3 => Just(r#"{"statusCode":200,"body":"x"}"#.to_owned()),
        1 => Just(r#"{"statusCode":401}"#.to_owned()),
        3 => Just(allowing("*")),
        1 => Just(allowing("arn:aws:s3:::bucket")),
        1 => ".{0,16}",
    ];
    let method = prop_oneof![Just("POST"), Just("GET"), Just("DELETE"), Just("PUT")];
    let any_one = any::<usize>;
    prop_oneof![
        4 => (path, ("[!-~]{0,8}", ".{0,8}"), prop::bool::weighted(0.9))
            .prop_map(|(path, header, upgrade)| Happening::Handshake { path, header, upgrade }),
        1 => any_one().prop_map(Happening::Abandon),
        4 => (any_one(), message).prop_map(|(which, text)| Happening::Message(which, text)),
        1 => any_one().prop_map(Happening::BadFrame),
        1 => (any_one(), any::<Option<u16>>(), ".{0,8}")
            .prop_map(|(which, code, reason)| Happening::Closed(which, code, reason)),
        1 => any_one().prop_map(Happening::Lost),
        6 => (any_one(), result).prop_map(|(which, result)| Happening::Returned(which, result)),
        1 => any_one().prop_map(Happening::Failed),
        2 => (any_one(), method, prop::collection::vec(any::<u8>(), 0..8))
            .prop_map(|(which, method, body)| Happening::Management(which, method.to_owned(), body)),
        2 => (0_u64..4_000_000).prop_map(Happening::Wait),
        1 => (0_u64..8_000_000).prop_map(Happening::Aged),
        1 => any_one().prop_map(Happening::Fault),
    ]
}

/// What the shell would know.
#[derive(Default)]
struct Shell {
    handshakes: HashSet<u64>,
    /// Every connection there ever was.
    connections: Vec<ConnectionId>,
    open: HashSet<ConnectionId>,
    /// Every invocation there ever was.
    invocations: Vec<InvocationId>,
    running: HashSet<InvocationId>,
    lines: HashMap<&'static str, usize>,
}

impl Shell {
    /// Checks that the actions are possible now, and notes them.
    fn perform(&mut self, actions: &[Action]) {
        for action in actions {
            match action {
                Action::Accept { socket, connection, .. } => {
                    assert!(self.handshakes.remove(&socket.0), "an open handshake is accepted");
                    assert!(self.open.insert(connection.clone()), "a connection opens once");
                    self.connections.push(connection.clone());
                }
                Action::Refuse { socket, status, .. } => {
                    assert!(self.handshakes.remove(&socket.0), "an open handshake is refused");
                    assert!((200..600).contains(status));
                }
                Action::Invoke { invocation, event, .. } => {
                    assert!(self.running.insert(*invocation));
                    self.invocations.push(*invocation);
                    serde_json::from_slice::<serde_json::Value>(event).expect("an event is JSON");
                    *self.lines.entry("invoked").or_default() += 1;
                }
                Action::Abandon { invocation, .. } => assert!(self.running.remove(invocation)),
                Action::Send { connection, .. } => assert!(self.open.contains(connection)),
                Action::Close { connection, .. } => assert!(self.open.remove(connection)),
                Action::Answer { .. } => {}
                Action::Finished(_) => *self.lines.entry("finished").or_default() += 1,
            }
        }
    }
}

fn pick<T: Clone>(from: &[T], which: usize) -> Option<T> {
    from.get(which.checked_rem(from.len())?).cloned()
}

fn input(shell: &mut Shell, happening: Happening, sockets: &mut u64) -> Option<Input> {
    const FAULTS: [Fault; 12] = [
        Fault::Forbidden,
        Fault::ConnectThrottled,
        Fault::BadRequestBody,
        Fault::MessageThrottled,
        Fault::ManagementThrottled,
        Fault::ConnectionCut,
        Fault::DisconnectLost,
        Fault::DisconnectLate(Duration::from_secs(5)),
        Fault::DisconnectTwice,
        Fault::MessageShuffled(Duration::from_millis(500)),
        Fault::SlowIntegration(Duration::from_secs(20)),
        Fault::IntegrationTimeout,
    ];
    let connections = &shell.connections;
    Some(match happening {
        Happening::Handshake { path, header, upgrade } => {
            *sockets += 1;
            shell.handshakes.insert(*sockets);
            let request = HandshakeRequest { upgrade, headers: vec![header], ..HandshakeRequest::get(&path) };
            Input::Handshake { socket: SocketId(*sockets), request }
        }
        Happening::Abandon(which) => {
            let socket = pick(&shell.handshakes.iter().copied().collect::<Vec<_>>(), which)?;
            shell.handshakes.remove(&socket);
            Input::HandshakeAbandoned { socket: SocketId(socket) }
        }
        Happening::Message(which, text) => Input::Message { connection: pick(connections, which)?, text },
        Happening::BadFrame(which) => {
            Input::BadFrame { connection: pick(connections, which)?, fault: FrameFault::Binary }
        }
        Happening::Closed(which, code, reason) => {
            let connection = pick(connections, which)?;
            shell.open.remove(&connection);
            Input::Closed { connection, code, reason }
        }
        Happening::Lost(which) => {
            let connection = pick(connections, which)?;
            shell.open.remove(&connection);
            Input::Lost { connection }
        }
        Happening::Returned(which, result) => {
            let invocation = pick(&shell.invocations, which)?;
            shell.running.remove(&invocation);
            Input::Invoked { invocation, outcome: Outcome::Returned(result.into()) }
        }
        Happening::Failed(which) => {
            let invocation = pick(&shell.invocations, which)?;
            shell.running.remove(&invocation);
            Input::Invoked {
                invocation,
                outcome: Outcome::FunctionError { message: "x".into(), error_message: None },
            }
        }
        Happening::Management(which, method, body) => {
            let path = format!("/prod/@connections/{}", pick(connections, which)?);
            let request = ManagementRequest::new(&method, &path, body);
            Input::Management { call: CallId(which as u64), request }
        }
        Happening::Wait(_) => Input::Tick,
        Happening::Aged(millis) => Input::Aged(Duration::from_millis(millis)),
        Happening::Fault(which) => Input::Fault(pick(&FAULTS, which)?),
    })
}

proptest! {
    #[test]
    fn any_order_of_events_is_survived_and_all_is_answered(
        is_guarded in any::<bool>(),
        happenings in prop::collection::vec(happening(), 0..80),
    ) {
        let mut world = if is_guarded { World::guarded(&["context.connectionId"]) } else { World::usual() };
        let mut shell = Shell::default();
        let mut sockets = 0;
        for happening in happenings {
            if let Happening::Wait(millis) = happening {
                world.now += millis;
                // What is due happens before the input, to connections that the shell has not given up.
                world.input(Input::Tick);
                shell.perform(&world.actions);
            }
            let is_call = matches!(happening, Happening::Management(..));
            let Some(input) = input(&mut shell, happening, &mut sockets) else { continue };
            world.input(input);
            shell.perform(&world.actions);
            let answers = world.actions.iter().filter(|action| matches!(action, Action::Answer { .. })).count();
            prop_assert_eq!(answers, usize::from(is_call));
        }
        // In the end all times out: nothing is left open, running, or without its line.
        while world.gateway.next_wakeup().is_some() {
            world.wait_for_wakeup();
            shell.perform(&world.actions);
        }
        prop_assert!(shell.handshakes.is_empty() && shell.open.is_empty() && shell.running.is_empty());
        prop_assert!(shell.lines.get("finished") >= shell.lines.get("invoked"));
    }
}
