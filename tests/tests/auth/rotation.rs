//! Keys that are fetched: rotation against a real HTTPS server.

use crate::captured;
use crate::tokens::{claims, part, signed};
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use lift_ws::auth::{AuthErrorKind, Claims, HttpsFetch, JwtVerifier, JwtVerifierBuilder};
use lift_ws::connection::ManualClock;
use rcgen::{CertifiedKey, KeyPair, generate_simple_self_signed};
use serde_json::{Value, json};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::crypto::aws_lc_rs;
use tokio_rustls::rustls::pki_types::PrivatePkcs8KeyDer;

/// An issuer of OpenID Connect on this machine.
struct Issuer {
    url: String,
    certificate: String,
    said: Arc<Mutex<Said>>,
}

/// What it answers, and what it was asked.
#[derive(Default)]
struct Said {
    keys: Vec<Value>,
    status: u16,
    location: String,
    issuer: Option<String>,
    jwks_uri: Option<String>,
    filler: usize,
    asked: Vec<String>,
}

impl Issuer {
    async fn start() -> Self {
        captured::start();
        let CertifiedKey { cert, signing_key } =
            generate_simple_self_signed(["127.0.0.1".to_owned()]).unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("https://{}", listener.local_addr().unwrap());
        let tls = ServerConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(
                vec![cert.der().clone()],
                PrivatePkcs8KeyDer::from(signing_key.serialize_der()).into(),
            )
            .unwrap();
        let said = Arc::new(Mutex::new(Said { status: 200, ..Said::default() }));
        tokio::spawn(serve(listener, TlsAcceptor::from(Arc::new(tls)), Arc::clone(&said), url.clone()));
        Self { url, certificate: cert.pem(), said }
    }

    fn says(&self, change: impl FnOnce(&mut Said)) {
        change(&mut self.said.lock().unwrap());
    }

    fn asked(&self) -> usize {
        self.said.lock().unwrap().asked.len()
    }

    fn verifier(&self, builder: JwtVerifierBuilder) -> (JwtVerifier, Arc<ManualClock>) {
        let clock = Arc::new(ManualClock::at(crate::tokens::now() * 1_000));
        let fetch = HttpsFetch::new().with_root(self.certificate.clone());
        let builder = builder.audience("chat").fetch_with(fetch).clock(Arc::clone(&clock));
        (builder.build().unwrap(), clock)
    }
}

async fn serve(listener: TcpListener, tls: TlsAcceptor, said: Arc<Mutex<Said>>, url: String) {
    loop {
        let Ok((stream, _)) = listener.accept().await else { return };
        let (tls, said, url) = (tls.clone(), Arc::clone(&said), url.clone());
        tokio::spawn(async move {
            let Ok(mut stream) = tls.accept(stream).await else { return };
            let mut request = Vec::new();
            while !request.ends_with(b"\r\n\r\n") {
                match stream.read_u8().await {
                    Ok(byte) => request.push(byte),
                    Err(_) => return,
                }
            }
            let answer = answer(&String::from_utf8_lossy(&request), &said, &url);
            let _ = stream.write_all(answer.as_bytes()).await;
            let _ = stream.shutdown().await;
        });
    }
}

fn answer(request: &str, said: &Mutex<Said>, url: &str) -> String {
    let mut said = said.lock().unwrap();
    let path = request.split(' ').nth(1).unwrap_or_default().to_owned();
    let body = match path.as_str() {
        "/.well-known/openid-configuration" => json!({
            "issuer": said.issuer.as_deref().unwrap_or(url),
            "jwks_uri": said.jwks_uri.clone().unwrap_or_else(|| format!("{url}/jwks")),
        }),
        _ => json!({"keys": said.keys, "filler": "x".repeat(said.filler)}),
    };
    said.asked.push(path);
    let (status, location, body) = (said.status, &said.location, body.to_string());
    format!(
        "HTTP/1.1 {status} Status\r\nLocation: {location}\r\nContent-Type: application/json\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{body}",
        body.len()
    )
}

/// A key of the issuer's.
struct Key {
    id: &'static str,
    pair: KeyPair,
}

impl Key {
    fn new(id: &'static str) -> Self {
        Self { id, pair: KeyPair::generate().unwrap() }
    }

    fn public(&self) -> Value {
        let point = &self.pair.public_key_raw()[1..];
        let (x, y) = (part(&point[..32]), part(&point[32..]));
        json!({"kty": "EC", "crv": "P-256", "alg": "ES256", "use": "sig", "kid": self.id, "x": x, "y": y})
    }

    fn token(&self, issuer: &str) -> String {
        let mut header = Header::new(Algorithm::ES256);
        header.kid = Some(self.id.to_owned());
        let mut claims = claims();
        claims["iss"] = issuer.into();
        claims["exp"] = (crate::tokens::now() + 7_200).into();
        signed(&header, &claims, &EncodingKey::from_ec_pem(self.pair.serialize_pem().as_bytes()).unwrap())
    }
}

