//! What environments must be told to trust the gateway: variables that name files of certificates.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use tempfile::TempDir;

use super::{Authority, AuthorityError};

/// Node adds the certificates in this file to its own.
const ADDED: &str = "NODE_EXTRA_CA_CERTS";

/// These replace what the machine trusts, so they name a file that has both: the AWS SDKs, OpenSSL and what follows it, Python's
/// requests.
const REPLACED: [&str; 3] = ["AWS_CA_BUNDLE", "SSL_CERT_FILE", "REQUESTS_CA_BUNDLE"];

/// The files, beside the authority's own; those of one that is kept nowhere last as long as the gateway.
#[derive(Debug)]
pub(crate) struct Trust {
    folder: PathBuf,
    _temporary: Option<TempDir>,
}

impl Trust {
    pub(crate) fn write(authority: &Authority) -> Result<Self, AuthorityError> {
        Self::files(authority).map_err(AuthorityError::trust)
    }

    fn files(authority: &Authority) -> io::Result<Self> {
        let trust = match authority.folder() {
            Some(folder) => Self { folder: folder.to_owned(), _temporary: None },
            None => {
                let temporary = tempfile::Builder::new().prefix("lift-ws-tls-").tempdir()?;
                Self { folder: temporary.path().to_owned(), _temporary: Some(temporary) }
            }
        };
        let ours = authority.certificate_pem();
        replace(&trust.added(), of_user(ADDED) + ours)?;
        let others = of_machine().to_owned() + &of_user("AWS_CA_BUNDLE") + &of_user("REQUESTS_CA_BUNDLE");
        replace(&trust.replaced(), others + ours)?;
        Ok(trust)
    }

    /// The variables of an environment.
    pub(crate) fn variables(&self) -> impl Iterator<Item = (&'static str, PathBuf)> {
        let replaced = REPLACED.map(|name| (name, self.replaced()));
        [(ADDED, self.added())].into_iter().chain(replaced)
    }

    fn added(&self) -> PathBuf {
        self.folder.join("gateway.pem")
    }

    fn replaced(&self) -> PathBuf {
        self.folder.join("all.pem")
    }
}

/// At once: another gateway's environments may be reading it.
fn replace(file: &Path, text: String) -> io::Result<()> {
    let making = file.with_extension(format!("{}.part", std::process::id()));
    fs::write(&making, text)?;
    fs::rename(&making, file)
}

/// What the machine trusts, `SSL_CERT_FILE` heeded; nothing if that cannot be found out, so that home is reached at least.
///
/// Hundreds of files may hold it, so it is read once.
pub(super) fn of_machine() -> &'static str {
    static READ: OnceLock<String> = OnceLock::new();
    READ.get_or_init(|| {
        rustls_native_certs::load_native_certs().certs.iter().map(|certificate| pem(certificate)).collect()
    })
}

/// What a variable of the developer's names, such as the authority of a company's proxy.
fn of_user(variable: &str) -> String {
    let named = std::env::var_os(variable).and_then(|file| fs::read_to_string(file).ok()).unwrap_or_default();
    certificates(&named)
}

/// The certificates of a file, and nothing else: some have a private key beside them, which must not get into files that
/// anybody may read.
fn certificates(file: &str) -> String {
    let mut is_within = false;
    let mut certificates = String::new();
    for line in file.lines() {
        let line = line.trim();
        is_within |= line.starts_with("-----BEGIN ") && line.ends_with("CERTIFICATE-----");
        if is_within {
            certificates.push_str(line);
            certificates.push('\n');
        }
        is_within &= !line.starts_with("-----END ");
    }
    certificates
}

fn pem(certificate: &[u8]) -> String {
    let encoded = STANDARD.encode(certificate);
    let lines = encoded.as_bytes().chunks(64).map(String::from_utf8_lossy).collect::<Vec<_>>().join("\n");
    format!("-----BEGIN CERTIFICATE-----\n{lines}\n-----END CERTIFICATE-----\n")
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio_rustls::rustls::pki_types::CertificateDer;
    use tokio_rustls::rustls::pki_types::pem::PemObject;

    #[test]
    fn the_file_that_replaces_has_what_the_machine_trusts_and_ours() {
        let authority = Authority::ephemeral().unwrap();
        let trust = Trust::write(&authority).unwrap();
        let read = |file: PathBuf| -> Vec<Vec<u8>> {
            let read = CertificateDer::pem_file_iter(file).unwrap();
            read.map(|certificate| certificate.unwrap().to_vec()).collect()
        };
        let ours = CertificateDer::from_pem_slice(authority.certificate_pem().as_bytes()).unwrap().to_vec();
        assert_eq!(read(trust.added()).last(), Some(&ours));
        let all = read(trust.replaced());
        assert_eq!(all.last(), Some(&ours));
        for trusted in rustls_native_certs::load_native_certs().certs {
            assert!(all.iter().any(|one| one[..] == trusted[..]));
        }
        let names: Vec<_> = trust.variables().map(|(name, _)| name).collect();
        assert_eq!(names, ["NODE_EXTRA_CA_CERTS", "AWS_CA_BUNDLE", "SSL_CERT_FILE", "REQUESTS_CA_BUNDLE"]);
    }

    #[test]
    fn the_files_end_with_the_gateway() {
        let trust = Trust::write(&Authority::ephemeral().unwrap()).unwrap();
        let file = trust.added();
        assert!(file.exists());
        drop(trust);
        assert!(!file.exists());
    }

    #[test]
    fn of_a_file_of_the_developers_only_certificates_are_taken() {
        let (first, second) = (pem(b"first"), pem(b"second"));
        let key = "-----BEGIN PRIVATE KEY-----\nMIGHAgEA\n-----END PRIVATE KEY-----\n";
        let file = format!("# mine\n{first}{key}{}", second.trim_end());
        assert_eq!(certificates(&file), first + &second);
        assert_eq!(certificates(key), "");
    }
}
