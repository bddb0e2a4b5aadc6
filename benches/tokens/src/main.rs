//! Verifying a token beside jsonwebtoken alone, with its key already parsed. `compare --only tokens` runs it.
//!
//! Prints a line per algorithm: `ALGORITHM OURS PEER`, nanoseconds of the fastest batch.

#![allow(clippy::print_stdout, reason = "the figures are the output")]

use futures_util::FutureExt;
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation, decode, encode};
use lift_ws::auth::{Claims, JwtVerifier, JwtVerifierBuilder};
use rcgen::{KeyPair, PKCS_ECDSA_P256_SHA256, PKCS_ED25519, PKCS_RSA_SHA256, RsaKeySize};
use serde::{Deserialize, Serialize};
use std::error::Error;
use std::hint::black_box;
use std::time::{Instant, SystemTime};

const SECRET: &[u8] = b"a shared secret of more than thirty-two bytes";
const ISSUER: &str = "https://id.example.org";

/// What both sides are asked for: who it is, and a claim of the app's.
#[derive(Deserialize, Serialize)]
struct MyClaims {
    email: String,
}

#[derive(Deserialize, Serialize)]
struct Whole {
    sub: String,
    iss: String,
    aud: String,
    org: String,
    roles: Vec<String>,
    exp: u64,
    #[serde(flatten)]
    claims: MyClaims,
}

/// One algorithm with its keys.
struct Case {
    algorithm: Algorithm,
    ours: JwtVerifierBuilder,
    peer: DecodingKey,
    signer: EncodingKey,
}

fn main() -> Result<(), Box<dyn Error>> {
    let rounds = std::env::args().nth(1).map_or(Ok(40), |rounds| rounds.parse())?;
    for case in cases()? {
        let algorithm = case.algorithm;
        let [ours, peer] = measure(case, rounds)?;
        println!("{algorithm:?} {ours} {peer}");
    }
    Ok(())
}

fn cases() -> Result<[Case; 4], Box<dyn Error>> {
    let rsa = KeyPair::generate_rsa_for(&PKCS_RSA_SHA256, RsaKeySize::_2048)?;
    let ec = KeyPair::generate_for(&PKCS_ECDSA_P256_SHA256)?;
    let ed = KeyPair::generate_for(&PKCS_ED25519)?;
    let public = |key: &KeyPair| key.public_key_pem();
    let private = |key: &KeyPair| key.serialize_pem();
    Ok([
        Case {
            algorithm: Algorithm::HS256,
            ours: JwtVerifier::hs256(SECRET),
            peer: DecodingKey::from_secret(SECRET),
            signer: EncodingKey::from_secret(SECRET),
        },
        Case {
            algorithm: Algorithm::RS256,
            ours: JwtVerifier::rs256_pem(public(&rsa)),
            peer: DecodingKey::from_rsa_pem(public(&rsa).as_bytes())?,
            signer: EncodingKey::from_rsa_pem(private(&rsa).as_bytes())?,
        },
        Case {
            algorithm: Algorithm::ES256,
            ours: JwtVerifier::es256_pem(public(&ec)),
            peer: DecodingKey::from_ec_pem(public(&ec).as_bytes())?,
            signer: EncodingKey::from_ec_pem(private(&ec).as_bytes())?,
        },
        Case {
            algorithm: Algorithm::EdDSA,
            ours: JwtVerifier::eddsa_pem(public(&ed)),
            peer: DecodingKey::from_ed_pem(public(&ed).as_bytes())?,
            signer: EncodingKey::from_ed_pem(private(&ed).as_bytes())?,
        },
    ])
}

/// The fastest batch of each, in turn, so that both see the same minutes of the machine.
fn measure(case: Case, rounds: usize) -> Result<[f64; 2], Box<dyn Error>> {
    let token = encode(&Header::new(case.algorithm), &whole()?, &case.signer)?;
    let verifier = case.ours.issuer(ISSUER).audience("chat").tenant("org").roles("roles").build()?;
    let mut validation = Validation::new(case.algorithm);
    validation.set_issuer(&[ISSUER]);
    validation.set_audience(&["chat"]);
    validation.set_required_spec_claims(&["exp", "iss", "aud"]);
    let ours = || -> Claims<MyClaims> {
        // the keys are at hand, so it never waits
        let verified = verifier.verify(black_box(&token)).now_or_never();
        verified.and_then(Result::ok).unwrap_or_else(|| unreachable!("the token is good"))
    };
    let peer = || -> Whole {
        let verified = decode(black_box(token.as_bytes()), &case.peer, &validation);
        verified.unwrap_or_else(|error| unreachable!("the token is good: {error}")).claims
    };
    let count = if case.algorithm == Algorithm::HS256 { 2_000 } else { 200 };
    let mut fastest = [f64::INFINITY; 2];
    for _ in 0..rounds.max(1) {
        fastest[0] = fastest[0].min(batch(count, || drop(black_box(ours()))));
        fastest[1] = fastest[1].min(batch(count, || drop(black_box(peer()))));
    }
    Ok(fastest)
}

fn batch(count: u32, run: impl Fn()) -> f64 {
    let start = Instant::now();
    (0..count).for_each(|_| run());
    start.elapsed().as_nanos() as f64 / f64::from(count)
}

fn whole() -> Result<Whole, Box<dyn Error>> {
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH)?.as_secs();
    let claims = MyClaims { email: "ann@example.org".to_owned() };
    let text = |text: &str| text.to_owned();
    let roles = vec![text("admin"), text("staff")];
    Ok(Whole {
        sub: text("ann"),
        iss: text(ISSUER),
        aud: text("chat"),
        org: text("acme"),
        roles,
        exp: now + 3_600,
        claims,
    })
}
