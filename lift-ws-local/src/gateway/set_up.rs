//! What is set up before a gateway serves: ports, database, queues, functions, and the driver of them all.

use std::hash::{BuildHasher, RandomState};
use std::sync::Arc;
use std::sync::atomic::AtomicU64;

use tokio::net::TcpListener;
use tokio_rustls::rustls::ServerConfig;

use super::addresses::Addresses;
use super::deployed::{DeployedFunction, DeployedStage};
use super::driver::{Destinations, Driver, DriverParts, Inspection};
use super::leash::Leash;
use super::plan::{ApiPlan, FunctionPlan, Plan};
use super::ports::{HOME_REGION, Port, Site, account, callback_url, execute_api_host, region};
use super::{LocalGatewayBuilder, ServedApi, StartError};
use crate::control::{self, Control};
use crate::core::{AccountRates, Faults, Gateway};
use crate::database::{Database, Sweeps, Tables};
use crate::dev_page::DevPage;
use crate::environments::{Endpoints, Launcher, PoolSettings, ProcessGroups};
use crate::event::{EventSink, GatewayEvent};
use crate::inspector::{self, InspectorApi, Recorder};
use crate::owner::{Command, Owner};
use crate::project::ProjectError;
use crate::sqs::{JOBS, Place, Sqs, SqsServer};
use crate::tls::{self, Authority, AuthorityError, Trust};
use crate::transport::{Domain, Front, Sites};

/// What serves the ports.
pub(super) struct Serving {
    pub(super) fronts: Vec<(Front, TcpListener)>,
    pub(super) sqs: SqsServer,
    pub(super) owner: Owner,
    pub(super) started: Started,
}

/// What the gateway that users hold is made of.
pub(super) struct Started {
    pub(super) apis: Vec<ServedApi>,
    pub(super) stages: Vec<DeployedStage>,
    pub(super) functions: Vec<DeployedFunction>,
    pub(super) addresses: Addresses,
    pub(super) tables: Tables,
    pub(super) queue_url: String,
    pub(super) dev_page: Option<DevPage>,
    pub(super) faults: Faults,
    pub(super) leash: Leash,
}

/// What the environments of all functions are told of, or belong to.
struct Surroundings {
    addresses: Addresses,
    database_url: Option<String>,
    groups: ProcessGroups,
    owner: Owner,
    place: Place,
    trust: Arc<Trust>,
}

impl LocalGatewayBuilder {
    pub(super) async fn set_up(mut self, owner: Owner) -> Result<(Serving, Driver, Database), StartError> {
        let plan = Plan::new(std::mem::take(&mut self.project)).map_err(StartError::Project)?;
        let Plan { functions, apis, domains, tables, queues, jobs_of } = plan;
        self.check_stages(&apis)?;
        self.check_domain(&domains)?;
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
        let surroundings = Surroundings {
            addresses: addresses(&sites, &place),
            database_url: database.url().map(str::to_owned),
            groups: ProcessGroups::default(),
            owner: owner.clone(),
            place,
            trust,
        };
        let deployed = functions.iter().map(FunctionPlan::deployed).collect();
        let launched = functions.into_iter().map(|plan| self.launched(plan, &sites, &surroundings));
        let functions = launched.collect();
        let Surroundings { addresses, groups, place, .. } = surroundings;
        let queue_url = place.queue_url(JOBS);
        let driver = Driver::new(DriverParts {
            cores: cores(&sites, &faults),
            sqs: Sqs::new(place),
            queues,
            jobs_of,
            functions,
            faults: faults.clone(),
            clock: Arc::clone(&self.clock),
            sink: self.sink.clone(),
            inspection: self.control.then(|| inspection(&ports)),
        });
        let driver = driver.ok_or_else(|| StartError::Project(ProjectError::no_function()))?;
        let dev_page = (self.control && self.dev_page).then(DevPage::new);
        let started = Started {
            apis: ports.iter().map(Port::served).collect(),
            stages: sites.into_iter().map(|site| site.deployed).collect(),
            functions: deployed,
            addresses,
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

    fn check_stages(&self, apis: &[ApiPlan]) -> Result<(), StartError> {
        let mut stages = apis.iter().flat_map(|api| &api.stages);
        if self.control && stages.any(|(_, stage)| stage.name == control::PREFIX) {
            return Err(StartError::ReservedStage);
        }
        Ok(())
    }

    fn check_domain(&self, domains: &[Domain]) -> Result<(), StartError> {
        match &self.domain {
            Some(name) if !domains.iter().any(|domain| domain.name.eq_ignore_ascii_case(name)) => {
                let known = domains.iter().map(|domain| domain.name.clone()).collect();
                Err(StartError::UnknownDomain { name: name.clone(), known })
            }
            _ => Ok(()),
        }
    }

    /// A function, and how its environments are started.
    fn launched(
        &self,
        plan: FunctionPlan,
        sites: &[Site],
        surroundings: &Surroundings,
    ) -> (PoolSettings, Launcher) {
        let Surroundings { addresses, database_url, groups, owner, place, trust } = surroundings;
        let pool = self.pool_settings(&plan);
        let endpoints = Endpoints {
            callback_url: callback_url(&plan.sites, sites),
            database_url: database_url.clone(),
            sqs_url: place.url.clone(),
            queue: None,
            table: plan.table,
            region: place.region.clone(),
            trust: Some(Arc::clone(trust)),
            has_proxy: self.name_on_aws,
        };
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

fn addresses(sites: &[Site], place: &Place) -> Addresses {
    let hosts =
        sites.iter().map(|site| (execute_api_host(&site.api().api_id, &site.api().region), site.address));
    Addresses { hosts: hosts.collect(), queues: place.clone() }
}

/// The state machine of each stage, and where its events go.
fn cores(sites: &[Site], faults: &Faults) -> Vec<(Gateway, Destinations)> {
    let seed = RandomState::new();
    let rates = AccountRates::default();
    let cores = sites.iter().map(|site| {
        let seed = seed.hash_one((site.address.port(), &site.api().stage));
        let core = Gateway::new(site.api().clone(), seed);
        let core = core.with_faults(faults.clone()).with_account(rates.clone());
        (core, site.destinations.clone())
    });
    cores.collect()
}

fn inspection(ports: &[Port]) -> Inspection {
    let app = ports.iter().find_map(|port| port.api.manifest.app.clone());
    Inspection::new(Recorder::new(RandomState::new().hash_one("the inspector")), app.unwrap_or_default())
}

/// Tells the inspector too what functions write.
fn overheard(sink: EventSink, owner: Owner) -> EventSink {
    EventSink::new(move |event| {
        if let GatewayEvent::Output { environment, stream, line } = &event {
            let (environment, stream, line) = (*environment, *stream, line.clone());
            owner.tell(Command::Inspect(inspector::Ask::Wrote { environment, stream, line }));
        }
        sink.emit(event);
    })
}
