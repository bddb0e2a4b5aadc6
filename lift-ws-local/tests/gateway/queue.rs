//! The queue at home: over its own port, through real environments, and back.

use std::path::Path;
use std::time::Duration;

use lift_ws_local::clock::ManualClock;
use lift_ws_local::core::{Manifest, Moment};
use lift_ws_local::{
    BatchVerdict, DeadLetter, FinishedBatch, GatewayEvent, LocalGateway, LocalGatewayBuilder,
};
use serde_json::{Value, json};

use crate::client::{Response, SIGNATURE, Told, Watched, http, manifest, scripted, start};
use crate::function::function;

const DEAD: &str = "lift-ws-jobs-dead";

fn clock() -> ManualClock {
    ManualClock::starting_at(Moment::from_millis(1_777_976_430_100))
}

/// A builder for the scripted function with a queue.
fn queued(clock: &ManualClock) -> LocalGatewayBuilder {
    LocalGateway::builder(with_queue(json!({ "visibilityTimeout": 30 })), function()).clock(clock.clone())
}

fn with_queue(queue: Value) -> Manifest {
    let routes = json!([{ "routeKey": "$default", "twoWay": true }]);
    Manifest::parse(&json!({ "routes": routes, "queue": queue }).to_string()).unwrap()
}

impl Watched {
    fn sqs_address(&self) -> String {
        let url = self.gateway.queue_url();
        url.strip_prefix("http://").and_then(|url| url.split('/').next()).unwrap().to_owned()
    }

    async fn sqs(&self, operation: &str, body: Value) -> Response {
        sqs(&self.sqs_address(), operation, body).await
    }

    async fn send(&self, body: Value) {
        self.send_all(&[body]).await;
    }

    async fn send_all(&self, bodies: &[Value]) {
        let entries: Vec<_> = bodies
            .iter()
            .enumerate()
            .map(|(number, body)| json!({ "Id": number.to_string(), "MessageBody": body.to_string() }))
            .collect();
        let body = json!({ "QueueUrl": self.gateway.queue_url(), "Entries": entries });
        let answer = self.sqs("SendMessageBatch", body).await.json();
        assert_eq!(answer["Successful"].as_array().map(Vec::len), Some(bodies.len()), "{answer}");
    }

    /// How many messages the queue of jobs has: visible, and in flight.
    async fn left(&self) -> [String; 2] {
        let names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"];
        let body = json!({ "QueueUrl": self.gateway.queue_url(), "AttributeNames": names });
        let answer = self.sqs("GetQueueAttributes", body).await.json();
        names.map(|name| answer["Attributes"][name].as_str().unwrap().to_owned())
    }
}

async fn sqs(address: &str, operation: &str, body: Value) -> Response {
    let headers = format!(
        "x-amz-target: AmazonSQS.{operation}\r\ncontent-type: application/x-amz-json-1.0\r\n\
         authorization: {SIGNATURE}\r\n"
    );
    http(address, "POST", "/", &headers, &body.to_string()).await
}

impl Told {
    async fn batch(&mut self) -> FinishedBatch {
        self.told(|event| match event {
            GatewayEvent::BatchFinished(batch) => Some(batch),
            _ => None,
        })
        .await
    }

    async fn dead_letter(&mut self) -> DeadLetter {
        self.told(|event| match event {
            GatewayEvent::DeadLettered(letter) => Some(letter),
            _ => None,
        })
        .await
    }
}

#[tokio::test]
async fn a_web_page_cannot_enqueue_anything() {
    let watched = start(queued(&clock())).await;
    let headers = format!(
        "x-amz-target: AmazonSQS.SendMessage\r\norigin: https://evil.example\r\nauthorization: {SIGNATURE}\r\n"
    );
    let body = json!({ "QueueUrl": watched.gateway.queue_url(), "MessageBody": "{}" }).to_string();
    let answer = http(&watched.sqs_address(), "POST", "/", &headers, &body).await;
    assert_eq!((answer.status, &answer.json()["__type"]), (403, &json!("AccessDeniedException")));
    let (report, _) = watched.shutdown().await;
    assert_eq!(report.batches, 0);
}

