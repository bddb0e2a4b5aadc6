//! A project in a short TOML file.

use std::collections::BTreeMap;
use std::path::Path;
use std::time::Duration;

use serde_json::{Map, Value, json};
use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::node::{Content, Entry, Node};
use super::{
    Place, Project, ProjectApi, ProjectDomain, ProjectError, ProjectFunction, ProjectMapping, ProjectPackage,
    ProjectQueue, ProjectStage, api_id, placeholder,
};
use crate::Function;
use crate::core::{Manifest, ManifestQueue};

/// More than anybody writes by hand.
const MAX_BYTES: usize = 1024 * 1024;

/// The tables that a file may have.
const TABLES: &[&str] = &["functions", "apis", "domains", "queues", "tables"];
const OF_FUNCTION: &[&str] =
    &["command", "package", "bin", "manifestPath", "dir", "env", "timeout", "environments", "concurrency"];
const OF_QUEUE: &[&str] = &[
    "function",
    "deadLetters",
    "visibilityTimeout",
    "maxReceiveCount",
    "batchSize",
    "batchingWindow",
    "maximumConcurrency",
];
/// What an API has besides what its manifest may have.
const OF_API: &[&str] = &["apiId", "port", "stages", "function", "web"];

impl Project {
    /// Reads a project from TOML; paths in it are relative to `dir`.
    ///
    /// # Errors
    ///
    /// If this is no TOML, a setting is unknown or has a value that it cannot have, or the parts do not fit together. The
    /// error says on which line, and what to write.
    pub fn from_toml(text: &str, dir: impl AsRef<Path>) -> Result<Self, ProjectError> {
        if text.len() > MAX_BYTES {
            return Err(ProjectError::new(
                Place::default(),
                "it is larger than 1 MiB, which no project needs",
            ));
        }
        let root = parse(text)?;
        let project = Reader { dir: dir.as_ref() }.project(&root)?;
        project.check().map_err(|error| error.with_line_of(&root))?;
        Ok(project)
    }
}

fn parse(text: &str) -> Result<Node, ProjectError> {
    let lines: Vec<usize> = text.match_indices('\n').map(|(at, _)| at).collect();
    let line = |at: usize| Some(1 + lines.partition_point(|end| *end < at));
    let table = DeTable::parse(text).map_err(|error| {
        let at = error.span().map_or(0, |span| span.start);
        ProjectError::new(Place::on_line(line(at), ""), format!("this is no TOML: {}", error.message()))
    })?;
    Ok(Node::new(Some(1), of_table(table.get_ref(), &line)))
}

fn of_table(table: &DeTable<'_>, line: &impl Fn(usize) -> Option<usize>) -> Content {
    let mut entries: Vec<(usize, Entry)> = table
        .iter()
        .map(|(key, value)| {
            let start = key.span().start;
            let line_of = line(start);
            (
                start,
                Entry {
                    key: key.get_ref().to_string(),
                    line: line_of,
                    value: of_value(value, line_of, line),
                },
            )
        })
        .collect();
    entries.sort_by_key(|(start, _)| *start);
    Content::Map(entries.into_iter().map(|(_, entry)| entry).collect())
}

/// A table is where its key is: TOML's own span of one that is in several places is not of use.
fn of_value(
    value: &Spanned<DeValue<'_>>,
    line_of_key: Option<usize>,
    line: &impl Fn(usize) -> Option<usize>,
) -> Node {
    let content = match value.get_ref() {
        DeValue::String(text) => Content::Text(text.to_string()),
        DeValue::Integer(number) => match i64::from_str_radix(number.as_str(), number.radix()) {
            Ok(number) => Content::Number(number.into()),
            Err(_) => Content::Text(number.as_str().to_owned()),
        },
        DeValue::Float(number) => match number.as_str().parse().ok().and_then(serde_json::Number::from_f64) {
            Some(number) => Content::Number(number),
            None => Content::Text(number.as_str().to_owned()),
        },
        DeValue::Boolean(is_so) => Content::Bool(*is_so),
        DeValue::Datetime(moment) => Content::Text(moment.to_string()),
        DeValue::Array(elements) => {
            let of_element = |element| of_value(element, line(element.span().start), line);
            Content::List(elements.iter().map(of_element).collect())
        }
        DeValue::Table(table) => of_table(table, line),
    };
    Node::new(line_of_key, content)
}

struct Reader<'d> {
    dir: &'d Path,
}

