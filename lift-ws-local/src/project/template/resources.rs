//! The resources of a template, as written and with all their functions done.

use std::collections::BTreeMap;

use super::{At, Scope};
use crate::project::node::{Content, Entry, Node};
use crate::project::{Place, ProjectError};

/// A resource as it is written.
pub(super) struct Raw<'t> {
    pub(super) kind: &'t str,
    pub(super) properties: Option<&'t Node>,
    node: &'t Node,
}

impl<'t> Raw<'t> {
    /// `None` for what a macro will make resources of.
    pub(super) fn of(id: &str, node: &'t Node) -> Result<Option<Self>, ProjectError> {
        if id.starts_with("Fn::") {
            let problem = "loops over resources are not done at home: give the template that `sam build` has written, or \
                           write the resources out";
            return Err(node.problem(id, problem));
        }
        node.expect_map(id)?;
        let Some(kind) = node.get("Type") else {
            return Err(
                node.problem(id, "the resource has no Type: write one, such as AWS::Serverless::Function")
            );
        };
        let kind = kind.expect_text(id, "AWS::Serverless::Function")?;
        let properties = node.get("Properties");
        if let Some(properties) = properties {
            properties.expect_map(&format!("{id}.Properties"))?;
        }
        Ok(Some(Self { kind, properties, node }))
    }
}

/// A resource whose properties have their values.
#[derive(Debug)]
pub(super) struct Resource {
    pub(super) id: String,
    pub(super) kind: String,
    pub(super) properties: Node,
    pub(super) metadata: Option<Node>,
}

impl Resource {
    /// The way to a property, for people.
    pub(super) fn path(&self, key: &str) -> String {
        format!("{}.{key}", self.id)
    }

    pub(super) fn get(&self, key: &str) -> Option<&Node> {
        self.properties.get(key)
    }

    /// A property that is a text, a number or a truth value.
    pub(super) fn text(&self, key: &str) -> Result<Option<String>, ProjectError> {
        let Some(node) = self.get(key) else { return Ok(None) };
        match node.to_text() {
            Some(text) => Ok(Some(text)),
            None => Err(node.problem(self.path(key), format!("this is {}: write a text", node.kind()))),
        }
    }

    pub(super) fn expect_text(&self, key: &str) -> Result<String, ProjectError> {
        self.text(key)?.ok_or_else(|| self.problem(key, "this property is missing"))
    }

    /// Whether a property that names another resource names this one.
    pub(super) fn is_of(&self, key: &str, name: &str) -> bool {
        self.get(key).and_then(Node::to_text).is_some_and(|text| text == name)
    }

    pub(super) fn problem(&self, key: &str, text: impl Into<String>) -> ProjectError {
        let line = self.get(key).map_or(self.properties.line, |node| node.line);
        let path = if key.is_empty() { self.id.clone() } else { self.path(key) };
        ProjectError::new(Place::on_line(line, path), text)
    }

    pub(super) fn warn(&self, scope: &Scope<'_>, key: &str, text: &str) {
        let node = self.get(key).unwrap_or(&self.properties);
        scope.warn(node, &if key.is_empty() { self.id.clone() } else { self.path(key) }, text);
    }
}

/// All resources whose conditions hold, in the order of the file; of those that do not matter here, only the kind.
pub(super) fn resolve_all<'o>(
    scope: &Scope<'_>,
    order: impl Iterator<Item = &'o str>,
    raw: &BTreeMap<String, Raw<'_>>,
    globals: &Node,
) -> Result<Vec<Resource>, ProjectError> {
    let mut resolved = Vec::new();
    for id in order {
        let Some(resource) = raw.get(id) else { continue };
        if let Some(condition) = resource.node.get("Condition")
            && !scope.condition(
                condition.expect_text(id, "the name of a condition")?,
                condition,
                At::new(id),
            )?
        {
            continue;
        }
        let nothing = Node::new(resource.node.line, Content::Map(Vec::new()));
        let own = resource.properties.unwrap_or(&nothing);
        let global = globals_of(resource.kind).and_then(|section| globals.get(section));
        let whole = match global {
            Some(global) => merge(global, own),
            None => own.clone(),
        };
        let is_of_interest = is_of_interest(resource.kind);
        let properties =
            if is_of_interest { scope.resolve(&whole, At::new(id))?.unwrap_or(nothing) } else { nothing };
        let metadata = resource.node.get("Metadata").filter(|_| is_of_interest);
        let metadata = metadata.map(|node| scope.resolve(node, At::new(id))).transpose()?.flatten();
        let properties = Node { line: resource.node.line, ..properties };
        resolved.push(Resource { id: id.to_owned(), kind: resource.kind.to_owned(), properties, metadata });
    }
    Ok(resolved)
}

