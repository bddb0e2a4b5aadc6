//! The inspector's resources and page, over real sockets.

use serde_json::{Value, json};
use tokio::time::timeout;

use crate::client::{PATIENCE, Response, Watched, http, scripted, start};
use crate::projects::project;

const CONTROL: &str = "x-lift-control: 1\r\ncontent-type: application/json\r\n";

async fn inspected(more_routes: &[&str]) -> Watched {
    start(scripted(more_routes).control(true)).await
}

async fn get(watched: &Watched, path: &str) -> Response {
    http(&watched.address(), "GET", &format!("/_lift{path}"), "", "").await
}

async fn post(watched: &Watched, path: &str, body: &Value) -> Response {
    http(&watched.address(), "POST", &format!("/_lift/api{path}"), CONTROL, &body.to_string()).await
}

/// All rows that there are.
async fn rows(watched: &Watched) -> Vec<Value> {
    get(watched, "/api/changes").await.json()["entries"].as_array().unwrap().clone()
}

/// The first row of a kind that `is_it`, which has come when the client has its answer.
async fn row(watched: &Watched, kind: &str, is_it: impl Fn(&Value) -> bool) -> Value {
    let rows = rows(watched).await;
    let found = rows.iter().find(|row| row["kind"] == kind && is_it(row));
    found.unwrap_or_else(|| panic!("no such {kind} in {rows:#?}")).clone()
}

async fn detail(watched: &Watched, row: &Value) -> Value {
    get(watched, &format!("/api/entries/{}", row["id"])).await.json()
}

/// The row of an entry, once it has ended.
async fn ended(watched: &Watched, id: &Value) -> Value {
    let ends = async {
        loop {
            let row = row(watched, "message", |row| row["id"] == *id).await;
            if row.get("open").is_none() {
                return row;
            }
        }
    };
    timeout(PATIENCE, ends).await.expect("it ends")
}

