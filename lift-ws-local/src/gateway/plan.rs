//! What a gateway is about to serve, with numbers in place of names.

use std::collections::HashMap;
use std::path::PathBuf;
use std::time::Duration;

use serde_json::Value;

use super::deployed::DeployedFunction;
use super::driver::Destinations;
use crate::core::{Manifest, ManifestQueue};
use crate::environments::Function;
use crate::project::{Project, ProjectApi, ProjectError, ProjectStage};
use crate::site::SiteId;
use crate::sqs::{JOBS, QueuePlan};
use crate::transport::Domain;

/// Where jobs go that have failed too often.
const DEAD_JOBS: &str = "lift-ws-jobs-dead";

#[derive(Debug)]
pub(super) struct Plan {
    pub(super) functions: Vec<FunctionPlan>,
    pub(super) apis: Vec<ApiPlan>,
    pub(super) domains: Vec<Domain>,
    pub(super) tables: Vec<Value>,
    pub(super) queues: Vec<QueuePlan>,
    /// The API whose manifest has the queue of jobs, by its first stage.
    pub(super) jobs_of: Option<SiteId>,
}

#[derive(Debug)]
pub(super) struct FunctionPlan {
    pub(super) name: String,
    pub(super) function: Function,
    pub(super) environments: Option<usize>,
    pub(super) timeout: Option<Duration>,
    /// The stages whose events it gets.
    pub(super) sites: Vec<SiteId>,
    /// What it finds in `LIFT_WS_TABLE`.
    pub(super) table: Option<String>,
    /// What it finds there if the APIs that it describes have no table.
    pub(super) table_of_others: Option<String>,
}

#[derive(Debug)]
pub(super) struct ApiPlan {
    pub(super) name: String,
    pub(super) api_id: String,
    pub(super) port: Option<u16>,
    pub(super) manifest: Manifest,
    pub(super) web: Option<PathBuf>,
    pub(super) stages: Vec<(SiteId, ProjectStage)>,
    pub(super) destinations: Destinations,
    /// The number of the function whose build tells the routes.
    pub(super) described_by: Option<usize>,
    /// The number of the function that gets jobs, should there be some.
    pub(super) jobs: usize,
}

impl Plan {
    pub(super) fn new(project: Project) -> Result<Self, ProjectError> {
        project.check()?;
        let numbers: HashMap<String, usize> =
            project.functions.iter().enumerate().map(|(at, function)| (function.name.clone(), at)).collect();
        let number = |name: &Option<String>| name.as_ref().and_then(|name| numbers.get(name)).copied();
        let mut tables = Vec::new();
        let mut queues = Vec::new();
        let mut jobs_of = None;
        let mut apis: Vec<ApiPlan> = Vec::new();
        let mut site = 0;
        for api in project.apis {
            add_tables(&mut tables, &api.manifest.tables);
            let destinations = destinations(&api, &numbers);
            let function_of_jobs = number(&api.queue).unwrap_or(destinations.usual);
            if let Some(settings) = &api.manifest.queue {
                queues.push(jobs(function_of_jobs, settings.clone()));
                jobs_of = Some(SiteId::new(site));
            }
            let described_by = api.describes_itself.then_some(destinations.usual);
            let ProjectApi { name, api_id, port, stages, manifest, web, .. } = api;
            let stages = stages.into_iter().map(|stage| {
                site += 1;
                (SiteId::new(site - 1), stage)
            });
            let stages = stages.collect();
            apis.push(ApiPlan {
                name,
                api_id,
                port,
                manifest,
                web,
                stages,
                destinations,
                described_by,
                jobs: function_of_jobs,
            });
        }
        add_tables(&mut tables, &project.tables);
        for queue in project.queues {
            let function = number(&queue.function);
            let (name, dead_letters, settings) = (queue.name, queue.dead_letters, queue.settings);
            queues.push(QueuePlan { name, dead_letters, settings, function });
        }
        let domains = project.domains.into_iter().map(|domain| Domain {
            mappings: domain
                .mappings
                .iter()
                .filter_map(|mapping| {
                    let api = apis.iter().find(|api| api.name == mapping.api)?;
                    let (site, _) = api.stages.iter().find(|(_, stage)| stage.name == mapping.stage)?;
                    Some((mapping.path.clone(), *site))
                })
                .collect(),
            name: domain.name.to_ascii_lowercase(),
        });
        let domains = domains.collect();
        let functions = project.functions.into_iter().enumerate().map(|(at, function)| {
            let served: Vec<&ApiPlan> = apis.iter().filter(|api| api.destinations.leads_to(at)).collect();
            let table = |is_described: bool| {
                let mut apis = served.iter().filter(|api| (api.described_by == Some(at)) == is_described);
                apis.find_map(|api| first_table(&api.manifest))
            };
            FunctionPlan {
                name: function.name,
                function: function.function,
                environments: function.environments,
                timeout: function.timeout,
                sites: served.iter().flat_map(|api| api.stages.iter().map(|(site, _)| *site)).collect(),
                table: table(true).or_else(|| table(false)),
                table_of_others: table(false),
            }
        });
        let functions = functions.collect();
        Ok(Self { functions, apis, domains, tables, queues, jobs_of })
    }
}

impl FunctionPlan {
    pub(super) fn deployed(&self) -> DeployedFunction {
        DeployedFunction { name: self.name.clone(), table_of_others: self.table_of_others.clone() }
    }
}

fn destinations(api: &ProjectApi, numbers: &HashMap<String, usize>) -> Destinations {
    let number = |name: &Option<String>| name.as_ref().and_then(|name| numbers.get(name)).copied();
    let usual = number(&api.function).unwrap_or(0);
    let routes = api.routes.iter().filter_map(|(route, name)| Some((route.clone(), *numbers.get(name)?)));
    Destinations { usual, routes: routes.collect(), authorizer: number(&api.authorizer).unwrap_or(usual) }
}

impl Destinations {
    /// Whether a function gets any event of the stage.
    fn leads_to(&self, function: usize) -> bool {
        self.usual == function
            || self.authorizer == function
            || self.routes.values().any(|to| *to == function)
    }
}

/// The queue of jobs, which functions find in `LIFT_WS_QUEUE_URL`.
pub(super) fn jobs(function: usize, settings: ManifestQueue) -> QueuePlan {
    let dead_letters = Some(DEAD_JOBS.to_owned());
    QueuePlan { name: JOBS.to_owned(), dead_letters, settings, function: Some(function) }
}

fn add_tables(tables: &mut Vec<Value>, more: &[Value]) {
    for table in more {
        if !tables.iter().any(|known| known.get("TableName") == table.get("TableName")) {
            tables.push(table.clone());
        }
    }
}

/// The name of the manifest's first table, which functions find in `LIFT_WS_TABLE`.
pub(super) fn first_table(manifest: &Manifest) -> Option<String> {
    let table = manifest.tables.first()?;
    table.get("TableName").and_then(Value::as_str).map(str::to_owned)
}