fn globals_of(kind: &str) -> Option<&'static str> {
    match kind {
        "AWS::Serverless::Function" => Some("Function"),
        "AWS::Serverless::WebSocketApi" => Some("WebSocketApi"),
        "AWS::Serverless::SimpleTable" => Some("SimpleTable"),
        _ => None,
    }
}

/// Maps are put together, lists follow each other, of all else the resource's own counts: SAM's rule.
fn merge(global: &Node, own: &Node) -> Node {
    let content = match (&global.content, &own.content) {
        (Content::Map(global), Content::Map(own)) if !is_function(global) && !is_function(own) => {
            let mut merged = Vec::new();
            for entry in global {
                let value = match own.iter().find(|known| known.key == entry.key) {
                    Some(known) => merge(&entry.value, &known.value),
                    None => entry.value.clone(),
                };
                merged.push(Entry { key: entry.key.clone(), line: entry.line, value });
            }
            let new = own.iter().filter(|entry| !global.iter().any(|known| known.key == entry.key));
            merged.extend(new.cloned());
            Content::Map(merged)
        }
        (Content::List(global), Content::List(own)) => {
            Content::List(global.iter().chain(own).cloned().collect())
        }
        _ => own.content.clone(),
    };
    Node::new(own.line, content)
}

fn is_function(entries: &[Entry]) -> bool {
    matches!(entries, [only] if only.key == "Ref" || only.key.starts_with("Fn::"))
}

fn is_of_interest(kind: &str) -> bool {
    let is_ours = matches!(
        kind,
        "AWS::Serverless::Function"
            | "AWS::Serverless::WebSocketApi"
            | "AWS::Serverless::SimpleTable"
            | "AWS::Lambda::Function"
            | "AWS::Lambda::EventSourceMapping"
            | "AWS::DynamoDB::Table"
            | "AWS::SQS::Queue"
    );
    is_ours || (kind.starts_with("AWS::ApiGatewayV2::") && kind != "AWS::ApiGatewayV2::Deployment")
}

/// Kinds that change nothing at home: permissions, logs, names, what deployments need.
const WITHOUT_EFFECT: &[&str] = &[
    "AWS::IAM::",
    "AWS::Logs::",
    "AWS::CloudWatch::",
    "AWS::Route53::",
    "AWS::CertificateManager::",
    "AWS::CloudFormation::",
    "AWS::Lambda::Permission",
    "AWS::Lambda::Version",
    "AWS::Lambda::Alias",
    "AWS::Lambda::LayerVersion",
    "AWS::Serverless::LayerVersion",
    "AWS::Serverless::Connector",
    "AWS::ApplicationAutoScaling::",
    "AWS::ApiGateway::Account",
    "AWS::ApiGatewayV2::Deployment",
    "AWS::SQS::QueuePolicy",
    "AWS::KMS::",
    "AWS::ResourceGroups::",
    "AWS::ApplicationInsights::",
];

/// Resources that programs may use and that do not exist at home.
pub(super) fn tell_of_others(scope: &Scope<'_>, resources: &[Resource]) {
    for resource in resources {
        let kind = resource.kind.as_str();
        let is_done = is_of_interest(kind) || WITHOUT_EFFECT.iter().any(|known| kind.starts_with(known));
        if !is_done {
            let text = format!("{kind} does not exist at home: what uses it reaches AWS, or nothing");
            resource.warn(scope, "", &text);
        }
    }
}
