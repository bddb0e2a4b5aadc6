//! What the SDK's errors say in words, where they keep their types to themselves.

use std::error::Error;

/// The failure came before there was a request: no credentials, no region. The SDK calls this a dispatch failure like
/// any other; these are the words of its choice of credentials and endpoint.
const NEVER_MADE: [&str; 6] = [
    "credential provider",
    "credentials",
    "auth scheme",
    "identity resolver",
    "failed to resolve endpoint",
    "failed to apply endpoint",
];

/// Whether an error says that there never was a request.
pub(crate) fn was_never_made(error: &(dyn Error + 'static)) -> bool {
    has_words(error, &NEVER_MADE)
}

/// Whether an error or one of its causes says one of these.
pub(crate) fn has_words(error: &(dyn Error + 'static), any: &[&str]) -> bool {
    let mut next = Some(error);
    while let Some(error) = next {
        let words = error.to_string();
        if any.iter().any(|any| words.contains(any)) {
            return true;
        }
        next = error.source();
    }
    false
}
