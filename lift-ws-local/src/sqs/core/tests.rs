use std::time::Duration;

use serde_json::{Value, json};
use tokio::sync::oneshot;

use super::*;
use crate::core::Moment;

const START: Moment = Moment::from_millis(1_777_976_430_100);
const URL: &str = "http://127.0.0.1:4000/000000000000/jobs";
const DEAD: &str = "http://127.0.0.1:4000/000000000000/dead";

/// Queues, and the time that it is there.
struct World {
    queues: Queues,
    now: Moment,
}

fn world() -> World {
    let place = Place {
        url: "http://127.0.0.1:4000".to_owned(),
        region: "us-east-1".to_owned(),
        account: "000000000000".to_owned(),
    };
    let mut world = World { queues: Queues::new(place), now: START };
    let created = world.ask("CreateQueue", json!({ "QueueName": "jobs" }));
    assert_eq!(created["QueueUrl"], URL);
    world
}

/// A world whose queue gives a message away after it was received twice.
fn world_with_dead_letters() -> World {
    let mut world = world();
    world.ask("CreateQueue", json!({ "QueueName": "dead" }));
    let policy = r#"{"deadLetterTargetArn":"arn:aws:sqs:us-east-1:000000000000:dead","maxReceiveCount":2}"#;
    world.ask("SetQueueAttributes", json!({ "QueueUrl": URL, "Attributes": { "RedrivePolicy": policy } }));
    world
}

impl World {
    /// Sends a request whose answer may come later.
    fn begin(&mut self, operation: &str, body: Value) -> oneshot::Receiver<Answer> {
        let (reply, answer) = oneshot::channel();
        match Request::parse(operation, body.to_string().as_bytes()) {
            Ok(request) => self.queues.call(self.now, request, reply),
            Err(error) => drop(reply.send(Err(error))),
        }
        answer
    }

    fn try_ask(&mut self, operation: &str, body: Value) -> Answer {
        self.begin(operation, body).try_recv().expect("an answer at once")
    }

    fn ask(&mut self, operation: &str, body: Value) -> Value {
        self.try_ask(operation, body).unwrap_or_else(|error| panic!("{operation}: {error}"))
    }

    fn refused(&mut self, operation: &str, body: Value) -> SqsErrorKind {
        self.try_ask(operation, body).expect_err(operation).kind
    }

    fn send(&mut self, body: &str) -> Value {
        self.ask("SendMessage", json!({ "QueueUrl": URL, "MessageBody": body }))
    }

    /// The bodies and handles of what is there, at most ten.
    fn receive_from(&mut self, url: &str) -> Vec<(String, String)> {
        let answer = self.ask("ReceiveMessage", json!({ "QueueUrl": url, "MaxNumberOfMessages": 10 }));
        messages(&answer)
    }

    fn receive(&mut self) -> Vec<(String, String)> {
        self.receive_from(URL)
    }

    fn bodies(&mut self) -> Vec<String> {
        self.receive().into_iter().map(|(body, _)| body).collect()
    }

    fn delete(&mut self, handle: &str) {
        self.ask("DeleteMessage", json!({ "QueueUrl": URL, "ReceiptHandle": handle }));
    }

    fn change_visibility(&mut self, handle: &str, seconds: u64) -> Answer {
        let body = json!({ "QueueUrl": URL, "ReceiptHandle": handle, "VisibilityTimeout": seconds });
        self.try_ask("ChangeMessageVisibility", body)
    }

    fn wait(&mut self, seconds: u64) {
        self.now = self.now.after(Duration::from_secs(seconds));
        self.queues.tick(self.now);
    }

    fn attribute(&mut self, name: &str) -> String {
        let answer = self.ask("GetQueueAttributes", json!({ "QueueUrl": URL, "AttributeNames": [name] }));
        answer["Attributes"][name].as_str().expect(name).to_owned()
    }
}

fn messages(answer: &Value) -> Vec<(String, String)> {
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let all = answer["Messages"].as_array().cloned().unwrap_or_default();
    all.iter().map(|message| (text(&message["Body"]), text(&message["ReceiptHandle"]))).collect()
}

#[test]
fn a_message_that_was_received_is_hidden_until_its_timeout_is_over() {
    let mut world = world();
    world.send("a");
    world.wait(3600);
    assert_eq!(world.bodies(), ["a"]);
    world.wait(29);
    assert_eq!(world.bodies(), [""; 0]);
    world.wait(1);
    assert_eq!(world.bodies(), ["a"]);
}

#[test]
fn a_deleted_message_never_comes_back() {
    let mut world = world();
    world.send("a");
    let (_, handle) = world.receive().remove(0);
    world.delete(&handle);
    // Twice is no error.
    world.delete(&handle);
    world.wait(60 * 60);
    assert_eq!(world.bodies(), [""; 0]);
    assert_eq!(world.attribute("ApproximateNumberOfMessages"), "0");
}

