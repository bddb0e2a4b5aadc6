//! How a gateway is configured and started.

use std::net::{IpAddr, Ipv4Addr};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::oneshot;
use tokio::task::JoinHandle;

use super::set_up::{Serving, Started};
use super::{LocalGateway, Report, StartError};
use crate::clock::{Clock, SystemClock};
use crate::core::{FaultPlan, Limits};
use crate::event::{EventSink, GatewayEvent};
use crate::owner::Owner;
use crate::project::{Project, ProjectStage};
use crate::tls::Authority;

/// The settings of a gateway that is about to start; made by [`LocalGateway::builder`].
#[derive(Debug)]
#[must_use = "a builder does nothing until it is started"]
pub struct LocalGatewayBuilder {
    pub(super) project: Project,
    pub(super) host: IpAddr,
    pub(super) port: Option<u16>,
    pub(super) domain: Option<String>,
    pub(super) environments: usize,
    pub(super) init_timeout: Duration,
    pub(super) function_timeout: Duration,
    pub(super) limits: Limits,
    pub(super) data: Option<PathBuf>,
    pub(super) control: bool,
    pub(super) dev_page: bool,
    pub(super) faults: Option<FaultPlan>,
    pub(super) authority: Option<Arc<Authority>>,
    pub(super) name_on_aws: bool,
    pub(super) clock: Arc<dyn Clock>,
    pub(super) sink: EventSink,
}

impl LocalGatewayBuilder {
    pub(super) fn new(project: Project) -> Self {
        Self {
            project,
            host: IpAddr::V4(Ipv4Addr::LOCALHOST),
            port: None,
            domain: None,
            environments: 4,
            init_timeout: Duration::from_secs(10),
            function_timeout: Duration::from_secs(30),
            limits: Limits::default(),
            data: None,
            control: false,
            dev_page: false,
            faults: None,
            authority: None,
            name_on_aws: false,
            clock: Arc::new(SystemClock::new()),
            sink: EventSink::none(),
        }
    }

    /// The address to listen on; the loopback by default, which only this machine reaches.
    pub fn host(mut self, host: IpAddr) -> Self {
        self.host = host;
        self
    }

    /// The port to listen on; 0, the default, finds a free one. Several APIs have this port and those that follow.
    pub fn port(mut self, port: u16) -> Self {
        self.port = Some(port);
        self
    }

    /// The stage; `dev` by default. Of a project, the one stage of each of its APIs, in place of its own.
    pub fn stage(mut self, stage: impl Into<String>) -> Self {
        let stage = stage.into();
        for api in &mut self.project.apis {
            api.stages = vec![ProjectStage::new(stage.clone())];
        }
        self
    }

    /// A custom domain of the project that all handshakes are taken to be for, for clients that cannot be made to name it.
    /// Callback URLs stay as they are.
    pub fn domain(mut self, name: impl Into<String>) -> Self {
        self.domain = Some(name.into());
        self
    }

    /// How many environments there may be at a time; 4 by default, at least 1. Each function of a project has as many,
    /// unless the project says otherwise; so it is with the function's timeout.
    pub fn environments(mut self, max: usize) -> Self {
        self.environments = max.max(1);
        self
    }

    /// How long a program may take from its start to its first poll; 10 s by default, as on Lambda.
    pub fn init_timeout(mut self, timeout: Duration) -> Self {
        self.init_timeout = timeout;
        self
    }

    /// How long the function may work on one event before its environment is ended; 30 s by default.
    ///
    /// The gateway itself gives up after [`Limits::integration_timeout`].
    pub fn function_timeout(mut self, timeout: Duration) -> Self {
        self.function_timeout = timeout;
        self
    }

    /// Sizes and times that the gateway enforces; AWS's by default.
    pub fn limits(mut self, limits: Limits) -> Self {
        self.limits = limits;
        self
    }

    /// A folder of static files to serve at `/`, of a project on its first port.
    pub fn web(mut self, dir: impl Into<PathBuf>) -> Self {
        if let Some(api) = self.project.apis.first_mut() {
            api.web = Some(dir.into());
        }
        self
    }

    /// A folder in which the embedded DynamoDB keeps its items; without it they live in memory.
    pub fn data(mut self, dir: impl Into<PathBuf>) -> Self {
        self.data = Some(dir.into());
        self
    }

