//! Whether the parts of a project fit together.

use std::collections::HashSet;

use super::{Place, Project, ProjectApi, ProjectError};

impl Project {
    /// Checks that every name leads somewhere, and nothing is there twice.
    pub(crate) fn check(&self) -> Result<(), ProjectError> {
        if self.apis.is_empty() {
            return Err(problem(
                "",
                "there is no WebSocket API: describe one under [apis.NAME], with its routes",
            ));
        }
        unique("functions", self.functions.iter().map(|function| function.name.as_str()))?;
        for function in &self.functions {
            if let Some((key, objection)) = function.function.objection() {
                return Err(problem(format!("functions.{}.{key}", function.name), objection));
            }
        }
        unique("apis", self.apis.iter().map(|api| api.name.as_str()))?;
        self.check_ids_and_ports()?;
        unique("queues", self.queues.iter().map(|queue| queue.name.as_str()))?;
        for api in &self.apis {
            self.check_api(api)?;
        }
        for queue in &self.queues {
            if let Some(function) = &queue.function {
                self.check_function(&format!("queues.{}.function", queue.name), function)?;
            }
        }
        self.check_jobs()?;
        self.check_domains()
    }

    fn check_ids_and_ports(&self) -> Result<(), ProjectError> {
        for (index, api) in self.apis.iter().enumerate() {
            for earlier in &self.apis[..index] {
                let taken = |key: &str, value: &dyn std::fmt::Display| {
                    let message =
                        format!("`apis.{}` has {value} already: each API needs its own", earlier.name);
                    Err(problem(format!("apis.{}.{key}", api.name), message))
                };
                if api.api_id == earlier.api_id {
                    return taken("apiId", &api.api_id);
                }
                if let Some(port) = api.port.filter(|port| *port > 0 && earlier.port == Some(*port)) {
                    return taken("port", &port);
                }
            }
        }
        Ok(())
    }

