//! A certificate authority for this machine alone.

use std::fs::{self, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};
use std::{error, fmt};

use rcgen::{
    BasicConstraints, Certificate, CertificateParams, DistinguishedName, DnType, ExtendedKeyUsagePurpose,
    IsCa, Issuer, KeyPair, KeyUsagePurpose,
};
use tokio_rustls::rustls;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer};

use super::trust;

const DAY: Duration = Duration::from_secs(24 * 60 * 60);

/// Apple's systems take no certificate that is good for longer.
const GOOD_FOR: Duration = Duration::from_secs(820 * 24 * 60 * 60);

/// The file with the certificate, which is to be trusted.
const CERTIFICATE: &str = "ca.pem";

/// The file with the key, which only its owner may read.
const KEY: &str = "ca-key.pem";

/// A certificate authority for this machine: the gateway's certificates come from it, and programs that trust it can call
/// the gateway by `https:` and `wss:`.
///
/// ```
/// use lift_ws_local::Authority;
///
/// let folder = tempfile::tempdir()?;
/// let made = Authority::load_or_make(&folder.path().join("tls"))?;
/// let again = Authority::load_or_make(&folder.path().join("tls"))?;
/// assert_eq!(made.certificate_pem(), again.certificate_pem()); // who trusts it need not be told again
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct Authority {
    issuer: Issuer<'static, KeyPair>,
    certificate: String,
    /// Where it is kept, if anywhere.
    folder: Option<PathBuf>,
}

impl Authority {
    /// A new authority, kept nowhere.
    ///
    /// # Errors
    ///
    /// If the machine has no randomness to give.
    pub fn ephemeral() -> Result<Self, AuthorityError> {
        let key = KeyPair::generate().map_err(AuthorityError::certificate)?;
        let certificate = parameters().self_signed(&key).map_err(AuthorityError::certificate)?;
        Ok(Self { issuer: Issuer::new(parameters(), key), certificate: certificate.pem(), folder: None })
    }

    /// The authority of a folder, which is made with its first.
    ///
    /// Of two programs that make one at the same time both get the same. What the machine trusts otherwise is read here too:
    /// a gateway that gets this authority starts the sooner.
    ///
    /// # Errors
    ///
    /// If the folder cannot be read or written, or holds something else.
    pub fn load_or_make(folder: &Path) -> Result<Self, AuthorityError> {
        trust::of_machine();
        match Self::load(folder) {
            Err(AuthorityError { source: Source::File(error), .. })
                if error.kind() == io::ErrorKind::NotFound => {}
            loaded => return loaded,
        }
        Self::ephemeral()?.keep(folder).map_err(|error| AuthorityError::file(folder, error))?;
        Self::load(folder)
    }

    fn load(folder: &Path) -> Result<Self, AuthorityError> {
        let read = |name: &str| {
            let file = folder.join(name);
            fs::read_to_string(&file).map_err(|error| AuthorityError::file(&file, error))
        };
        let (key, certificate) = (read(KEY)?, read(CERTIFICATE)?);
        let key = KeyPair::from_pem(&key).map_err(|error| AuthorityError {
            file: Some(folder.join(KEY)),
            source: Source::Certificate(error),
        })?;
        Ok(Self { issuer: Issuer::new(parameters(), key), certificate, folder: Some(folder.to_owned()) })
    }

    /// Both files appear at once or not at all.
    fn keep(&self, folder: &Path) -> io::Result<()> {
        let parent = folder.parent().unwrap_or(Path::new("."));
        fs::create_dir_all(parent)?;
        let making = tempfile::Builder::new().prefix(".lift-ws-tls-").tempdir_in(parent)?;
        fs::write(making.path().join(CERTIFICATE), &self.certificate)?;
        private(&making.path().join(KEY))?.write_all(self.issuer.key().serialize_pem().as_bytes())?;
        match fs::rename(making.path(), folder) {
            // Somebody else was first.
            Err(_) if folder.join(KEY).exists() => Ok(()),
            renamed => renamed,
        }
    }

    /// Its certificate: whoever trusts this trusts the gateway.
    #[must_use]
    pub fn certificate_pem(&self) -> &str {
        &self.certificate
    }

    pub(super) fn folder(&self) -> Option<&Path> {
        self.folder.as_deref()
    }

