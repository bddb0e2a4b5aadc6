//! TLS on the gateway's port, under an authority of this machine's own.
//!
//! Most programs build their callback URL as `https://{domainName}/{stage}` (contract §8.1), and an explicit endpoint beats every
//! variable. So the port understands TLS as well as plain HTTP, and environments are told whom to trust.

mod authority;
mod trust;
mod wire;

pub use self::authority::{Authority, AuthorityError};
pub(crate) use self::trust::Trust;
pub(crate) use self::wire::Wire;

use std::net::IpAddr;
use std::sync::Arc;

use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::crypto::aws_lc_rs;

/// How to answer the TLS of a gateway on this address; `others` are further names that lead here.
pub(crate) fn server_config(
    authority: &Authority,
    address: IpAddr,
    others: &[String],
) -> Result<Arc<ServerConfig>, AuthorityError> {
    let names = ["localhost", "*.localhost", "127.0.0.1", "::1"].into_iter().map(ToOwned::to_owned);
    let (chain, key) = authority.issue(names.chain([address.to_string()]).chain(others.iter().cloned()))?;
    let mut config = ServerConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
        .with_safe_default_protocol_versions()
        .and_then(|config| config.with_no_client_auth().with_single_cert(chain, key))
        .map_err(AuthorityError::tls)?;
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(Arc::new(config))
}
