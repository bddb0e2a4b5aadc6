//! Projects: custom domains, and several functions.

use std::path::Path;

use lift_ws_local::project::Project;
use lift_ws_local::{LocalGateway, LocalGatewayBuilder};

use crate::client::{SIGNATURE, http, start};
use crate::function::function;

/// A project whose functions are all the scripted one, but for those without a program.
pub(crate) fn project(text: &str) -> LocalGatewayBuilder {
    let mut project = Project::from_toml(text, ".").unwrap();
    for served in project.functions.iter_mut().filter(|served| served.name != "broken") {
        served.function = function().named(&served.name);
    }
    LocalGateway::project(project)
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
    let mut client = crate::client::Client { socket };
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
