//! `AWS::ApiGatewayV2::*`: an API with its routes, integrations, stages, authorizer and models, and custom domains.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use super::Scope;
use super::functions::Functions;
use super::resources::Resource;
use crate::core::Manifest;
use crate::project::node::{Content, Entry, Node};
use crate::project::{
    Project, ProjectApi, ProjectDomain, ProjectError, ProjectMapping, ProjectStage, api_id,
};

/// An API, unless it is one for HTTP.
pub(super) fn read(
    scope: &Scope<'_>,
    api: &Resource,
    resources: &[Resource],
    functions: &Functions,
) -> Result<Option<ProjectApi>, ProjectError> {
    if api.get("Body").is_some()
        || api.get("BodyS3Location").is_some()
        || !api.is_of("ProtocolType", "WEBSOCKET")
    {
        api.warn(scope, "", "an HTTP API is not served at home; only WebSocket APIs are");
        return Ok(None);
    }
    let id = api_id(&api.id);
    let mut draft = Draft::new(api, &id)?;
    let of_api = |kind: &'static str| {
        let id = id.clone();
        resources.iter().filter(move |resource| resource.kind == kind && resource.is_of("ApiId", &id))
    };
    let integrations: BTreeMap<&str, &Resource> =
        of_api("AWS::ApiGatewayV2::Integration").map(|resource| (resource.id.as_str(), resource)).collect();
    for model in of_api("AWS::ApiGatewayV2::Model") {
        draft.add_model(model)?;
    }
    for route in of_api("AWS::ApiGatewayV2::Route") {
        let answered =
            of_api("AWS::ApiGatewayV2::RouteResponse").any(|answer| answer.is_of("RouteId", &route.id));
        draft.add_route(scope, route, answered, &integrations, functions)?;
    }
    if let Some(authorizer) = draft.authorizer.clone() {
        match of_api("AWS::ApiGatewayV2::Authorizer").find(|resource| resource.id == authorizer) {
            Some(authorizer) => draft.add_authorizer(authorizer, functions)?,
            None => {
                let problem =
                    format!("`$connect` names the authorizer `{authorizer}`, which is none of this API's");
                return Err(api.problem("", problem));
            }
        }
    }
    for stage in of_api("AWS::ApiGatewayV2::Stage") {
        draft.add_stage(stage)?;
    }
    if draft.api.stages.is_empty() {
        return Err(api.problem("", "this API has no stage: add an AWS::ApiGatewayV2::Stage with its ApiId"));
    }
    draft.finish(api).map(Some)
}

/// An API that is being put together.
pub(super) struct Draft {
    pub(super) api: ProjectApi,
    /// The manifest, in its own words.
    pub(super) manifest: Map<String, Value>,
    pub(super) routes: Vec<Value>,
    /// The logical id of the authorizer that `$connect` names.
    authorizer: Option<String>,
}

impl Draft {
    pub(super) fn new(api: &Resource, id: &str) -> Result<Self, ProjectError> {
        let mut manifest = Map::new();
        for (key, setting) in [
            ("RouteSelectionExpression", "routeSelectionExpression"),
            ("ApiKeySelectionExpression", "apiKeySelectionExpression"),
        ] {
            if let Some(text) = api.text(key)? {
                manifest.insert(setting.to_owned(), text.into());
            }
        }
        Ok(Self {
            api: ProjectApi {
                name: api.id.clone(),
                api_id: id.to_owned(),
                port: None,
                stages: Vec::new(),
                manifest: Manifest::parse("{}").map_err(|error| api.problem("", error.to_string()))?,
                describes_itself: false,
                routes: BTreeMap::new(),
                function: None,
                authorizer: None,
                queue: None,
                web: None,
            },
            manifest,
            routes: Vec::new(),
            authorizer: None,
        })
    }

    fn add_model(&mut self, model: &Resource) -> Result<(), ProjectError> {
        let name = model.expect_text("Name")?;
        let schema = model.get("Schema").map(Node::to_json).unwrap_or_default();
        // CloudFormation takes the schema as JSON, also as a text of it.
        let schema = match schema {
            Value::String(text) => serde_json::from_str(&text)
                .map_err(|error| model.problem("Schema", format!("this is no JSON: {error}")))?,
            schema => schema,
        };
        let models = self.manifest.entry("models").or_insert_with(|| json!({}));
        if let Value::Object(models) = models {
            models.insert(name, schema);
        }
        Ok(())
    }

