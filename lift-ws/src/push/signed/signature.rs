//! Signature version 4 for posts, with the derived key and everything else that does not change kept.
//!
//! Within a second, and with one set of credentials, only the connection and the message differ from post to post:
//! what is hashed for each are some 400 bytes and the message. A test holds it to the SDK's signer.

use std::fmt::Write as _;

use aws_sdk_apigatewaymanagement::config::Credentials;
use aws_sdk_apigatewaymanagement::primitives::{DateTime, DateTimeFormat};
use hmac::{Hmac, KeyInit, Mac};
use sha2::{Digest, Sha256};

use super::escape::{self, Escape};

type Key = Hmac<Sha256>;

const ALGORITHM: &str = "AWS4-HMAC-SHA256";
const CONTENT_LENGTH: &str = "content-length";
const DATE: &str = "x-amz-date";
const TOKEN: &str = "x-amz-security-token";

/// What is signed alike in every post to one callback URL.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Signed {
    /// The path up to the connection id, as the signature takes it: encoded twice.
    pub(super) path: String,
    pub(super) region: String,
    pub(super) service: String,
    /// Headers that are the same in every post, names in lower case.
    pub(super) headers: Vec<(String, String)>,
    pub(super) has_content_length: bool,
}

/// Signs the posts of one second with one set of credentials.
#[derive(Clone)]
pub(super) struct Signer {
    /// The canonical request up to the connection id.
    path: String,
    /// From behind the connection id to the content length, and from there to the hash of the message.
    before_length: String,
    after_length: String,
    has_content_length: bool,
    /// Keyed, and fed what comes before the hash of the canonical request.
    mac: Key,
    /// The header's value up to the signature.
    authorization: String,
    date: String,
    token: Option<String>,
}

impl std::fmt::Debug for Signer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Signer").field("date", &self.date).finish_non_exhaustive()
    }
}

impl Signer {
    /// What signs during a second since the epoch; `None` if there is no such date.
    pub(super) fn new(signed: &Signed, credentials: &Credentials, second: i64) -> Option<Self> {
        let date = date(second)?;
        let day = date.get(..8)?;
        let token = credentials.session_token().map(str::to_owned);
        let (names, before_length, after_length) = canonical_headers(signed, &date, token.as_deref());
        let Signed { region, service, .. } = signed;
        let scope = format!("{day}/{region}/{service}/aws4_request");
        let mut mac = derived_key(credentials.secret_access_key(), day, region, service)?;
        mac.update(format!("{ALGORITHM}\n{date}\n{scope}\n").as_bytes());
        let id = credentials.access_key_id();
        Some(Self {
            path: format!("POST\n{}", signed.path),
            before_length,
            after_length,
            has_content_length: signed.has_content_length,
            mac,
            authorization: format!("{ALGORITHM} Credential={id}/{scope}, SignedHeaders={names}, Signature="),
            date,
            token,
        })
    }

    /// The value of `x-amz-date`.
    pub(super) fn date(&self) -> &str {
        &self.date
    }

    /// The value of `x-amz-security-token`.
    pub(super) fn token(&self) -> Option<&str> {
        self.token.as_deref()
    }

    /// The value of `authorization` for one post, whose message has this hash and this length as text.
    pub(super) fn authorization(&self, connection_id: &str, length: &str, body: &HexHash) -> String {
        let mut canonical = Sha256::new();
        canonical.update(&self.path);
        escape::each(connection_id, Escape::Twice, |part| canonical.update(part));
        canonical.update(&self.before_length);
        if self.has_content_length {
            canonical.update(length);
            canonical.update(&self.after_length);
        }
        canonical.update(body);
        let mut mac = self.mac.clone();
        mac.update(&hex(canonical.finalize().into()));
        let signature = hex(mac.finalize().into_bytes().into());
        let mut text = String::with_capacity(self.authorization.len() + signature.len());
        text.push_str(&self.authorization);
        text.extend(signature.iter().map(|byte| char::from(*byte)));
        text
    }
}

/// A SHA-256 in hexadecimal digits.
pub(super) type HexHash = [u8; 64];

/// The hash of a message, as the signature takes it.
pub(super) fn hash(message: &[u8]) -> HexHash {
    hex(Sha256::digest(message).into())
}

fn hex(bytes: [u8; 32]) -> HexHash {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let mut text = [0; 64];
    for (pair, byte) in text.chunks_exact_mut(2).zip(bytes) {
        pair[0] = DIGITS[usize::from(byte >> 4)];
        pair[1] = DIGITS[usize::from(byte & 15)];
    }
    text
}

/// The names that are signed, and the headers as the canonical request has them, cut at the content length.
fn canonical_headers(signed: &Signed, date: &str, token: Option<&str>) -> (String, String, String) {
    let mut headers: Vec<(&str, &str)> =
        signed.headers.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    headers.push((DATE, date));
    headers.extend(token.map(|token| (TOKEN, token)));
    if signed.has_content_length {
        headers.push((CONTENT_LENGTH, ""));
    }
    headers.sort_unstable();
    let names: Vec<&str> = headers.iter().map(|(name, _)| *name).collect();
    let names = names.join(";");
    // No query: an empty line.
    let mut parts = ["\n\n".to_owned(), String::new()];
    let mut part = 0;
    for (name, value) in headers {
        let _ = write!(parts[part], "{name}:{value}");
        part = if name == CONTENT_LENGTH { 1 } else { part };
        parts[part].push('\n');
    }
    let _ = write!(parts[part], "\n{names}\n");
    let [before, after] = parts;
    (names, before, after)
}

fn derived_key(secret: &str, day: &str, region: &str, service: &str) -> Option<Key> {
    let mut key = Key::new_from_slice(format!("AWS4{secret}").as_bytes()).ok()?;
    for part in [day, region, service, "aws4_request"] {
        key.update(part.as_bytes());
        key = Key::new_from_slice(&key.finalize().into_bytes()).ok()?;
    }
    Some(key)
}

/// `20261122T221930Z`.
fn date(second: i64) -> Option<String> {
    let text = DateTime::from_secs(second).fmt(DateTimeFormat::DateTime).ok()?;
    let text: String = text.chars().filter(|char| !matches!(char, '-' | ':')).collect();
    (text.len() == 16).then_some(text)
}