async fn outcome(verifier: &JwtVerifier, token: &str) -> Result<String, AuthErrorKind> {
    let verified: Result<Claims, _> = verifier.verify(token).await;
    verified.map(|claims| claims.principal().user().unwrap().to_owned()).map_err(|error| error.kind())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn keys_rotate_without_a_restart_and_are_not_fetched_for_nothing() {
    let issuer = Issuer::start().await;
    let (old, new) = (Key::new("2026-11"), Key::new("2026-12"));
    issuer.says(|said| said.keys = vec![old.public()]);
    let (verifier, clock) = issuer.verifier(JwtVerifier::oidc(&issuer.url));
    verifier.prefetch().await.unwrap();
    assert_eq!(issuer.asked(), 2, "the configuration, and the keys");
    for _ in 0..20 {
        assert_eq!(outcome(&verifier, &old.token(&issuer.url)).await.as_deref(), Ok("ann"));
    }
    assert_eq!(issuer.asked(), 2, "a key that is known costs no call");

    issuer.says(|said| said.keys = vec![old.public(), new.public()]);
    clock.advance(Duration::from_secs(30));
    for key in [&new, &old] {
        assert_eq!(outcome(&verifier, &key.token(&issuer.url)).await.as_deref(), Ok("ann"));
    }
    assert_eq!(issuer.asked(), 4, "one refresh for the key that was unknown");

    for _ in 0..50 {
        let refused = outcome(&verifier, &Key::new("of-nobody").token(&issuer.url)).await;
        assert_eq!(refused, Err(AuthErrorKind::UnknownKey));
    }
    assert_eq!(issuer.asked(), 4, "a client cannot have them fetched as often as it likes");

    issuer.says(|said| said.keys = vec![new.public()]);
    clock.advance(Duration::from_secs(15 * 60));
    assert_eq!(outcome(&verifier, &new.token(&issuer.url)).await.as_deref(), Ok("ann"));
    assert_eq!(
        outcome(&verifier, &old.token(&issuer.url)).await,
        Err(AuthErrorKind::UnknownKey),
        "withdrawn"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_issuer_that_fails_does_not_lock_out_whoever_has_a_good_token() {
    let issuer = Issuer::start().await;
    let key = Key::new("k");
    issuer.says(|said| said.keys = vec![key.public()]);
    let (verifier, clock) = issuer.verifier(JwtVerifier::jwks(format!("{}/jwks", issuer.url)));
    let token = key.token("whoever");
    assert_eq!(outcome(&verifier, &token).await.as_deref(), Ok("ann"));
    for broken in [
        |said: &mut Said| said.status = 500,
        |said: &mut Said| *said = Said { keys: Vec::new(), status: 200, ..Said::default() },
    ] {
        issuer.says(broken);
        clock.advance(Duration::from_secs(20 * 60));
        let late = JwtVerifier::jwks(format!("{}/jwks", issuer.url));
        let (late, _) = issuer.verifier(late);
        assert_eq!(
            outcome(&late, &token).await,
            Err(AuthErrorKind::KeysUnavailable),
            "without keys nobody comes in"
        );
        assert_eq!(outcome(&verifier, &token).await.as_deref(), Ok("ann"), "the key is known");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn only_the_right_server_is_believed() {
    let issuer = Issuer::start().await;
    let key = Key::new("k");
    issuer.says(|said| said.keys = vec![key.public()]);
    let token = key.token(&issuer.url);

    let stranger = JwtVerifier::oidc(&issuer.url).audience("chat").build().unwrap();
    assert_eq!(
        outcome(&stranger, &token).await,
        Err(AuthErrorKind::KeysUnavailable),
        "a certificate of nobody"
    );

    for broken in [
        |said: &mut Said| said.issuer = Some("https://evil.example".into()),
        |said: &mut Said| said.jwks_uri = Some("http://keys.example.org/jwks".into()),
        |said: &mut Said| said.filler = 2 << 20,
        |said: &mut Said| (said.status, said.location) = (302, "https://evil.example/".into()),
        |said: &mut Said| said.keys = Vec::new(),
    ] {
        issuer.says(|said| {
            *said = Said { keys: vec![key.public()], status: 200, ..Said::default() };
            broken(said);
        });
        let (verifier, _) = issuer.verifier(JwtVerifier::oidc(&issuer.url));
        assert_eq!(outcome(&verifier, &token).await, Err(AuthErrorKind::KeysUnavailable));
    }
    issuer.says(|said| *said = Said { keys: vec![key.public()], status: 200, ..Said::default() });
    let (verifier, _) = issuer.verifier(JwtVerifier::oidc(&issuer.url));
    assert_eq!(
        outcome(&verifier, &key.token("https://other.example")).await,
        Err(AuthErrorKind::WrongIssuer)
    );
    assert_eq!(outcome(&verifier, &token).await.as_deref(), Ok("ann"));
    assert!(!captured::log().contains(token.rsplit('.').next().unwrap()));
}
