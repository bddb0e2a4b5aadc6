//! How a gateway is configured and started.

use std::hash::{BuildHasher, RandomState};
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use std::time::Duration;

use tokio::net::{TcpListener, TcpSocket};
use tokio::sync::oneshot;
use tokio::task::JoinHandle;
use tokio_rustls::rustls::ServerConfig;

use super::addresses::Addresses;
use super::deployed::{DeployedFunction, DeployedStage};
use super::driver::{Destinations, Driver, DriverParts, Inspection};
use super::leash::Leash;
use super::plan::{ApiPlan, FunctionPlan, Plan};
use super::{LocalGateway, Report, ServedApi, StartError};
use crate::clock::{Clock, SystemClock};
use crate::control::{self, Control};
use crate::core::{AccountRates, Api, FaultPlan, Faults, Gateway, Limits};
use crate::database::{Database, Sweeps, Tables};
use crate::dev_page::{self, DevPage};
use crate::environments::{Endpoints, Launcher, PoolSettings, ProcessGroups};
use crate::event::{EventSink, GatewayEvent};
use crate::inspector::{self, InspectorApi, Journal};
use crate::owner::{Command, Owner};
use crate::project::{Project, ProjectError, ProjectStage};
use crate::site::SiteId;
use crate::sqs::{JOBS, Place, Sqs, SqsServer};
use crate::tls::{self, Authority, AuthorityError, Trust};
use crate::transport::{ANY_STAGE, Domain, Front, Sites, WebFolder};

/// The settings of a gateway that is about to start; made by [`LocalGateway::builder`].
#[derive(Debug)]
#[must_use = "a builder does nothing until it is started"]
pub struct LocalGatewayBuilder {
    project: Project,
    host: IpAddr,
    port: Option<u16>,
    domain: Option<String>,
    environments: usize,
    init_timeout: Duration,
    function_timeout: Duration,
    limits: Limits,
    data: Option<PathBuf>,
    control: bool,
    dev_page: bool,
    faults: Option<FaultPlan>,
    authority: Option<Arc<Authority>>,
    name_on_aws: bool,
    clock: Arc<dyn Clock>,
    sink: EventSink,
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

    async fn set_up(mut self, owner: Owner) -> Result<(Serving, Driver, Database), StartError> {
        let plan = Plan::new(std::mem::take(&mut self.project)).map_err(StartError::Project)?;
        let Plan { functions, apis, domains, tables, queues, jobs_of } = plan;
        let is_reserved = |stage: &str| stage == control::PREFIX;
        if self.control && apis.iter().any(|api| api.stages.iter().any(|(_, stage)| is_reserved(&stage.name)))
        {
            return Err(StartError::ReservedStage);
        }
        let dev_page = (self.control && self.dev_page).then(DevPage::new);
        let ports = self.listen(apis)?;
        let mut sites = Vec::new();
        for port in &ports {
            sites.append(&mut self.sites(port)?);
        }
        let (tls, trust) = self.tls(&ports, &domains).map_err(StartError::Authority)?;
        let faults = self.start_faults();
        let database = Database::start(self.data.clone(), tables, Sweeps::usual(faults.clone())).await;
        let database = database.map_err(|error| StartError::Database { problem: error.to_string() })?;
        let sqs = SqsServer::bind().map_err(StartError::Queues)?;
        let place = Place { url: sqs.url().to_owned(), region: region(&sites), account: account(&sites) };
        let hosts =
            sites.iter().map(|site| (execute_api_host(&site.api().api_id, &site.api().region), site.address));
        let addresses = Addresses { hosts: hosts.collect(), queues: place.clone() };
        let groups = ProcessGroups::default();
        let deployed = functions.iter().map(|function| DeployedFunction {
            name: function.name.clone(),
            table_of_others: function.table_of_others.clone(),
        });
        let deployed = deployed.collect();
        let launched = functions.into_iter().map(|plan| {
            let endpoints = Endpoints {
                callback_url: callback_url(&plan.sites, &sites),
                database_url: database.url().map(str::to_owned),
                sqs_url: sqs.url().to_owned(),
                queue: None,
                table: plan.table.clone(),
                region: place.region.clone(),
                trust: Some(Arc::clone(&trust)),
                has_proxy: self.name_on_aws,
            };
            let pool = self.pool_settings(&plan);
            let launcher = Launcher {
                endpoints,
                account: place.account.clone(),
                groups: groups.clone(),
                sink: match self.control {
                    true => overheard(self.sink.clone(), owner.clone()),
                    false => self.sink.clone(),
                },
                owner: owner.clone(),
                function: addresses.settle(plan.function),
            };
            (pool, launcher)
        });
        let functions = launched.collect();
        let queue_url = place.queue_url(JOBS);
        let seed = RandomState::new();
        let rates = AccountRates::default();
        let cores = sites.iter().map(|site| {
            let seed = seed.hash_one((site.address.port(), &site.api().stage));
            let core = Gateway::new(site.api().clone(), seed);
            let core = core.with_faults(faults.clone()).with_account(rates.clone());
            (core, site.destinations.clone())
        });
        let inspection = self.control.then(|| {
            let app = ports.iter().find_map(|port| port.api.manifest.app.clone());
            Inspection::new(
                Journal::new(RandomState::new().hash_one("the inspector")),
                app.unwrap_or_default(),
            )
        });
        let driver = Driver::new(DriverParts {
            cores: cores.collect(),
            sqs: Sqs::new(place),
            queues,
            jobs_of,
            functions,
            faults: faults.clone(),
            clock: Arc::clone(&self.clock),
            sink: self.sink.clone(),
            inspection,
        });
        let driver = driver.ok_or_else(|| StartError::Project(ProjectError::no_function()))?;
        let started = Started {
            apis: ports.iter().map(|port| port.served()).collect(),
            stages: sites.into_iter().map(|site| site.deployed).collect(),
            functions: deployed,
            addresses: addresses.clone(),
            tables: database.tables(),
            queue_url,
            dev_page: dev_page.clone(),
            faults: faults.clone(),
            leash: Leash::new(owner.clone(), groups),
        };
        let inspector = InspectorApi::new(owner.clone(), database.tables());
        let fronts = self.fronts(ports, &domains, &inspector, &faults, dev_page.as_ref(), &tls);
        Ok((Serving { fronts, sqs, owner, started }, driver, database))
    }