#[tokio::test]
async fn a_message_reaches_the_function_as_lambda_would_give_it_and_is_deleted() {
    let mut watched = start(queued(&clock())).await;
    watched.send(json!({ "job": "show" })).await;
    let record: Value = serde_json::from_str(&watched.printed("record ").await).unwrap();
    assert_eq!(record["body"], r#"{"job":"show"}"#);
    assert_eq!(record["eventSource"], "aws:sqs");
    assert_eq!(record["eventSourceARN"], "arn:aws:sqs:us-east-1:000000000000:lift-ws-jobs");
    assert_eq!(record["attributes"]["ApproximateReceiveCount"], "1");
    let batch = watched.batch().await;
    assert_eq!(
        (batch.queue.as_str(), batch.records, batch.verdict),
        ("lift-ws-jobs", 1, BatchVerdict::Succeeded)
    );
    assert_eq!(watched.left().await, ["0", "0"]);
    let (report, _) = watched.shutdown().await;
    assert_eq!((report.batches, report.failed_batches, report.events), (1, 0, 0));
}

#[tokio::test]
async fn what_the_function_names_comes_back_alone() {
    let clock = clock();
    let mut watched = start(queued(&clock)).await;
    watched.send_all(&[json!({ "job": "done" }), json!({ "job": "name", "times": 1 })]).await;
    let batch = watched.batch().await;
    assert_eq!((batch.records, batch.failed, batch.verdict), (2, 1, BatchVerdict::PartlyFailed));
    assert_eq!(watched.left().await, ["0", "1"]);
    clock.advance(Duration::from_secs(30));
    let batch = watched.batch().await;
    assert_eq!((batch.records, batch.verdict), (1, BatchVerdict::Succeeded));
    assert_eq!(watched.left().await, ["0", "0"]);
}

#[tokio::test]
async fn an_answer_that_is_not_understood_fails_the_whole_batch() {
    let mut watched = start(queued(&clock())).await;
    let answer = json!({ "batchItemFailures": [{ "itemIdentifier": "not of this batch" }] });
    watched.send_all(&[json!({ "job": "done" }), json!({ "job": "answer", "answer": answer })]).await;
    let batch = watched.batch().await;
    assert_eq!(batch.failed, 2);
    assert!(
        matches!(batch.verdict, BatchVerdict::Malformed { problem } if problem.contains("not of this batch"))
    );
    assert_eq!(watched.left().await, ["0", "2"]);
}

#[tokio::test]
async fn a_message_that_always_fails_becomes_a_dead_letter_with_the_functions_words() {
    let clock = clock();
    let mut watched = start(queued(&clock)).await;
    watched.send(json!({ "job": "raise" })).await;
    for _ in 0..3 {
        let batch = watched.batch().await;
        assert!(matches!(batch.verdict, BatchVerdict::FunctionError { .. }), "{batch:?}");
        clock.advance(Duration::from_secs(30));
    }
    let letter = watched.dead_letter().await;
    assert_eq!((letter.dead_letter_queue.as_str(), letter.receives), (DEAD, 3));
    assert!(letter.reason.is_some_and(|reason| reason.contains("raised as asked")));
    let body = json!({ "QueueUrl": watched.gateway.queue_url().replace("lift-ws-jobs", DEAD) });
    let dead = watched.sqs("ReceiveMessage", body).await.json();
    assert_eq!(dead["Messages"][0]["Body"], r#"{"job":"raise"}"#);
    let (report, _) = watched.shutdown().await;
    assert_eq!((report.batches, report.failed_batches, report.dead_letters), (3, 3, 1));
}

#[tokio::test]
async fn a_crash_in_the_middle_of_a_batch_gives_its_messages_to_another_environment() {
    let clock = clock();
    let mut watched = start(queued(&clock)).await;
    watched.send_all(&[json!({ "job": "done" }), json!({ "job": "crash", "times": 1 })]).await;
    let batch = watched.batch().await;
    assert_eq!(batch.failed, 2);
    assert!(matches!(batch.verdict, BatchVerdict::FunctionError { message } if message.contains("status 3")));
    clock.advance(Duration::from_secs(30));
    let batch = watched.batch().await;
    assert_eq!((batch.records, batch.verdict), (2, BatchVerdict::Succeeded));
    assert_eq!(watched.gateway.shutdown().await.environments, 2);
}

#[tokio::test]
async fn an_environment_that_is_killed_from_outside_loses_nothing() {
    let clock = clock();
    let mut watched = start(queued(&clock)).await;
    watched.send(json!({ "job": "sleep", "times": 1 })).await;
    let pid = watched.printed("working ").await;
    assert!(std::process::Command::new("kill").args(["-KILL", &pid]).status().unwrap().success());
    assert_eq!(watched.batch().await.failed, 1);
    clock.advance(Duration::from_secs(30));
    assert_eq!(watched.batch().await.verdict, BatchVerdict::Succeeded);
}

#[tokio::test]
async fn a_batch_has_lambdas_deadline_alone_and_comes_back_when_that_is_over() {
    let clock = clock();
    let builder = queued(&clock).function_timeout(Duration::from_secs(300));
    let mut watched = start(builder).await;
    watched.send(json!({ "job": "sleep", "times": 1 })).await;
    let first = watched.printed("working ").await;
    // The gateway's own 29 seconds are for WebSocket events.
    clock.advance(Duration::from_secs(299));
    assert_eq!(watched.left().await, ["0", "1"]);
    clock.advance(Duration::from_secs(1));
    let batch = watched.batch().await;
    assert!(matches!(batch.verdict, BatchVerdict::FunctionError { message } if message.contains("300.0 s")));
    // The visibility timeout is made as long as the function's at least, and was begun with it.
    assert_eq!(watched.batch().await.verdict, BatchVerdict::Succeeded);
    // It is killed, but may take longer to end than the second attempt does.
    watched.shutdown().await;
    assert!(!Path::new("/proc").join(first).exists());
}

#[tokio::test]
async fn batches_leave_an_environment_to_sockets() {
    let mut watched = start(queued(&clock()).environments(2)).await;
    for _ in 0..2 {
        watched.send(json!({ "job": "sleep", "times": 9 })).await;
    }
    watched.printed("working ").await;
    assert_eq!(watched.left().await, ["1", "1"]);
    let mut client = watched.connect().await;
    assert_eq!(client.ask("hello").await, "hello");
}

#[tokio::test]
async fn with_a_single_environment_batches_and_events_take_turns() {
    let mut watched = start(queued(&clock()).environments(1)).await;
    let mut client = watched.connect().await;
    for number in 0..5 {
        watched.send(json!({ "job": "done" })).await;
        assert_eq!(client.ask(&format!("event {number}")).await, format!("event {number}"));
    }
    let mut done = 0;
    while done < 5 {
        done += watched.batch().await.records;
    }
    assert_eq!(watched.gateway.shutdown().await.environments, 1);
}

#[tokio::test]
async fn a_program_that_cannot_start_fails_its_batches_and_they_end_as_dead_letters() {
    let clock = clock();
    let manifest = with_queue(json!({ "visibilityTimeout": 30, "maxReceiveCount": 1 }));
    let function = function().env("FAIL_TO_START", "no such file: config.toml");
    let mut watched = start(LocalGateway::builder(manifest, function).clock(clock.clone())).await;
    watched.send(json!({ "job": "done" })).await;
    assert!(matches!(watched.batch().await.verdict, BatchVerdict::Unavailable { .. }));
    clock.advance(Duration::from_secs(30));
    let reason = watched.dead_letter().await.reason;
    assert!(reason.is_some_and(|reason| reason.contains("did not start")));
}

#[tokio::test]
async fn functions_find_the_queue_and_write_to_it() {
    let mut watched = start(queued(&clock())).await;
    let mut client = watched.connect().await;
    let queue = watched.gateway.queue_url().to_owned();
    let endpoint = format!("http://{}", watched.sqs_address());
    for (name, expected) in [
        ("LIFT_WS_QUEUE_URL", queue.as_str()),
        ("LIFT_WS_QUEUE_MAX_RECEIVES", "3"),
        ("AWS_ENDPOINT_URL_SQS", &endpoint),
    ] {
        let question = format!(r#"{{"do":"variable","name":"{name}"}}"#);
        assert_eq!(client.ask(&question).await, expected, "{name}");
    }
    assert_eq!(client.ask(r#"{"do":"enqueue","job":{"job":"show"}}"#).await, "200");
    watched.printed("record ").await;
    assert_eq!(watched.batch().await.verdict, BatchVerdict::Succeeded);
}

#[tokio::test]
async fn without_a_queue_in_the_manifest_there_is_none_but_an_sqs_is_there() {
    let watched = start(scripted(&[])).await;
    let mut client = watched.connect().await;
    assert_eq!(client.ask(r#"{"do":"variable","name":"LIFT_WS_QUEUE_URL"}"#).await, "(not set)");
    assert_eq!(watched.sqs("ListQueues", json!({})).await.json(), json!({ "QueueUrls": [] }));
    let made = watched.sqs("CreateQueue", json!({ "QueueName": "mine" })).await.json();
    assert!(made["QueueUrl"].as_str().unwrap().ends_with("/000000000000/mine"));
}

#[tokio::test]
async fn a_new_manifest_turns_the_queue_on_and_off() {
    let mut watched = start(scripted(&[])).await;
    watched.gateway.replace(function(), Some(&with_queue(json!({ "batchSize": 1 })))).await.unwrap();
    watched.send_all(&[json!({ "job": "done" }), json!({ "job": "done" })]).await;
    assert_eq!([watched.batch().await.records, watched.batch().await.records], [1, 1]);
    watched.gateway.replace(function(), Some(&manifest(&[]))).await.unwrap();
    watched.send(json!({ "job": "done" })).await;
    assert_eq!(watched.left().await, ["1", "0"]);
    watched.gateway.replace(function(), Some(&with_queue(json!(true)))).await.unwrap();
    assert_eq!(watched.batch().await.records, 1);
}

#[tokio::test]
async fn a_receiver_waits_until_something_is_sent() {
    let watched = start(scripted(&[])).await;
    let url = watched.sqs("CreateQueue", json!({ "QueueName": "mine" })).await.json()["QueueUrl"].clone();
    let address = watched.sqs_address();
    let body = json!({ "QueueUrl": url, "WaitTimeSeconds": 20, "MessageSystemAttributeNames": ["All"] });
    let waiting = tokio::spawn(async move { sqs(&address, "ReceiveMessage", body).await.json() });
    watched.sqs("SendMessage", json!({ "QueueUrl": url, "MessageBody": "hello" })).await;
    let message = waiting.await.unwrap()["Messages"][0].clone();
    assert_eq!(
        (&message["Body"], &message["MD5OfBody"]),
        (&json!("hello"), &json!("5d41402abc4b2a76b9719d911017c592"))
    );
    assert_eq!(message["Attributes"]["ApproximateReceiveCount"], "1");
}

#[tokio::test]
async fn refusals_are_typed_for_both_protocols() {
    let watched = start(scripted(&[])).await;
    let missing = watched.sqs("GetQueueUrl", json!({ "QueueName": "none" })).await;
    assert_eq!(missing.status, 400);
    assert_eq!(missing.json()["__type"], "com.amazonaws.sqs#QueueDoesNotExist");
    assert_eq!(missing.header("x-amzn-query-error"), Some("AWS.SimpleQueueService.NonExistentQueue;Sender"));
    assert_eq!(missing.header("content-type"), Some("application/x-amz-json-1.0"));
    let unsigned = "x-amz-target: AmazonSQS.ListQueues\r\n";
    assert_eq!(http(&watched.sqs_address(), "POST", "/", unsigned, "{}").await.status, 403);
    let query = http(&watched.sqs_address(), "POST", "/", "", "Action=ListQueues").await;
    assert!(query.status == 400 && query.body.contains("JSON protocol"), "{query:?}");
    let broken = watched.sqs("SendMessage", json!([])).await;
    assert_eq!(broken.json()["__type"], "com.amazon.coral.service#SerializationException");
}

#[tokio::test]
async fn a_gateway_that_ends_in_the_middle_of_a_batch_leaves_no_process_and_no_port_behind() {
    let mut watched = start(queued(&clock())).await;
    watched.send(json!({ "job": "sleep", "times": 9 })).await;
    let pid = watched.printed("working ").await;
    let address = watched.sqs_address();
    let (report, mut told) = watched.shutdown().await;
    assert!(matches!(told.batch().await.verdict, BatchVerdict::FunctionError { .. }));
    assert_eq!(report.failed_batches, 1);
    assert!(!Path::new("/proc").join(pid).exists());
    assert!(tokio::net::TcpStream::connect(address).await.is_err());
}
