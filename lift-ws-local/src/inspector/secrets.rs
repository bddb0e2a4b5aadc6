//! What is likely to be a secret, by its name: such values are left out of what people paste into files. The page masks
//! the same ones (`page/json.js`).

const WORDS: [&str; 11] =
    ["auth", "code", "cookie", "jwt", "key", "passw", "secret", "session", "signature", "ticket", "token"];

/// Whether the value under this name of a header or parameter is not to be shown by default.
pub(super) fn is_secret(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    match name.as_str() {
        // Browsers cannot set headers, so tokens travel as a subprotocol.
        "sec-websocket-protocol" => true,
        // A random number of the protocol's own.
        "sec-websocket-key" => false,
        name => WORDS.iter().any(|word| name.contains(word)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_are_known_by_what_they_are_called() {
        for name in
            ["token", "access_token", "Authorization", "Cookie", "X-Api-Key", "Sec-WebSocket-Protocol"]
        {
            assert!(is_secret(name), "{name}");
        }
        for name in ["room", "name", "Origin", "Host", "Sec-WebSocket-Key"] {
            assert!(!is_secret(name), "{name}");
        }
    }
}
