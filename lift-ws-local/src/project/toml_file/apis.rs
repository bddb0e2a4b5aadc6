//! `[apis.NAME]`.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use super::blame::blamed;
use super::{Reader, function_of, known_keys};
use crate::core::{Manifest, manifest_keys};
use crate::project::node::{Content, Entry, Node};
use crate::project::{Place, ProjectApi, ProjectError, ProjectStage, api_id};

/// What an API has besides what its manifest may have.
const OF_API: &[&str] = &["apiId", "port", "stages", "function", "web"];

impl Reader<'_> {
    pub(super) fn api(&self, name: &str, node: &Node) -> Result<ProjectApi, ProjectError> {
        let path = |key: &str| format!("apis.{name}.{key}");
        let text = |key: &str| {
            let such_as = format!("{key} = \"…\"");
            node.get(key).map(|node| node.expect_text(&path(key), &such_as).map(str::to_owned)).transpose()
        };
        known_keys(node, &format!("apis.{name}"), &[OF_API, manifest_keys::of_manifest()].concat())?;
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
        let (manifest, functions) = manifest_of(node, name)?;
        api.routes = functions;
        api.manifest = Manifest::of_handwritten_value(manifest).map_err(|error| {
            let blamed = blamed(node, |node| complaint(node, name));
            let path = [vec!["apis".to_owned(), name.to_owned()], blamed.path].concat().join(".");
            ProjectError::new(
                Place::on_line(blamed.line, path),
                in_words_of_toml(&error.to_string(), name, node),
            )
        })?;
        match without_effect(node).filter(|_| api.describes_itself) {
            Some(setting) => Err(ProjectError::new(
                Place::on_line(setting.line, path(&setting.key)),
                format!(
                    "this has no effect: an API without routes takes all but its functions from the app. Write them too, under \
                     [apis.{name}.routes], or leave this out"
                ),
            )),
            None => Ok(api),
        }
    }
}

/// A setting of an API that only one with routes of its own has.
fn without_effect(node: &Node) -> Option<&Entry> {
    let names_function = |value: &Node| value.entries().iter().all(|entry| entry.key == "function");
    node.entries().iter().find(|Entry { key, value, .. }| match key.as_str() {
        "authorizer" | "queue" => !names_function(value),
        key => !OF_API.contains(&key),
    })
}

/// The manifest in the settings of an API, and each route's function.
fn manifest_of(node: &Node, name: &str) -> Result<(Value, BTreeMap<String, String>), ProjectError> {
    let path = |key: &str| format!("apis.{name}.{key}");
    let (mut manifest, mut functions) = (Map::new(), BTreeMap::new());
    for Entry { key, value, .. } in node.entries() {
        match key.as_str() {
            "routes" => {
                manifest.insert("routes".to_owned(), routes(value, &path("routes"), &mut functions)?);
            }
            key if OF_API.contains(&key) => {}
            key => {
                match key {
                    "authorizer" => check_part(value, &path(key), manifest_keys::OF_AUTHORIZER)?,
                    "queue" => check_part(value, &path(key), manifest_keys::OF_QUEUE)?,
                    _ => {}
                }
                let mut json = value.to_json();
                if let Some(settings) = json.as_object_mut() {
                    settings.remove("function");
                }
                manifest.insert(key.to_owned(), json);
            }
        }
    }
    Ok((Value::Object(manifest), functions))
}

/// What is wrong with the manifest in the settings of an API.
fn complaint(node: &Node, name: &str) -> Option<String> {
    match manifest_of(node, name) {
        Ok((manifest, _)) => {
            let error = Manifest::of_handwritten_value(manifest).err()?;
            Some(in_words_of_toml(&error.to_string(), name, node))
        }
        Err(error) => Some(error.to_string()),
    }
}

/// Whether a part of the manifest has settings that it has there, or `function`.
fn check_part(node: &Node, path: &str, known: &[&str]) -> Result<(), ProjectError> {
    match node.content {
        Content::Map(_) => known_keys(node, path, &[known, &["function"]].concat()),
        _ => Ok(()),
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
        check_part(route, &path, manifest_keys::of_route())?;
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

/// The words of a manifest's error, with the route's key in place of its number.
fn in_words_of_toml(problem: &str, api: &str, node: &Node) -> String {
    let keys: Vec<&str> = match node.get("routes").map(|routes| &routes.content) {
        Some(Content::Map(entries)) => entries.iter().map(|entry| entry.key.as_str()).collect(),
        Some(Content::List(elements)) => {
            elements.iter().filter_map(|element| element.get("routeKey").and_then(Node::as_text)).collect()
        }
        _ => Vec::new(),
    };
    let mut problem = problem.to_owned();
    for (index, key) in keys.iter().enumerate() {
        problem = problem.replace(&format!("route {} of the manifest", index + 1), &format!("route `{key}`"));
    }
    problem.replace("the manifest", &format!("`apis.{api}`"))
}
