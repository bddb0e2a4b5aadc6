use std::time::Duration;

use bytes::Bytes;
use serde_json::{Value, json};
use tokio::sync::oneshot;

use super::*;
use crate::sqs::core::{Place, QueueAttributes, RedrivePolicy, Request};

const START: Moment = Moment::from_millis(1_777_976_430_100);

/// A mapping of the queue `jobs`, whose messages are received three times at most.
pub(super) struct World {
    pub(super) queues: Queues,
    pub(super) mapping: Mapping,
    pub(super) now: Moment,
}

pub(super) fn world(batch_size: usize, window: u64, concurrency: usize) -> World {
    let place = Place {
        url: "http://127.0.0.1:4000".to_owned(),
        region: "us-east-1".to_owned(),
        account: "000000000000".to_owned(),
    };
    let redrive = RedrivePolicy { dead_letter_target_arn: place.queue_arn("dead"), max_receive_count: 3 };
    let mut queues = Queues::new(place);
    queues.put(START, "dead", QueueAttributes::default());
    let attributes = QueueAttributes { redrive: Some(redrive), ..QueueAttributes::default() };
    queues.put(START, "jobs", attributes);
    let settings = MappingSettings {
        queue: "jobs".to_owned(),
        batch_size,
        batching_window: Duration::from_secs(window),
        concurrency,
    };
    World { queues, mapping: Mapping::new(settings, 0), now: START }
}

impl World {
    pub(super) fn ask(&mut self, operation: &str, body: &Value) -> Value {
        let (reply, mut answer) = oneshot::channel();
        let request = Request::parse(operation, body.to_string().as_bytes()).unwrap();
        self.queues.call(self.now, request, reply);
        answer.try_recv().unwrap().unwrap()
    }

    fn send(&mut self, body: &str) {
        self.ask("SendMessage", &json!({ "QueueUrl": "jobs", "MessageBody": body }));
    }

    pub(super) fn wait(&mut self, seconds: u64) {
        self.now = self.now.after(Duration::from_secs(seconds));
    }

    /// The batches that the function gets now: id and event.
    pub(super) fn poll(&mut self) -> Vec<(BatchId, Value)> {
        let invokes = self.mapping.poll(self.now, &mut self.queues).into_iter();
        invokes.map(|Invoke { batch, event }| (batch, serde_json::from_slice(&event).unwrap())).collect()
    }

    /// The bodies in each batch that the function gets now.
    fn bodies(&mut self) -> Vec<Vec<String>> {
        self.poll().into_iter().map(|(_, event)| bodies(&event)).collect()
    }

    pub(super) fn answer(&mut self, batch: BatchId, answer: &Value) -> FinishedBatch {
        self.finish(batch, Outcome::Returned(Bytes::from(answer.to_string())))
    }

    pub(super) fn finish(&mut self, batch: BatchId, outcome: Outcome) -> FinishedBatch {
        self.mapping.finished(self.now, batch, outcome, &mut self.queues).expect("the batch is under way")
    }

    pub(super) fn left(&mut self) -> Value {
        let wanted = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"];
        let answer = self.ask("GetQueueAttributes", &json!({ "QueueUrl": "jobs", "AttributeNames": wanted }));
        json!([answer["Attributes"][wanted[0]], answer["Attributes"][wanted[1]]])
    }
}

fn bodies(event: &Value) -> Vec<String> {
    let records = event["Records"].as_array().unwrap();
    records.iter().map(|record| record["body"].as_str().unwrap().to_owned()).collect()
}

fn id(event: &Value, record: usize) -> String {
    event["Records"][record]["messageId"].as_str().unwrap().to_owned()
}

#[test]
fn a_batch_has_what_is_there_up_to_its_size_and_one_is_made_at_once() {
    let mut world = world(2, 0, 8);
    for body in ["a", "b", "c"] {
        world.send(body);
    }
    assert_eq!(world.bodies(), [vec!["a", "b"], vec!["c"]]);
    assert_eq!(world.bodies(), [[""; 0]; 0]);
}

