//! Whole projects from files: several functions, APIs, stages and custom domains in one process.

use std::collections::HashSet;
use std::path::Path;

use serde_json::{Value, json};
use tokio_tungstenite::connect_async;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;

use crate::app::{main_rs, write_app};
use crate::running::{Client, Running, dev, foreign, refused};

/// A folder with a project's file, and a command that runs it on free ports.
fn project(file: &str, text: &str) -> (tempfile::TempDir, tokio::process::Command) {
    let dir = tempfile::tempdir().unwrap();
    let teller = foreign("teller.py").canonicalize().unwrap();
    let text = text.replace("TELLER", &teller.display().to_string());
    std::fs::write(dir.path().join(file), text).unwrap();
    let mut command = dev(["--port", "0"]);
    command.current_dir(dir.path());
    (dir, command)
}

const TOML: &str = r#"
    [functions.chat]
    command = ["python3", "TELLER"]
    env = { COLOUR = "blue", QUEUE = "${queues.orders}", HOME_URL = "https://chat12345.execute-api.us-east-1.amazonaws.com/prod" }

    [functions.history]
    command = ["python3", "TELLER"]
    environments = 1

    [functions.guard]
    command = ["python3", "TELLER"]

    [functions.worker]
    command = ["python3", "TELLER"]

    [apis.chat]
    apiId = "chat12345"
    function = "chat"
    authorizer.function = "guard"
    stages.dev = {}
    stages.prod.variables = { tier = "gold" }

    [apis.chat.routes]
    "$connect" = {}
    "$disconnect" = { function = "history" }
    "$default" = { twoWay = true }
    say = "chat"
    history = { function = "history", twoWay = true }

    [apis.news]
    apiId = "news12345"
    function = "history"
    routes."$default" = { twoWay = true }

    [queues.orders]
    function = "worker"

    [domains."ws.example.org"]
    v1 = "chat/prod"
    news = "news/dev"

    [domains]
    "whole.localhost" = "chat/dev"
"#;

struct Project {
    running: Running,
    _dir: tempfile::TempDir,
    /// By API and stage.
    urls: Vec<String>,
}

impl Project {
    async fn start(count: usize) -> Self {
        let (dir, command) = project("lift-ws.toml", TOML);
        let mut running = Running::start(command).await;
        let mut urls = vec![running.url.clone()];
        for _ in 1..count {
            urls.push(running.stdout.next().await.strip_prefix("ready ").unwrap().to_owned());
        }
        Self { running, _dir: dir, urls }
    }

    async fn connect(&self, url: usize) -> Client {
        Client::open(&self.urls[url]).await.unwrap()
    }
}

async fn ask(client: &mut Client, message: Value) -> Value {
    serde_json::from_str(&client.ask(&message.to_string()).await).unwrap()
}

#[tokio::test]
async fn each_route_has_its_function_and_each_stage_its_connections() {
    let mut project = Project::start(3).await;
    assert!(project.urls[0].ends_with("/dev") && project.urls[1].ends_with("/prod"), "{:?}", project.urls);
    let port = |url: &str| url.split('/').nth(2).unwrap().to_owned();
    assert_eq!(port(&project.urls[0]), port(&project.urls[1]));
    assert_ne!(port(&project.urls[0]), port(&project.urls[2]));
    let (mut dev, mut prod, mut news) =
        (project.connect(0).await, project.connect(1).await, project.connect(2).await);

    let told = ask(&mut dev, json!({"action": "anything", "env": "COLOUR"})).await;
    assert_eq!(
        (&told["function"], &told["stage"], &told["env"]),
        (&json!("chat"), &json!("dev"), &json!("blue"))
    );
    assert_eq!(
        (&told["apiId"], &told["principal"], &told["variables"]),
        (&json!("chat12345"), &json!("guard"), &Value::Null)
    );
    let told = ask(&mut prod, json!({"action": "history", "env": "COLOUR"})).await;
    assert_eq!(
        (&told["function"], &told["stage"], &told["env"]),
        (&json!("history"), &json!("prod"), &Value::Null)
    );
    assert_eq!(told["variables"], json!({"tier": "gold"}));
    let pid = told["pid"].clone();
    let told = ask(&mut news, json!({"action": "whatever"})).await;
    assert_eq!(
        (&told["function"], &told["apiId"], &told["principal"]),
        (&json!("history"), &json!("news12345"), &Value::Null)
    );
    // There is one environment of it, for both APIs.
    assert_eq!(told["pid"], pid);

    // The program's own URL and the environment's lead to the same connection, in whatever stage.
    for client in [&mut dev, &mut prod, &mut news] {
        for post in ["env", "own"] {
            let told = ask(client, json!({"action": "history", "post": post})).await;
            assert_eq!(told["function"], "history");
        }
    }
    dev.close().await;
    project.running.stderr.with("history DISCONNECT dev").await;
    let pids: HashSet<String> = [pid.to_string()].into();
    assert_eq!(project.running.end("-TERM").await.code(), Some(0));
    assert!(pids.iter().all(|pid| !Path::new("/proc").join(pid).exists()));
}

