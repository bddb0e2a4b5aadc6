//! The functions of a template.

use std::collections::BTreeSet;
use std::path::Path;
use std::time::Duration;

use super::resources::Resource;
use super::{Scope, runtime};
use crate::project::node::{Content, Entry};
use crate::project::{Project, ProjectError, ProjectFunction};

/// Lambda's own default.
const TIMEOUT: Duration = Duration::from_secs(3);

/// All functions; what is wrong with one counts only if it is used.
pub(super) struct Functions(Vec<Known>);

struct Known {
    /// The logical id.
    id: String,
    /// The name that its ARN has.
    name: String,
    read: Result<ProjectFunction, ProjectError>,
}

pub(super) fn is_function(resource: &Resource) -> bool {
    matches!(resource.kind.as_str(), "AWS::Serverless::Function" | "AWS::Lambda::Function")
}

impl Functions {
    pub(super) fn read(scope: &Scope<'_>, resources: &[Resource], dir: &Path) -> Self {
        let known = resources.iter().filter(|resource| is_function(resource)).map(|resource| {
            let name = resource.text("FunctionName").ok().flatten();
            let name = name.unwrap_or_else(|| resource.id.clone());
            let read = function(scope, resource, &name, dir);
            Known { id: resource.id.clone(), name, read }
        });
        Self(known.collect())
    }

    /// The logical id of the function that an ARN or an integration's URI names.
    pub(super) fn find(&self, uri: &str) -> Option<String> {
        let name = match uri.rsplit_once("function:") {
            Some((_, rest)) => rest.split([':', '/']).next().unwrap_or(rest),
            None => uri,
        };
        self.0.iter().find(|known| known.name == name || known.id == name).map(|known| known.id.clone())
    }

    /// The functions that an API or a queue of the project needs. Others are left alone: they are another part's.
    pub(super) fn used(self, project: &Project) -> Result<Vec<ProjectFunction>, ProjectError> {
        let of_apis = project.apis.iter().flat_map(|api| {
            api.routes.values().chain(&api.function).chain(&api.authorizer).chain(&api.queue)
        });
        let of_queues = project.queues.iter().filter_map(|queue| queue.function.as_ref());
        let used: BTreeSet<String> = of_apis.chain(of_queues).cloned().collect();
        let used = self.0.into_iter().filter(|known| used.contains(&known.id));
        used.map(|known| known.read).collect()
    }
}

fn function(
    scope: &Scope<'_>,
    resource: &Resource,
    name: &str,
    dir: &Path,
) -> Result<ProjectFunction, ProjectError> {
    let runtime::Started { mut function, package, requirement } = runtime::start(resource, dir)?;
    function = function.named(name);
    if let Some(handler) = resource.text("Handler")? {
        function = function.env("_HANDLER", handler);
    }
    if let Some(memory) = resource.text("MemorySize")? {
        function = function.env("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", memory);
    }
    let variables = resource.get("Environment").and_then(|environment| environment.get("Variables"));
    let path = resource.path("Environment.Variables");
    for Entry { key, value, .. } in variables.map_or(Ok(&[][..]), |variables| variables.expect_map(&path))? {
        let Some(text) = value.to_text() else {
            if value.content == Content::Null {
                continue;
            }
            let problem = format!("this is {}: a variable is a text", value.kind());
            return Err(value.problem(format!("{path}.{key}"), problem));
        };
        if text.contains("{{resolve:") {
            let told = "a secret or parameter that only AWS can look up: the program gets the text as it stands; set it in \
                        a lift-ws.toml, or by a parameter";
            scope.warn(value, &format!("{path}.{key}"), told);
        }
        function = function.env(key, text);
    }
    let timeout = match resource.get("Timeout") {
        Some(timeout) => Duration::from_secs(timeout.expect_number(&resource.path("Timeout"), 1, 900)?),
        None => TIMEOUT,
    };
    let reserved = resource.get("ReservedConcurrentExecutions");
    let reserved =
        reserved.map(|node| node.expect_number(&resource.path("ReservedConcurrentExecutions"), 0, 10_000));
    let environments = reserved.transpose()?.map(|count| count as usize).filter(|count| *count > 0);
    Ok(ProjectFunction {
        name: resource.id.clone(),
        function,
        package,
        requirement,
        environments,
        timeout: Some(timeout),
    })
}
