//! The gateway as a whole: what users start, and the task that owns its state.

mod addresses;
mod alarm;
mod builder;
mod deployed;
mod driver;
mod leash;
mod plan;
mod ports;
mod replace_error;
mod report;
mod served_api;
mod set_up;
mod start_error;

use std::fmt;
use std::thread::JoinHandle;
use std::time::Duration;

pub use builder::LocalGatewayBuilder;
pub use replace_error::ReplaceError;
pub use report::Report;
pub use served_api::ServedApi;
pub use start_error::StartError;

use crate::core::{Fault, Faults, Manifest};
use crate::database::Tables;
use crate::dev_page::{DevPage, PageNews};
use crate::environments::{EnvironmentId, Function};
use crate::owner::{Command, NewApi};
use crate::project::Project;
use addresses::Addresses;
use deployed::{DeployedFunction, DeployedStage};
use leash::Leash;
use plan::{first_table, jobs};

/// A running gateway: one WebSocket API at one stage and the environments of its function, or a whole
/// [`Project`].
///
/// It has a thread and a runtime of its own, so it can be used from any, and many can run side by side.
/// Dropping it kills its environments and all that they have started, without waiting and without
/// `$disconnect`; [`shutdown`](Self::shutdown) lets it finish. They are also killed when the process that the
/// gateway runs in ends without either, even by SIGKILL. Processes that have left the process group of their
/// environment (`setsid`, a daemon) outlive it in each case.
///
/// # Examples
///
/// ```no_run
/// use lift_ws_local::core::Manifest;
/// use lift_ws_local::{Function, LocalGateway};
///
/// # async fn run() -> Result<(), Box<dyn std::error::Error>> {
/// let manifest = Manifest::parse(r#"{ "routes": [{ "routeKey": "$default", "twoWay": true }] }"#)?;
/// let function = Function::new("python3").arg("loop.py");
/// let gateway = LocalGateway::builder(manifest, function).environments(4).start().await?;
/// println!("{}", gateway.url()); // ws://127.0.0.1:38211/dev
/// gateway.shutdown().await;
/// # Ok(())
/// # }
/// ```
pub struct LocalGateway {
    /// There is at least one.
    apis: Vec<ServedApi>,
    stages: Vec<DeployedStage>,
    /// By their numbers.
    functions: Vec<DeployedFunction>,
    addresses: Addresses,
    tables: Tables,
    queue_url: String,
    dev_page: Option<DevPage>,
    faults: Faults,
    leash: Leash,
    thread: JoinHandle<Report>,
    finished: tokio::sync::oneshot::Receiver<()>,
}

impl LocalGateway {
    /// Begins a gateway that serves the manifest's routes with the function.
    pub fn builder(manifest: Manifest, function: Function) -> LocalGatewayBuilder {
        LocalGatewayBuilder::new(Project::single(manifest, function))
    }

    /// Begins a gateway that serves a whole project: several functions, APIs and stages in one process.
    pub fn project(project: Project) -> LocalGatewayBuilder {
        LocalGatewayBuilder::new(project)
    }

    /// The APIs that are served; the first is the one that [`url`](Self::url) and [`port`](Self::port) are of.
    #[must_use]
    pub fn apis(&self) -> &[ServedApi] {
        &self.apis
    }

    /// Where WebSocket clients connect: `ws://127.0.0.1:PORT/STAGE`.
    #[must_use]
    pub fn url(&self) -> String {
        self.apis.first().and_then(|api| api.urls().next()).unwrap_or_default()
    }

    /// Where the page and `/STAGE/@connections` are: `http://127.0.0.1:PORT`.
    #[must_use]
    pub fn http_url(&self) -> String {
        self.apis.first().map(ServedApi::http_url).unwrap_or_default()
    }

    /// The port that is listened on.
    #[must_use]
    pub fn port(&self) -> u16 {
        self.apis.first().map_or(0, ServedApi::port)
    }

    /// The URL of the queue of jobs, whose host and port are where the SQS is. The queue exists if the manifest
    /// asks for it, or once a client has made it.
    #[must_use]
    pub fn queue_url(&self) -> &str {
        &self.queue_url
    }

    /// Gives new events to a new build of the (first) function and, if there is one, routes those of the (first) API by a
    /// new manifest.
    ///
    /// Sockets stay open, and events that are under way are finished by the environments that have them.
    /// Tables that the manifest has and the database has not are made; the others stay as they are.
    ///
    /// # Errors
    ///
    /// If the manifest's route selection expression cannot be understood, one of its tables cannot be made, or it wants the
    /// queue of jobs that another API has; the function and its routes have not changed then.
    ///
    /// # Cancel safety
    ///
    /// If the future is dropped, the replacement may have happened or not, but never by half.
    pub async fn replace(&self, function: Function, manifest: Option<&Manifest>) -> Result<(), ReplaceError> {
        let api = match manifest {
            None => None,
            Some(manifest) => {
                let table = first_table(manifest);
                Some(self.prepare(manifest, table, |stage| stage.is_of_first_api).await?)
            }
        };
        self.take_over(0, function, api).await
    }