#[tokio::test]
async fn urls_that_the_file_writes_as_on_aws_lead_home_and_queues_have_their_function() {
    let mut project = Project::start(3).await;
    let mut client = project.connect(1).await;
    let told = ask(&mut client, json!({"action": "x", "env": "HOME_URL"})).await;
    let host = project.urls[1].strip_prefix("ws://").unwrap();
    assert_eq!(told["env"], format!("https://{host}"));
    let told = ask(&mut client, json!({"action": "x", "queue": "an order"})).await;
    assert_eq!(told["queued"], 200);
    project.running.stderr.with("worker got an order").await;
}

#[tokio::test]
async fn a_function_that_cargo_builds_describes_its_routes_and_is_one_among_others() {
    let text = "[functions.app]\nmanifestPath = \"app/Cargo.toml\"\n[functions.teller]\ncommand = [\"python3\", \"TELLER\"]\n\
                [apis.described]\nfunction = \"app\"\n[apis.written]\nroutes.\"$default\" = { function = \"teller\", twoWay = true }";
    let (dir, command) = project("lift-ws.toml", text);
    write_app(&dir.path().join("app"), &main_rs("who"));
    let mut running = Running::start(command).await;
    let written = running.stdout.next().await;
    let page = running.stdout.next().await;
    assert!(page.starts_with("page http://"), "{page}");
    let mut client = running.connect().await;
    let pid: u32 = client.ask(r#"{"action":"who"}"#).await.parse().unwrap();
    assert!(Path::new("/proc").join(pid.to_string()).exists());
    let mut client = Client::open(written.strip_prefix("ready ").unwrap()).await.unwrap();
    assert_eq!(ask(&mut client, json!({})).await["function"], "teller");
}

/// Connects to where a domain would lead if its name were known.
async fn by_domain(url: &str, host: &str, path: &str) -> Result<Client, u16> {
    let address = url.split('/').nth(2).unwrap();
    let port = address.rsplit(':').next().unwrap();
    let mut request = format!("ws://{address}{path}").into_client_request().unwrap();
    request.headers_mut().insert("host", format!("{host}:{port}").parse().unwrap());
    match connect_async(request).await {
        Ok((socket, _)) => Ok(Client::of(socket)),
        Err(tokio_tungstenite::tungstenite::Error::Http(answer)) => Err(answer.status().as_u16()),
        Err(error) => panic!("{error}"),
    }
}

#[tokio::test]
async fn a_custom_domain_has_its_mapping_in_place_of_the_stage() {
    let project = Project::start(3).await;
    let url = &project.urls[0];
    let mut client = by_domain(url, "ws.example.org", "/v1").await.unwrap();
    let told = ask(&mut client, json!({"action": "x"})).await;
    assert_eq!(told["stage"], "prod");
    assert!(told["domainName"].as_str().unwrap().starts_with("ws.example.org:"), "{told}");
    // What the function builds of it: with the mapping it arrives, with the stage it does not (contract §5.2).
    let told = ask(&mut client, json!({"action": "x", "post": "own", "base": "v1"})).await;
    assert_eq!(told["stage"], "prod");
    client.say(&json!({"action": "x", "post": "own", "base": "prod"}).to_string()).await;
    let mut running = project.running;
    running.stderr.with("posted: 403").await;

    // Each API is reached through each port, since the domain says which it is.
    let mut news = by_domain(url, "ws.example.org", "/news").await.unwrap();
    assert_eq!(ask(&mut news, json!({})).await["apiId"], "news12345");
    let mut whole = by_domain(url, "whole.localhost", "/").await.unwrap();
    assert_eq!(ask(&mut whole, json!({"post": "own", "base": ""})).await["stage"], "dev");
    assert_eq!(by_domain(url, "ws.example.org", "/prod").await.err(), Some(403));
    assert_eq!(by_domain(url, "whole.localhost", "/ping").await.err(), Some(200));
}

#[tokio::test]
async fn a_mistake_in_the_file_has_its_line_and_says_what_to_write() {
    let (_dir, command) =
        project("lift-ws.toml", "[functions.chat]\ncommand = [\"x\"]\n[apis.a]\nroutes.say = \"chta\"\n");
    let (code, stdout, stderr) = refused(command).await;
    assert_eq!((code, stdout.as_str()), (Some(1), ""));
    let expected = "lift-ws.toml, line 4, `apis.a.routes.say`: there is no function `chta`; there is `chat`";
    assert!(stderr.contains(expected), "{stderr}");
    let (code, _, stderr) = refused(dev(["--config", "/no/such/file.toml"])).await;
    assert_eq!(code, Some(1));
    assert!(stderr.contains("cannot read the project in /no/such/file.toml"), "{stderr}");
}

#[tokio::test]
async fn a_package_that_is_not_there_is_named_with_the_file_and_the_function() {
    let (_dir, command) = project("lift-ws.toml", "[functions.chat]\npackage = \"nope\"\n[apis.a]\n");
    let (code, stdout, stderr) = refused(command).await;
    assert_eq!((code, stdout.as_str()), (Some(1), ""));
    assert!(
        stderr.contains(
            "lift-ws.toml, function `chat`: there is no package `nope`: could not find `Cargo.toml`"
        ) && stderr.contains("`manifestPath`"),
        "{stderr}"
    );
}

#[tokio::test]
async fn a_file_for_the_other_option_is_sent_there() {
    let text = "Resources: {}\n";
    let (_dir, mut command) = project("template.yaml", text);
    command.args(["--config", "template.yaml"]);
    let (_, _, stderr) = refused(command).await;
    assert!(stderr.contains("template is named by --template"), "{stderr}");
    let (_dir, mut command) = project("other.toml", "[functions.chat]\ncommand = [\"x\"]\n");
    command.args(["--template", "other.toml"]);
    let (_, _, stderr) = refused(command).await;
    assert!(stderr.contains("in TOML is named by --config"), "{stderr}");
}

const TEMPLATE: &str = r#"
Transform: AWS::Serverless-2016-10-31
Parameters:
  Tier: {Type: String, Default: silver}
  TableName: {Type: String}
Globals:
  Function: {Runtime: provided.al2023, Handler: bootstrap, CodeUri: code, Environment: {Variables: {TABLE: !Ref Items}}}
Resources:
  Chat:
    Type: AWS::ApiGatewayV2::Api
    Properties: {Name: Chat, ProtocolType: WEBSOCKET, RouteSelectionExpression: $request.body.action}
  AskRoute:
    Type: AWS::ApiGatewayV2::Route
    Properties: {ApiId: !Ref Chat, RouteKey: $default, RouteResponseSelectionExpression: $default, Target: !Sub 'integrations/${Ask}'}
  AskAnswer:
    Type: AWS::ApiGatewayV2::RouteResponse
    Properties: {ApiId: !Ref Chat, RouteId: !Ref AskRoute, RouteResponseKey: $default}
  Ask:
    Type: AWS::ApiGatewayV2::Integration
    Properties:
      ApiId: !Ref Chat
      IntegrationType: AWS_PROXY
      IntegrationUri: !Sub arn:aws:apigateway:${AWS::Region}:lambda:path/2015-03-31/functions/${Answer.Arn}/invocations
  Live:
    Type: AWS::ApiGatewayV2::Stage
    Properties: {ApiId: !Ref Chat, StageName: live, StageVariables: {tier: !Ref Tier}}
  News:
    Type: AWS::Serverless::WebSocketApi
    Properties:
      RouteSelectionExpression: $request.body.action
      Routes:
        tell: {FunctionArn: !GetAtt Tell.Arn, RouteResponseSelectionExpression: $default}
  Answer:
    Type: AWS::Serverless::Function
    Properties:
      Environment: {Variables: {QUEUE: !Ref Orders}}
  Tell:
    Type: AWS::Serverless::Function
    Properties: {FunctionName: teller}
  Worker:
    Type: AWS::Serverless::Function
    Properties: {Events: {Orders: {Type: SQS, Properties: {Queue: !GetAtt Orders.Arn}}}}
  Orders: {Type: AWS::SQS::Queue}
  Items:
    Type: AWS::DynamoDB::Table
    Properties:
      TableName: !Ref TableName
      BillingMode: PAY_PER_REQUEST
      AttributeDefinitions: [{AttributeName: id, AttributeType: S}]
      KeySchema: [{AttributeName: id, KeyType: HASH}]
  Bucket: {Type: AWS::S3::Bucket}
"#;

#[tokio::test]
async fn a_template_is_served_with_its_functions_tables_and_queues() {
    use std::os::unix::fs::PermissionsExt;
    let (dir, mut command) = project("template.yaml", TEMPLATE);
    let code = dir.path().join("code");
    std::fs::create_dir(&code).unwrap();
    let teller = foreign("teller.py").canonicalize().unwrap();
    let bootstrap = code.join("bootstrap");
    std::fs::write(&bootstrap, format!("#!/bin/sh\nexec python3 '{}'\n", teller.display())).unwrap();
    std::fs::set_permissions(&bootstrap, std::fs::Permissions::from_mode(0o755)).unwrap();
    command.args([
        "--template",
        "template.yaml",
        "--parameter",
        "Tier=gold",
        "--parameter",
        "TableName=mine",
    ]);
    let mut running = Running::start(command).await;
    assert!(running.url.ends_with("/live"), "{}", running.url);
    let news = running.stdout.next().await;
    assert!(news.ends_with("/default"), "{news}");
    running.stderr.with("`Bucket`: AWS::S3::Bucket does not exist at home").await;
    let mut client = running.connect().await;
    let told = ask(&mut client, json!({"action": "x", "env": "TABLE", "queue": "an order"})).await;
    assert_eq!((&told["function"], &told["variables"]["tier"]), (&json!("Answer"), &json!("gold")));
    assert_eq!((&told["env"], &told["queued"]), (&json!("mine"), &json!(200)));
    running.stderr.with("Worker got an order").await;
    let mut news = Client::open(news.strip_prefix("ready ").unwrap()).await.unwrap();
    assert_eq!(ask(&mut news, json!({"action": "tell"})).await["function"], "teller");
}

#[tokio::test]
async fn what_a_template_lacks_is_told_with_resource_and_line() {
    let (_dir, mut command) =
        project("template.yaml", &TEMPLATE.replace("CodeUri: code", "CodeUri: elsewhere"));
    command.args(["--template", "template.yaml", "--parameter", "TableName=mine"]);
    let (code, stdout, stderr) = refused(command).await;
    assert_eq!((code, stdout.as_str()), (Some(1), ""));
    assert!(
        stderr.contains("template.yaml, line ")
            && stderr.contains("`Answer`: there is no binary `bootstrap`"),
        "{stderr}"
    );
    let (_dir, mut command) = project("template.yaml", TEMPLATE);
    command.args(["--template", "template.yaml"]);
    let (_, _, stderr) = refused(command).await;
    assert!(
        stderr.contains(
            "`Parameters.TableName`: this parameter has no default: give it a value by `--parameter"
        ),
        "{stderr}"
    );
}

const WITH_AN_APP: &str = r#"
    [functions.teller]
    command = ["python3", "TELLER"]

    [functions.app]
    manifestPath = "app/Cargo.toml"

    [apis.app]
    function = "app"
"#;

#[tokio::test]
async fn a_new_build_of_a_projects_app_brings_its_routes() {
    let (dir, command) = project("lift-ws.toml", WITH_AN_APP);
    let app = dir.path().join("app");
    write_app(&app, &main_rs("who"));
    let mut running = Running::start(command).await;
    let mut client = running.connect().await;
    assert!(client.ask(r#"{"action":"who"}"#).await.parse::<u32>().is_ok());
    // The route is not there yet.
    let crash = r#"{"action":"crash"}"#;
    assert!(client.ask(crash).await.starts_with(r#"{"message": "Forbidden", "#));
    running.stderr.with("Ctrl-C ends it").await;
    std::fs::write(app.join("src/main.rs"), main_rs("crash")).unwrap();
    running.stderr.with("app: the new build takes new events").await;
    assert!(client.ask(crash).await.starts_with(r#"{"message": "Internal server error", "#));
    assert!(client.ask(r#"{"action":"who"}"#).await.starts_with(r#"{"message": "Forbidden", "#));
    assert_eq!(running.end("-TERM").await.code(), Some(0));
}