#[tokio::test]
async fn a_conversation_is_there_row_by_row() {
    let watched = inspected(&["$connect", "$disconnect"]).await;
    let mut client = watched.connect_with("?name=Ada").await.unwrap();
    let id = client.id().await;
    assert_eq!(client.ask(r#"{"do":"echo"}"#).await, r#"{"do":"echo"}"#);

    let connect = row(&watched, "connect", |_| true).await;
    assert_eq!((&connect["route"], &connect["status"]), (&json!("$connect"), &json!("200")));
    assert_eq!(row(&watched, "opened", |_| true).await["connection"], json!(id));
    let message = row(&watched, "message", |row| row["text"] == r#"{"do":"echo"}"#).await;
    assert_eq!((&message["connection"], &message["environment"]), (&json!(id), &json!(1)));
    let reply = row(&watched, "sent", |row| row["replyTo"] == message["id"]).await;
    assert_eq!(reply["text"], message["text"]);

    let detail = detail(&watched, &connect).await;
    assert_eq!(detail["event"]["queryStringParameters"]["name"], "Ada");
    assert_eq!(detail["returned"]["statusCode"], 200);

    let connections = get(&watched, "/api/connections").await.json();
    assert_eq!((&connections["open"], &connections["connections"][0]["received"]), (&json!(1), &json!(2)));
    assert_eq!(get(&watched, "/api/connections?search=nobody").await.json()["found"], 0);
    assert_eq!(get(&watched, "/api/overview").await.json()["stages"][0]["stage"], "dev");
    watched.shutdown().await;
}

#[tokio::test]
async fn lines_errors_and_messages_that_go_nowhere_are_with_what_caused_them() {
    let watched = inspected(&[]).await;
    let mut client = watched.connect().await;
    client.ask(r#"{"do":"print","text":"a line of the log"}"#).await;
    client.ask(r#"{"do":"fail"}"#).await;
    let failed = row(&watched, "message", |row| row["failed"] == true).await;
    assert_eq!(failed["problem"], "Scripted: failed as asked");
    // The line travels by a pipe of its own, so it may come a moment after the answer.
    let comes = async {
        loop {
            let printed =
                row(&watched, "message", |row| row["text"].as_str().unwrap().contains("print")).await;
            let lines = detail(&watched, &printed).await["lines"].take();
            if lines != json!([]) {
                return lines;
            }
        }
    };
    let lines = timeout(PATIENCE, comes).await.expect("the line comes");
    assert!(lines.as_array().unwrap().iter().any(|line| line["text"] == "a line of the log"), "{lines}");
    watched.shutdown().await;
}

#[tokio::test]
async fn a_page_waits_for_what_is_new_and_gets_it() {
    let watched = inspected(&[]).await;
    let first = get(&watched, "/api/changes").await.json();
    assert_eq!((&first["reset"], &first["entries"]), (&json!(true), &json!([])));
    let query = format!(
        "/api/changes?gateway={}&version={}&next={}",
        first["gateway"], first["version"], first["next"]
    );
    let (then, _client) = tokio::join!(get(&watched, &query), watched.connect());
    let then = then.json();
    assert_eq!(then["reset"], false);
    assert_eq!(then["entries"][0]["kind"], "opened");
    watched.shutdown().await;
}

#[tokio::test]
async fn a_replay_reaches_the_function_and_no_client() {
    let watched = inspected(&[]).await;
    let mut client = watched.connect().await;
    let pid = client.ask(r#"{"do":"pid"}"#).await;
    let message = row(&watched, "message", |_| true).await;
    let answer = post(&watched, &format!("/entries/{}/replay", message["id"]), &json!({})).await;
    assert_eq!(answer.status, 202, "{answer:?}");
    let id = answer.json()["id"].clone();
    let replay = ended(&watched, &id).await;
    assert_eq!((&replay["replayOf"], &replay["status"]), (&message["id"], &json!("answered")));
    assert_eq!(detail(&watched, &replay).await["returned"]["body"], json!(pid));
    assert_eq!(client.ask("next").await, "next", "nothing came in between");
    let test = get(&watched, &format!("/api/entries/{}/test", message["id"])).await;
    assert!(test.body.contains("client.send_text("), "{}", test.body);
    watched.shutdown().await;
}

const WITH_A_BROKEN_FUNCTION: &str = r#"
    [functions.chat]
    command = ["scripted"]

    [functions.broken]
    command = ["/no/such/program"]

    [apis.main.routes]
    "$default" = { function = "chat", twoWay = true }
    lost = { function = "broken", twoWay = true }
"#;

#[tokio::test]
async fn a_replay_of_an_event_that_no_environment_has_had_is_its_own_functions_too() {
    let watched = start(project(WITH_A_BROKEN_FUNCTION).control(true)).await;
    let mut client = watched.connect().await;
    let answer = client.ask(r#"{"action":"lost"}"#).await;
    assert!(answer.contains("Internal server error"), "{answer}");
    let message = row(&watched, "message", |row| row["route"] == "lost").await;
    let mut replayed = message["id"].clone();
    // The replay of a replay, too.
    for _ in 0..2 {
        let answer = post(&watched, &format!("/entries/{replayed}/replay"), &json!({})).await;
        assert_eq!(answer.status, 202, "{answer:?}");
        replayed = answer.json()["id"].clone();
        let replay = ended(&watched, &replayed).await;
        let problem = replay["problem"].as_str().unwrap_or_else(|| panic!("it was answered: {replay}"));
        assert!(problem.contains("/no/such/program"), "{replay}");
    }
    watched.shutdown().await;
}

#[tokio::test]
async fn a_connection_is_ended_and_a_second_time_it_is_gone() {
    let watched = inspected(&["$disconnect"]).await;
    let mut client = watched.connect().await;
    let path = format!("/connections/{}/disconnect", client.id().await.replace('=', "%3D"));
    assert_eq!(post(&watched, &path, &json!({})).await.status, 204);
    assert_eq!(client.closed().await.0, 1000);
    assert_eq!(post(&watched, &path, &json!({})).await.status, 410);
    row(&watched, "closed", |row| row["text"].as_str().unwrap().starts_with("by the gateway")).await;
    watched.shutdown().await;
}

#[tokio::test]
async fn tables_are_shown_page_by_page() {
    let mut builder = crate::client::manifest(&[]);
    builder.tables = vec![json!({
        "TableName": "things-of-a-test",
        "BillingMode": "PAY_PER_REQUEST",
        "AttributeDefinitions": [{ "AttributeName": "PK", "AttributeType": "S" }],
        "KeySchema": [{ "AttributeName": "PK", "KeyType": "HASH" }],
    })];
    let builder = lift_ws_local::LocalGateway::builder(builder, crate::function::function()).control(true);
    let watched = start(builder).await;
    let mut client = watched.connect().await;
    let url = client.ask(r#"{"do":"variable","name":"AWS_ENDPOINT_URL_DYNAMODB"}"#).await;
    let database = url.strip_prefix("http://").unwrap();
    for name in ["a", "b", "c"] {
        let item = json!({ "TableName": "things-of-a-test", "Item": { "PK": { "S": name } } });
        let headers = "content-type: application/x-amz-json-1.0\r\nx-amz-target: DynamoDB_20120810.PutItem\r\n\
                       authorization: AWS4-HMAC-SHA256 Credential=local/20260101/us-east-1/dynamodb/aws4_request, \
                       SignedHeaders=host, Signature=0\r\nx-amz-date: 20260101T000000Z\r\n";
        assert_eq!(http(database, "POST", "/", headers, &item.to_string()).await.status, 200);
    }
    let tables = get(&watched, "/api/tables").await.json();
    assert_eq!(tables["tables"][0]["TableName"], "things-of-a-test");
    let (mut seen, mut start) = (Vec::new(), Value::Null);
    loop {
        let asked = json!({ "limit": 2, "start": start });
        let page = post(&watched, "/tables/things-of-a-test/scan", &asked).await.json();
        seen.extend(page["Items"].as_array().unwrap().iter().map(|item| item["PK"]["S"].clone()));
        start = page["LastEvaluatedKey"].clone();
        if start.is_null() {
            break;
        }
    }
    seen.sort_by_key(Value::to_string);
    assert_eq!(seen, [json!("a"), json!("b"), json!("c")]);
    assert_eq!(post(&watched, "/tables/no-such-table-here/scan", &json!({})).await.status, 400);
    let large = json!({ "start": { "PK": { "S": "x".repeat(64 * 1024) } } });
    assert_eq!(post(&watched, "/tables/things-of-a-test/scan", &large).await.status, 413);
    watched.shutdown().await;
}

#[tokio::test]
async fn the_page_allows_nothing_but_itself() {
    let watched = inspected(&[]).await;
    for (path, content_type) in [
        ("", "text/html; charset=utf-8"),
        ("/", "text/html; charset=utf-8"),
        ("/inspector.css", "text/css; charset=utf-8"),
        ("/inspector.js", "text/javascript; charset=utf-8"),
        ("/icon.svg", "image/svg+xml"),
    ] {
        let answer = get(&watched, path).await;
        assert_eq!((answer.status, answer.header("content-type")), (200, Some(content_type)), "{path}");
        let policy = answer.header("content-security-policy").unwrap();
        assert!(policy.starts_with("default-src 'none'; script-src 'self';"), "{policy}");
        assert!(!policy.contains("unsafe"), "{policy}");
        assert_eq!(answer.header("x-frame-options"), Some("DENY"));
    }
    for path in ["/inspector.map", "/../Cargo.toml", "//inspector.js", "/api/entries/1", "/api/entries/x"] {
        assert_eq!(get(&watched, path).await.status, 404, "{path}");
    }
    watched.shutdown().await;
}

#[tokio::test]
async fn every_file_that_the_page_names_is_there() {
    let watched = inspected(&[]).await;
    let mut names = vec!["/inspector.js".to_owned(), "/inspector.css".to_owned()];
    let mut at = 0;
    while at < names.len() {
        let file = get(&watched, &names[at]).await;
        assert_eq!(file.status, 200, "{}", names[at]);
        for (_, name) in file.body.lines().filter_map(|line| line.split_once(" from \"./")) {
            let name = format!("/{}", name.trim_end_matches("\";"));
            if !names.contains(&name) {
                names.push(name);
            }
        }
        at += 1;
    }
    assert!(names.len() > 10, "{names:?}");
    watched.shutdown().await;
}

#[tokio::test]
async fn without_control_there_is_no_inspector() {
    let watched = start(scripted(&[])).await;
    assert_ne!(get(&watched, "").await.status, 200);
    watched.shutdown().await;
}