    fn add_route(
        &mut self,
        scope: &Scope<'_>,
        route: &Resource,
        has_response: bool,
        integrations: &BTreeMap<&str, &Resource>,
        functions: &Functions,
    ) -> Result<(), ProjectError> {
        let key = route.expect_text("RouteKey")?;
        let Some(target) = route.text("Target")? else {
            route.warn(
                scope,
                "",
                &format!("the route `{key}` has no Target and is left out: write integrations/ID"),
            );
            return self.leave_out(route, &key);
        };
        let target = target.strip_prefix("integrations/").unwrap_or(&target);
        let Some(integration) = integrations.get(target) else {
            let problem = format!(
                "there is no integration `{target}` of this API: write !Join [/, [integrations, !Ref ID]]"
            );
            return Err(route.problem("Target", problem));
        };
        let kind = integration.text("IntegrationType")?.unwrap_or_default();
        if kind != "AWS_PROXY" {
            let told = format!(
                "an integration of type {kind} is not done at home, only AWS_PROXY with a function is; the route `{key}` \
                 is left out"
            );
            integration.warn(scope, "IntegrationType", &told);
            return self.leave_out(route, &key);
        }
        let function = function_of(integration, "IntegrationUri", functions)?;
        self.api.routes.insert(key.clone(), function);
        let selects = route.is_of("RouteResponseSelectionExpression", "$default");
        if selects != has_response {
            let told = "a two-way route needs both, RouteResponseSelectionExpression: $default and an \
                        AWS::ApiGatewayV2::RouteResponse: as it is, AWS discards the answers";
            route.warn(scope, "RouteResponseSelectionExpression", told);
        }
        let mut settings = route_settings(route, &key)?;
        if selects && has_response {
            settings.insert("twoWay".to_owned(), true.into());
        }
        if let Some(millis) = integration.get("TimeoutInMillis") {
            let millis = millis.expect_number(&integration.path("TimeoutInMillis"), 50, 29_000)?;
            settings.insert("timeoutInMillis".to_owned(), millis.into());
        }
        match route.text("AuthorizationType")?.as_deref() {
            None | Some("NONE") => {}
            Some("CUSTOM") if key == "$connect" => {
                self.authorizer = Some(route.expect_text("AuthorizerId")?);
            }
            Some(kind) => {
                settings.insert("authorizationType".to_owned(), kind.into());
            }
        }
        self.routes.push(Value::Object(settings));
        Ok(())
    }

    /// Who may connect is asked for a `$connect` too that is not served itself; what only the route can ask is refused,
    /// since the API would be open at home and closed on AWS.
    fn leave_out(&mut self, route: &Resource, key: &str) -> Result<(), ProjectError> {
        if key != "$connect" {
            return Ok(());
        }
        let refuse = |property: &str, what: &str| {
            let problem = format!(
                "{what} at `$connect`, which is left out at home: give the route an integration of type AWS_PROXY with a \
                 function"
            );
            Err(route.problem(property, problem))
        };
        match route.text("AuthorizationType")?.as_deref() {
            None | Some("NONE") => {}
            Some("CUSTOM") => self.authorizer = Some(route.expect_text("AuthorizerId")?),
            Some(kind) => return refuse("AuthorizationType", &format!("{kind} is asked for")),
        }
        if route.get("ApiKeyRequired").and_then(Node::to_bool) == Some(true) {
            return refuse("ApiKeyRequired", "an API key is asked for");
        }
        Ok(())
    }

    fn add_authorizer(&mut self, authorizer: &Resource, functions: &Functions) -> Result<(), ProjectError> {
        if !authorizer.is_of("AuthorizerType", "REQUEST") {
            let problem =
                "WebSocket APIs have authorizers of type REQUEST alone: write AuthorizerType: REQUEST";
            return Err(authorizer.problem("AuthorizerType", problem));
        }
        self.api.authorizer = Some(function_of(authorizer, "AuthorizerUri", functions)?);
        self.manifest.insert("authorizer".to_owned(), identity_sources(authorizer.get("IdentitySource")));
        Ok(())
    }

    pub(super) fn add_stage(&mut self, stage: &Resource) -> Result<(), ProjectError> {
        let mut added = ProjectStage::new(stage.expect_text("StageName")?);
        let path = stage.path("StageVariables");
        for Entry { key, value, .. } in
            stage.get("StageVariables").map_or(Ok(&[][..]), |variables| variables.expect_map(&path))?
        {
            let text =
                value.to_text().ok_or_else(|| value.problem(&path, format!("`{key}` must be a text")))?;
            added.variables.insert(key.clone(), text);
        }
        self.add_throttling(stage);
        self.api.stages.push(added);
        Ok(())
    }

    /// The limits of routes. Those of the first stage that has some hold for all.
    pub(super) fn add_throttling(&mut self, stage: &Resource) {
        if let Some(settings) = stage.get("DefaultRouteSettings") {
            self.manifest.entry("defaultRouteSettings").or_insert_with(|| throttling(settings));
        }
        let keys: Vec<_> = self.routes.iter().filter_map(|route| route["routeKey"].as_str()).collect();
        let of_routes = stage.get("RouteSettings").map_or(&[][..], Node::entries).iter();
        let of_routes: Map<String, Value> = of_routes
            .filter(|entry| keys.contains(&entry.key.as_str()))
            .map(|entry| (entry.key.clone(), throttling(&entry.value)))
            .collect();
        if !of_routes.is_empty() {
            self.manifest.entry("routeSettings").or_insert(Value::Object(of_routes));
        }
    }

