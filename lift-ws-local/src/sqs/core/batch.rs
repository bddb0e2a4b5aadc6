//! Batches: up to ten requests in one, each with an outcome of its own.

use std::collections::HashSet;

use serde_json::{Map, Value, json};

use super::error::{SqsError, SqsErrorKind};
use super::request::Entry;

const MAX_ENTRIES: usize = 10;
const MAX_ID_CHARACTERS: usize = 80;

/// Refuses a batch as a whole, if it must be.
pub(super) fn check<T>(entries: &[Entry<T>]) -> Result<(), SqsError> {
    if entries.is_empty() {
        let message = "There should be at least one entry in the request.";
        return Err(SqsError::new(SqsErrorKind::EmptyBatchRequest, message));
    }
    if entries.len() > MAX_ENTRIES {
        let message = format!(
            "Maximum number of entries per request are {MAX_ENTRIES}. You have sent {}.",
            entries.len()
        );
        return Err(SqsError::new(SqsErrorKind::TooManyEntriesInBatchRequest, message));
    }
    let is_legal = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_');
    if entries
        .iter()
        .any(|Entry { id, .. }| id.is_empty() || id.len() > MAX_ID_CHARACTERS || !id.chars().all(is_legal))
    {
        let message = "A batch entry id can only contain alphanumeric characters, hyphens and underscores. It can be at \
                       most 80 letters long.";
        return Err(SqsError::new(SqsErrorKind::InvalidBatchEntryId, message));
    }
    let mut seen = HashSet::new();
    match entries.iter().find(|entry| !seen.insert(&entry.id)) {
        None => Ok(()),
        Some(Entry { id, .. }) => {
            Err(SqsError::new(SqsErrorKind::BatchEntryIdsNotDistinct, format!("Id {id} repeated.")))
        }
    }
}

/// The outcomes of a batch.
pub(super) fn answer<T>(
    entries: Vec<Entry<T>>,
    mut handle: impl FnMut(T) -> Result<Map<String, Value>, SqsError>,
) -> Value {
    let (mut successful, mut failed) = (Vec::new(), Vec::new());
    for Entry { id, what } in entries {
        match handle(what) {
            Ok(mut outcome) => {
                outcome.insert("Id".to_owned(), id.into());
                successful.push(Value::Object(outcome));
            }
            Err(error) => failed.push(json!({
                "Id": id, "SenderFault": true, "Code": error.kind.code(), "Message": error.message,
            })),
        }
    }
    json!({ "Successful": successful, "Failed": failed })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kind(ids: &[&str]) -> Option<SqsErrorKind> {
        let entries: Vec<_> = ids.iter().map(|id| Entry { id: (*id).to_owned(), what: () }).collect();
        check(&entries).err().map(|error| error.kind)
    }

    #[test]
    fn each_way_of_being_no_batch_has_its_error() {
        assert_eq!(kind(&["a", "b-_1"]), None);
        assert_eq!(kind(&[]), Some(SqsErrorKind::EmptyBatchRequest));
        assert_eq!(kind(&["x"; 11]), Some(SqsErrorKind::TooManyEntriesInBatchRequest));
        assert_eq!(kind(&["a", "a"]), Some(SqsErrorKind::BatchEntryIdsNotDistinct));
        for id in ["", "a b", &"x".repeat(81)] {
            assert_eq!(kind(&[id]), Some(SqsErrorKind::InvalidBatchEntryId), "{id}");
        }
    }

    #[test]
    fn an_entry_that_fails_leaves_the_others_alone() {
        let entries = ["good", "bad"].map(|id| Entry { id: id.to_owned(), what: id });
        let answer = answer(entries.into(), |what| match what {
            "bad" => Err(SqsError::new(SqsErrorKind::ReceiptHandleIsInvalid, "no")),
            _ => Ok(Map::new()),
        });
        assert_eq!(answer["Successful"], json!([{ "Id": "good" }]));
        assert_eq!(answer["Failed"][0]["Code"], "ReceiptHandleIsInvalid");
        assert_eq!(answer["Failed"][0]["Id"], "bad");
    }
}
