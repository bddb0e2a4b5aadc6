//! How a gateway with real sockets is set up.

use super::record::Record;
use super::{LocalGateway, PATIENCE};
use lift_ws_local::core::{FaultPlan, Limits, Manifest};
use lift_ws_local::{Function, LocalGateway as Gateway, LocalGatewayBuilder as GatewayBuilder};
use std::ffi::OsString;
use std::fmt;
use std::future::IntoFuture;
use std::path::{Path, PathBuf};
use std::pin::Pin;
use std::process::Stdio;
use std::sync::Arc;
use std::time::Duration;
use tokio::process::Command;

/// A program describes itself at once.
const DESCRIBING: Duration = Duration::from_secs(20);

/// The settings of a [`LocalGateway`]; made by [`LocalGateway::of`]. `.await` it to start the gateway.
#[must_use = "`.await` it to start the gateway"]
pub struct LocalGatewayBuilder {
    program: OsString,
    variables: Vec<(OsString, OsString)>,
    patience: Duration,
    configure: Vec<Box<dyn FnOnce(GatewayBuilder) -> GatewayBuilder + Send>>,
}

impl LocalGatewayBuilder {
    pub(super) fn new(program: OsString) -> Self {
        Self { program, variables: Vec::new(), patience: PATIENCE, configure: Vec::new() }
    }

    /// Sets an environment variable of the program.
    pub fn env(mut self, name: impl Into<OsString>, value: impl Into<OsString>) -> Self {
        self.variables.push((name.into(), value.into()));
        self
    }

    /// How many environments there may be at a time; 4 by default.
    pub fn environments(self, most: usize) -> Self {
        self.configure(move |gateway| gateway.environments(most))
    }

    /// Sizes and times that the gateway enforces; AWS's by default.
    pub fn limits(self, limits: Limits) -> Self {
        self.configure(move |gateway| gateway.limits(limits))
    }

    /// What goes wrong on demand from the start on; nothing by default.
    pub fn faults(self, plan: FaultPlan) -> Self {
        self.configure(move |gateway| gateway.faults(plan))
    }

    /// A folder of static files to serve at `/`.
    pub fn web(self, dir: impl Into<PathBuf>) -> Self {
        let dir = dir.into();
        self.configure(move |gateway| gateway.web(dir))
    }

    /// How long to wait for a message or a line before the test fails; 20 s by default.
    pub fn patience(mut self, patience: Duration) -> Self {
        self.patience = patience;
        self
    }

    /// Changes anything else of the gateway.
    pub fn configure(
        mut self,
        change: impl FnOnce(GatewayBuilder) -> GatewayBuilder + Send + 'static,
    ) -> Self {
        self.configure.push(Box::new(change));
        self
    }

    async fn start(self) -> LocalGateway {
        let manifest = describe(&self.program, &self.variables).await;
        let function = Function::new(&self.program);
        let function =
            self.variables.into_iter().fold(function, |function, (name, value)| function.env(name, value));
        let record = Arc::new(Record::default());
        let sink = Arc::clone(&record);
        let gateway = Gateway::builder(manifest, function).on_event(move |event| sink.add(event));
        let gateway = self.configure.into_iter().fold(gateway, |gateway, change| change(gateway));
        let gateway =
            gateway.start().await.unwrap_or_else(|error| panic!("the local gateway did not start: {error}"));
        LocalGateway { gateway, record, patience: self.patience }
    }
}

/// # Panics
///
/// If the program cannot be run, prints no manifest, or the gateway does not start. The panic says what to do.
impl IntoFuture for LocalGatewayBuilder {
    type Output = LocalGateway;
    type IntoFuture = Pin<Box<dyn Future<Output = LocalGateway> + Send>>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(self.start())
    }
}

impl fmt::Debug for LocalGatewayBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LocalGatewayBuilder").field("program", &self.program).finish_non_exhaustive()
    }
}

async fn describe(program: &OsString, variables: &[(OsString, OsString)]) -> Manifest {
    let name = Path::new(program).display();
    let mut command = Command::new(program);
    command.envs(variables.iter().map(|(name, value)| (name, value))).env("LIFT_WS_DESCRIBE", "1");
    command.stdin(Stdio::null()).kill_on_drop(true);
    let output = match tokio::time::timeout(DESCRIBING, command.output()).await {
        Ok(Ok(output)) => output,
        Ok(Err(error)) => panic!(
            "`{name}` cannot be run: {error}; in a file below `tests/`, cargo names the package's binary by \
             env!(\"CARGO_BIN_EXE_…\")"
        ),
        Err(_) => panic!(
            "`{name}` does not end when it is asked for its manifest (LIFT_WS_DESCRIBE=1): its `main` must call \
             `lift_ws::main` or `lift_ws::run` before anything that waits"
        ),
    };
    let (printed, wrote) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    Manifest::parse(&printed).unwrap_or_else(|error| {
        panic!(
            "`{name}` printed no manifest when it was asked for it (LIFT_WS_DESCRIBE=1), its `main` must call \
             `lift_ws::main` or `lift_ws::run`: {error}\nit printed: {printed}\nit wrote: {wrote}"
        )
    })
}
