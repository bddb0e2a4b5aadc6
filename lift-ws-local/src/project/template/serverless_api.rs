//! `AWS::Serverless::WebSocketApi`: SAM's WebSocket API, with routes, authorization, stage and domain in one resource.

use serde_json::{Map, Value};

use super::Scope;
use super::apis::{Draft, add_mapping, copy_route_settings, identity_sources, is_map};
use super::functions::Functions;
use super::resources::Resource;
use crate::project::node::{Entry, Node};
use crate::project::{ProjectApi, ProjectDomain, ProjectError, ProjectMapping, ProjectStage, api_id};

pub(super) fn read(
    scope: &Scope<'_>,
    api: &Resource,
    functions: &Functions,
    domains: &mut Vec<ProjectDomain>,
) -> Result<ProjectApi, ProjectError> {
    let mut draft = Draft::new(api, &api_id(&api.id))?;
    let Some(routes) = api.get("Routes") else {
        return Err(api.problem("", "this API has no Routes: write each route's key and its FunctionArn"));
    };
    for Entry { key, value, .. } in routes.expect_map(&api.path("Routes"))? {
        add_route(&mut draft, api, key, value, functions)?;
    }
    if let Some(auth) = api.get("Auth") {
        add_authorization(&mut draft, api, auth, functions)?;
    }
    let mut stage = ProjectStage::new(api.text("StageName")?.unwrap_or_else(|| "default".to_owned()));
    for Entry { key, value, .. } in api.get("StageVariables").map_or(&[][..], Node::entries) {
        let path = api.path("StageVariables");
        let text = value.to_text().ok_or_else(|| value.problem(path, format!("`{key}` must be a text")))?;
        stage.variables.insert(key.clone(), text);
    }
    draft.add_throttling(api);
    if let Some(domain) = api.get("Domain") {
        add_domain(scope, api, domain, &stage.name, domains)?;
    }
    draft.api.stages.push(stage);
    draft.finish(api)
}

fn add_route(
    draft: &mut Draft,
    api: &Resource,
    key: &str,
    route: &Node,
    functions: &Functions,
) -> Result<(), ProjectError> {
    let path = api.path(&format!("Routes.{key}"));
    if !is_map(route) {
        return Err(
            route.problem(path, "write the route's function under it: FunctionArn: !GetAtt FUNCTION.Arn")
        );
    }
    let Some(arn) = route.get("FunctionArn") else {
        return Err(route.problem(path, "the route has no FunctionArn: write !GetAtt FUNCTION.Arn"));
    };
    let uri = arn.expect_text(&path, "!GetAtt FUNCTION.Arn")?;
    let Some(function) = functions.find(uri) else {
        return Err(arn.problem(
            path,
            format!("`{uri}` names no function of this template: write !GetAtt FUNCTION.Arn"),
        ));
    };
    draft.api.routes.insert(key.to_owned(), function);
    let mut settings = Map::new();
    settings.insert("routeKey".to_owned(), key.into());
    copy_route_settings(route, &mut settings);
    // SAM makes the route response for it.
    if route.get("RouteResponseSelectionExpression").and_then(Node::as_text) == Some("$default") {
        settings.insert("twoWay".to_owned(), true.into());
    }
    if let Some(millis) = route.get("IntegrationTimeout") {
        settings.insert("timeoutInMillis".to_owned(), millis.expect_number(&path, 50, 29_000)?.into());
    }
    draft.routes.push(Value::Object(settings));
    Ok(())
}

/// Who may connect: it is asked at `$connect`, which SAM makes no route for by itself.
fn add_authorization(
    draft: &mut Draft,
    api: &Resource,
    auth: &Node,
    functions: &Functions,
) -> Result<(), ProjectError> {
    let path = api.path("Auth");
    let kind = auth.get("AuthType").and_then(Node::to_text).unwrap_or_default();
    let connect = draft.routes.iter_mut().find(|route| route["routeKey"] == "$connect");
    match kind.to_ascii_uppercase().as_str() {
        "NONE" => return Ok(()),
        "AWS_IAM" | "CUSTOM" if connect.is_none() => {
            let problem =
                "authorization is done at the route $connect, which this API has not: add it to Routes";
            return Err(auth.problem(path, problem));
        }
        "AWS_IAM" => {
            if let Some(connect) = connect {
                connect["authorizationType"] = "AWS_IAM".into();
            }
        }
        "CUSTOM" => {
            let arn = auth.get("AuthArn").and_then(Node::to_text).unwrap_or_default();
            let Some(function) = functions.find(&arn) else {
                let problem = "AuthArn names no function of this template: write !GetAtt FUNCTION.Arn";
                return Err(auth.problem(path, problem));
            };
            draft.api.authorizer = Some(function);
            draft.manifest.insert("authorizer".to_owned(), identity_sources(auth.get("IdentitySource")));
        }
        other => {
            let problem = format!("AuthType is `{other}`: write NONE, AWS_IAM or CUSTOM");
            return Err(auth.problem(path, problem));
        }
    }
    Ok(())
}

fn add_domain(
    scope: &Scope<'_>,
    api: &Resource,
    domain: &Node,
    stage: &str,
    domains: &mut Vec<ProjectDomain>,
) -> Result<(), ProjectError> {
    let Some(name) = domain.get("DomainName").and_then(Node::to_text) else {
        return Err(domain.problem(api.path("Domain"), "the domain has no DomainName"));
    };
    let mut paths: Vec<String> =
        domain.get("BasePath").map_or(&[][..], Node::elements).iter().filter_map(Node::to_text).collect();
    if paths.is_empty() {
        paths.push(String::new());
    }
    for path in paths {
        let path = path.trim_matches('/').to_owned();
        let mapping = ProjectMapping { path, api: api.id.clone(), stage: stage.to_owned() };
        add_mapping(domains, &name, mapping);
    }
    if domain.get("MutualTlsAuthentication").is_some() {
        scope.warn(domain, &api.path("Domain"), "WebSocket APIs have no mutual TLS: AWS SAM refuses this");
    }
    Ok(())
}
