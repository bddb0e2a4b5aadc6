//! The function of the tests: a Runtime API loop without any library of ours, run by the gateway as a process.
//!
//! The process is this very test binary, asked to run the one test below.

#![expect(clippy::print_stdout, clippy::print_stderr, reason = "tests look at what a function writes")]

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::time::Duration;

use lift_ws_local::Function;
use serde_json::{Value, json};

/// What routes the function knows; `$connect` and `$disconnect` are for the tests to add.
pub(crate) const ROUTES: [&str; 2] = ["$default", "one-way"];

pub(crate) fn function() -> Function {
    let this = std::env::current_exe().expect("a test binary has a path");
    let args = ["--ignored", "--exact", "function::serve_events_until_ended", "--nocapture", "--quiet"];
    Function::new(this).args(args).named("scripted")
}

#[test]
#[ignore = "this is the function that the other tests run, not a test"]
fn serve_events_until_ended() {
    let Ok(api) = std::env::var("AWS_LAMBDA_RUNTIME_API") else { return };
    if let Ok(last_words) = std::env::var("FAIL_TO_START") {
        eprintln!("{last_words}");
        std::process::exit(7);
    }
    loop {
        let (head, event) = http(&api, "GET", "/2018-06-01/runtime/invocation/next", "");
        let id = header(&head, "lambda-runtime-aws-request-id");
        let event = serde_json::from_str(&event).expect("events are JSON");
        let (path, body) = match handle(&event) {
            Ok(response) => ("response", response),
            Err(message) => ("error", json!({ "errorType": "Scripted", "errorMessage": message })),
        };
        http(&api, "POST", &format!("/2018-06-01/runtime/invocation/{id}/{path}"), &body.to_string());
    }
}

fn handle(event: &Value) -> Result<Value, String> {
    if let Some(records) = event["Records"].as_array() {
        return batch(records);
    }
    if event["type"] == "REQUEST" {
        return authorize(event);
    }
    let context = &event["requestContext"];
    match context["eventType"].as_str() {
        Some("CONNECT") => connect(event),
        Some("DISCONNECT") => {
            println!("disconnected {} {}", context["disconnectStatusCode"], context["disconnectReason"]);
            println!("left {}", context["authorizer"]);
            Ok(json!({ "statusCode": 200 }))
        }
        _ => message(event),
    }
}

/// Lets in whoever has a token, and has it for a name, but for a few.
fn authorize(event: &Value) -> Result<Value, String> {
    let token = event["queryStringParameters"]["token"].as_str().unwrap_or_default();
    let arn = event["methodArn"].as_str().unwrap_or_default();
    println!("asked {}", std::process::id());
    let (effect, resource) = match token {
        "nobody" => ("Deny", arn.to_owned()),
        "rest" => ("Allow", arn.replace("$connect", "*/*")),
        "unknown" => return Err("Unauthorized".to_owned()),
        "broken" => return Err("no key to verify with".to_owned()),
        "status" => return Ok(json!({ "statusCode": 401 })),
        "crash" => std::process::exit(3),
        // Work that does not end, or takes time; tests wait for the line above.
        "endless" => {
            std::thread::sleep(Duration::from_secs(600));
            return Err("nobody ended it".to_owned());
        }
        "slow" => {
            std::thread::sleep(Duration::from_millis(300));
            ("Allow", arn.to_owned())
        }
        _ => ("Allow", arn.to_owned()),
    };
    let statement = json!({ "Effect": effect, "Action": "execute-api:Invoke", "Resource": resource });
    Ok(json!({
        "principalId": token,
        "policyDocument": { "Version": "2012-10-17", "Statement": [statement] },
        "context": { "asked": std::process::id() },
    }))
}

fn connect(event: &Value) -> Result<Value, String> {
    let query = &event["queryStringParameters"];
    if query["print"] == "headers" {
        println!("headers {}", event["headers"]);
    }
    if query["print"] == "authorizer" {
        println!("entered {}", event["requestContext"]["authorizer"]);
    }
    if query["post"] == "self" {
        let status = post(event["requestContext"]["connectionId"].as_str().unwrap_or_default(), "early");
        println!("post in connect {status}");
    }
    if query["fail"] == "yes" {
        return Err("connect failed as asked".to_owned());
    }
    let status: u64 = query["status"].as_str().and_then(|status| status.parse().ok()).unwrap_or(200);
    let protocol = query["protocol"].as_str();
    let headers = protocol.map(|protocol| json!({ "Sec-WebSocket-Protocol": protocol }));
    Ok(json!({ "statusCode": status, "headers": headers }))
}