    /// A certificate for these names and addresses, and its key.
    pub(super) fn issue(
        &self,
        names: impl Iterator<Item = String>,
    ) -> Result<(Vec<CertificateDer<'static>>, PrivateKeyDer<'static>), AuthorityError> {
        let key = KeyPair::generate().map_err(AuthorityError::certificate)?;
        let mut parameters =
            CertificateParams::new(names.collect::<Vec<_>>()).map_err(AuthorityError::certificate)?;
        parameters.distinguished_name = named("lift-ws local gateway");
        parameters.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
        parameters.use_authority_key_identifier_extension = true;
        let now = SystemTime::now();
        parameters.not_before = (now - DAY).into();
        parameters.not_after = (now + GOOD_FOR).into();
        let certificate: Certificate =
            parameters.signed_by(&key, &self.issuer).map_err(AuthorityError::certificate)?;
        let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(key.serialize_der()));
        Ok((vec![certificate.der().clone()], key))
    }
}

impl fmt::Debug for Authority {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Authority").finish_non_exhaustive() // the key is nobody's business
    }
}

/// The same at each start, so that key and certificate are all that is kept.
fn parameters() -> CertificateParams {
    let mut parameters = CertificateParams::default();
    parameters.distinguished_name = named("lift-ws local authority: for this machine alone");
    parameters.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
    parameters.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    parameters.not_before = rcgen::date_time_ymd(2026, 1, 1);
    parameters.not_after = rcgen::date_time_ymd(2046, 1, 1);
    parameters
}

fn named(name: &str) -> DistinguishedName {
    let mut distinguished = DistinguishedName::new();
    distinguished.push(DnType::CommonName, name);
    distinguished
}

fn private(file: &Path) -> io::Result<fs::File> {
    let mut options = OpenOptions::new();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(file)
}

/// Why there is no authority, or no certificate of it.
#[derive(Debug)]
pub struct AuthorityError {
    file: Option<PathBuf>,
    source: Source,
}

#[derive(Debug)]
enum Source {
    File(io::Error),
    Certificate(rcgen::Error),
    Tls(rustls::Error),
}

impl AuthorityError {
    fn file(file: &Path, error: io::Error) -> Self {
        Self { file: Some(file.to_owned()), source: Source::File(error) }
    }

    fn certificate(error: rcgen::Error) -> Self {
        Self { file: None, source: Source::Certificate(error) }
    }

    pub(super) fn trust(error: io::Error) -> Self {
        Self { file: None, source: Source::File(error) }
    }

    pub(super) fn tls(error: rustls::Error) -> Self {
        Self { file: None, source: Source::Tls(error) }
    }
}

impl fmt::Display for AuthorityError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.file {
            Some(file) => {
                let file = file.display();
                write!(
                    f,
                    "{file} is not the local certificate authority, and cannot become it: remove it, or make it writable"
                )
            }
            None => f.write_str("the gateway's certificate could not be made"),
        }
    }
}

impl error::Error for AuthorityError {
    fn source(&self) -> Option<&(dyn error::Error + 'static)> {
        match &self.source {
            Source::File(error) => Some(error),
            Source::Certificate(error) => Some(error),
            Source::Tls(error) => Some(error),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_authority_outlives_its_program_and_its_key_is_private() {
        let folder = tempfile::tempdir().unwrap();
        let at = folder.path().join("a/tls");
        let made = Authority::load_or_make(&at).unwrap();
        let again = Authority::load_or_make(&at).unwrap();
        assert_eq!(made.certificate_pem(), again.certificate_pem());
        assert_eq!(made.issuer.key().serialize_der(), again.issuer.key().serialize_der());
        assert!(!again.certificate_pem().contains("PRIVATE"));
        #[cfg(unix)]
        {
            let mode =
                std::os::unix::fs::PermissionsExt::mode(&fs::metadata(at.join(KEY)).unwrap().permissions());
            assert_eq!(mode & 0o777, 0o600);
        }
        let left: Vec<_> = fs::read_dir(at.parent().unwrap()).unwrap().collect();
        assert_eq!(left.len(), 1, "{left:?}");
    }

    #[test]
    fn of_many_that_make_one_at_once_all_get_the_same() {
        let folder = tempfile::tempdir().unwrap();
        let at = folder.path().join("tls");
        let made: Vec<String> = std::thread::scope(|scope| {
            let all: Vec<_> = (0..8).map(|_| scope.spawn(|| Authority::load_or_make(&at).unwrap())).collect();
            all.into_iter().map(|one| one.join().unwrap().certificate).collect()
        });
        assert!(made.iter().all(|one| *one == made[0]));
    }

    #[test]
    fn what_is_no_authority_is_named() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join(KEY), "garbage").unwrap();
        fs::write(folder.path().join(CERTIFICATE), "garbage").unwrap();
        let error = Authority::load_or_make(folder.path()).unwrap_err();
        assert!(error.to_string().contains("ca-key.pem is not the local certificate authority"), "{error}");
        assert!(!format!("{error:?}").contains("garbage"));
    }
}
