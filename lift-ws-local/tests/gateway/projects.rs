//! Projects: custom domains, and several functions.

use std::path::Path;

use lift_ws_local::core::Manifest;
use lift_ws_local::project::Project;
use lift_ws_local::{LocalGateway, LocalGatewayBuilder};
use serde_json::{Value, json};

use crate::client::{Client, SIGNATURE, http, manifest, scripted, start};
use crate::function::function;

/// A project whose functions are all the scripted one, but for those without a program.
pub(crate) fn project(text: &str) -> LocalGatewayBuilder {
    described(text, None)
}

/// The same; an API without routes has those of this manifest, as if the app had told them.
fn described(text: &str, manifest: Option<&Manifest>) -> LocalGatewayBuilder {
    let mut project = Project::from_toml(text, ".").unwrap();
    for api in project.apis.iter_mut().filter(|api| api.describes_itself) {
        api.manifest = manifest.expect("the app tells its routes").clone();
    }
    for served in project.functions.iter_mut().filter(|served| served.name != "broken") {
        served.function = function().named(&served.name);
    }
    LocalGateway::project(project)
}

#[tokio::test]
async fn a_domain_that_the_project_has_not_is_refused_at_the_start() {
    for (builder, expected) in [
        (
            project(WITH_DOMAIN).domain("x.example.org"),
            "there is no custom domain `x.example.org`; there is `ws.example.org`",
        ),
        (scripted(&[]).domain("ws.example.org"), "there is no custom domain `ws.example.org`: leave it out"),
    ] {
        let error = builder.port(0).start().await.expect_err("it does not start").to_string();
        assert!(error.starts_with(expected), "{error}");
    }
}

const WITH_DOMAIN: &str = r#"
    [functions.chat]
    command = ["scripted"]

    [apis.chat]
    stages = ["dev", "prod"]
    routes."$default" = { twoWay = true }

    [domains."ws.example.org"]
    v1 = "chat/prod"
"#;