    /// Gives new events to a new build of one function of a project and, if there is a manifest, routes those of the APIs
    /// that it describes by that one: of APIs without routes of their own ([`ProjectApi::describes_itself`]).
    ///
    /// Otherwise like [`replace`](Self::replace).
    ///
    /// # Errors
    ///
    /// If the project has no function of this name; otherwise those of [`replace`](Self::replace).
    ///
    /// # Cancel safety
    ///
    /// If the future is dropped, the replacement may have happened or not, but never by half.
    ///
    /// [`ProjectApi::describes_itself`]: crate::project::ProjectApi::describes_itself
    pub async fn replace_function(
        &self,
        name: &str,
        function: Function,
        manifest: Option<&Manifest>,
    ) -> Result<(), ReplaceError> {
        let found = self.functions.iter().enumerate().find(|(_, known)| known.name == name);
        let Some((index, deployed)) = found else {
            return Err(ReplaceError::UnknownFunction {
                name: name.to_owned(),
                known: self.functions.iter().map(|function| function.name.clone()).collect(),
            });
        };
        let is_its_own = |stage: &DeployedStage| stage.described_by == Some(index);
        let api = match manifest {
            Some(manifest) if self.stages.iter().any(is_its_own) => {
                let table = first_table(manifest).or_else(|| deployed.table_of_others.clone());
                Some(self.prepare(manifest, table, is_its_own).await?)
            }
            _ => None,
        };
        self.take_over(index, function, api).await
    }

    /// What a manifest changes of some stages; `table` is what the function finds in `LIFT_WS_TABLE`.
    async fn prepare(
        &self,
        manifest: &Manifest,
        table: Option<String>,
        is_meant: impl Fn(&DeployedStage) -> bool,
    ) -> Result<NewApi, ReplaceError> {
        let meant: Vec<_> = self.stages.iter().filter(|stage| is_meant(stage)).collect();
        let stages = meant.iter().map(|stage| stage.described_as(manifest));
        let stages = stages.collect::<Result<_, _>>().map_err(ReplaceError::Manifest)?;
        let made = self.tables.create_missing(manifest.tables.clone()).await;
        made.map_err(|error| ReplaceError::Database { problem: error.to_string() })?;
        let function_of_jobs = meant.first().map_or(0, |stage| stage.jobs);
        let queue = manifest.queue.clone().map(|settings| jobs(function_of_jobs, settings));
        Ok(NewApi { stages, table, queue })
    }

    async fn take_over(
        &self,
        index: usize,
        function: Function,
        api: Option<NewApi>,
    ) -> Result<(), ReplaceError> {
        let function = self.addresses.settle(function);
        let has = self.leash.owner().ask(|reply| Command::Replace { index, function, api, reply }).await;
        // Of a gateway that has ended nobody needs to hear.
        if has.unwrap_or(true) { Ok(()) } else { Err(ReplaceError::JobsElsewhere) }
    }

    /// Makes something go wrong once, at its next occasion: what AWS does now and then, and a program should be
    /// tested against. Called several times, it goes wrong as often.
    ///
    /// ```no_run
    /// use lift_ws_local::core::Fault;
    ///
    /// # fn test(gateway: &lift_ws_local::LocalGateway) {
    /// gateway.inject(Fault::DisconnectLost); // the next connection that ends gets no `$disconnect`
    /// # }
    /// ```
    pub fn inject(&self, fault: Fault) {
        self.faults.inject(fault);
    }

    /// What goes wrong on demand, and what has: rules can be added and taken away while the gateway runs.
    ///
    /// ```no_run
    /// use lift_ws_local::core::FaultPlan;
    ///
    /// # fn test(gateway: &lift_ws_local::LocalGateway) -> Result<(), lift_ws_local::core::FaultRuleError> {
    /// gateway.faults().set(&FaultPlan::new(7).with("slow:200ms:0.5".parse()?));
    /// assert_eq!(gateway.faults().report().seed, 7);
    /// # Ok(())
    /// # }
    /// ```
    #[must_use]
    pub fn faults(&self) -> &Faults {
        &self.faults
    }

    /// Makes all connections older, and idle for longer, as if the gateway's clock had jumped, and says how many that
    /// has ended: after ten minutes those that have said nothing, after two hours all of them.
    ///
    /// The clock itself stays as it is, since the function has its own.
    ///
    /// # Cancel safety
    ///
    /// If the future is dropped, the connections may have become older or not.
    pub async fn age_connections(&self, by: Duration) -> usize {
        self.leash.owner().ask(|reply| Command::Age { by, reply }).await.unwrap_or(0)
    }

    /// Ends the process of an environment at once, whatever it does; its events fail. `false` if there is none of this
    /// number.
    ///
    /// # Cancel safety
    ///
    /// If the future is dropped, it may be ended or not.
    pub async fn kill_environment(&self, environment: EnvironmentId) -> bool {
        let owner = self.leash.owner();
        owner.ask(|reply| Command::KillEnvironment { environment, reply }).await.unwrap_or(false)
    }

    /// Tells the pages that this gateway serves, those that are open and those that open later. Nobody hears it unless
    /// [`dev_page`](LocalGatewayBuilder::dev_page) is on.
    pub fn tell_pages(&self, news: PageNews) {
        if let Some(page) = &self.dev_page {
            page.tell(news);
        }
    }

    /// Closes every connection, lets `$disconnect` run, ends the environments, and says what has happened.
    ///
    /// # Cancel safety
    ///
    /// If the future is dropped, the gateway ends as if it had been dropped itself.
    pub async fn shutdown(self) -> Report {
        let Self { leash, thread, finished, .. } = self;
        leash.owner().tell(Command::Shutdown);
        let _ = finished.await;
        // The thread has nothing left to do.
        thread.join().unwrap_or_default()
    }
}

impl fmt::Debug for LocalGateway {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LocalGateway").field("url", &self.url()).finish_non_exhaustive()
    }
}