impl Reader<'_> {
    fn project(&self, root: &Node) -> Result<Project, ProjectError> {
        known_keys(root, "", TABLES)?;
        let named = |table: &str| root.get(table).map_or(Ok(&[][..]), |node| node.expect_map(table));
        let mut project = Project::default();
        for Entry { key, value, .. } in named("functions")? {
            project.functions.push(self.function(key, value)?);
        }
        for Entry { key, value, .. } in named("apis")? {
            project.apis.push(self.api(key, value)?);
        }
        for Entry { key, value, .. } in named("domains")? {
            project.domains.push(domain(key, value)?);
        }
        for Entry { key, value, .. } in named("queues")? {
            project.queues.push(queue(key, value)?);
        }
        for table in root.get("tables").map_or(&[][..], Node::elements) {
            table.expect_map("tables")?;
            project.tables.push(table.to_json());
        }
        Ok(project)
    }

    fn function(&self, name: &str, node: &Node) -> Result<ProjectFunction, ProjectError> {
        let path = |key: &str| format!("functions.{name}.{key}");
        known_keys(node, &format!("functions.{name}"), OF_FUNCTION)?;
        let package = self.package(name, node)?;
        let mut function = match (node.get("command"), &package) {
            (Some(command), None) => self.command(command, &path("command"))?,
            (None, Some(_)) => Function::new(""),
            (Some(_), Some(_)) => {
                let message = "a function has a `command` or a `package`, not both: remove one";
                return Err(node.problem(format!("functions.{name}"), message));
            }
            (None, None) => {
                let message = "nothing says what to run: write command = [\"python3\", \"app.py\"], or package = \
                               \"NAME\" for one that cargo builds";
                return Err(node.problem(format!("functions.{name}"), message));
            }
        };
        function = function.named(name);
        match node.get("dir") {
            Some(dir) => {
                function =
                    function.current_dir(self.dir.join(dir.expect_text(&path("dir"), "\"services/chat\"")?))
            }
            None if package.is_none() => function = function.current_dir(self.dir),
            None => {}
        }
        if let Some(env) = node.get("env") {
            for Entry { key, value, .. } in env.expect_map(&path("env"))? {
                let place = path(&format!("env.{key}"));
                let text = value.to_text().ok_or_else(|| {
                    value.problem(&place, format!("this is {}: a variable is a text", value.kind()))
                })?;
                function = function.env(key, with_queues(&text, value, &place)?);
            }
        }
        if let Some(concurrency) = node.get("concurrency") {
            let concurrency = concurrency.expect_number(&path("concurrency"), 1, 1000)?;
            function = function.env("AWS_LAMBDA_MAX_CONCURRENCY", concurrency.to_string());
        }
        let timeout =
            node.get("timeout").map(|node| node.expect_number(&path("timeout"), 1, 900)).transpose()?;
        let environments =
            node.get("environments").map(|node| node.expect_number(&path("environments"), 1, 1000));
        Ok(ProjectFunction {
            name: name.to_owned(),
            function,
            package,
            requirement: None,
            environments: environments.transpose()?.map(|count| count as usize),
            timeout: timeout.map(Duration::from_secs),
        })
    }

    fn command(&self, node: &Node, path: &str) -> Result<Function, ProjectError> {
        let mut words = Vec::new();
        for word in node.elements() {
            words.push(word.expect_text(path, "\"python3\"")?);
        }
        match (&node.content, &words[..]) {
            (Content::List(_), [program, arguments @ ..]) => {
                // As a shell does it: a name is looked for in PATH, a path is one from here.
                let program = if program.contains('/') {
                    self.dir.join(program).into_os_string()
                } else {
                    program.into()
                };
                Ok(Function::new(program).args(arguments.iter().copied()))
            }
            _ => {
                let message =
                    "write the program and its arguments as a list: command = [\"python3\", \"app.py\"]";
                Err(node.problem(path, message))
            }
        }
    }

    fn package(&self, name: &str, node: &Node) -> Result<Option<ProjectPackage>, ProjectError> {
        let text = |key: &str| -> Result<Option<String>, ProjectError> {
            let path = format!("functions.{name}.{key}");
            node.get(key).map(|node| node.expect_text(&path, "\"chat\"").map(str::to_owned)).transpose()
        };
        let package = ProjectPackage {
            name: text("package")?,
            bin: text("bin")?,
            manifest_path: text("manifestPath")?.map(|path| self.dir.join(path)),
        };
        Ok(Some(package).filter(|package| *package != ProjectPackage::default()))
    }

    fn api(&self, name: &str, node: &Node) -> Result<ProjectApi, ProjectError> {
        let path = |key: &str| format!("apis.{name}.{key}");
        let text = |key: &str| {
            let such_as = format!("{key} = \"…\"");
            node.get(key).map(|node| node.expect_text(&path(key), &such_as).map(str::to_owned)).transpose()
        };
        node.expect_map(&format!("apis.{name}"))?;
        let mut api = ProjectApi {
            name: name.to_owned(),
            api_id: text("apiId")?.unwrap_or_else(|| api_id(name)),
            port: node
                .get("port")
                .map(|port| port.expect_number(&path("port"), 0, 65_535))
                .transpose()?
                .map(|port| port as u16),
            stages: stages(node.get("stages"), &path("stages"))?,
            manifest: empty_manifest(),
            describes_itself: node.get("routes").is_none(),
            routes: BTreeMap::new(),
            function: text("function")?,
            authorizer: function_of(node.get("authorizer"), &path("authorizer"))?,
            queue: function_of(node.get("queue"), &path("queue"))?,
            web: text("web")?.map(|web| self.dir.join(web)),
        };
        let mut manifest = Map::new();
        for Entry { key, value, .. } in node.entries() {
            match key.as_str() {
                "routes" => {
                    manifest.insert("routes".to_owned(), routes(value, &path("routes"), &mut api.routes)?);
                }
                key if OF_API.contains(&key) => {}
                key => {
                    if let Some(meant) = meant(key) {
                        let message = format!("there is no such setting: did you mean `{meant}`?");
                        return Err(value.problem(path(key), message));
                    }
                    let mut json = value.to_json();
                    if let Some(settings) = json.as_object_mut() {
                        settings.remove("function");
                    }
                    manifest.insert(key.to_owned(), json);
                }
            }
        }
        api.manifest = Manifest::parse(&Value::Object(manifest).to_string()).map_err(|error| {
            node.problem(format!("apis.{name}"), in_words_of_toml(&error.to_string(), &api, node))
        })?;
        Ok(api)
    }
}