/// Jobs in the order of the batch; those that are named have failed.
fn batch(records: &[Value]) -> Result<Value, String> {
    let mut failures = Vec::new();
    for record in records {
        let job: Value =
            serde_json::from_str(record["body"].as_str().unwrap_or_default()).unwrap_or_default();
        let count =
            record["attributes"]["ApproximateReceiveCount"].as_str().and_then(|count| count.parse().ok());
        // What goes wrong goes wrong this often.
        let is_wrong = count.unwrap_or(0) <= job["times"].as_u64().unwrap_or(u64::MAX);
        match job["job"].as_str().unwrap_or_default() {
            "show" => println!("record {record}"),
            "name" if is_wrong => failures.push(json!({ "itemIdentifier": record["messageId"] })),
            "raise" if is_wrong => return Err("raised as asked".to_owned()),
            "crash" if is_wrong => std::process::exit(3),
            // Work that does not end: tests kill it, and wait for the line, not for the time.
            "sleep" if is_wrong => {
                println!("working {}", std::process::id());
                std::thread::sleep(Duration::from_secs(600));
            }
            "answer" => return Ok(job["answer"].clone()),
            _ => {}
        }
    }
    Ok(json!({ "batchItemFailures": failures }))
}

fn message(event: &Value) -> Result<Value, String> {
    let body = event["body"].as_str().unwrap_or_default();
    let message: Value = serde_json::from_str(body).unwrap_or_default();
    let reply = match message["do"].as_str().unwrap_or("echo") {
        "echo" => body.to_owned(),
        "event" => event.to_string(),
        "pid" => std::process::id().to_string(),
        // Work that takes time, which is what a test asks for; none waits for the time to be over.
        "sleep" => {
            println!("sleeping {}", std::process::id());
            std::thread::sleep(Duration::from_millis(message["ms"].as_u64().unwrap_or(0)));
            std::process::id().to_string()
        }
        "variable" => {
            let name = message["name"].as_str().unwrap_or_default();
            std::env::var(name).unwrap_or_else(|_| "(not set)".to_owned())
        }
        "enqueue" => enqueue(&message["job"]),
        "large" => "x".repeat(message["bytes"].as_u64().unwrap_or(0).try_into().unwrap_or(0)),
        "fail" => return Err("failed as asked".to_owned()),
        "crash" => {
            eprintln!("crashing as asked");
            std::process::exit(3)
        }
        "print" => {
            println!("{}", message["text"].as_str().unwrap_or_default());
            "printed".to_owned()
        }
        other => return Err(format!("what is {other}?")),
    };
    Ok(json!({ "statusCode": 200, "body": reply }))
}

fn post(connection: &str, text: &str) -> String {
    let url = std::env::var("LIFT_WS_CALLBACK_URL").expect("the gateway sets it");
    let (address, stage) = url.strip_prefix("http://").and_then(|url| url.split_once('/')).expect("a URL");
    let path = format!("/{stage}/@connections/{}", connection.replace('=', "%3D"));
    let (head, _) = http(address, "POST", &path, text);
    status(&head)
}

fn enqueue(job: &Value) -> String {
    let endpoint = std::env::var("AWS_ENDPOINT_URL_SQS").expect("the gateway sets it");
    let queue = std::env::var("LIFT_WS_QUEUE_URL").expect("the gateway sets it");
    let address = endpoint.strip_prefix("http://").expect("a URL");
    let body = json!({ "QueueUrl": queue, "MessageBody": job.to_string() }).to_string();
    let (head, _) = http_with(address, "POST", "/", "x-amz-target: AmazonSQS.SendMessage\r\n", &body);
    status(&head)
}

fn status(head: &[String]) -> String {
    head[0].split(' ').nth(1).unwrap_or_default().to_owned()
}

/// One blocking HTTP request; the answer's head in lines, and its body.
fn http(address: &str, method: &str, path: &str, body: &str) -> (Vec<String>, String) {
    http_with(address, method, path, "", body)
}

/// `headers` end in `\r\n` each.
fn http_with(address: &str, method: &str, path: &str, headers: &str, body: &str) -> (Vec<String>, String) {
    let mut stream = TcpStream::connect(address).expect("the gateway listens");
    let request = format!(
        "{method} {path} HTTP/1.1\r\nhost: {address}\r\nconnection: close\r\n{headers}content-length: {}\r\n\
         authorization: {}\r\n\r\n{body}",
        body.len(),
        crate::client::SIGNATURE,
    );
    stream.write_all(request.as_bytes()).expect("the gateway reads");
    let mut reader = BufReader::new(stream);
    let mut head = Vec::new();
    loop {
        let mut line = String::new();
        if reader.read_line(&mut line).unwrap_or(0) == 0 {
            // The gateway has ended.
            std::process::exit(0);
        }
        match line.trim_end() {
            "" => break,
            line => head.push(line.to_owned()),
        }
    }
    let mut body = String::new();
    let _ = reader.read_to_string(&mut body);
    (head, body)
}

fn header<'h>(head: &'h [String], name: &str) -> &'h str {
    let found = head.iter().filter_map(|line| line.split_once(": ")).find(|(key, _)| *key == name);
    found.map_or("", |(_, value)| value)
}
