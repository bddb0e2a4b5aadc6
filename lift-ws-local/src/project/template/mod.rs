//! A project in a SAM or CloudFormation template: what of it a WebSocket back end consists of.

mod apis;
mod functions;
mod resources;
mod runtime;
mod scope;
mod serverless_api;
mod storage;
#[cfg(test)]
mod tests;
mod yaml;

use std::collections::BTreeMap;
use std::path::Path;

use self::functions::Functions;
use self::resources::{Raw, Resource};
use self::scope::{At, Scope};
use super::node::{Content, Entry, Node};
use super::{Place, Project, ProjectError};

impl Project {
    /// Reads a project from a SAM or CloudFormation template, YAML or JSON; paths in it are relative to `dir`.
    ///
    /// `parameters` are values of the template's parameters, in place of their defaults. What of the template is not done at
    /// home is told in [`Project::warnings`].
    ///
    /// # Errors
    ///
    /// If this is no template, it has no WebSocket API, or something that an API needs is missing or not done at home. The
    /// error says which resource and property it is, on which line, and what to do.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::collections::BTreeMap;
    ///
    /// use lift_ws_local::project::Project;
    ///
    /// # let dir = std::env::temp_dir();
    /// let project = Project::from_template(
    ///     r#"
    ///     Resources:
    ///       Chat:
    ///         Type: AWS::Serverless::WebSocketApi
    ///         Properties:
    ///           RouteSelectionExpression: $request.body.action
    ///           StageName: prod
    ///           Routes:
    ///             say:
    ///               FunctionArn: !GetAtt Say.Arn
    ///       Say:
    ///         Type: AWS::Serverless::Function
    ///         Properties:
    ///           Runtime: python3.13
    ///           Handler: app.say
    ///           CodeUri: ./
    ///     "#,
    ///     dir,
    ///     &BTreeMap::new(),
    /// )?;
    /// assert_eq!(project.apis[0].routes["say"], "Say");
    /// # Ok::<(), lift_ws_local::project::ProjectError>(())
    /// ```
    pub fn from_template(
        text: &str,
        dir: impl AsRef<Path>,
        parameters: &BTreeMap<String, String>,
    ) -> Result<Self, ProjectError> {
        let root = yaml::parse(text)?;
        let Some(resources) = root.get("Resources") else {
            let problem = "there are no Resources: this is no SAM or CloudFormation template";
            return Err(ProjectError::new(Place::default(), problem));
        };
        let nothing = Node::new(None, Content::Null);
        let mut raw = BTreeMap::new();
        for Entry { key, value, .. } in resources.expect_map("Resources")? {
            if let Some(resource) = Raw::of(key, value)? {
                raw.insert(key.clone(), resource);
            }
        }
        let values = parameter_values(&root, parameters)?;
        let section = |name: &str| root.get(name).unwrap_or(&nothing);
        let scope = Scope::new(values, section("Conditions"), section("Mappings"), &raw);
        let order = resources.entries().iter().map(|entry| entry.key.as_str());
        let resolved = resources::resolve_all(&scope, order, &raw, section("Globals"))?;
        let mut project = read(&scope, &resolved, dir.as_ref())?;
        project.warnings = scope.into_warnings();
        project.check()?;
        Ok(project)
    }
}

fn read(scope: &Scope<'_>, resources: &[Resource], dir: &Path) -> Result<Project, ProjectError> {
    let mut project = Project::default();
    let functions = Functions::read(scope, resources, dir);
    for resource in resources.iter().filter(|resource| resource.kind == "AWS::ApiGatewayV2::Api") {
        project.apis.extend(apis::read(scope, resource, resources, &functions)?);
    }
    for resource in resources.iter().filter(|resource| resource.kind == "AWS::Serverless::WebSocketApi") {
        project.apis.push(serverless_api::read(scope, resource, &functions, &mut project.domains)?);
    }
    apis::read_domains(scope, resources, &mut project)?;
    storage::read(scope, resources, &functions, &mut project)?;
    if project.apis.is_empty() {
        let problem = "there is no WebSocket API: it has an AWS::ApiGatewayV2::Api with ProtocolType: WEBSOCKET, or an \
                       AWS::Serverless::WebSocketApi";
        return Err(ProjectError::new(Place::default(), problem));
    }
    project.functions = functions.used(&project)?;
    resources::tell_of_others(scope, resources);
    Ok(project)
}

/// The value of each parameter: as given, else its default.
fn parameter_values(
    root: &Node,
    given: &BTreeMap<String, String>,
) -> Result<BTreeMap<String, Node>, ProjectError> {
    let declared = root.get("Parameters").map_or(Ok(&[][..]), |node| node.expect_map("Parameters"))?;
    if let Some(unknown) = given.keys().find(|name| !declared.iter().any(|entry| entry.key == **name)) {
        let known: Vec<_> = declared.iter().map(|entry| format!("`{}`", entry.key)).collect();
        let known = if known.is_empty() { "none".to_owned() } else { known.join(", ") };
        let problem = format!("the template has no parameter `{unknown}`; it has {known}");
        return Err(ProjectError::new(Place::at("Parameters"), problem));
    }
    let mut values = BTreeMap::new();
    for Entry { key, value: parameter, line } in declared {
        let path = format!("Parameters.{key}");
        let kind = parameter.get("Type").and_then(Node::as_text).unwrap_or("String");
        let value = match (given.get(key), parameter.get("Default")) {
            (Some(given), _) => given.clone(),
            (None, Some(default)) => default.to_text().ok_or_else(|| {
                default.problem(&path, format!("the default is {}: write a text", default.kind()))
            })?,
            (None, None) => {
                let problem =
                    format!("this parameter has no default: give it a value by `--parameter {key}=VALUE`");
                return Err(ProjectError::new(Place::on_line(*line, path), problem));
            }
        };
        let allowed = parameter
            .get("AllowedValues")
            .map(|allowed| allowed.elements().iter().filter_map(Node::to_text).collect::<Vec<_>>());
        if let Some(allowed) = allowed.filter(|allowed| !allowed.contains(&value)) {
            let problem = format!("`{value}` is none of its AllowedValues, {}", allowed.join(", "));
            return Err(ProjectError::new(Place::on_line(*line, path), problem));
        }
        let is_list = kind == "CommaDelimitedList" || kind.starts_with("List<");
        let node = if is_list {
            let elements = value.split(',').map(|element| Node::text(*line, element.trim())).collect();
            Node::new(*line, Content::List(elements))
        } else {
            Node::text(*line, value)
        };
        values.insert(key.clone(), node);
    }
    Ok(values)
}