    /// Listens on the port of each API.
    fn listen(&self, apis: Vec<ApiPlan>) -> Result<Vec<Port>, StartError> {
        let ports = (0_u16..).zip(apis).map(|(index, api)| {
            let port = match self.port {
                None => api.port.unwrap_or(0),
                Some(0) => 0,
                Some(first) => first.saturating_add(index),
            };
            let failed = |source| StartError::Listen { port, source };
            let listener = listen(SocketAddr::new(self.host, port)).map_err(failed)?;
            let address = reachable(listener.local_addr().map_err(failed)?);
            let web = api.web.as_ref().map(|dir| {
                WebFolder::open(dir).map_err(|source| StartError::Web { dir: dir.clone(), source })
            });
            let tag = (self.control && self.dev_page).then_some(dev_page::TAG);
            let web = web.transpose()?.map(|web| web.with_tag(tag));
            Ok(Port { web, is_first: index == 0, api, address, listener })
        });
        ports.collect()
    }

    /// The stages that are served on a port.
    fn sites(&self, port: &Port) -> Result<Vec<Site>, StartError> {
        let described = Api::from_manifest(&port.api.manifest).map_err(StartError::Manifest)?;
        let sites = port.api.stages.iter().map(|(id, stage)| {
            let mut api = described.clone();
            api.api_id.clone_from(&port.api.api_id);
            api.stage.clone_from(&stage.name);
            api.domain_name = port.address.to_string();
            api.limits = self.limits.clone();
            let variables = stage.variables.iter().map(|(name, value)| (name.clone(), value.clone()));
            api.stage_variables.extend(variables);
            let destinations = port.api.destinations.clone();
            let deployed = DeployedStage {
                site: *id,
                api,
                is_of_first_api: port.is_first,
                described_by: port.api.described_by,
                jobs: port.api.jobs,
            };
            Site { address: port.address, destinations, deployed }
        });
        Ok(sites.collect())
    }

    fn pool_settings(&self, plan: &FunctionPlan) -> PoolSettings {
        PoolSettings {
            max_environments: plan.environments.unwrap_or(self.environments).max(1),
            concurrency: plan.function.concurrency(),
            init_timeout: self.init_timeout,
            function_timeout: plan.timeout.unwrap_or(self.function_timeout),
        }
    }

    fn fronts(
        &self,
        ports: Vec<Port>,
        domains: &[Domain],
        inspector: &InspectorApi,
        faults: &Faults,
        dev_page: Option<&DevPage>,
        tls: &Arc<ServerConfig>,
    ) -> Vec<(Front, TcpListener)> {
        let sockets = Arc::new(AtomicU64::new(0));
        let fronts = ports.into_iter().map(|port| {
            let sites = Sites {
                stages: port.api.stages.iter().map(|(id, stage)| (stage.name.clone(), *id)).collect(),
                domains: domains.to_vec(),
                assumed: self.domain.clone(),
            };
            let front = Front::new(
                inspector.owner().clone(),
                self.limits.clone(),
                sites,
                port.web,
                self.control.then(|| {
                    Control::new(inspector.clone(), faults.clone()).with_dev_page(dev_page.cloned())
                }),
                Arc::clone(&self.clock),
                Arc::clone(tls),
                Arc::clone(&sockets),
                execute_api_host(&port.api.api_id, HOME_REGION),
            );
            (front, port.listener)
        });
        fronts.collect()
    }

