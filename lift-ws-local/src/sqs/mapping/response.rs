//! What a function's answer to a batch means: the partial batch response.
//!
//! Lambda documents that a batch has succeeded as a whole if the answer or its `batchItemFailures` is empty or
//! null, and has failed as a whole if an `itemIdentifier` is empty, null or misspelt, or the answer is not
//! readable. An id that is not of the batch also fails the whole of it.

use std::collections::HashSet;

use serde_json::Value;

/// The ids of the messages that have failed.
///
/// # Errors
///
/// In what way the answer is malformed; all messages have failed then.
pub(super) fn failures<'i>(
    returned: &[u8],
    ids: impl Iterator<Item = &'i str>,
) -> Result<HashSet<String>, String> {
    let value: Value =
        serde_json::from_slice(returned).map_err(|error| format!("the result is not JSON: {error}"))?;
    let list = match value {
        Value::Object(mut response) => response.remove("batchItemFailures").unwrap_or_default(),
        Value::Null => Value::Null,
        Value::String(text) if text.is_empty() => Value::Null,
        Value::Array(list) if list.is_empty() => Value::Null,
        other => return Err(format!("the result is {other}, not an object with `batchItemFailures`")),
    };
    let list = match list {
        Value::Null => return Ok(HashSet::new()),
        Value::Array(list) => list,
        other => return Err(format!("`batchItemFailures` of the result is {other}, not an array")),
    };
    let known: HashSet<&str> = ids.collect();
    list.iter().map(|item| failure(item, &known)).collect()
}

fn failure(item: &Value, known: &HashSet<&str>) -> Result<String, String> {
    match item.get("itemIdentifier") {
        Some(Value::String(id)) if known.contains(id.as_str()) => Ok(id.clone()),
        Some(Value::String(id)) if id.is_empty() => {
            Err("an `itemIdentifier` of `batchItemFailures` is empty".to_owned())
        }
        Some(Value::String(id)) => {
            Err(format!("`batchItemFailures` names \"{id}\", which is no messageId of this batch"))
        }
        _ => Err(format!(
            "`batchItemFailures` has {item} where {{\"itemIdentifier\": \"a messageId of the batch\"}} is expected"
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(returned: &str) -> Result<Vec<String>, String> {
        let mut failed: Vec<_> = failures(returned.as_bytes(), ["a", "b"].into_iter())?.into_iter().collect();
        failed.sort();
        Ok(failed)
    }

    #[test]
    fn an_answer_that_is_empty_in_any_way_is_a_success() {
        for returned in [
            "null",
            "{}",
            "\"\"",
            "[]",
            r#"{"batchItemFailures":[]}"#,
            r#"{"batchItemFailures":null}"#,
            r#"{"statusCode":200}"#,
        ] {
            assert_eq!(read(returned), Ok(Vec::new()), "{returned}");
        }
    }

    #[test]
    fn only_the_messages_that_are_named_have_failed() {
        assert_eq!(read(r#"{"batchItemFailures":[{"itemIdentifier":"b"}]}"#), Ok(vec!["b".to_owned()]));
        let twice = r#"{"batchItemFailures":[{"itemIdentifier":"a"},{"itemIdentifier":"a"}]}"#;
        assert_eq!(read(twice), Ok(vec!["a".to_owned()]));
    }

    #[test]
    fn an_answer_that_is_not_understood_fails_the_whole_batch_and_says_why() {
        for (returned, expected) in [
            ("", "the result is not JSON"),
            ("\"done\"", "the result is \"done\", not an object"),
            (r#"{"batchItemFailures":{}}"#, "`batchItemFailures` of the result is {}"),
            (r#"{"batchItemFailures":["a"]}"#, "`batchItemFailures` has \"a\" where"),
            (r#"{"batchItemFailures":[{"id":"a"}]}"#, "`batchItemFailures` has {\"id\":\"a\"} where"),
            (r#"{"batchItemFailures":[{"itemIdentifier":null}]}"#, "`batchItemFailures` has {"),
            (r#"{"batchItemFailures":[{"itemIdentifier":""}]}"#, "an `itemIdentifier`"),
            (
                r#"{"batchItemFailures":[{"itemIdentifier":"a"},{"itemIdentifier":"c"}]}"#,
                "`batchItemFailures` names \"c\", which is no messageId of this batch",
            ),
        ] {
            let problem = read(returned).unwrap_err();
            assert!(problem.starts_with(expected), "{returned}: {problem}");
        }
    }
}