#[test]
fn only_the_newest_receipt_deletes() {
    let mut world = world();
    world.send("a");
    let (_, first) = world.receive().remove(0);
    world.wait(30);
    let (_, second) = world.receive().remove(0);
    assert_ne!(first, second);
    world.delete(&first);
    world.wait(30);
    let (_, third) = world.receive().remove(0);
    // The timeout is over, but nobody else has received it.
    world.wait(30);
    world.delete(&third);
    assert_eq!(world.bodies(), [""; 0]);
}

#[test]
fn visibility_can_be_changed_while_a_message_is_in_flight_only() {
    let mut world = world();
    world.send("a");
    let (_, handle) = world.receive().remove(0);
    world.change_visibility(&handle, 600).unwrap();
    world.wait(599);
    assert_eq!(world.bodies(), [""; 0]);
    world.change_visibility(&handle, 0).unwrap();
    let (_, again) = world.receive().remove(0);
    assert_eq!(world.change_visibility(&handle, 1).unwrap_err().kind, SqsErrorKind::InvalidParameterValue);
    world.wait(30);
    assert_eq!(world.change_visibility(&again, 1).unwrap_err().kind, SqsErrorKind::MessageNotInflight);
    assert_eq!(world.change_visibility("junk", 1).unwrap_err().kind, SqsErrorKind::ReceiptHandleIsInvalid);
    let (_, last) = world.receive().remove(0);
    world.wait(10);
    let error = world.change_visibility(&last, 43_200).unwrap_err();
    assert!(error.message.contains("Total VisibilityTimeout"), "{error}");
}

#[test]
fn a_receiver_that_waits_gets_what_is_sent_and_first_come_is_first_served() {
    let mut world = world();
    let wait = || json!({ "QueueUrl": URL, "WaitTimeSeconds": 20, "MaxNumberOfMessages": 1 });
    let (mut first, mut second) =
        (world.begin("ReceiveMessage", wait()), world.begin("ReceiveMessage", wait()));
    assert!(first.try_recv().is_err());
    assert_eq!(world.queues.next_wakeup(), Some(START.after(Duration::from_secs(20))));
    world.send("a");
    assert_eq!(messages(&first.try_recv().unwrap().unwrap())[0].0, "a");
    assert!(second.try_recv().is_err());
    world.wait(20);
    assert_eq!(second.try_recv().unwrap().unwrap(), json!({}));
    assert_eq!(world.queues.next_wakeup(), None);
}

#[test]
fn a_receiver_that_waits_gets_what_becomes_visible() {
    let mut world = world();
    world.send("a");
    world.ask("ReceiveMessage", json!({ "QueueUrl": URL, "VisibilityTimeout": 5 }));
    let mut answer = world.begin("ReceiveMessage", json!({ "QueueUrl": URL, "WaitTimeSeconds": 20 }));
    assert_eq!(world.queues.next_wakeup(), Some(START.after(Duration::from_secs(5))));
    world.wait(5);
    assert_eq!(messages(&answer.try_recv().unwrap().unwrap())[0].0, "a");
}

#[test]
fn nothing_is_received_for_a_receiver_that_has_hung_up() {
    let mut world = world();
    drop(world.begin("ReceiveMessage", json!({ "QueueUrl": URL, "WaitTimeSeconds": 20 })));
    world.send("a");
    assert_eq!(world.bodies(), ["a"]);
}

#[test]
fn receivers_that_wait_hear_of_the_end_of_their_queue() {
    let mut world = world();
    let mut answer = world.begin("ReceiveMessage", json!({ "QueueUrl": URL, "WaitTimeSeconds": 20 }));
    world.ask("DeleteQueue", json!({ "QueueUrl": URL }));
    assert_eq!(answer.try_recv().unwrap().unwrap_err().kind, SqsErrorKind::QueueDoesNotExist);
}

#[test]
fn a_delayed_message_comes_late_and_is_counted_as_delayed() {
    let mut world = world();
    world.ask("SendMessage", json!({ "QueueUrl": URL, "MessageBody": "late", "DelaySeconds": 900 }));
    world.send("early");
    assert_eq!(world.attribute("ApproximateNumberOfMessagesDelayed"), "1");
    assert_eq!(world.bodies(), ["early"]);
    assert_eq!(world.attribute("ApproximateNumberOfMessagesNotVisible"), "1");
    world.wait(900);
    // What was sent first is first again.
    assert_eq!(world.bodies(), ["late", "early"]);
}