    /// The plan's faults, or none with a seed by chance: short enough to be typed.
    fn start_faults(&self) -> Faults {
        let faults = Faults::new(RandomState::new().hash_one(self.host) & u64::from(u32::MAX));
        if let Some(plan) = &self.faults {
            faults.set(plan);
        }
        let sink = self.sink.clone();
        faults.observe(move |met| sink.emit(GatewayEvent::Fault(met.clone())));
        faults
    }

    /// What speaks TLS on the ports, and what tells environments to trust it. Names that AWS would have lead here too, for
    /// programs that are made to resolve them so, and custom domains.
    fn tls(
        &self,
        ports: &[Port],
        domains: &[Domain],
    ) -> Result<(Arc<ServerConfig>, Arc<Trust>), AuthorityError> {
        let authority = match &self.authority {
            Some(authority) => Arc::clone(authority),
            None => Arc::new(Authority::ephemeral()?),
        };
        let on_aws = ports.iter().map(|port| execute_api_host(&port.api.api_id, HOME_REGION));
        let names: Vec<String> = on_aws.chain(domains.iter().map(|domain| domain.name.clone())).collect();
        let address = ports.first().map_or(self.host, |port| port.address.ip());
        Ok((tls::server_config(&authority, address, &names)?, Arc::new(Trust::write(&authority)?)))
    }
}

/// The region that everything at home is in.
const HOME_REGION: &str = "us-east-1";

fn execute_api_host(api_id: &str, region: &str) -> String {
    format!("{api_id}.execute-api.{region}.amazonaws.com")
}

/// An API and the port that it is served on.
#[derive(Debug)]
struct Port {
    api: ApiPlan,
    is_first: bool,
    address: SocketAddr,
    listener: TcpListener,
    web: Option<WebFolder>,
}

impl Port {
    fn served(&self) -> ServedApi {
        ServedApi {
            name: self.api.name.clone(),
            address: self.address,
            api_id: self.api.api_id.clone(),
            stages: self.api.stages.iter().map(|(_, stage)| stage.name.clone()).collect(),
        }
    }
}

/// A stage that is about to be served.
#[derive(Debug)]
struct Site {
    address: SocketAddr,
    destinations: Destinations,
    deployed: DeployedStage,
}

impl Site {
    fn api(&self) -> &Api {
        &self.deployed.api
    }
}

fn region(sites: &[Site]) -> String {
    sites.first().map_or(HOME_REGION, |site| &site.api().region).to_owned()
}

fn account(sites: &[Site]) -> String {
    sites.first().map_or("000000000000", |site| &site.api().account).to_owned()
}

/// Where a function posts to: its stage, or if there are several, an address by which connections of all are reached.
fn callback_url(of: &[SiteId], sites: &[Site]) -> String {
    let mut mine = sites.iter().filter(|site| of.contains(&site.deployed.site)).peekable();
    let Some(first) = mine.next().or(sites.first()) else { return String::new() };
    let is_only = mine.peek().is_none() && (!of.is_empty() || sites.len() == 1);
    format!("http://{}/{}", first.address, if is_only { &first.api().stage } else { ANY_STAGE })
}

/// What serves the ports.
struct Serving {
    fronts: Vec<(Front, TcpListener)>,
    sqs: SqsServer,
    owner: Owner,
    started: Started,
}

struct Started {
    apis: Vec<ServedApi>,
    stages: Vec<DeployedStage>,
    functions: Vec<DeployedFunction>,
    addresses: Addresses,
    tables: Tables,
    queue_url: String,
    dev_page: Option<DevPage>,
    faults: Faults,
    leash: Leash,
}

/// Tells the journal too what functions write.
fn overheard(sink: EventSink, owner: Owner) -> EventSink {
    EventSink::new(move |event| {
        if let GatewayEvent::Output { environment, stream, line } = &event {
            let (environment, stream, line) = (*environment, *stream, line.clone());
            owner.tell(Command::Inspect(inspector::Ask::Wrote { environment, stream, line }));
        }
        sink.emit(event);
    })
}

fn listen(address: SocketAddr) -> std::io::Result<TcpListener> {
    let socket = if address.is_ipv4() { TcpSocket::new_v4()? } else { TcpSocket::new_v6()? };
    // A port whose last gateway has just ended can be had at once; one that is in use cannot.
    socket.set_reuseaddr(true)?;
    socket.bind(address)?;
    socket.listen(1024)
}

/// The address under which this machine reaches a listener.
fn reachable(address: SocketAddr) -> SocketAddr {
    let any = address.ip().is_unspecified();
    if any { SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), address.port()) } else { address }
}
