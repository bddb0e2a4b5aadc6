//! Tables and queues of a template, and the functions that queues are mapped to.

use serde_json::{Map, Value, json};

use super::functions::{Functions, is_function};
use super::resources::Resource;
use super::{At, Scope};
use crate::project::node::{Entry, Node};
use crate::project::toml_file::queue_settings;
use crate::project::{Project, ProjectError, ProjectQueue};

/// The embedded database takes names from this length on, DynamoDB from 3.
const SHORTEST_TABLE: usize = 3;

pub(super) fn read(
    scope: &Scope<'_>,
    resources: &[Resource],
    functions: &Functions,
    project: &mut Project,
) -> Result<(), ProjectError> {
    for resource in resources {
        match resource.kind.as_str() {
            "AWS::DynamoDB::Table" => project.tables.push(table(scope, resource)?),
            "AWS::Serverless::SimpleTable" => project.tables.push(simple_table(scope, resource)?),
            "AWS::SQS::Queue" => project.queues.extend(queue(scope, resource, resources)?),
            _ => {}
        }
    }
    for resource in resources {
        if resource.kind == "AWS::Lambda::EventSourceMapping" {
            map_source(scope, resource, &resource.properties, &resource.id, functions, project)?;
        } else if is_function(resource) {
            map_events(scope, resource, functions, project)?;
        }
    }
    Ok(())
}

/// The request of `CreateTable`: what a template says, but for what is not done at home.
fn table(scope: &Scope<'_>, resource: &Resource) -> Result<Value, ProjectError> {
    const TAKEN: [&str; 6] = [
        "AttributeDefinitions",
        "KeySchema",
        "GlobalSecondaryIndexes",
        "LocalSecondaryIndexes",
        "ProvisionedThroughput",
        "TimeToLiveSpecification",
    ];
    let mut request = Map::new();
    request.insert("TableName".to_owned(), table_name(scope, resource)?.into());
    for key in TAKEN {
        if let Some(node) = resource.get(key) {
            request.insert(key.to_owned(), with_numbers(node.to_json()));
        }
    }
    if !request.contains_key("KeySchema") {
        return Err(resource.problem("KeySchema", "the table has no KeySchema: write its keys"));
    }
    // Throughput costs nothing at home, and one of the two must be there.
    if !request.contains_key("ProvisionedThroughput") {
        request.insert("BillingMode".to_owned(), "PAY_PER_REQUEST".into());
    }
    if resource.get("StreamSpecification").is_some() {
        let told = "tables have no stream at home: functions that read it get no events";
        resource.warn(scope, "StreamSpecification", told);
    }
    Ok(Value::Object(request))
}

fn simple_table(scope: &Scope<'_>, resource: &Resource) -> Result<Value, ProjectError> {
    let key = resource.get("PrimaryKey");
    let text = |name: &str| key.and_then(|key| key.get(name)).and_then(Node::to_text);
    let name = text("Name").unwrap_or_else(|| "id".to_owned());
    let kind = match text("Type").as_deref() {
        Some("Number") => "N",
        Some("Binary") => "B",
        _ => "S",
    };
    Ok(json!({
        "TableName": table_name(scope, resource)?,
        "AttributeDefinitions": [{ "AttributeName": name, "AttributeType": kind }],
        "KeySchema": [{ "AttributeName": name, "KeyType": "HASH" }],
        "BillingMode": "PAY_PER_REQUEST",
    }))
}

fn table_name(scope: &Scope<'_>, resource: &Resource) -> Result<String, ProjectError> {
    let name = scope.name_of(&resource.id, &resource.properties, At::new(&resource.id))?;
    let legal = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
    if name.len() < SHORTEST_TABLE || name.len() > 255 || !name.chars().all(legal) {
        let problem =
            format!("`{name}` is no name of a table: it has 3 to 255 letters, digits, `-`, `_` and `.`");
        return Err(resource.problem("TableName", problem));
    }
    Ok(name)
}

/// Capacities may be written as texts, and truth values too.
fn with_numbers(value: Value) -> Value {
    match value {
        Value::Object(members) => {
            let of_member = |(key, value): (String, Value)| {
                let value = match (key.as_str(), &value) {
                    ("ReadCapacityUnits" | "WriteCapacityUnits", Value::String(text)) => {
                        text.parse::<u64>().map_or(value, Value::from)
                    }
                    ("Enabled", Value::String(text)) => text.parse::<bool>().map_or(value, Value::from),
                    _ => with_numbers(value),
                };
                (key, value)
            };
            Value::Object(members.into_iter().map(of_member).collect())
        }
        Value::Array(elements) => elements.into_iter().map(with_numbers).collect(),
        value => value,
    }
}