    pub(super) fn finish(mut self, api: &Resource) -> Result<ProjectApi, ProjectError> {
        if self.routes.is_empty() {
            return Err(api.problem("", "this API has no route with a function"));
        }
        let keys: Vec<String> =
            self.routes.iter().filter_map(|route| route["routeKey"].as_str().map(str::to_owned)).collect();
        self.manifest.insert("routes".to_owned(), Value::Array(self.routes));
        let manifest = Manifest::parse(&Value::Object(self.manifest).to_string());
        self.api.manifest = manifest.map_err(|error| {
            let mut words = error.to_string();
            for (index, key) in keys.iter().enumerate() {
                words = words
                    .replace(&format!("route {} of the manifest", index + 1), &format!("the route `{key}`"));
            }
            api.problem("", words.replace("the manifest", "the API"))
        })?;
        Ok(self.api)
    }
}

/// What a route has in both kinds of templates, in the words of a manifest.
fn route_settings(route: &Resource, key: &str) -> Result<Map<String, Value>, ProjectError> {
    let mut settings = Map::new();
    settings.insert("routeKey".to_owned(), key.into());
    copy_route_settings(&route.properties, &mut settings);
    Ok(settings)
}

pub(super) fn copy_route_settings(from: &Node, settings: &mut Map<String, Value>) {
    if from.get("ApiKeyRequired").and_then(Node::to_bool) == Some(true) {
        settings.insert("apiKeyRequired".to_owned(), true.into());
    }
    if let Some(expression) = from.get("ModelSelectionExpression").and_then(Node::as_text) {
        settings.insert("modelSelectionExpression".to_owned(), expression.into());
    }
    if let Some(models) = from.get("RequestModels") {
        settings.insert("requestModels".to_owned(), models.to_json());
    }
}

/// `ThrottlingRateLimit` and `ThrottlingBurstLimit`, in the words of a manifest; loggings have none.
fn throttling(settings: &Node) -> Value {
    let mut limits = Map::new();
    for (key, setting) in
        [("ThrottlingRateLimit", "throttlingRateLimit"), ("ThrottlingBurstLimit", "throttlingBurstLimit")]
    {
        let text = settings.get(key).and_then(Node::to_text);
        if let Some(number) = text.and_then(|text| serde_json::from_str::<serde_json::Number>(&text).ok()) {
            limits.insert(setting.to_owned(), Value::Number(number));
        }
    }
    Value::Object(limits)
}

pub(super) fn identity_sources(sources: Option<&Node>) -> Value {
    let sources = sources.map_or(&[][..], Node::elements).iter();
    let sources: Vec<String> = sources
        .filter_map(Node::to_text)
        .flat_map(|text| text.split(',').map(|each| each.trim().to_owned()).collect::<Vec<_>>())
        .collect();
    json!({ "identitySources": sources })
}

/// The logical id of the function that a property names by its ARN.
pub(super) fn function_of(
    resource: &Resource,
    key: &str,
    functions: &Functions,
) -> Result<String, ProjectError> {
    let uri = resource.expect_text(key)?;
    if uri.contains("${stageVariables.") {
        let problem = "functions that stage variables choose are not done at home: write the function itself";
        return Err(resource.problem(key, problem));
    }
    functions.find(&uri).ok_or_else(|| {
        let problem = format!("`{uri}` names no function of this template: write !GetAtt FUNCTION.Arn in it");
        resource.problem(key, problem)
    })
}

/// Custom domains and their mappings to APIs of the project.
pub(super) fn read_domains(
    scope: &Scope<'_>,
    resources: &[Resource],
    project: &mut Project,
) -> Result<(), ProjectError> {
    for mapping in resources.iter().filter(|resource| resource.kind == "AWS::ApiGatewayV2::ApiMapping") {
        let (domain, api) = (mapping.expect_text("DomainName")?, mapping.expect_text("ApiId")?);
        let Some(api) = project.apis.iter().find(|known| known.api_id == api) else {
            mapping.warn(scope, "ApiId", "the API is not served at home; the mapping is left out");
            continue;
        };
        let stage = mapping.expect_text("Stage")?;
        let path = mapping.text("ApiMappingKey")?.unwrap_or_default();
        add_mapping(&mut project.domains, &domain, ProjectMapping { path, api: api.name.clone(), stage });
    }
    Ok(())
}

pub(super) fn add_mapping(domains: &mut Vec<ProjectDomain>, name: &str, mapping: ProjectMapping) {
    match domains.iter_mut().find(|domain| domain.name.eq_ignore_ascii_case(name)) {
        Some(domain) => domain.mappings.push(mapping),
        None => domains.push(ProjectDomain { name: name.to_owned(), mappings: vec![mapping] }),
    }
}

/// Whether a node is a map.
pub(super) fn is_map(node: &Node) -> bool {
    matches!(node.content, Content::Map(_))
}