    fn check_api(&self, api: &ProjectApi) -> Result<(), ProjectError> {
        let path = |rest: &str| format!("apis.{}.{rest}", api.name);
        if api.api_id.is_empty()
            || !api.api_id.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit())
        {
            let message =
                format!("`{}` is no API id: write lower-case letters and digits, ten on AWS", api.api_id);
            return Err(problem(path("apiId"), message));
        }
        if api.stages.is_empty() {
            return Err(problem(path("stages"), "there is no stage: write stages = [\"dev\"]"));
        }
        unique(&path("stages"), api.stages.iter().map(|stage| stage.name.as_str()))?;
        for stage in &api.stages {
            let is_legal = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_');
            if stage.name.is_empty() || stage.name.len() > 128 || !stage.name.chars().all(is_legal) {
                return Err(problem(
                    path("stages"),
                    format!(
                        "`{}` is no name of a stage, which has 1 to 128 letters, digits, hyphens and underscores",
                        stage.name
                    ),
                ));
            }
        }
        for (route, function) in &api.routes {
            self.check_function(&path(&format!("routes.{route}")), function)?;
        }
        for (key, function) in [
            ("function", &api.function),
            ("authorizer.function", &api.authorizer),
            ("queue.function", &api.queue),
        ] {
            if let Some(function) = function {
                self.check_function(&path(key), function)?;
            }
        }
        self.check_who_describes(api)?;
        self.check_that_all_is_served(api)
    }

    /// Only an app of lift-ws, which cargo builds, tells its routes itself.
    fn check_who_describes(&self, api: &ProjectApi) -> Result<(), ProjectError> {
        let by_name = |name: &String| self.functions.iter().find(|function| function.name == *name);
        let function = match (&api.function, &self.functions[..]) {
            (Some(name), _) => by_name(name),
            (None, [only]) => Some(only),
            (None, _) => None,
        };
        if !api.describes_itself || function.is_some_and(|function| function.package.is_some()) {
            return Ok(());
        }
        let message = format!(
            "this API has no routes: write them under [apis.{0}.routes], or name by `function` an app of lift-ws that cargo \
             builds, which describes its own",
            api.name
        );
        Err(problem(format!("apis.{}", api.name), message))
    }

    fn check_that_all_is_served(&self, api: &ProjectApi) -> Result<(), ProjectError> {
        if api.function.is_some() || self.functions.len() == 1 {
            return Ok(());
        }
        let missing = |what: &str, key: &str| {
            let message = format!(
                "{what} has no function: name it there, or one for all under `function` of `apis.{}`; {}",
                api.name,
                self.known_functions()
            );
            problem(format!("apis.{}.{key}", api.name), message)
        };
        if let Some(route) =
            api.manifest.routes.iter().find(|route| !api.routes.contains_key(&route.route_key))
        {
            return Err(missing("this route", &format!("routes.{}", route.route_key)));
        }
        if api.manifest.authorizer.is_some() && api.authorizer.is_none() {
            return Err(missing("the authorizer", "authorizer"));
        }
        if api.manifest.queue.is_some() && api.queue.is_none() {
            return Err(missing("the queue", "queue"));
        }
        Ok(())
    }

    fn check_function(&self, path: &str, name: &str) -> Result<(), ProjectError> {
        if self.functions.iter().any(|function| function.name == name) {
            return Ok(());
        }
        Err(problem(path, format!("there is no function `{name}`; {}", self.known_functions())))
    }

    fn known_functions(&self) -> String {
        match &self.functions[..] {
            [] => "there is none: describe one under [functions.NAME], with its command".to_owned(),
            functions => format!("there is {}", list(functions.iter().map(|function| &function.name))),
        }
    }

    /// There is one queue of jobs, which `LIFT_WS_QUEUE_URL` names to all functions.
    fn check_jobs(&self) -> Result<(), ProjectError> {
        let mut with_jobs = self.apis.iter().filter(|api| api.manifest.queue.is_some());
        match (with_jobs.next(), with_jobs.next()) {
            (Some(first), Some(second)) => Err(problem(
                format!("apis.{}.queue", second.name),
                format!(
                    "`apis.{}` has the queue of jobs already, of which there is one: describe others under \
                     [queues.NAME]",
                    first.name
                ),
            )),
            _ => Ok(()),
        }
    }

    fn check_domains(&self) -> Result<(), ProjectError> {
        unique("domains", self.domains.iter().map(|domain| domain.name.to_ascii_lowercase()))?;
        for domain in &self.domains {
            let path = |rest: &str| format!("domains.{}.{rest}", domain.name);
            if let Some(message) = objection_to_domain(&domain.name) {
                return Err(problem(format!("domains.{}", domain.name), message));
            }
            unique(&format!("domains.{}", domain.name), domain.mappings.iter().map(|mapping| &mapping.path))?;
            for mapping in &domain.mappings {
                let place = path(if mapping.path.is_empty() { "(none)" } else { &mapping.path });
                if matches!(mapping.path.as_str(), "ping" | "sping") {
                    let message = "API Gateway keeps `ping` and `sping` of custom domains for itself: choose another path";
                    return Err(problem(place, message));
                }
                if matches!(mapping.path.as_str(), "_lift" | "~") {
                    let message = "the gateway keeps `_lift` and `~` for its inspector and its callback URLs: choose another path";
                    return Err(problem(place, message));
                }
                if mapping.path.contains('/') || mapping.path.starts_with('@') {
                    let message = "a mapping of a WebSocket API has a single segment, without `/` and without `@` first";
                    return Err(problem(place, message));
                }
                let Some(api) = self.apis.iter().find(|api| api.name == mapping.api) else {
                    let known = list(self.apis.iter().map(|api| &api.name));
                    return Err(problem(
                        place,
                        format!("there is no API `{}`; there is {known}", mapping.api),
                    ));
                };
                if !api.stages.iter().any(|stage| stage.name == mapping.stage) {
                    let known = list(api.stages.iter().map(|stage| &stage.name));
                    let message =
                        format!("`apis.{}` has no stage `{}`; it has {known}", mapping.api, mapping.stage);
                    return Err(problem(place, message));
                }
            }
        }
        Ok(())
    }
}

/// Why a name can be none of a custom domain, if so.
fn objection_to_domain(name: &str) -> Option<&'static str> {
    let legal = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_');
    let is_label = |label: &str| {
        (1..=63).contains(&label.len())
            && label.chars().all(legal)
            && !label.starts_with('-')
            && !label.ends_with('-')
    };
    let is_number = |label: &str| label.bytes().all(|byte| byte.is_ascii_digit());
    if !name.chars().all(|c| legal(c) || c == '.') {
        Some("this is no name of a domain: write it without scheme, port and path")
    } else if name.len() > 253 || !name.split('.').all(is_label) {
        Some(
            "this is no name of a domain, whose parts between dots have 1 to 63 letters, digits and hyphens, no hyphen first \
             or last, and 253 in all",
        )
    } else if name.rsplit('.').next().is_some_and(is_number) {
        Some(
            "this is an address, by which functions reach their API, and no name of a domain: choose a name, such as \
             ws.localhost",
        )
    } else if name.eq_ignore_ascii_case("localhost") {
        Some(
            "`localhost` is this machine itself, where every API is reached by its port: choose a name under it, such as \
             ws.localhost",
        )
    } else {
        None
    }
}

fn problem(path: impl Into<String>, text: impl Into<String>) -> ProjectError {
    ProjectError::new(Place::at(path), text)
}

fn unique<T: std::hash::Hash + Eq + std::fmt::Display>(
    path: &str,
    names: impl Iterator<Item = T>,
) -> Result<(), ProjectError> {
    let mut seen = HashSet::new();
    for name in names {
        if seen.contains(&name) {
            return Err(problem(path, format!("`{name}` is there twice: each needs its own")));
        }
        seen.insert(name);
    }
    Ok(())
}

pub(super) fn list<'n>(names: impl Iterator<Item = &'n String>) -> String {
    names.map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")
}