fn empty_manifest() -> Manifest {
    Manifest::parse("{}").expect("an empty manifest is one")
}

/// `["dev", "prod"]`, or a table of stages with their variables.
fn stages(node: Option<&Node>, path: &str) -> Result<Vec<ProjectStage>, ProjectError> {
    let Some(node) = node else { return Ok(vec![ProjectStage::new("dev")]) };
    let mut stages = Vec::new();
    let Content::Map(entries) = &node.content else {
        for stage in node.elements() {
            stages.push(ProjectStage::new(stage.expect_text(path, "\"dev\"")?));
        }
        return Ok(stages);
    };
    for Entry { key, value, .. } in entries {
        let path = format!("{path}.{key}");
        known_keys(value, &path, &["variables"])?;
        let mut stage = ProjectStage::new(key);
        if let Some(variables) = value.get("variables") {
            for Entry { key, value, .. } in variables.expect_map(&path)? {
                let text = value.to_text().ok_or_else(|| {
                    value.problem(format!("{path}.variables.{key}"), "a stage variable is a text")
                })?;
                stage.variables.insert(key.clone(), text);
            }
        }
        stages.push(stage);
    }
    Ok(stages)
}

/// The routes of a manifest, and each one's function: `say = "chat"`, `say = { function = "chat", twoWay = true }`, or a
/// list of such tables with a `routeKey`.
fn routes(node: &Node, path: &str, functions: &mut BTreeMap<String, String>) -> Result<Value, ProjectError> {
    let mut routes = Vec::new();
    let mut add = |key: &str, route: &Node, mut settings: Map<String, Value>| {
        let path = format!("{path}.{key}");
        if let Some(function) = route.get("function") {
            functions.insert(key.to_owned(), function.expect_text(&path, "function = \"chat\"")?.to_owned());
        }
        settings.remove("function");
        settings.insert("routeKey".to_owned(), key.into());
        routes.push(Value::Object(settings));
        Ok::<_, ProjectError>(())
    };
    match &node.content {
        Content::Map(entries) => {
            for Entry { key, value, .. } in entries {
                match value.to_json() {
                    Value::String(function) => {
                        let line = value.line;
                        let named =
                            Entry { key: "function".to_owned(), line, value: Node::text(line, function) };
                        add(key, &Node::new(line, Content::Map(vec![named])), Map::new())?;
                    }
                    Value::Object(settings) => add(key, value, settings)?,
                    _ => {
                        let message = format!(
                            "this is {}: write the name of its function, or a table such as {{ twoWay = true }}",
                            value.kind()
                        );
                        return Err(value.problem(format!("{path}.{key}"), message));
                    }
                }
            }
        }
        Content::List(elements) => {
            for element in elements {
                let key = element.get("routeKey").and_then(Node::as_text);
                let (Some(key), Value::Object(settings)) = (key, element.to_json()) else {
                    let message = "each route of a list is a table with a routeKey: { routeKey = \"say\" }";
                    return Err(element.problem(path, message));
                };
                add(key, element, settings)?;
            }
        }
        _ => {
            let message = format!("this is {}: write a table, such as say = \"chat\" under it", node.kind());
            return Err(node.problem(path, message));
        }
    }
    Ok(Value::Array(routes))
}