#[test]
fn an_event_has_the_shape_that_lambda_gives_it() {
    let mut world = world(1, 0, 1);
    let attributes = json!({ "kind": { "DataType": "String", "StringValue": "x" } });
    world.ask(
        "SendMessage",
        &json!({ "QueueUrl": "jobs", "MessageBody": "hello", "MessageAttributes": attributes }),
    );
    let event = world.poll().remove(0).1;
    let record = &event["Records"][0];
    let now = START.as_millis().to_string();
    assert_eq!(
        *record,
        json!({
            "messageId": record["messageId"],
            "receiptHandle": record["receiptHandle"],
            "body": "hello",
            "attributes": {
                "ApproximateFirstReceiveTimestamp": now,
                "ApproximateReceiveCount": "1",
                "SenderId": "local",
                "SentTimestamp": now,
            },
            "messageAttributes": {
                "kind": { "stringValue": "x", "stringListValues": [], "binaryListValues": [], "dataType": "String" },
            },
            "md5OfMessageAttributes": record["md5OfMessageAttributes"],
            "md5OfBody": "5d41402abc4b2a76b9719d911017c592",
            "eventSource": "aws:sqs",
            "eventSourceARN": "arn:aws:sqs:us-east-1:000000000000:jobs",
            "awsRegion": "us-east-1",
        })
    );
    assert_eq!(id(&event, 0).len(), 36);
}

#[test]
fn what_has_succeeded_is_deleted() {
    let mut world = world(10, 0, 1);
    world.send("a");
    world.send("b");
    let (batch, _) = world.poll().remove(0);
    world.wait(2);
    let finished = world.answer(batch, &Value::Null);
    assert_eq!((finished.records, finished.failed, finished.verdict), (2, 0, BatchVerdict::Succeeded));
    assert_eq!(finished.ended.since(finished.started), Duration::from_secs(2));
    assert_eq!(world.left(), json!(["0", "0"]));
}

#[test]
fn what_the_function_names_comes_back_after_its_timeout_and_the_rest_is_deleted() {
    let mut world = world(10, 0, 1);
    world.send("good");
    world.send("bad");
    let (batch, event) = world.poll().remove(0);
    let answer = json!({ "batchItemFailures": [{ "itemIdentifier": id(&event, 1) }] });
    let finished = world.answer(batch, &answer);
    assert_eq!((finished.failed, finished.verdict), (1, BatchVerdict::PartlyFailed));
    assert_eq!(world.left(), json!(["0", "1"]));
    assert_eq!(world.mapping.next_wakeup(&world.queues), Some(START.after(Duration::from_secs(30))));
    world.wait(29);
    assert_eq!(world.bodies(), [[""; 0]; 0]);
    world.wait(1);
    let (_, event) = world.poll().remove(0);
    assert_eq!(bodies(&event), ["bad"]);
    assert_eq!(event["Records"][0]["attributes"]["ApproximateReceiveCount"], "2");
}

#[test]
fn a_function_error_or_a_malformed_answer_fails_the_whole_batch() {
    for outcome in [
        Outcome::FunctionError { message: "x".to_owned(), error_message: None },
        Outcome::Unavailable { message: "x".to_owned() },
        Outcome::Returned(Bytes::from_static(b"{\"batchItemFailures\":[{\"itemIdentifier\":\"other\"}]}")),
    ] {
        let mut world = world(10, 0, 1);
        world.send("a");
        world.send("b");
        let (batch, _) = world.poll().remove(0);
        assert_eq!(world.finish(batch, outcome).failed, 2);
        assert_eq!(world.left(), json!(["0", "2"]));
        world.wait(30);
        assert_eq!(world.bodies(), [["a", "b"]]);
    }
}

#[test]
fn a_message_that_fails_three_times_is_a_dead_letter_with_the_functions_own_words() {
    let mut world = world(10, 0, 1);
    world.send("poison");
    for _ in 0..3 {
        let (batch, _) = world.poll().remove(0);
        world.finish(
            batch,
            Outcome::FunctionError { message: "ValueError: no".to_owned(), error_message: None },
        );
        assert_eq!(world.queues.take_dead_letters(), []);
        world.wait(30);
    }
    world.send("next");
    assert_eq!(world.bodies(), [["next"]]);
    let letter = world.queues.take_dead_letters().remove(0);
    assert_eq!((letter.receives, letter.reason.as_deref()), (3, Some("ValueError: no")));
    let dead = world.ask("ReceiveMessage", &json!({ "QueueUrl": "dead" }));
    assert_eq!(dead["Messages"][0]["Body"], "poison");
}

#[test]
fn no_more_batches_than_allowed_are_under_way() {
    let mut world = world(1, 0, 2);
    for body in ["a", "b", "c"] {
        world.send(body);
    }
    let batches = world.poll();
    assert_eq!(batches.len(), 2);
    assert_eq!(world.left(), json!(["1", "2"]));
    assert_eq!(world.mapping.next_wakeup(&world.queues), None);
    world.answer(batches[0].0, &Value::Null);
    assert_eq!(world.bodies(), [["c"]]);
}

