//! How everything that waits for the network or for processes talks to the task that owns the state.

use std::fmt;
use std::time::Duration;

use tokio::sync::{mpsc, oneshot};

use crate::core::{Api, ConnectionId, HandshakeRequest, Input, ManagementRequest, SocketId};
use crate::environments::{Delivery, EnvironmentId, Function, FunctionAnswer, Receipt, RequestId};
use crate::inspector;
use crate::site::SiteId;
use crate::sqs::{self, QueuePlan};
use crate::transport::{OpenMessage, OutboxReader};

/// Something for the owner to do, and where to send what comes of it.
pub(crate) enum Command {
    /// A client asks for a WebSocket, or for something that the gateway refuses.
    Handshake { socket: SocketId, request: HandshakeRequest, reply: oneshot::Sender<HandshakeAnswer> },
    /// A client has sent a message, which counts as open until its event is done with.
    Message { connection: ConnectionId, text: String, open: OpenMessage },
    /// Something else happened to a socket or connection that needs no answer.
    Happened(Input),
    /// A request to `@connections` of a stage; without one, of any that has the connection.
    Management { site: Option<SiteId>, request: ManagementRequest, reply: oneshot::Sender<ManagementAnswer> },
    /// A request to the queues; it may wait for messages.
    Sqs { request: sqs::Request, reply: oneshot::Sender<sqs::Answer> },
    /// Somebody looks at what happens.
    Inspect(inspector::Ask),
    /// An environment asks for its next event.
    Polled { environment: EnvironmentId, poll: oneshot::Sender<Delivery> },
    /// An environment answers an event.
    Answered {
        environment: EnvironmentId,
        request: RequestId,
        answer: FunctionAnswer,
        reply: oneshot::Sender<Receipt>,
    },
    /// An environment says that it cannot start.
    InitError { environment: EnvironmentId, message: String, reply: oneshot::Sender<Receipt> },
    /// An environment's process has ended.
    Exited { environment: EnvironmentId, how: String },
    /// All connections are older by this time; how many that has ended.
    Age { by: Duration, reply: oneshot::Sender<usize> },
    /// End an environment at once; whether there was one of this number.
    KillEnvironment { environment: EnvironmentId, reply: oneshot::Sender<bool> },
    /// Which environments are there?
    Environments { reply: oneshot::Sender<Vec<EnvironmentId>> },
    /// New events of the function of this number go to another build of it; whether they do, see
    /// [`ReplaceError::JobsElsewhere`](crate::ReplaceError::JobsElsewhere).
    Replace { index: usize, function: Function, api: Option<NewApi>, reply: oneshot::Sender<bool> },
    /// Finish and end everything.
    Shutdown,
    /// End everything at once: nobody waits for it, and the environments are being killed.
    Abandon,
}

impl fmt::Debug for Command {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Handshake { .. } => "Handshake",
            Self::Message { .. } => "Message",
            Self::Happened(_) => "Happened",
            Self::Management { .. } => "Management",
            Self::Sqs { .. } => "Sqs",
            Self::Inspect(_) => "Inspect",
            Self::Polled { .. } => "Polled",
            Self::Answered { .. } => "Answered",
            Self::InitError { .. } => "InitError",
            Self::Exited { .. } => "Exited",
            Self::Age { .. } => "Age",
            Self::KillEnvironment { .. } => "KillEnvironment",
            Self::Environments { .. } => "Environments",
            Self::Replace { .. } => "Replace",
            Self::Shutdown => "Shutdown",
            Self::Abandon => "Abandon",
        })
    }
}

/// What a new manifest changes.
#[derive(Debug)]
pub(crate) struct NewApi {
    /// The APIs that it describes, once for each of their stages.
    pub(crate) stages: Vec<(SiteId, Api)>,
    /// What the function finds in `LIFT_WS_TABLE`.
    pub(crate) table: Option<String>,
    /// The queue of jobs.
    pub(crate) queue: Option<QueuePlan>,
}

/// How a handshake ended.
#[derive(Debug)]
pub(crate) enum HandshakeAnswer {
    Accept { connection: ConnectionId, subprotocol: Option<String>, outbox: OutboxReader },
    Refuse { status: u16, content_type: &'static str, body: bytes::Bytes },
}

/// The answer to a request to `@connections`.
#[derive(Debug)]
pub(crate) struct ManagementAnswer {
    pub(crate) status: u16,
    pub(crate) error_type: Option<&'static str>,
    pub(crate) body: bytes::Bytes,
}

/// The way to the owner. Commands sent after its end are dropped.
#[derive(Clone, Debug)]
pub(crate) struct Owner(mpsc::UnboundedSender<Command>);

impl Owner {
    pub(crate) fn new() -> (Self, mpsc::UnboundedReceiver<Command>) {
        let (sender, receiver) = mpsc::unbounded_channel();
        (Self(sender), receiver)
    }

    pub(crate) fn tell(&self, command: Command) {
        let _ = self.0.send(command);
    }

    /// Sends a command and waits for its answer; `None` if the gateway ends first.
    pub(crate) async fn ask<T>(&self, command: impl FnOnce(oneshot::Sender<T>) -> Command) -> Option<T> {
        let (reply, answer) = oneshot::channel();
        self.tell(command(reply));
        answer.await.ok()
    }
}