fn function_of(node: Option<&Node>, path: &str) -> Result<Option<String>, ProjectError> {
    let function = node.and_then(|node| node.get("function"));
    function.map(|function| function.expect_text(path, "function = \"chat\"").map(str::to_owned)).transpose()
}

fn domain(name: &str, node: &Node) -> Result<ProjectDomain, ProjectError> {
    let path = format!("domains.{name}");
    let mut mappings = Vec::new();
    let mut add = |mapping: &str, to: &Node| {
        let text = to.expect_text(&path, "\"main/dev\"")?;
        let Some((api, stage)) = text.split_once('/') else {
            return Err(to.problem(&path, "write API and stage, such as \"main/dev\""));
        };
        let (api, stage) = (api.to_owned(), stage.to_owned());
        mappings.push(ProjectMapping { path: mapping.trim_matches('/').to_owned(), api, stage });
        Ok(())
    };
    match &node.content {
        Content::Text(_) => add("", node)?,
        _ => {
            for Entry { key, value, .. } in node.expect_map(&path)? {
                add(key, value)?;
            }
        }
    }
    Ok(ProjectDomain { name: name.to_owned(), mappings })
}

fn queue(name: &str, node: &Node) -> Result<ProjectQueue, ProjectError> {
    let path = format!("queues.{name}");
    known_keys(node, &path, OF_QUEUE)?;
    let mut settings = node.to_json();
    if let Some(settings) = settings.as_object_mut() {
        settings.remove("function");
        settings.remove("deadLetters");
    }
    let dead_letters =
        node.get("deadLetters").map(|node| node.expect_text(&path, "\"orders-dead\"").map(str::to_owned));
    Ok(ProjectQueue {
        name: name.to_owned(),
        dead_letters: dead_letters.transpose()?,
        settings: queue_settings(settings).map_err(|problem| node.problem(&path, problem))?,
        function: function_of(Some(node), &path)?,
    })
}

/// The settings of a queue, as a manifest has them.
pub(super) fn queue_settings(settings: Value) -> Result<ManifestQueue, String> {
    let manifest = Manifest::parse(&json!({ "queue": settings }).to_string()).map_err(|error| {
        let words = error.to_string();
        let words = words.strip_prefix("the manifest is not as it should be: ").unwrap_or(&words);
        words.replace(" of `queue`", "")
    })?;
    Ok(manifest.queue.unwrap_or_default())
}

/// `${queues.NAME}` stands for the URL of a queue.
fn with_queues(text: &str, node: &Node, path: &str) -> Result<String, ProjectError> {
    let mut whole = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("${queues.") {
        let Some((queue, behind)) = after.split_once('}') else {
            return Err(node.problem(path, "`${queues.` has no end: write ${queues.NAME}"));
        };
        whole.push_str(before);
        whole.push_str(&placeholder::queue_url(queue));
        rest = behind;
    }
    Ok(whole + rest)
}

fn known_keys(node: &Node, path: &str, known: &[&str]) -> Result<(), ProjectError> {
    for Entry { key, line, .. } in node.expect_map(path)? {
        if !known.contains(&key.as_str()) {
            let whole = if path.is_empty() { key.clone() } else { format!("{path}.{key}") };
            let known = known.iter().map(|key| format!("`{key}`")).collect::<Vec<_>>().join(", ");
            let message = format!("there is no such setting; there is {known}");
            return Err(ProjectError::new(Place::on_line(*line, whole), message));
        }
    }
    Ok(())
}

