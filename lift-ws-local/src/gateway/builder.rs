//! How a gateway is configured and started.

use std::hash::{BuildHasher, RandomState};
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use tokio::net::{TcpListener, TcpSocket};
use tokio::sync::oneshot;
use tokio::task::JoinHandle;
use tokio_rustls::rustls::ServerConfig;

use super::driver::{Driver, DriverParts, Inspection};
use super::leash::Leash;
use super::{LocalGateway, Report, StartError, first_table};
use crate::clock::{Clock, SystemClock};
use crate::control::{self, Control};
use crate::core::{Api, Gateway, Limits, Manifest};
use crate::database::{Database, Tables};
use crate::environments::{Endpoints, Function, Launcher, PoolSettings, ProcessGroups};
use crate::event::{EventSink, GatewayEvent};
use crate::inspector::{self, InspectorApi, Journal};
use crate::owner::{Command, Owner};
use crate::sqs::{JOBS, Place, Sqs, SqsServer};
use crate::tls::{self, Authority, AuthorityError, Trust};
use crate::transport::{Front, WebFolder};

/// The settings of a gateway that is about to start; made by [`LocalGateway::builder`].
#[derive(Debug)]
#[must_use = "a builder does nothing until it is started"]
pub struct LocalGatewayBuilder {
    manifest: Manifest,
    function: Function,
    host: IpAddr,
    port: u16,
    stage: String,
    environments: usize,
    init_timeout: Duration,
    function_timeout: Duration,
    limits: Limits,
    web: Option<PathBuf>,
    data: Option<PathBuf>,
    control: bool,
    authority: Option<Arc<Authority>>,
    clock: Arc<dyn Clock>,
    sink: EventSink,
}

impl LocalGatewayBuilder {
    pub(super) fn new(manifest: Manifest, function: Function) -> Self {
        Self {
            manifest,
            function,
            host: IpAddr::V4(Ipv4Addr::LOCALHOST),
            port: 0,
            stage: "dev".to_owned(),
            environments: 4,
            init_timeout: Duration::from_secs(10),
            function_timeout: Duration::from_secs(30),
            limits: Limits::default(),
            web: None,
            data: None,
            control: false,
            authority: None,
            clock: Arc::new(SystemClock::new()),
            sink: EventSink::none(),
        }
    }

    /// The address to listen on; the loopback by default, which only this machine reaches.
    pub fn host(mut self, host: IpAddr) -> Self {
        self.host = host;
        self
    }

    /// The port to listen on; 0, the default, finds a free one.
    pub fn port(mut self, port: u16) -> Self {
        self.port = port;
        self
    }

    /// The stage; `dev` by default.
    pub fn stage(mut self, stage: impl Into<String>) -> Self {
        self.stage = stage.into();
        self
    }

    /// How many environments there may be at a time; 4 by default, at least 1.
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

    /// A folder of static files to serve at `/`.
    pub fn web(mut self, dir: impl Into<PathBuf>) -> Self {
        self.web = Some(dir.into());
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
    /// If the port is taken, the page's folder cannot be read, the database does not start or the manifest's
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
        let Started { address, api, tables, queue_url, leash } = match started.await {
            Ok(started) => started?,
            Err(_) => return Err(StartError::Runtime(std::io::Error::other("it ended unexpectedly"))),
        };
        let stage = api.stage.clone();
        Ok(LocalGateway { address, stage, api, tables, queue_url, leash, thread, finished })
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
        let Served { front, listener, sqs, owner, started } = parts;
        if report.send(Ok(started)).is_err() {
            return Report::default();
        }
        let serving = [tokio::spawn(front.serve(listener)), tokio::spawn(sqs.serve(owner))];
        let life = driver.run(commands).await;
        serving.iter().for_each(JoinHandle::abort);
        database.shutdown().await;
        life
    }