#[test]
fn a_message_that_was_received_too_often_becomes_a_dead_letter_with_its_reason() {
    let mut world = world_with_dead_letters();
    let sent = world.send("poison");
    let (_, _) = world.receive().remove(0);
    world.wait(30);
    let (_, handle) = world.receive().remove(0);
    world.queues.note_failure("jobs", &handle, "ValueError: no");
    world.wait(30);
    assert_eq!(world.queues.take_dead_letters(), []);
    assert_eq!(world.bodies(), [""; 0]);
    let letter = world.queues.take_dead_letters().remove(0);
    assert_eq!(
        (letter.queue.as_str(), letter.dead_letter_queue.as_str(), letter.receives),
        ("jobs", "dead", 2)
    );
    assert_eq!(letter.message_id, sent["MessageId"]);
    assert_eq!(letter.reason.as_deref(), Some("ValueError: no"));
    let dead = world.ask("ReceiveMessage", json!({ "QueueUrl": DEAD, "AttributeNames": ["All"] }));
    let dead = &dead["Messages"][0];
    assert_eq!((&dead["Body"], &dead["MessageId"]), (&json!("poison"), &sent["MessageId"]));
    let attributes = &dead["Attributes"];
    assert_eq!(attributes["DeadLetterQueueSourceArn"], "arn:aws:sqs:us-east-1:000000000000:jobs");
    assert_eq!(
        (&attributes["ApproximateReceiveCount"], &attributes["SentTimestamp"]),
        (&json!("3"), &json!(START.as_millis().to_string()))
    );
}

#[test]
fn a_receiver_tells_how_often_and_when() {
    let mut world = world();
    world.send("a");
    world.wait(1);
    world.receive();
    world.wait(30);
    let wanted = ["ApproximateReceiveCount", "ApproximateFirstReceiveTimestamp"];
    let answer =
        world.ask("ReceiveMessage", json!({ "QueueUrl": URL, "MessageSystemAttributeNames": wanted }));
    let first = START.after(Duration::from_secs(1)).as_millis().to_string();
    let expected = json!({ "ApproximateReceiveCount": "2", "ApproximateFirstReceiveTimestamp": first });
    assert_eq!(answer["Messages"][0]["Attributes"], expected);
}

#[test]
fn attributes_come_back_with_the_md5_of_what_is_sent() {
    let mut world = world();
    let value = json!({ "DataType": "String", "StringValue": "x" });
    let attributes = json!({ "a": value, "b": value });
    let system = json!({ "AWSTraceHeader": { "DataType": "String", "StringValue": "Root=1" } });
    let sent = world.ask(
        "SendMessage",
        json!({
            "QueueUrl": URL, "MessageBody": "hello", "MessageAttributes": attributes,
            "MessageSystemAttributes": system,
        }),
    );
    assert_eq!(sent["MD5OfMessageBody"], "5d41402abc4b2a76b9719d911017c592");
    assert!(sent["MD5OfMessageSystemAttributes"].is_string());
    let answer = world.ask(
        "ReceiveMessage",
        json!({ "QueueUrl": URL, "MessageAttributeNames": ["a"], "AttributeNames": ["AWSTraceHeader"] }),
    );
    let message = &answer["Messages"][0];
    assert_eq!(message["MessageAttributes"], json!({ "a": value }));
    assert_eq!(message["MD5OfMessageAttributes"], "a512aac9938034acb0b3c3d965944bf1");
    assert_eq!(message["Attributes"], json!({ "AWSTraceHeader": "Root=1" }));
    assert_eq!(message["MD5OfBody"], sent["MD5OfMessageBody"]);
}

#[test]
fn a_batch_sends_what_is_right_and_names_what_is_wrong() {
    let mut world = world();
    let entries = json!([{ "Id": "1", "MessageBody": "a" }, { "Id": "2", "MessageBody": "\u{1}" }]);
    let answer = world.ask("SendMessageBatch", json!({ "QueueUrl": URL, "Entries": entries }));
    assert_eq!(answer["Successful"][0]["Id"], "1");
    assert!(answer["Successful"][0]["MessageId"].is_string());
    assert_eq!(answer["Failed"][0]["Code"], "InvalidMessageContents");
    let (_, handle) = world.receive().remove(0);
    let entries = json!([{ "Id": "x", "ReceiptHandle": handle }, { "Id": "y", "ReceiptHandle": "junk" }]);
    let answer = world.ask("DeleteMessageBatch", json!({ "QueueUrl": URL, "Entries": entries }));
    assert_eq!(answer["Successful"], json!([{ "Id": "x" }]));
    assert_eq!(answer["Failed"][0]["Code"], "ReceiptHandleIsInvalid");
}

