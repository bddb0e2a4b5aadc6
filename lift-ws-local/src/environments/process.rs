//! Processes: how an environment is started, watched and ended.

use std::io;
use std::process::{ExitStatus, Stdio};
use std::time::Duration;

use rustix::process::Signal;
use tokio::process::{Child, Command};
use tokio::sync::mpsc;
use tokio::task::JoinHandle;
use tokio::time::timeout;

use super::environment::EnvironmentId;
use super::function::Function;
use super::output::{self, Tail};
use super::process_groups::{ProcessGroup, ProcessGroups};
use super::variables::{self, Endpoints};
use crate::event::{EventSink, OutputStream};
use crate::http;
use crate::owner::{self, Owner};
use crate::runtime_api::RuntimeApi;

/// From SIGTERM to SIGKILL. A real process needs real time, also in tests that control the clock.
const GRACE: Duration = Duration::from_secs(2);
/// How long the rest of an ended program's output is waited for, as a grandchild may hold the pipe open.
const LAST_WORDS: Duration = Duration::from_millis(300);

/// Starts environments of one function.
#[derive(Clone, Debug)]
pub(crate) struct Launcher {
    pub(crate) function: Function,
    pub(crate) endpoints: Endpoints,
    pub(crate) account: String,
    pub(crate) groups: ProcessGroups,
    pub(crate) sink: EventSink,
    pub(crate) owner: Owner,
}

/// A running environment. Dropping it ends the process at once.
#[derive(Debug)]
pub(crate) struct Process {
    pid: u32,
    orders: mpsc::UnboundedSender<Order>,
    tail: Tail,
    runtime_api: JoinHandle<()>,
}

#[derive(Debug)]
enum Order {
    Stop,
    Kill,
}

impl Launcher {
    /// Starts a process and its Runtime API; [`owner::Command::Exited`] follows when it ends.
    pub(crate) fn launch(&self, environment: EnvironmentId) -> io::Result<Process> {
        let listener = http::listen()?;
        let runtime_api = listener.local_addr()?.to_string();
        let (mut child, group) = self.groups.start(&mut self.command(&runtime_api))?;
        let pid = child.id().unwrap_or_default();
        let tail = Tail::default();
        let outputs = self.pass_outputs_on(&mut child, environment, &tail);
        let (orders, received) = mpsc::unbounded_channel();
        tokio::spawn(supervise(child, group, environment, received, outputs, self.owner.clone()));
        let name = self.function.name();
        let api = RuntimeApi {
            environment,
            function_arn: format!(
                "arn:aws:lambda:{}:{}:function:{name}",
                self.endpoints.region, self.account
            ),
            function_name: name,
            owner: self.owner.clone(),
        };
        Ok(Process { pid, orders, tail, runtime_api: tokio::spawn(api.serve(listener)) })
    }

    fn command(&self, runtime_api: &str) -> Command {
        let mut command = Command::new(&self.function.program);
        command
            .args(&self.function.args)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .kill_on_drop(true);
        if let Some(dir) = &self.function.current_dir {
            command.current_dir(dir);
        }
        variables::set(&mut command, &self.function, &self.endpoints, runtime_api);
        command
    }

    fn pass_outputs_on(&self, child: &mut Child, id: EnvironmentId, tail: &Tail) -> Vec<JoinHandle<()>> {
        let mut outputs = Vec::new();
        if let Some(from) = child.stdout.take() {
            let pass_on = output::pass_on(from, id, OutputStream::Stdout, self.sink.clone(), tail.clone());
            outputs.push(tokio::spawn(pass_on));
        }
        if let Some(from) = child.stderr.take() {
            let pass_on = output::pass_on(from, id, OutputStream::Stderr, self.sink.clone(), tail.clone());
            outputs.push(tokio::spawn(pass_on));
        }
        outputs
    }
}

impl Process {
    /// The id that the operating system knows it by.
    pub(crate) fn pid(&self) -> u32 {
        self.pid
    }

    /// SIGTERM, and SIGKILL if that does not help.
    pub(crate) fn stop(&self) {
        let _ = self.orders.send(Order::Stop);
    }

    /// SIGKILL.
    pub(crate) fn kill(&self) {
        let _ = self.orders.send(Order::Kill);
    }

    /// The last lines of its stderr.
    pub(crate) fn last_words(&self) -> Vec<String> {
        self.tail.lines()
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        self.runtime_api.abort();
    }
}

/// Waits for the end of a process, hastens it when told to, and reports it.
async fn supervise(
    mut child: Child,
    group: ProcessGroup,
    environment: EnvironmentId,
    mut orders: mpsc::UnboundedReceiver<Order>,
    outputs: Vec<JoinHandle<()>>,
    owner: Owner,
) {
    let status = tokio::select! {
        status = child.wait() => status,
        order = orders.recv() => {
            match order {
                Some(Order::Stop) => end_gracefully(&mut child, &group, &mut orders).await,
                Some(Order::Kill) | None => end_now(&mut child, &group).await,
            }
        }
    };
    drop(group);
    let last_words = async {
        for output in outputs {
            let _ = output.await;
        }
    };
    let _ = timeout(LAST_WORDS, last_words).await;
    owner.tell(owner::Command::Exited { environment, how: describe(status) });
}

async fn end_gracefully(
    child: &mut Child,
    group: &ProcessGroup,
    orders: &mut mpsc::UnboundedReceiver<Order>,
) -> io::Result<ExitStatus> {
    group.signal(Signal::TERM);
    let hurry = async { while let Some(Order::Stop) = orders.recv().await {} };
    tokio::select! {
        status = timeout(GRACE, child.wait()) => {
            if let Ok(status) = status {
                return status;
            }
        }
        () = hurry => {}
    }
    end_now(child, group).await
}

async fn end_now(child: &mut Child, group: &ProcessGroup) -> io::Result<ExitStatus> {
    group.signal(Signal::KILL);
    child.start_kill()?;
    child.wait().await
}

fn describe(status: io::Result<ExitStatus>) -> String {
    use std::os::unix::process::ExitStatusExt;
    match status {
        Ok(status) => match (status.code(), status.signal()) {
            (Some(code), _) => format!("exited with status {code}"),
            (None, Some(signal)) => format!("was ended by signal {signal}"),
            (None, None) => "ended".to_owned(),
        },
        Err(error) => format!("was lost: {error}"),
    }
}
