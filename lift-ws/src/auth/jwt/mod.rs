//! JSON Web Tokens (RFC 7519), signed (RFC 7515).

mod authorizer;
mod builder;
mod compact;
mod https;
mod jwk_set;
mod key;
mod middleware;
mod principal_claims;
mod registered;
mod remote;
mod verifier;

pub use self::authorizer::authorize;
pub use self::builder::{InvalidVerifier, JwtVerifierBuilder};
pub use self::compact::MAX_TOKEN_BYTES;
pub use self::https::HttpsFetch;
pub use self::middleware::authenticate;
pub use self::remote::KeyFetch;
pub use self::verifier::JwtVerifier;