#[test]
fn a_window_gathers_messages_until_it_is_over_or_the_batch_is_full() {
    let mut world = world(3, 5, 8);
    world.send("a");
    assert_eq!(world.bodies(), [[""; 0]; 0]);
    assert_eq!(world.mapping.next_wakeup(&world.queues), Some(START.after(Duration::from_secs(5))));
    world.wait(4);
    world.send("b");
    assert_eq!(world.bodies(), [[""; 0]; 0]);
    world.wait(1);
    assert_eq!(world.bodies(), [["a", "b"]]);
    for body in ["c", "d", "e", "f"] {
        world.send(body);
    }
    assert_eq!(world.bodies(), [["c", "d", "e"]]);
}

#[test]
fn a_batch_holds_no_more_than_six_megabytes() {
    let mut world = world(10, 0, 8);
    for _ in 0..7 {
        world.send(&"x".repeat(1_000_000));
    }
    let sizes: Vec<usize> = world.bodies().iter().map(Vec::len).collect();
    assert_eq!(sizes, [6, 1]);
}

#[test]
fn what_counts_is_the_json_of_the_event_with_escapes_and_attributes() {
    let mut world = world(10, 0, 8);
    for _ in 0..12 {
        world.send(&"\"".repeat(500_000));
    }
    let attributes =
        json!({ "blob": { "DataType": "Binary", "BinaryValue": format!("{}=", "A".repeat(799_999)) } });
    for _ in 0..9 {
        let message = json!({ "QueueUrl": "jobs", "MessageBody": "x", "MessageAttributes": attributes });
        world.ask("SendMessage", &message);
    }
    let batches = world.mapping.poll(world.now, &mut world.queues);
    let sizes: Vec<usize> = batches.iter().map(|batch| batch.event.len()).collect();
    assert!(sizes.iter().all(|size| *size <= MAX_EVENT_BYTES), "{sizes:?}");
    assert_eq!(sizes.len(), 4, "as full as they can be: {sizes:?}");
}

#[test]
fn no_record_is_longer_than_it_was_counted() {
    let mut world = world(1, 0, 8);
    for body in ["a", "é\"\n", "{\"a\":\"\\u0001\"}"] {
        world.send(body);
        let counted =
            next_record_bytes(world.now, "jobs", &mut world.queues).unwrap() + event::ENVELOPE_BYTES;
        let event = world.mapping.poll(world.now, &mut world.queues).remove(0).event;
        assert!((event.len()..event.len() + 20).contains(&counted), "{counted} for {event:?}");
    }
}

#[test]
fn a_message_behind_one_that_becomes_a_dead_letter_is_counted_too() {
    let mut world = world(10, 0, 8);
    world.send("poison");
    for _ in 0..3 {
        let (batch, _) = world.poll().remove(0);
        world.finish(batch, Outcome::FunctionError { message: "no".to_owned(), error_message: None });
        world.wait(30);
    }
    for _ in 0..7 {
        world.send(&"x".repeat(1_040_000));
    }
    let batches = world.mapping.poll(world.now, &mut world.queues);
    let sizes: Vec<usize> = batches.iter().map(|batch| batch.event.len()).collect();
    assert!(sizes.iter().all(|size| *size <= MAX_EVENT_BYTES), "{sizes:?}");
}

#[test]
fn a_mapping_that_stops_gives_back_what_it_gathers_and_finishes_what_it_has_begun() {
    let mut world = world(2, 60, 8);
    for body in ["a", "b", "c"] {
        world.send(body);
    }
    let (batch, _) = world.poll().remove(0);
    assert_eq!(world.left(), json!(["0", "3"]));
    world.mapping.stop(world.now, &mut world.queues);
    assert_eq!(world.left(), json!(["1", "2"]));
    assert_eq!(world.bodies(), [[""; 0]; 0]);
    world.answer(batch, &Value::Null);
    assert_eq!(world.left(), json!(["1", "0"]));
}

#[test]
fn a_batch_that_took_longer_than_the_timeout_does_not_delete_what_another_has_by_then() {
    let mut world = world(1, 0, 2);
    world.send("slow");
    let (first, _) = world.poll().remove(0);
    world.wait(30);
    let (second, event) = world.poll().remove(0);
    assert_eq!(event["Records"][0]["attributes"]["ApproximateReceiveCount"], "2");
    world.answer(first, &Value::Null);
    assert_eq!(world.left(), json!(["0", "1"]));
    world.answer(second, &Value::Null);
    assert_eq!(world.left(), json!(["0", "0"]));
}