/// A setting of ours that somebody has spelled almost right; what a manifest may have is for the manifest to know.
fn meant(key: &str) -> Option<&'static str> {
    let ours = OF_API.iter().chain(&["routes", "authorizer", "queue", "routeSelectionExpression"]);
    let plain = |text: &str| text.to_ascii_lowercase().replace(['_', '-'], "");
    let sorted = |text: &str| {
        let mut letters: Vec<char> = plain(text).chars().collect();
        letters.sort_unstable();
        letters
    };
    let is_close = |known: &str| {
        let (a, b) = (plain(key), plain(known));
        a == b || a == format!("{b}s") || b == format!("{a}s") || sorted(key) == sorted(known)
    };
    ours.copied().find(|known| *known != key && is_close(known))
}

/// The words of a manifest's error, with the route's key in place of its number.
fn in_words_of_toml(problem: &str, api: &ProjectApi, node: &Node) -> String {
    let keys: Vec<String> = match node.get("routes").map(|routes| &routes.content) {
        Some(Content::Map(entries)) => entries.iter().map(|entry| entry.key.clone()).collect(),
        _ => Vec::new(),
    };
    let mut problem = problem.to_owned();
    for (index, key) in keys.iter().enumerate() {
        problem = problem.replace(&format!("route {} of the manifest", index + 1), &format!("route `{key}`"));
    }
    problem.replace("the manifest", &format!("`apis.{}`", api.name))
}

impl ProjectError {
    /// The line of what a check has found in a file.
    fn with_line_of(self, root: &Node) -> Self {
        let mut node = root;
        let mut line = None;
        let mut rest = self.place().path.as_str();
        while let Some(entry) = node
            .entries()
            .iter()
            .filter(|entry| starts_with_key(rest, &entry.key))
            .max_by_key(|entry| entry.key.len())
        {
            line = entry.line;
            node = &entry.value;
            rest = rest[entry.key.len()..].trim_start_matches('.');
        }
        self.on_line(line)
    }
}

fn starts_with_key(path: &str, key: &str) -> bool {
    path.strip_prefix(key).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
}

#[cfg(test)]
mod tests {
    use super::*;

    const WHOLE: &str = r#"
        [functions.chat]
        command = ["python3", "-u", "chat.py"]
        env = { GREETING = "hello", ORDERS = "${queues.orders}" }
        timeout = 10
        environments = 2

        [functions.worker]
        command = ["bin/worker"]
        concurrency = 8

        [apis.news]
        apiId = "abc123"
        port = 3100
        function = "chat"
        routes."$default" = { twoWay = true }

        [apis.main]
        routeSelectionExpression = "$request.body.type"
        stages.dev = {}
        stages.prod.variables = { tier = "gold" }
        authorizer = { function = "worker", identitySources = ["route.request.header.Auth"] }
        queue = { function = "worker", batchSize = 3 }

        [apis.main.routes]
        "$connect" = "chat"
        say = "chat"
        history = { function = "worker", twoWay = true }

        [domains."ws.example.org"]
        v1 = "main/prod"
        news = "news/dev"

        [domains]
        "news.localhost" = "news/dev"

        [queues.orders]
        function = "worker"
        deadLetters = "dead-orders"
        batchSize = 5

        [[tables]]
        TableName = "connections-of-chat"
    "#;

    #[test]
    fn everything_that_a_project_may_have_is_read() {
        let project = Project::from_toml(WHOLE, "/app").unwrap();
        let [chat, worker] = &project.functions[..] else { panic!("{project:?}") };
        assert_eq!((chat.timeout, chat.environments), (Some(Duration::from_secs(10)), Some(2)));
        assert_eq!(chat.function.name(), "chat");
        assert_eq!(worker.function.concurrency(), 8);
        let [news, main] = &project.apis[..] else { panic!("{project:?}") };
        assert_eq!(
            (news.api_id.as_str(), news.port, news.stages[0].name.as_str()),
            ("abc123", Some(3100), "dev")
        );
        assert!(news.manifest.routes[0].two_way && news.function.as_deref() == Some("chat"));
        assert_eq!(main.api_id, api_id("main"));
        assert_eq!(main.manifest.route_selection_expression, "$request.body.type");
        assert_eq!(main.stages[1].variables["tier"], "gold");
        assert_eq!(main.routes["history"], "worker");
        assert_eq!(main.manifest.routes.iter().filter(|route| route.two_way).count(), 1);
        assert_eq!((main.authorizer.as_deref(), main.queue.as_deref()), (Some("worker"), Some("worker")));
        assert_eq!(main.manifest.queue.as_ref().unwrap().batch_size, 3);
        assert_eq!(project.domains[0].mappings[0].path, "v1");
        assert_eq!(
            (project.domains[1].name.as_str(), project.domains[1].mappings[0].path.as_str()),
            ("news.localhost", "")
        );
        assert_eq!(project.queues[0].dead_letters.as_deref(), Some("dead-orders"));
        assert_eq!(project.queues[0].settings.batch_size, 5);
        assert_eq!(project.tables[0]["TableName"], "connections-of-chat");
    }

