//! What is kept of what went wrong: a function's error may have 6 MB, of which nobody reads more than the beginning.

use super::entry::End;
use crate::core::Verdict;
use crate::sqs::BatchVerdict;

/// The most of one such text.
pub(super) const PROBLEM_BYTES: usize = 4 * 1024;

/// The beginning of a text, with what it had in all if that is not the whole.
pub(super) fn shortened(text: &str) -> String {
    if text.len() <= PROBLEM_BYTES {
        return text.to_owned();
    }
    let kept = &text[..text.floor_char_boundary(PROBLEM_BYTES)];
    format!("{kept} … ({} bytes in all)", text.len())
}

/// A verdict with its text shortened.
pub(super) fn verdict(verdict: &Verdict) -> Verdict {
    match verdict {
        Verdict::Refused { status, reason } => {
            Verdict::Refused { status: *status, reason: shortened(reason) }
        }
        Verdict::Malformed { problem } => Verdict::Malformed { problem: shortened(problem) },
        Verdict::FunctionError { message } => Verdict::FunctionError { message: shortened(message) },
        Verdict::Unavailable { message } => Verdict::Unavailable { message: shortened(message) },
        Verdict::Status(_)
        | Verdict::Authorized
        | Verdict::TimedOut { .. }
        | Verdict::Fault(_)
        | Verdict::NoRoute(_) => verdict.clone(),
    }
}

/// A batch's verdict with its text shortened.
pub(super) fn batch_verdict(verdict: &BatchVerdict) -> BatchVerdict {
    match verdict {
        BatchVerdict::Malformed { problem } => BatchVerdict::Malformed { problem: shortened(problem) },
        BatchVerdict::FunctionError { message } => {
            BatchVerdict::FunctionError { message: shortened(message) }
        }
        BatchVerdict::Unavailable { message } => BatchVerdict::Unavailable { message: shortened(message) },
        BatchVerdict::Succeeded | BatchVerdict::PartlyFailed => verdict.clone(),
    }
}

/// What the text of a verdict weighs.
pub(super) fn verdict_bytes(verdict: &Verdict) -> usize {
    match verdict {
        Verdict::Refused { reason: text, .. }
        | Verdict::Malformed { problem: text }
        | Verdict::FunctionError { message: text }
        | Verdict::Unavailable { message: text } => text.len(),
        Verdict::Status(_)
        | Verdict::Authorized
        | Verdict::TimedOut { .. }
        | Verdict::Fault(_)
        | Verdict::NoRoute(_) => 0,
    }
}

/// What the text of an invocation's end weighs.
pub(super) fn end_bytes(end: &End) -> usize {
    match end {
        End::Event(verdict) => verdict_bytes(verdict),
        End::Batch(
            BatchVerdict::Malformed { problem: text }
            | BatchVerdict::FunctionError { message: text }
            | BatchVerdict::Unavailable { message: text },
        )
        | End::Replay { error: Some(text) } => text.len(),
        End::Batch(BatchVerdict::Succeeded | BatchVerdict::PartlyFailed) | End::Replay { error: None } => 0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_text_is_its_beginning_and_says_so() {
        let whole = "x".repeat(PROBLEM_BYTES);
        assert_eq!(shortened(&whole), whole);
        let long = "\u{e4}".repeat(PROBLEM_BYTES);
        let kept = shortened(&long);
        assert!(
            kept.starts_with(&long[..PROBLEM_BYTES]) && kept.ends_with(" … (8192 bytes in all)"),
            "{kept}"
        );
        assert!(kept.len() < PROBLEM_BYTES + 40);
    }
}
