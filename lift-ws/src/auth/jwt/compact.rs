//! A token as it is sent: three parts in base64url (RFC 7515 §7.1).

use crate::auth::{AuthError, AuthErrorKind};
use crate::extract::Text;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::Algorithm;
use serde::{Deserialize, Deserializer, de};

/// The longest token that is looked at, in bytes. The gateway takes 10,240 bytes of headers in all.
pub const MAX_TOKEN_BYTES: usize = 8_192;

/// The parts of a token, not trusted yet.
pub(super) struct Compact<'t> {
    header: &'t str,
    payload: &'t str,
    signature: &'t str,
    /// What is signed: header and payload with the dot between.
    signed: &'t str,
}

impl<'t> Compact<'t> {
    pub(super) fn parse(token: &'t str) -> Result<Self, AuthError> {
        if token.len() > MAX_TOKEN_BYTES {
            return Err(AuthErrorKind::TooLong.into());
        }
        let mut parts = token.split('.');
        let (Some(header), Some(payload), Some(signature), None) =
            (parts.next(), parts.next(), parts.next(), parts.next())
        else {
            return Err(AuthErrorKind::Malformed.into());
        };
        let signed = &token[..header.len() + 1 + payload.len()];
        Ok(Self { header, payload, signature, signed })
    }

    pub(super) fn header(&self) -> Result<Vec<u8>, AuthError> {
        decode(self.header)
    }

    pub(super) fn payload(&self) -> Result<Vec<u8>, AuthError> {
        decode(self.payload)
    }

    pub(super) fn signature(&self) -> Result<Vec<u8>, AuthError> {
        decode(self.signature)
    }

    pub(super) const fn signed(&self) -> &'t [u8] {
        self.signed.as_bytes()
    }
}

/// Strict: no padding, no line breaks, no bits left over. One text for one token.
fn decode(part: &str) -> Result<Vec<u8>, AuthError> {
    URL_SAFE_NO_PAD.decode(part).map_err(|_| AuthErrorKind::Malformed.into())
}

/// What of the header matters. A key that comes with the token (`jwk`, `jku`, `x5c`) never does.
#[derive(Deserialize)]
pub(super) struct Header<'h> {
    #[serde(borrow)]
    alg: Text<'h>,
    #[serde(borrow, default)]
    pub(super) kid: Option<Text<'h>>,
    #[serde(borrow, default)]
    pub(super) typ: Option<Text<'h>>,
    #[serde(default)]
    crit: Present,
}

impl<'h> Header<'h> {
    pub(super) fn parse(bytes: &'h [u8]) -> Result<Self, AuthError> {
        let header: Header<'h> = object(bytes).ok_or(AuthErrorKind::Malformed)?;
        // RFC 7515 §4.1.11: whoever does not understand what is critical refuses
        if header.crit.0 {
            return Err(AuthErrorKind::UnsupportedHeader.into());
        }
        Ok(header)
    }

    /// The algorithm that the token says; `None` for `none`, and for what nobody knows.
    pub(super) fn algorithm(&self) -> Option<Algorithm> {
        match self.alg.as_str() {
            "Ed25519" => Some(Algorithm::EdDSA), // RFC 9864
            name => name.parse().ok(),
        }
    }
}

/// A JSON object as `T`. serde would take a list for a struct too.
pub(super) fn object<'b, T: Deserialize<'b>>(bytes: &'b [u8]) -> Option<T> {
    let first = bytes.iter().find(|byte| !byte.is_ascii_whitespace());
    first.filter(|byte| **byte == b'{').and_then(|_| serde_json::from_slice(bytes).ok())
}

/// Was it there at all, be it as `null`?
#[derive(Default)]
struct Present(bool);

impl<'de> Deserialize<'de> for Present {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        de::IgnoredAny::deserialize(from).map(|_| Present(true))
    }
}
