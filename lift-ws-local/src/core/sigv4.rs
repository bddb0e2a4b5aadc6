//! Signature version 4, checked: who signed this request, and is it what was signed (contract §4).
//!
//! Both forms that clients use: the `Authorization` header of SDKs, and the signed query of browsers, which cannot set
//! headers on a WebSocket. The reasons are for the terminal; a client hears 403 alone.

use std::time::Duration;

use hmac::{Hmac, KeyInit, Mac};
use sha2::{Digest, Sha256};

use super::moment::Moment;
use super::url;

type Key = Hmac<Sha256>;

const ALGORITHM: &str = "AWS4-HMAC-SHA256";
const SERVICE: &str = "execute-api";
const UNSIGNED_PAYLOAD: &str = "UNSIGNED-PAYLOAD";

/// How far the clocks of a client and of the gateway may be apart.
const SKEW: Duration = Duration::from_secs(5 * 60);

/// The longest life of a signed URL: a week.
const LONGEST_LIFE: Duration = Duration::from_secs(7 * 24 * 60 * 60);

/// A request, as far as a signature covers it.
#[derive(Clone, Copy, Debug)]
pub(super) struct SignedRequest<'a> {
    pub(super) method: &'a str,
    /// As sent, still percent-encoded.
    pub(super) path: &'a str,
    /// As sent, still percent-encoded.
    pub(super) query: &'a str,
    pub(super) headers: &'a [(String, String)],
    pub(super) body: &'a [u8],
}

/// What a client says about its signature.
#[derive(Debug)]
pub(super) struct Claim {
    pub(super) access_key: String,
    /// Day, region, service and end of the credential's scope.
    scope: String,
    signed_headers: Vec<String>,
    signature: String,
    /// As sent: `20260505T102030Z`.
    timestamp: String,
    signed_at: Moment,
    /// How long the signature is good; the skew, if the client does not say.
    expires: Option<Duration>,
    pub(super) token: Option<String>,
    is_in_query: bool,
}

impl Claim {
    /// Reads the signature of a request for this region; the error says what is wrong with it.
    pub(super) fn read(request: &SignedRequest<'_>, region: &str) -> Result<Self, String> {
        let claim = match (request.header("authorization"), request.parameter("X-Amz-Algorithm")) {
            (Some(header), _) => Self::of_header(request, &header)?,
            (None, Some(algorithm)) => Self::of_query(request, &algorithm)?,
            (None, None) => {
                return Err(format!(
                    "it is not signed: sign it with SigV4 for the service {SERVICE}, by the header `Authorization` or, \
                     in browsers, by the query"
                ));
            }
        };
        claim.check_scope(region)?;
        Ok(claim)
    }

    fn of_header(request: &SignedRequest<'_>, header: &str) -> Result<Self, String> {
        let Some(fields) = header.strip_prefix(ALGORITHM) else {
            return Err(format!("`Authorization` does not begin with `{ALGORITHM}`"));
        };
        let field = |name: &str| {
            let each = fields.split(',').map(str::trim);
            let found = each.filter_map(|field| field.split_once('=')).find(|(known, _)| *known == name);
            found.map(|(_, value)| value.to_owned()).ok_or_else(|| format!("`Authorization` has no `{name}`"))
        };
        let timestamp = request.header("x-amz-date").or_else(|| request.header("date"));
        Self::of_parts(Parts {
            credential: field("Credential")?,
            signed_headers: field("SignedHeaders")?,
            signature: field("Signature")?,
            timestamp: timestamp.ok_or("it has no header `X-Amz-Date`")?,
            expires: None,
            token: request.header("x-amz-security-token"),
            is_in_query: false,
        })
    }

    fn of_query(request: &SignedRequest<'_>, algorithm: &str) -> Result<Self, String> {
        if algorithm != ALGORITHM {
            return Err(format!("`X-Amz-Algorithm` is `{algorithm}`, not `{ALGORITHM}`"));
        }
        let parameter =
            |name: &str| request.parameter(name).ok_or_else(|| format!("the query has no `{name}`"));
        let expires = parameter("X-Amz-Expires")?;
        let seconds = expires.parse().map(Duration::from_secs);
        let expires = seconds.ok().filter(|life| !life.is_zero() && *life <= LONGEST_LIFE);
        Self::of_parts(Parts {
            credential: parameter("X-Amz-Credential")?,
            signed_headers: parameter("X-Amz-SignedHeaders")?,
            signature: parameter("X-Amz-Signature")?,
            timestamp: parameter("X-Amz-Date")?,
            expires: Some(expires.ok_or("`X-Amz-Expires` is no number of seconds from 1 to 604800")?),
            token: request.parameter("X-Amz-Security-Token"),
            is_in_query: true,
        })
    }

    fn of_parts(parts: Parts) -> Result<Self, String> {
        let Some((access_key, scope)) = parts.credential.split_once('/') else {
            return Err(format!("the credential `{}` has no scope", parts.credential));
        };
        let signed_at = Moment::from_basic(&parts.timestamp)
            .ok_or_else(|| format!("its date `{}` is none: write 20260505T102030Z", parts.timestamp))?;
        Ok(Self {
            access_key: access_key.to_owned(),
            scope: scope.to_owned(),
            signed_headers: parts.signed_headers.split(';').map(str::to_ascii_lowercase).collect(),
            signature: parts.signature,
            timestamp: parts.timestamp,
            signed_at,
            expires: parts.expires,
            token: parts.token,
            is_in_query: parts.is_in_query,
        })
    }