    async fn set_up(self, owner: Owner) -> Result<(Served, Driver, Database), StartError> {
        if self.control && self.stage == control::PREFIX {
            return Err(StartError::ReservedStage);
        }
        let listener = listen(SocketAddr::new(self.host, self.port))
            .map_err(|source| StartError::Listen { port: self.port, source })?;
        let address =
            listener.local_addr().map_err(|source| StartError::Listen { port: self.port, source })?;
        let address = reachable(address);
        let web = self
            .web
            .as_ref()
            .map(|dir| WebFolder::open(dir).map_err(|source| StartError::Web { dir: dir.clone(), source }));
        let web = web.transpose()?;
        let mut api = Api::from_manifest(&self.manifest).map_err(StartError::Manifest)?;
        api.stage.clone_from(&self.stage);
        api.domain_name = address.to_string();
        api.limits = self.limits.clone();
        let (tls, trust) = self.tls(address.ip(), &api).map_err(StartError::Authority)?;
        let database = self.start_database().await?;
        let sqs = SqsServer::bind().map_err(StartError::Queues)?;
        let place =
            Place { url: sqs.url().to_owned(), region: api.region.clone(), account: api.account.clone() };
        let groups = ProcessGroups::default();
        let launcher = Launcher {
            endpoints: Endpoints {
                callback_url: format!("http://{address}/{}", self.stage),
                database_url: Some(database.url().to_owned()),
                sqs_url: sqs.url().to_owned(),
                queue: None,
                table: first_table(&self.manifest),
                region: api.region.clone(),
                trust: Some(Arc::new(trust)),
            },
            account: api.account.clone(),
            groups: groups.clone(),
            sink: match self.control {
                true => overheard(self.sink.clone(), owner.clone()),
                false => self.sink.clone(),
            },
            owner: owner.clone(),
            function: self.function,
        };
        let pool = PoolSettings {
            max_environments: self.environments,
            concurrency: launcher.function.concurrency(),
            init_timeout: self.init_timeout,
            function_timeout: self.function_timeout,
        };
        let core = Gateway::new(api.clone(), RandomState::new().hash_one(address.port()));
        let queue_url = place.queue_url(JOBS);
        let inspection = self.control.then(|| {
            let journal = Journal::new(RandomState::new().hash_one("the inspector"));
            Inspection::new(journal, self.manifest.app.clone().unwrap_or_default())
        });
        let driver = Driver::new(DriverParts {
            core,
            sqs: Sqs::new(place),
            queue: self.manifest.queue,
            pool,
            launcher,
            clock: Arc::clone(&self.clock),
            sink: self.sink,
            inspection,
        });
        let control = self
            .control
            .then(|| Control::new(InspectorApi::new(owner.clone(), database.tables(), self.stage.clone())));
        let front = Front::new(owner.clone(), api.limits.clone(), self.stage, web, control, self.clock, tls);
        let started = Started {
            address,
            api: Box::new(api),
            tables: database.tables(),
            queue_url,
            leash: Leash::new(owner.clone(), groups),
        };
        Ok((Served { front, listener, sqs, owner, started }, driver, database))
    }

    /// What speaks TLS on the port, and what tells environments to trust it. Names that AWS would have lead here too, for programs
    /// that are made to resolve them so.
    fn tls(&self, address: IpAddr, api: &Api) -> Result<(Arc<ServerConfig>, Trust), AuthorityError> {
        let authority = match &self.authority {
            Some(authority) => Arc::clone(authority),
            None => Arc::new(Authority::ephemeral()?),
        };
        let on_aws = format!("{}.execute-api.{}.amazonaws.com", api.api_id, api.region);
        Ok((tls::server_config(&authority, address, &[on_aws])?, Trust::write(&authority)?))
    }

    /// Every function finds a DynamoDB, as it would on AWS; its own tables are made only if it has some.
    async fn start_database(&self) -> Result<Database, StartError> {
        let database = Database::start(self.data.clone(), self.manifest.tables.clone()).await;
        database.map_err(|error| StartError::Database { problem: error.to_string() })
    }
}

/// What serves the ports.
struct Served {
    front: Front,
    listener: TcpListener,
    sqs: SqsServer,
    owner: Owner,
    started: Started,
}

struct Started {
    address: SocketAddr,
    api: Box<Api>,
    tables: Tables,
    queue_url: String,
    leash: Leash,
}

/// Tells the journal too what functions write.
fn overheard(sink: EventSink, owner: Owner) -> EventSink {
    EventSink::new(move |event| {
        if let GatewayEvent::Output { environment, stream, line } = &event {
            let (environment, stream, line) = (*environment, *stream, line.clone());
            owner.tell(Command::Inspect(inspector::Request::Wrote { environment, stream, line }));
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
