//! `[queues.NAME]`.

use serde_json::{Value, json};

use super::{function_of, known_keys};
use crate::core::{Manifest, ManifestQueue};
use crate::project::node::{Entry, Node};
use crate::project::{ProjectError, ProjectQueue};

const OF_QUEUE: &[&str] = &[
    "function",
    "deadLetters",
    "visibilityTimeout",
    "maxReceiveCount",
    "batchSize",
    "batchingWindow",
    "maximumConcurrency",
];

/// The queues that there are: those that are described, and those of their dead letters.
pub(super) fn names(root: &Node) -> Vec<&str> {
    let described = root.get("queues").map_or(&[][..], Node::entries);
    let names = described.iter().flat_map(|Entry { key, value, .. }| {
        [Some(key.as_str()), value.get("deadLetters").and_then(Node::as_text)]
    });
    names.flatten().collect()
}

pub(super) fn queue(name: &str, node: &Node) -> Result<ProjectQueue, ProjectError> {
    let path = format!("queues.{name}");
    known_keys(node, &path, OF_QUEUE)?;
    let mut settings = node.to_json();
    if let Some(settings) = settings.as_object_mut() {
        settings.remove("function");
        settings.remove("deadLetters");
    }
    let dead_letters =
        node.get("deadLetters").map(|node| node.expect_text(&path, "\"orders-dead\"").map(str::to_owned));
    Ok(ProjectQueue {
        name: name.to_owned(),
        dead_letters: dead_letters.transpose()?,
        settings: queue_settings(settings).map_err(|problem| node.problem(&path, problem))?,
        function: function_of(Some(node), &path)?,
    })
}

/// The settings of a queue, as a manifest has them.
pub(in crate::project) fn queue_settings(settings: Value) -> Result<ManifestQueue, String> {
    let manifest = Manifest::parse(&json!({ "queue": settings }).to_string()).map_err(|error| {
        let words = error.to_string();
        let words = words.strip_prefix("the manifest is not as it should be: ").unwrap_or(&words);
        words.replace(" of `queue`", "")
    })?;
    Ok(manifest.queue.unwrap_or_default())
}