    fn check_scope(&self, region: &str) -> Result<(), String> {
        let expected = format!("{}/{region}/{SERVICE}/aws4_request", self.day());
        if self.scope != expected {
            return Err(format!("its credential is scoped to `{}`, not to `{expected}`", self.scope));
        }
        if !self.signed_headers.iter().any(|name| name == "host") {
            return Err("it does not sign the header `host`".to_owned());
        }
        Ok(())
    }

    /// The first eight digits of the date, which has sixteen characters.
    fn day(&self) -> &str {
        self.timestamp.get(..8).unwrap_or_default()
    }

    /// Whether the signature is of now, and made with this key over this request.
    pub(super) fn check(&self, request: &SignedRequest<'_>, secret: &str, now: Moment) -> Result<(), String> {
        let ends = self.signed_at.after(self.expires.unwrap_or(SKEW));
        if now > ends {
            return Err(format!("its signature of {} ended at {ends}, and it is {now}", self.signed_at));
        }
        if self.signed_at > now.after(SKEW) {
            return Err(format!("it was signed at {}, but it is {now}: set the clock", self.signed_at));
        }
        let canonical = self.canonical_request(request)?;
        if self.signature_of(&canonical, secret) == self.signature {
            return Ok(());
        }
        Err(format!(
            "its signature does not match: another secret key than that of `{}`, or something was changed after signing, \
             such as the host. What was to be signed is {canonical:?}",
            self.access_key
        ))
    }

    fn signature_of(&self, canonical: &str, secret: &str) -> String {
        let hashed = hex(&Sha256::digest(canonical));
        let text = [ALGORITHM, &self.timestamp, &self.scope, &hashed].join("\n");
        let mut key = keyed(format!("AWS4{secret}").as_bytes());
        for part in self.scope.split('/') {
            key.update(part.as_bytes());
            key = keyed(&key.finalize().into_bytes());
        }
        key.update(text.as_bytes());
        hex(&key.finalize().into_bytes())
    }

    fn canonical_request(&self, request: &SignedRequest<'_>) -> Result<String, String> {
        let mut headers = String::new();
        for name in &self.signed_headers {
            let value = request
                .header(name)
                .ok_or_else(|| format!("it signs the header `{name}`, which it lacks"))?;
            headers.push_str(&format!("{name}:{value}\n"));
        }
        Ok([
            request.method,
            &canonical_path(request.path),
            &self.canonical_query(request.query),
            &headers,
            &self.signed_headers.join(";"),
            &self.hash_of_body(request),
        ]
        .join("\n"))
    }

    fn canonical_query(&self, query: &str) -> String {
        let pairs = query.split('&').filter(|pair| !pair.is_empty());
        let pairs = pairs.map(|pair| pair.split_once('=').unwrap_or((pair, "")));
        let mut pairs: Vec<(String, String)> = pairs
            .map(|(name, value)| {
                (url::encode(&url::decode_form(name)), url::encode(&url::decode_form(value)))
            })
            .filter(|(name, _)| !(self.is_in_query && name == "X-Amz-Signature"))
            .collect();
        pairs.sort_unstable();
        pairs.iter().map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>().join("&")
    }

    fn hash_of_body(&self, request: &SignedRequest<'_>) -> String {
        match request.header("x-amz-content-sha256") {
            Some(hash) if hash == UNSIGNED_PAYLOAD => hash,
            _ => hex(&Sha256::digest(request.body)),
        }
    }
}

/// The parts of a claim as sent.
struct Parts {
    credential: String,
    signed_headers: String,
    signature: String,
    timestamp: String,
    expires: Option<Duration>,
    token: Option<String>,
    is_in_query: bool,
}

impl SignedRequest<'_> {
    /// The values of a header, trimmed and joined as a signature takes them.
    fn header(&self, name: &str) -> Option<String> {
        let same = self.headers.iter().filter(|(known, _)| known.eq_ignore_ascii_case(name));
        let values: Vec<String> =
            same.map(|(_, value)| value.split_ascii_whitespace().collect::<Vec<_>>().join(" ")).collect();
        (!values.is_empty()).then(|| values.join(","))
    }

    fn parameter(&self, name: &str) -> Option<String> {
        let pairs = self.query.split('&').filter_map(|pair| pair.split_once('='));
        let mut found = pairs.filter(|(known, _)| url::decode_form(known) == name);
        found.next().map(|(_, value)| url::decode_form(value))
    }
}

/// Encoded once more, as every service but S3 does.
fn canonical_path(path: &str) -> String {
    match path {
        "" => "/".to_owned(),
        path => path.split('/').map(url::encode).collect::<Vec<_>>().join("/"),
    }
}

fn keyed(key: &[u8]) -> Key {
    Key::new_from_slice(key).expect("HMAC takes a key of any length")
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