fn queue(
    scope: &Scope<'_>,
    resource: &Resource,
    resources: &[Resource],
) -> Result<Option<ProjectQueue>, ProjectError> {
    if resource.get("FifoQueue").and_then(Node::to_bool) == Some(true) {
        let told = "FIFO queues are not served at home, only standard ones: it is left out";
        resource.warn(scope, "FifoQueue", told);
        return Ok(None);
    }
    let mut settings = Map::new();
    if let Some(seconds) = resource.get("VisibilityTimeout") {
        let seconds = seconds.expect_number(&resource.path("VisibilityTimeout"), 0, 43_200)?;
        settings.insert("visibilityTimeout".to_owned(), seconds.into());
    }
    let redrive = resource.get("RedrivePolicy");
    let mut dead_letters = None;
    if let Some(redrive) = redrive {
        let path = resource.path("RedrivePolicy");
        let arn = redrive.get("deadLetterTargetArn").and_then(Node::to_text).unwrap_or_default();
        let name = arn.rsplit(':').next().unwrap_or_default().to_owned();
        let is_there = resources.iter().any(|other| {
            other.kind == "AWS::SQS::Queue" && queue_name(other).is_ok_and(|known| known == name)
        });
        if !is_there {
            let problem = format!("`{arn}` names no queue of this template: write !GetAtt QUEUE.Arn");
            return Err(redrive.problem(path, problem));
        }
        dead_letters = Some(name);
        if let Some(count) = redrive.get("maxReceiveCount") {
            settings.insert("maxReceiveCount".to_owned(), count.expect_number(&path, 1, 1000)?.into());
        }
    }
    let settings =
        queue_settings(Value::Object(settings)).map_err(|problem| resource.problem("", problem))?;
    Ok(Some(ProjectQueue { name: queue_name(resource)?, dead_letters, settings, function: None }))
}

fn queue_name(resource: &Resource) -> Result<String, ProjectError> {
    Ok(resource.text("QueueName")?.unwrap_or_else(|| resource.id.clone()))
}

/// The `Events` of a function: those of type SQS are mappings; others do not come at home.
fn map_events(
    scope: &Scope<'_>,
    resource: &Resource,
    functions: &Functions,
    project: &mut Project,
) -> Result<(), ProjectError> {
    for Entry { key, value, .. } in resource.get("Events").map_or(&[][..], Node::entries) {
        let path = resource.path(&format!("Events.{key}"));
        match value.get("Type").and_then(Node::to_text).as_deref() {
            Some("SQS") => {
                let Some(properties) = value.get("Properties") else { continue };
                map_queue(
                    scope,
                    properties,
                    properties.get("Queue"),
                    &path,
                    &resource.id,
                    functions,
                    project,
                )?;
            }
            Some(kind) => {
                scope.warn(
                    value,
                    &path,
                    format!("events of type {kind} do not come at home; those of WebSockets and SQS do"),
                );
            }
            None => {}
        }
    }
    Ok(())
}

fn map_source(
    scope: &Scope<'_>,
    resource: &Resource,
    properties: &Node,
    path: &str,
    functions: &Functions,
    project: &mut Project,
) -> Result<(), ProjectError> {
    let function = resource.expect_text("FunctionName")?;
    map_queue(scope, properties, properties.get("EventSourceArn"), path, &function, functions, project)
}

fn map_queue(
    scope: &Scope<'_>,
    properties: &Node,
    source: Option<&Node>,
    path: &str,
    function: &str,
    functions: &Functions,
    project: &mut Project,
) -> Result<(), ProjectError> {
    let arn = source.and_then(Node::to_text).unwrap_or_default();
    if !arn.starts_with("arn:aws:sqs:") {
        scope.warn(properties, path, format!("`{arn}` is no queue: its events do not come at home"));
        return Ok(());
    }
    let name = arn.rsplit(':').next().unwrap_or_default();
    let Some(queue) = project.queues.iter_mut().find(|queue| queue.name == name) else {
        scope.warn(
            properties,
            path,
            format!("the queue `{name}` is not served at home: its messages do not come"),
        );
        return Ok(());
    };
    let Some(function) = functions.find(function) else {
        return Err(properties.problem(path, format!("`{function}` names no function of this template")));
    };
    let number = |key: &str, least: u64, most: u64| {
        properties.get(key).map(|node| node.expect_number(&format!("{path}.{key}"), least, most)).transpose()
    };
    if let Some(size) = number("BatchSize", 1, 10_000)? {
        queue.settings.batch_size = size as usize;
    }
    if let Some(seconds) = number("MaximumBatchingWindowInSeconds", 0, 300)? {
        queue.settings.batching_window = std::time::Duration::from_secs(seconds);
    }
    let scaling = properties.get("ScalingConfig").and_then(|scaling| scaling.get("MaximumConcurrency"));
    if let Some(most) = scaling {
        queue.settings.maximum_concurrency = most.expect_number(path, 2, 1000)? as usize;
    }
    if let Some(earlier) = queue.function.replace(function.clone()).filter(|earlier| *earlier != function) {
        let problem =
            format!("`{earlier}` gets the messages of `{name}` already: give each function its own queue");
        return Err(properties.problem(path, problem));
    }
    Ok(())
}