    /// Whether a page and programs on this machine may look at the gateway and drive it, under `/_lift` on its port;
    /// they may not by default.
    ///
    /// Only the loopback is answered, under its own name, and no page of another origin: see the guide to the local
    /// gateway.
    pub fn control(mut self, on: bool) -> Self {
        self.control = on;
        self
    }

    /// Whether pages of the [`web`](Self::web) folder get a script that shows what [`LocalGateway::tell_pages`] says;
    /// they do not by default.
    ///
    /// It is a file of the gateway's own, `/_lift/dev.js`, so [`control`](Self::control) must be on too. Only who looks at
    /// the page on this machine gets it.
    pub fn dev_page(mut self, on: bool) -> Self {
        self.dev_page = on;
        self
    }

    /// What goes wrong on demand from the start on; nothing by default.
    pub fn faults(mut self, plan: FaultPlan) -> Self {
        self.faults = Some(plan);
        self
    }

    /// Whether functions reach their API also by the name that it has on AWS,
    /// `https://{apiId}.execute-api.{region}.amazonaws.com/{stage}`, which some build themselves; not by default.
    ///
    /// They get `HTTPS_PROXY`, which leads to the gateway for that name and to nothing else: it refuses all other hosts.
    pub fn name_on_aws(mut self, reachable: bool) -> Self {
        self.name_on_aws = reachable;
        self
    }

    /// The authority that the gateway's certificate comes from; a new one by default, which only the environments trust.
    pub fn authority(mut self, authority: impl Into<Arc<Authority>>) -> Self {
        self.authority = Some(authority.into());
        self
    }

    /// The clock that limits and timeouts follow; the system's by default.
    pub fn clock(mut self, clock: impl Clock) -> Self {
        self.clock = Arc::new(clock);
        self
    }

    /// Who is told what happens. It is called from the gateway's thread and must not block.
    pub fn on_event(mut self, sink: impl Fn(GatewayEvent) + Send + Sync + 'static) -> Self {
        self.sink = EventSink::new(sink);
        self
    }

    /// Starts the gateway; when this returns, clients can connect.
    ///
    /// # Errors
    ///
    /// If the project's parts do not fit together, a port is taken, the page's folder cannot be read, the database does not start or the manifest's
    /// route selection expression cannot be understood.
    ///
    /// # Cancel safety
    ///
    /// A gateway whose start is not waited for ends by itself.
    pub async fn start(self) -> Result<LocalGateway, StartError> {
        let (report, started) = oneshot::channel();
        let (finish, finished) = oneshot::channel();
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .map_err(StartError::Runtime)?;
        let run = move || {
            let life = runtime.block_on(self.live(report));
            // Sockets that linger in their closing handshake end here.
            runtime.shutdown_background();
            let _ = finish.send(());
            life
        };
        let thread = std::thread::Builder::new().name("lift-ws-gateway".to_owned()).spawn(run);
        let thread = thread.map_err(StartError::Runtime)?;
        let Started { apis, stages, functions, addresses, tables, queue_url, faults, dev_page, leash } =
            match started.await {
                Ok(started) => started?,
                Err(_) => return Err(StartError::Runtime(std::io::Error::other("it ended unexpectedly"))),
            };
        Ok(LocalGateway {
            apis,
            stages,
            functions,
            addresses,
            tables,
            queue_url,
            faults,
            dev_page,
            leash,
            thread,
            finished,
        })
    }

    /// The gateway's thread: sets everything up, reports, and serves until it is told to stop.
    async fn live(self, report: oneshot::Sender<Result<Started, StartError>>) -> Report {
        let (owner, commands) = Owner::new();
        let (parts, driver, database) = match self.set_up(owner).await {
            Ok(set_up) => set_up,
            Err(error) => {
                let _ = report.send(Err(error));
                return Report::default();
            }
        };
        let Serving { fronts, sqs, owner, started } = parts;
        if report.send(Ok(started)).is_err() {
            return Report::default();
        }
        let fronts = fronts.into_iter().map(|(front, listener)| tokio::spawn(front.serve(listener)));
        let mut serving: Vec<_> = fronts.collect();
        serving.push(tokio::spawn(sqs.serve(owner)));
        let life = driver.run(commands).await;
        serving.iter().for_each(JoinHandle::abort);
        database.shutdown().await;
        life
    }
}