    #[test]
    fn an_api_without_routes_takes_those_of_the_app() {
        let project = Project::from_toml("functions.chat.package = \"chat\"\napis.main = {}", ".").unwrap();
        assert!(project.apis[0].describes_itself);
        assert_eq!(project.functions[0].package.as_ref().unwrap().name.as_deref(), Some("chat"));
    }

    /// The smallest project, with this in it.
    fn problem(more: &str) -> String {
        let text = format!("[functions.f]\ncommand = [\"f\"]\n{more}");
        Project::from_toml(&text, ".").unwrap_err().to_string()
    }

    #[test]
    fn each_mistake_has_its_line_and_says_what_to_write() {
        for (text, expected) in [
            ("x = ", "line 3: this is no TOML"),
            ("colour = 1", "line 3, `functions.f.colour`: there is no such setting; there is `command`"),
            ("[api.main]", "line 3, `api`: there is no such setting; there is `functions`, `apis`"),
            ("", "the file: there is no WebSocket API: describe one under [apis.NAME]"),
            (
                "timeout = 0\n[apis.a]",
                "line 3, `functions.f.timeout`: this is 0: write a number from 1 to 900",
            ),
            (
                "[functions.g]\ncommand = \"g\"",
                "line 4, `functions.g.command`: write the program and its arguments as a list",
            ),
            ("[functions.g]\ntimeout = 3", "line 3, `functions.g`: nothing says what to run"),
            (
                "[apis.a]\nroutes.say = \"g\"",
                "line 4, `apis.a.routes.say`: there is no function `g`; there is `f`",
            ),
            (
                "[apis.a]\nroutes.say = 3",
                "line 4, `apis.a.routes.say`: this is a number: write the name of its function",
            ),
            (
                "[apis.a]\nrotues.say = \"f\"",
                "line 4, `apis.a.rotues`: there is no such setting: did you mean `routes`?",
            ),
            (
                "[apis.a]\nroutes.\"$conect\" = \"f\"",
                "line 3, `apis.a`: route `$conect` has the key `$conect`: only",
            ),
            ("[apis.a]\nstages = [\"a/b\"]", "line 4, `apis.a.stages`: `a/b` is no name of a stage"),
            ("[apis.a]\nstages = []", "line 4, `apis.a.stages`: there is no stage: write"),
            (
                "[apis.a]\n[domains]\n\"x.y\" = \"a/prod\"",
                "line 5, `domains.x.y.(none)`: `apis.a` has no stage `prod`; it has `dev`",
            ),
            (
                "[apis.a]\n[domains.\"x.y\"]\nping = \"a/dev\"",
                "line 5, `domains.x.y.ping`: API Gateway keeps `ping`",
            ),
            (
                "[apis.a]\nport = 9\n[apis.b]\nport = 9",
                "line 6, `apis.b.port`: `apis.a` has 9 already: each API needs its own",
            ),
            (
                "[functions.g]\ncommand = [\"g\"]\n[apis.a.routes.say]\n",
                "line 5, `apis.a.routes.say`: this route has no function",
            ),
            (
                "[apis.a]\nqueue = true\n[apis.b]\nqueue = true",
                "line 6, `apis.b.queue`: `apis.a` has the queue of jobs already",
            ),
            ("[apis.a]\n[queues.q]\nbatchSize = 0", "line 4, `queues.q`: `batchSize` is 0: write a number"),
        ] {
            let problem = problem(text);
            assert!(problem.starts_with(expected), "{text}\n{problem}\n{expected}");
        }
    }
}