#[test]
fn what_is_too_large_or_too_much_is_refused() {
    let mut world = world();
    let largest = "x".repeat(1024 * 1024);
    world.send(&largest);
    let too_large = json!({ "QueueUrl": URL, "MessageBody": format!("{largest}x") });
    assert_eq!(world.refused("SendMessage", too_large), SqsErrorKind::InvalidParameterValue);
    let half = "x".repeat(512 * 1024 + 1);
    let entries = json!([{ "Id": "1", "MessageBody": half }, { "Id": "2", "MessageBody": half }]);
    let batch = json!({ "QueueUrl": URL, "Entries": entries });
    assert_eq!(world.refused("SendMessageBatch", batch), SqsErrorKind::BatchRequestTooLong);
    for (operation, field, value, kind) in [
        ("ReceiveMessage", "MaxNumberOfMessages", json!(11), SqsErrorKind::InvalidParameterValue),
        ("ReceiveMessage", "WaitTimeSeconds", json!(21), SqsErrorKind::InvalidParameterValue),
        ("ReceiveMessage", "VisibilityTimeout", json!(-1), SqsErrorKind::InvalidParameterValue),
        ("SendMessage", "MessageBody", json!(""), SqsErrorKind::MissingParameter),
        ("SendMessage", "MessageBody", json!("\u{0}"), SqsErrorKind::InvalidMessageContents),
        ("DeleteMessage", "ReceiptHandle", json!("AQEB"), SqsErrorKind::ReceiptHandleIsInvalid),
        ("GetQueueAttributes", "AttributeNames", json!(["Colour"]), SqsErrorKind::InvalidAttributeName),
        ("SendMessageBatch", "Entries", json!([]), SqsErrorKind::EmptyBatchRequest),
    ] {
        assert_eq!(
            world.refused(operation, json!({ "QueueUrl": URL, field: value })),
            kind,
            "{operation} {field}"
        );
    }
    let late = json!({ "QueueUrl": URL, "MessageBody": "x", "DelaySeconds": 901 });
    assert_eq!(world.refused("SendMessage", late), SqsErrorKind::InvalidParameterValue);
}

#[test]
fn old_messages_are_forgotten_after_four_days() {
    let mut world = world();
    world.send("a");
    world.wait(4 * 24 * 60 * 60 - 1);
    assert_eq!(world.attribute("ApproximateNumberOfMessages"), "1");
    world.wait(1);
    assert_eq!(world.bodies(), [""; 0]);
}

#[test]
fn queues_are_made_found_listed_purged_and_deleted() {
    let mut world = world();
    let again = json!({ "QueueName": "jobs" });
    assert_eq!(world.ask("CreateQueue", again)["QueueUrl"], URL);
    let other = json!({ "QueueName": "jobs", "Attributes": { "DelaySeconds": "7" } });
    assert_eq!(world.refused("CreateQueue", other), SqsErrorKind::QueueNameExists);
    let nowhere = r#"{"deadLetterTargetArn":"arn:aws:sqs:us-east-1:000000000000:no","maxReceiveCount":1}"#;
    let dangling = json!({ "QueueName": "x", "Attributes": { "RedrivePolicy": nowhere } });
    assert_eq!(world.refused("CreateQueue", dangling), SqsErrorKind::InvalidParameterValue);
    let itself = r#"{"deadLetterTargetArn":"arn:aws:sqs:us-east-1:000000000000:jobs","maxReceiveCount":1}"#;
    let endless = json!({ "QueueUrl": URL, "Attributes": { "RedrivePolicy": itself } });
    assert_eq!(world.refused("SetQueueAttributes", endless), SqsErrorKind::InvalidParameterValue);
    assert_eq!(
        world.refused("CreateQueue", json!({ "QueueName": "a b" })),
        SqsErrorKind::InvalidParameterValue
    );
    let fifo = json!({ "QueueName": "x.fifo" });
    assert_eq!(world.refused("CreateQueue", fifo), SqsErrorKind::UnsupportedOperation);
    world.ask("CreateQueue", json!({ "QueueName": "mail" }));
    let first = world.ask("ListQueues", json!({ "MaxResults": 1 }));
    assert_eq!(first["QueueUrls"], json!([URL]));
    let second = world.ask("ListQueues", json!({ "MaxResults": 1, "NextToken": first["NextToken"] }));
    assert!(second["QueueUrls"][0].as_str().unwrap().ends_with("/mail") && second["NextToken"].is_null());
    assert_eq!(world.ask("GetQueueUrl", json!({ "QueueName": "jobs" }))["QueueUrl"], URL);
    world.send("a");
    world.ask("PurgeQueue", json!({ "QueueUrl": URL }));
    assert_eq!(world.bodies(), [""; 0]);
    assert_eq!(world.refused("PurgeQueue", json!({ "QueueUrl": URL })), SqsErrorKind::PurgeQueueInProgress);
    world.wait(60);
    world.ask("PurgeQueue", json!({ "QueueUrl": URL }));
    world.ask("DeleteQueue", json!({ "QueueUrl": URL }));
    assert_eq!(world.refused("GetQueueUrl", json!({ "QueueName": "jobs" })), SqsErrorKind::QueueDoesNotExist);
}