#[tokio::test]
async fn callback_urls_lead_home_also_where_a_domain_is_assumed_for_clients() {
    let watched = start(project(WITH_DOMAIN).domain("ws.example.org")).await;
    let address = watched.address();
    let url = format!("ws://{address}/v1");
    let (socket, _) = tokio_tungstenite::connect_async(url).await.expect("the mapping is reached");
    let mut client = Client { socket };
    let callback = client.ask(r#"{"do":"variable","name":"LIFT_WS_CALLBACK_URL"}"#).await;
    let (home, base) = callback.strip_prefix("http://").and_then(|url| url.split_once('/')).expect("a URL");
    assert_eq!((home, base), (&*address, "~"), "the function serves two stages");
    let id = client.id().await.replace('=', "%3D");
    let headers = format!("authorization: {SIGNATURE}\r\n");
    for base in [base, "prod"] {
        let path = format!("/{base}/@connections/{id}");
        assert_eq!(http(home, "POST", &path, &headers, base).await.status, 200, "{path}");
        assert_eq!(client.hear().await, base);
    }
    let refused = tokio_tungstenite::connect_async(format!("ws://{address}/prod")).await;
    assert!(refused.is_err(), "the domain has no such mapping");
    watched.shutdown().await;
}

#[tokio::test]
async fn the_example_of_a_project_is_read_and_served() {
    let dir = Path::new(env!("CARGO_MANIFEST_DIR")).join("../examples/projects");
    let text = std::fs::read_to_string(dir.join("lift-ws.toml")).unwrap();
    let project = Project::from_toml(&text, &dir).unwrap();
    assert!(project.warnings.is_empty(), "{:?}", project.warnings);
    let [chat, news] = &project.apis[..] else { panic!("{:?}", project.apis) };
    assert_eq!((&*chat.api_id, chat.stages.len(), chat.manifest.routes.len()), ("chat000001", 2, 4));
    assert_eq!((news.function.as_deref(), &*news.stages[0].name), (Some("history"), "dev"));
    assert_eq!(project.queues[0].dead_letters.as_deref(), Some("orders-that-failed"));
    // What the functions run is there.
    let programs: Vec<&str> = text.split('"').filter(|word| word.ends_with(".py")).collect();
    assert_eq!(programs.len(), project.functions.len());
    for program in programs {
        assert!(dir.join(program).is_file(), "{program}");
    }
    let watched = start(LocalGateway::project(project)).await;
    let stages = watched.gateway.apis().iter().map(|api| api.urls().count()).sum::<usize>();
    assert_eq!(stages, 3);
    watched.shutdown().await;
}

const WITH_AN_APP: &str = r#"
    [functions.other]
    command = ["scripted"]

    [functions.app]
    package = "app"

    [apis.other]
    function = "other"
    routes."$default" = { twoWay = true }

    [apis.app]
    function = "app"
"#;

const VERSION: &str = r#"{"do":"variable","name":"VERSION"}"#;

/// Connects to an API of a project.
async fn connect(gateway: &LocalGateway, api: usize) -> Client {
    let url = gateway.apis()[api].urls().next().unwrap();
    let (socket, _) = tokio_tungstenite::connect_async(url).await.unwrap();
    Client { socket }
}

/// By which route a message with the action `new` goes.
async fn route(client: &mut Client) -> Value {
    let event: Value = serde_json::from_str(&client.ask(r#"{"action":"new","do":"event"}"#).await).unwrap();
    event["requestContext"]["routeKey"].clone()
}

#[tokio::test]
async fn a_new_build_of_a_projects_app_brings_its_routes_and_tables_and_leaves_other_apis_alone() {
    let watched = start(described(WITH_AN_APP, Some(&manifest(&[])))).await;
    let (mut other, mut app) = (connect(&watched.gateway, 0).await, connect(&watched.gateway, 1).await);
    assert_eq!((route(&mut other).await, route(&mut app).await), (json!("$default"), json!("$default")));
    let mut new = manifest(&["new"]);
    new.tables.push(json!({
        "TableName": "table-of-the-app",
        "BillingMode": "PAY_PER_REQUEST",
        "AttributeDefinitions": [{ "AttributeName": "PK", "AttributeType": "S" }],
        "KeySchema": [{ "AttributeName": "PK", "KeyType": "HASH" }],
    }));
    let build = function().named("app").env("VERSION", "2");
    watched.gateway.replace_function("app", build.clone(), Some(&new)).await.unwrap();
    assert_eq!((route(&mut other).await, route(&mut app).await), (json!("$default"), json!("new")));
    assert_eq!((&*other.ask(VERSION).await, &*app.ask(VERSION).await), ("(not set)", "2"));
    let table = r#"{"do":"variable","name":"LIFT_WS_TABLE"}"#;
    assert_eq!((&*other.ask(table).await, &*app.ask(table).await), ("(not set)", "table-of-the-app"));
    // A function that describes no API changes no routes.
    watched.gateway.replace_function("other", build, Some(&new)).await.unwrap();
    assert_eq!((route(&mut other).await, &*other.ask(VERSION).await), (json!("$default"), "2"));
    watched.shutdown().await;
}

#[tokio::test]
async fn a_new_build_of_a_projects_app_leaves_the_jobs_of_another_api_alone() {
    let text = WITH_AN_APP.replace("function = \"other\"", "function = \"other\"\n    queue = true");
    let watched = start(described(&text, Some(&manifest(&[])))).await;
    let mut app = connect(&watched.gateway, 1).await;
    let build = |version: &str| function().named("app").env("VERSION", version);
    watched.gateway.replace_function("app", build("2"), Some(&manifest(&[]))).await.unwrap();
    assert_eq!(app.ask(VERSION).await, "2");
    let queue = app.ask(r#"{"do":"variable","name":"LIFT_WS_QUEUE_URL"}"#).await;
    assert_eq!(queue, watched.gateway.queue_url());
    let mut with_jobs = manifest(&["new"]);
    with_jobs.queue = Some(lift_ws_local::core::ManifestQueue::default());
    let refused = watched.gateway.replace_function("app", build("3"), Some(&with_jobs)).await.unwrap_err();
    assert!(refused.to_string().contains("has the queue of jobs already"), "{refused}");
    assert_eq!((route(&mut app).await, &*app.ask(VERSION).await), (json!("$default"), "2"));
    watched.shutdown().await;
}
