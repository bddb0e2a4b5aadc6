//! A project in a short TOML file.

mod apis;
mod blame;
mod functions;
mod queues;
mod syntax;

use std::path::Path;

pub(super) use self::queues::queue_settings;

use super::node::{Content, Entry, Node};
use super::{Place, Project, ProjectDomain, ProjectError, ProjectMapping};
use crate::core::meant::instead_of;

/// More than anybody writes by hand.
const MAX_BYTES: usize = 1024 * 1024;

/// The tables that a file may have.
const TABLES: &[&str] = &["functions", "apis", "domains", "queues", "tables"];

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
        let root = syntax::parse(text)?;
        let project = Reader { dir: dir.as_ref(), queues: queues::names(&root) }.project(&root)?;
        project.check().map_err(|error| error.with_line_of(&root))?;
        Ok(project)
    }
}

struct Reader<'d> {
    dir: &'d Path,
    /// All queues that the file describes, for the variables that name them.
    queues: Vec<&'d str>,
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
            project.queues.push(queues::queue(key, value)?);
        }
        for table in root.get("tables").map_or(&[][..], Node::elements) {
            table.expect_map("tables")?;
            project.tables.push(table.to_json());
        }
        Ok(project)
    }
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

fn known_keys(node: &Node, path: &str, known: &[&str]) -> Result<(), ProjectError> {
    for Entry { key, line, .. } in node.expect_map(path)? {
        if !known.contains(&key.as_str()) {
            let whole = if path.is_empty() { key.clone() } else { format!("{path}.{key}") };
            let message = format!("there is no such setting{}", instead_of(key, known));
            return Err(ProjectError::new(Place::on_line(*line, whole), message));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests;
