//! Signatures that a careless verifier takes, in the manner of Wycheproof's suites for RSA, ECDSA, EdDSA and JWS. Those
//! over RSA were made once, with the private key that RFC 7520 §3.4 prints.

use crate::tokens::part;
use crate::vectors::{
    CLAIMS, ED25519_KEY, ED25519_TOKEN, ES256_HEADER, ES256_KEY, ES256_SIGNATURE, RS256_HEADER, at_the_time,
    outcome, with_jwk,
};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use lift_ws::auth::{AuthErrorKind, JwtVerifier};
use serde_json::{Value, json};

/// RFC 7520 §3.3.
const MODULUS: &str = "n4EPtAOCc9AlkeQHPzHStgAbgs7bTZLwUBZdR8_KuKPEHLd4rHVTeT-O-XV2jRojdNhxJWTDvNd7nqQ0VEiZQHz_AJmSCpMaJMRBSFKrKb2wqVwGU_NsYOYL-QtiWN2lbzcEe6XC0dApr5ydQLrHqkHHig3RBordaZ6Aj-oBHqFEHYpPe7Tpe-OfVfHd1E6cS6M1FZcD1NNLYD5lFHpPI9bTwJlsde3uhGqC0ZCuEHg8lhzwOHrtIQbS0FVbb9k3-tVTU4fg_3L_vniUFAKwuCLqKnS2BYwdq_mzSnbLY7h_qixoR7jig3__kRhuaxwUkRz5iaiQkqgc5gHdrNP5zw";
/// RFC 7520 §4.2: PS384 over a sentence, which is no claims.
const PS384_TOKEN: &str = "eyJhbGciOiJQUzM4NCIsImtpZCI6ImJpbGJvLmJhZ2dpbnNAaG9iYml0b24uZXhhbXBsZSJ9.SXTigJlzIGEgZGFuZ2Vyb3VzIGJ1c2luZXNzLCBGcm9kbywgZ29pbmcgb3V0IHlvdXIgZG9vci4gWW91IHN0ZXAgb250byB0aGUgcm9hZCwgYW5kIGlmIHlvdSBkb24ndCBrZWVwIHlvdXIgZmVldCwgdGhlcmXigJlzIG5vIGtub3dpbmcgd2hlcmUgeW91IG1pZ2h0IGJlIHN3ZXB0IG9mZiB0by4.cu22eBqkYDKgIlTpzDXGvaFfz6WGoz7fUDcfT0kkOy42miAh2qyBzk1xEsnk2IpN6-tPid6VrklHkqsGqDqHCdP6O8TTB5dDDItllVo6_1OLPpcbUrhiUSMxbbXUvdvWXzg-UD8biiReQFlfz28zGWVsdiNAUf8ZnyPEgVFn442ZdNqiVJRmBqrYRXe8P_ijQ7p8Vdz0TTrxUeT3lm8d9shnr2lfJT8ImUjvAA2Xez2Mlp8cBE5awDzT0qI0n6uiP1aCN_2_jLAeQTlqRHtfa64QQSUmFAAjVKPbByi7xho0uTOcbH510a6GYmJUAfmWjwZ6oD4ifKo8DYM-X72Eaw";
/// RS256 over the claims of RFC 7515 A.1, as it should be.
const RS256_SIGNATURE: &str = "cqquWv0YIg73ZvS8iadFNVKWNt-f-IRJeVL0taYpxXMPmqKR2pF1PfpGk3h1dXqLCrZQi243CRt3WmmSsxbew9V25O-oAyzb7hIbg-AxVbmXEKFIgcbptLShx6LX5V3trkJMrhWMlkxIgpRMUd9ZOOp3W0myQcG1Z2RDK0JRUfIvOo3o_zNNGQYKU2Jei22abUrZKhQjFGi5qPrXJD6KVShMaARJlsc9iDQGJPPLP_jfSEVV_e6qxUEFT6Y67MX2xg90xm6RxErAkMjWkSvIWfq9OqCZir9PGGYMl-q6cqHxxKFK9W5chhZHBw_1PjGwL1gk96DSxom0A3jphjrNkw";
/// Encodings that are not the one of RFC 8017 §9.2, signed.
const MODIFIED_PADDING: [(&str, &str); 12] = [
    (
        "the hash stands left, and anything after it",
        "KJMvZF56aXKLkchRyMGfKrA5fcYvetk1MzirvVHbn7ETyteUE6v3m_Z7hWWwgHqA9CUUbWHF8OPYdZ1YjW_6KSuMZwW9QjCE8fWkdzZOosZxmPGSGhhdm0bd7czKDOECqwCIup4wAaF8E5QbC3ayNt1JbHRoLgll3sFUt_BDeGe1XLk2EtZ9NHaVBULOCK3bh4_rTpyi-b2-8NhQfXQY_6Yt8v8Neh76xuFcP1ZbG9Gihj91H9rfZtgbSa6M15vkLXw_1kdrtezVhnJy38zEbwlr4pe0ebsyjyer9Ull6A8XTBnefWcJ8i_AB6a0pb9HqX66rSbSI1Z3nEXaLyA7Tg",
    ),
    (
        "a byte after the hash",
        "nddBx5LpZxI4CGhleZIfM9Wp0S1RQEQ6iMhw-dnAEyzDlHxqXfGWPR9bnpji_2FXXZItuVhf2QJMpargBG8kelMZBmJ9lwlE9oh1A4lU8rGCd-4Dwcn3L7zlHp5q33S7wL_IzOIbIt0umkO27ywuEmn2jESp20AA1BFTZKcUpOfDeIB9Rjhp_vxvUSmxjKe7hPQVscwZKlUlw5iq7aiQb4Ig4IRzI4uzSu6sK95WexFh6BH58eeDsFEsdneruw-2EEzKm8xQ-jtKFZdUkbiMPq9LUHt7BoE-0BM_7Jylyvri1WgTZn619PVoXBKzgKVE1EMEGk8T6TYd2jv2Oznkcw",
    ),
    (
        "eight bytes of padding missing, and a longer zero",
        "mAdxbF-V-xmlGdJy0crryQ0a4BhDhZEJmRRuRPm7zVsmjNMqxFd2wBAY1T7VBw_vkP8PvhnTwQU96tjwrjxGgThvzHV8sH_MSemJSHG1_jmfM9nRsFUUqhYCZONzz3cfJymx04y3Kun3fWrtSWYly54whQG0uFrKFMPjVqfTLNeRUCtEeZZc8ACQ3XzYKWYzmeCowU-c6K3Vo193D_tjG6KmahuBnGQPRVTOVPW0AUqWcXVsUlrk_EOfpEROeK3GnYUvtp8B5N6ZA_1Srn_PIlhB_samgDlB6QpXR_NE4A_hp8klxEfV0W3KZNgWE-uWVu6c3_zaSCC1jEyXNg8D3Q",
    ),
    (
        "block type 0",
        "YLCwzG8-bkK_AlKuDnsaR_uUw79wUVj9Xd8fE9HkgtOf-SMph-QnojxKtz4QKEk9jzzD0hPQ14HnJi55CTxl982x4HdVozER-kjLD4h-PdouIIESumpPB2z9AjultBj3bEAdk4EKulAMGfuYLPUr9PnI6DDRwesi2toeNDqqcGWi6riv1Rcv--fGygEqV0AI39a9MA0RhIgnEfhs9P7DS_yUsFfAUQ-I1Wup-uhXFIJGUCJUmmfFSI1hOXgihrkrA-213-k--k7THH_A7K9B7tB7tECZCSiEA8KusQjBv0b87n3K08nPpwJLjRFmaDzKx-XmvveOjz0DQFRyxK9AnA",
    ),
    (
        "block type 2",
        "Vg5-HLfc6CqUgO8DAFjRULPBryfRdAIML5s2tw5WXEtiha9FlELaGK2w6ZXZ1WsK1_M4GOvZlE4yVR4NVzdZ1LUzxYCn4t6MkRZVmtswLB132FPxfu4a1hG0Tqa41Y4Ack3JaTtZe5RUM9uUfgSJg5Tezk-jkLBfrnMK0ja6HAk39ARAt9-5vp-zOG4tHuc53nUs41DX1nP3nO8G0peuUuWAomh4PjBeTIK5TijBOEomye0cqPkN-lnVW8kVqCvMXNUTYCm4edgyPrOQ-UQUEVrtjCGlscnl6vu1d0wGnn0arC3MezV5iRzZ38231QsiKl_MpawR1ryMGqBxnPGGjA",
    ),
    (
        "padding that is not all ones",
        "htOeIEeE-344VqmEXbHF19-lahuXkZkgTTzXyAEhbbaid59kVnlrN4w_SMioperjsCCeZJ_KqJ1HOCtBNl13EkagZnarKjsRSP2VHyip_643NI5q39dx5ADdeFaKH6-wN50beNfOaC7V3usjrIE1M4NFYsiUGCq2Jmr66PLJGf64Xnbm59Z-GLovXvJFQlwqDgQ_0vOGPIo4ql4PUW_UWsTHr7eOnhw9Cz1atfte9LoHK7eGcqVxrDObUi_lb2CICCgSNW_5e0rCg6T34ThclgawE1FnxW8f5Sz-rmBo3CmSACX5vXggSxd2gqeiFY-FXNIH8N7S0hFwBfbT0V9EPA",
    ),
    (
        "no name of the hash",
        "nrjZiCQiJsCdquuTLLCY31nFgkgCVmIvRhwV-FPO51rh4Euxt_uzc2MQvYvDYGFKJUGEcsPsjh0PCzUn4D_VtAy52WD8BppUaQj8C96gKpyBG6CpVERML-WjlTGrKtxyWlg_nmYzZcpVr5m0Bn-rkxCG-2x3PgETtUuAYEO4YTU3m_gRpLdl1xFOIB-5jSrXCX0ubOiW6QK961U8mziQjXCl86lABwdd4PVyrj4jWKJG1SDeYnICvp2__7CaLVeWlyHkkiY5MmMgCEvxLPnpoG3X4aaryaK0yQouXsqeVCRrZD6wZmMOJLiuAQRVxAfxECi0lks8EyjbevRhvrr-Lg",
    ),
    (
        "the name without NULL",
        "dnA0Nb-f7rsq0UkwOPLH1TF6DbCIh9F1x0gm1sd_FlNgtQvhoKvoWiNpzlYu5iQOJWKoMQghN1UMOaaoke7PeXgYY6VVh3xUdG6pi9oAzeFuWkZ3fZgfKQxGX5cmUdNEbZ6QPVi0XC49hHE-DXzwON3gP-v6WNjPOO-ZLEkvmg_wdtvTZLtNJquoE7NdgHqZV4NBZ8wZqxlOnTeY9B0BD_0cOcTRcguw2VIf7ubVQASOTj0cGbqnb8K8100qOELtCACnos4bD85vzG1OTGUgSAuXwIDvGPsOX07CskVRqPALyLoagfhuRyB2RjS6vWBgLNTfQKrYBTb9sMLoaS2jdw",
    ),
    (
        "the name of SHA-1",
        "cNlpfxg5gphnVln7oDgA_DBUozSEhAx-dkKySgJlow9tropG8WI8anmc0ktp_fsZvt1B6rMNvbNoty57c6lQeuGpQCE8fij5Ao2Adqvdrcs2aEhTrV0rT80CeJA5lB82bKbDxnY3NuMMAy3ChBmWRz2Cs7zQg2RgcRpozBqUzgwoWTtt5gprFaBOL1C7rkkQPqQEMuOJUHEaSwfBfxQ-QTMtzSzCW3yqyBN5c1JutO2w94FXpX1Ry5mB-ex4-sj-lb0KsR-InbAgZsEpDbJiiT46qA5hVI1wd2IeWqKiaD6UdkT567AJFRwcoMyQOfDKjJS8qMcYxvVUoNe62hxC7g",
    ),
    (
        "the name of SHA-512 over its hash",
        "Uum1WtdxBBLaI7-6Pugb5GyUfX7lGcnGS1z7tT-dEf5nn7aJoChOfctMGrp4IR6oj97tkm6pd7Rg0fbvbVfl2z9F6hIbJD7lldjazVSPBRLjb5HCbWP84hMINQJEsnJqr_dVPt9iOcg1PbowvFN-1KsbXlT5dBSE6wMyLgHya5HWMLFBnSXh4PMsN5kH6nPjZsPHZR2wmkw2GOleh-FUVpUiiryrjFTqY2U5oqTpaATd07YIys4fsDgXuHomM94ucfXwogN-YjtU0NoAmXmxHYvOGflErqFTdXuI7oR6txkgnrzMqVNp8DaiLePJiPJHL9lIsSne98oV7TtoTqGXJQ",
    ),
    (
        "a long form of the length",
        "MImIlv32vAiFt66dZfKiqbIeuI_XfmucGaW2m8XoTZPVR22v-AIFujgaPaVbk0e0xWuKFzeZye-F-bUHlNHCT6Fz2X_xeNuRGvS0cLRSxPcIo2lvKqpycN7ty69LYEYiYSl6uIfv3zlS_giAQhOT9HAdxyZYohwKDeCSycORk5WJtBViF0KWKPs3gf9AKk428PdHg-4AVurOs39kitYuHWNcnB6j8XAOoddDzl1gjDy02EkysbPntV5cqtKtBbIjMaEMJgtj0TTpZZxH15qmYZEVgOG5FlHYUY2gtYZUD7-Td9v0iRuqFxvlq95RjllqEB9_QhZpKDbNqAJB21pdew",
    ),
    (
        "no zero before the name",
        "VTfws4_IrUkPsnhiQopf-vaau3C2kio6fmI5tz7H8GX0JRowbNIoycRL3_m8ikDT5F0F88yYqSwc4pbx-5bga8ncOjr5BnFMu7g7NgSFODn7AXrvSwVYBkyyxf0L_CkIVWDiAOyhAQBwAeI8AbYGw5zsjmJJDq3cIj_eE-bN1pkgYf0s-HgYoEKDPt5je-vobwREcd8CuMpAZ2GGqFUiB8JtcZXSufIMeV9uRWBUotXIX2qxgllKwjsijUZNa15tmj-VKHULfzoyq5Jmphkyq0yc3V81bVBKiLPD9b8dS4vjVMcs_q3sViPo1_jZw7ic-BW4IQ7VgOXHymfFa715xA",
    ),
];
/// RS256 with a key of 1024 bits.
const SHORT_MODULUS: &str = "3L3QekkO34Ovt0Mf3ZcB2VH3lMy19xVS_fT0DAMQ5WkmW1TYYirvVsbGiTfrRI1R2Wmux3VePABowTwC0CcsHvgKEBi20DpA42md9ua63Uu7pQ-qTC5uiL0jTEIasxKWbGTeD0V43P5lmfwFYd8UmpjnLlqQydDtJtC7n8GCBIU";
const SHORT_SIGNATURE: &str = "t3hCWao7t3-NHhmm5SwB9jGxqd0ZjAapOPQyoo5eqaiVKHZzOA0fnKyLtzNYjsELGhQyO8craQvCofW5X3XMvr7NuBoB7Zv0bO7l5zZsQnEI2sF5L8C0Yf1jAod02RbxtytpTgmKvlQ-SLZaj7mf9K9qWvNYNKlxLjvPlXw8_LQ";

fn rsa(modulus: &str, exponent: &str, algorithm: &str) -> Value {
    json!({"kty": "RSA", "n": modulus, "e": exponent, "alg": algorithm})
}

/// The encoding of the hash itself: what a signature is under the exponent 1.
fn encoded_hash() -> Vec<u8> {
    let hash = URL_SAFE_NO_PAD.decode("yIo0hHtP-xKpMm5UDxRLPcxNVRXxhwHn1uDueGbJxwU").unwrap();
    let name = [
        0x30, 0x31, 0x30, 0x0d, 0x06, 0x09, 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x01, 0x05, 0x00,
        0x04, 0x20,
    ];
    [&[0, 1][..], &[0xff; 202], &[0], &name, &hash].concat()
}

fn rs256(signature: &str) -> String {
    format!("{RS256_HEADER}.{CLAIMS}.{signature}")
}

#[tokio::test]
async fn rsa_has_one_encoding_of_a_hash() {
    let verifier = with_jwk(&rsa(MODULUS, "AQAB", "RS256").to_string());
    assert_eq!(outcome(&verifier, &rs256(RS256_SIGNATURE)).await.as_deref(), Ok("joe"));
    for (what, signature) in MODIFIED_PADDING {
        assert_eq!(outcome(&verifier, &rs256(signature)).await, Err(AuthErrorKind::BadSignature), "{what}");
    }
    let of_a_zero_more = part([&[0][..], &URL_SAFE_NO_PAD.decode(RS256_SIGNATURE).unwrap()].concat());
    assert_eq!(outcome(&verifier, &rs256(&of_a_zero_more)).await, Err(AuthErrorKind::BadSignature));
}

#[tokio::test]
async fn rsa_keys_that_keep_no_secret_verify_nothing() {
    let bare = part(encoded_hash());
    for (what, key, signature) in [
        ("exponent 1", rsa(MODULUS, "AQ", "RS256"), &*bare),
        ("exponent 0", rsa(MODULUS, "AA", "RS256"), &*bare),
        ("no exponent", rsa(MODULUS, "", "RS256"), &*bare),
        ("an even exponent", rsa(MODULUS, "AQAA", "RS256"), RS256_SIGNATURE),
        ("an exponent as long as the modulus", rsa(MODULUS, MODULUS, "RS256"), RS256_SIGNATURE),
        ("1024 bits", rsa(SHORT_MODULUS, "AQAB", "RS256"), SHORT_SIGNATURE),
        ("modulus 1", rsa("AQ", "AQAB", "RS256"), "AQ"),
    ] {
        let set = json!({"keys": [key]}).to_string();
        let Ok(verifier) = JwtVerifier::jwk_set(&set).user("iss").build() else { continue };
        assert_eq!(outcome(&verifier, &rs256(signature)).await, Err(AuthErrorKind::BadSignature), "{what}");
    }
}

#[tokio::test]
async fn the_vector_of_rfc_7520_for_pss_verifies_as_pss_alone() {
    for (algorithm, expected) in [
        ("PS384", AuthErrorKind::WrongClaims), // the signature is good, and signs no claims
        ("PS256", AuthErrorKind::WrongAlgorithm),
        ("PS512", AuthErrorKind::WrongAlgorithm),
        ("RS384", AuthErrorKind::WrongAlgorithm),
    ] {
        let verifier = with_jwk(&rsa(MODULUS, "AQAB", algorithm).to_string());
        assert_eq!(outcome(&verifier, PS384_TOKEN).await, Err(expected), "{algorithm}");
    }
    // The same bytes under the name of another padding or hash.
    let (_, signed) = PS384_TOKEN.split_once('.').unwrap();
    for algorithm in ["PS256", "PS512", "RS256", "RS384", "RS512"] {
        let verifier = with_jwk(&rsa(MODULUS, "AQAB", algorithm).to_string());
        let token = format!("{}.{signed}", part(json!({"alg": algorithm}).to_string()));
        assert_eq!(outcome(&verifier, &token).await, Err(AuthErrorKind::BadSignature), "{algorithm}");
    }
}

/// Big-endian numbers of the same length: the sum, without what is carried out of it.
fn sum(a: &[u8], b: &[u8]) -> Vec<u8> {
    let mut carry = 0;
    let mut digits: Vec<u8> = (a.iter().zip(b).rev())
        .map(|(a, b)| {
            carry += u16::from(*a) + u16::from(*b);
            let [high, low] = carry.to_be_bytes();
            carry = high.into();
            low
        })
        .collect();
    digits.reverse();
    digits
}

fn der_integer(number: &[u8]) -> Vec<u8> {
    let zeros = number.iter().take_while(|digit| **digit == 0).count();
    let mut digits = number[zeros..].to_vec();
    if digits.first().is_none_or(|first| *first > 0x7f) {
        digits.insert(0, 0);
    }
    [&[0x02, digits.len().try_into().unwrap()], &*digits].concat()
}

/// A token has its signature as two numbers of 32 bytes (RFC 7518 §3.4); elsewhere ECDSA has DER.
#[tokio::test]
async fn an_ecdsa_signature_is_two_numbers_of_32_bytes_and_nothing_else() {
    let verifier = with_jwk(ES256_KEY);
    let good = URL_SAFE_NO_PAD.decode(ES256_SIGNATURE).unwrap();
    let (r, s) = good.split_at(32);
    let order = URL_SAFE_NO_PAD.decode("_____wAAAAD__________7zm-q2nF56E87nKwvxjJVE").unwrap();
    let field = URL_SAFE_NO_PAD.decode("_____wAAAAEAAAAAAAAAAAAAAAD_______________8").unwrap();
    let sequence = |inner: &[u8]| [&[0x30, inner.len().try_into().unwrap()], inner].concat();
    let der = sequence(&[der_integer(r), der_integer(s)].concat());
    for (what, signature) in [
        ("DER", der.clone()),
        ("DER, long form", [&[0x30, 0x81][..], &der[1..]].concat()),
        ("DER with something after it", [&*der, &[0, 0]].concat()),
        ("DER of zeros", sequence(&[2, 1, 0, 2, 1, 0])),
        ("r is the order", [&*order, s].concat()),
        ("s is the order", [r, &*order].concat()),
        ("r is the field's prime", [&*field, s].concat()),
        ("r and the order", [&*sum(r, &order), s].concat()),
        ("s and the order", [r, &*sum(s, &order)].concat()),
        ("r of 33 bytes", [&[0], r, s].concat()),
        ("both of 33 bytes", [&[0], r, &[0], s].concat()),
        ("both of 48 bytes", [&[0; 16], r, &[0; 16], s].concat()),
        ("r alone", r.to_vec()),
        ("little-endian", r.iter().rev().chain(s.iter().rev()).copied().collect()),
    ] {
        let token = format!("{ES256_HEADER}.{CLAIMS}.{}", part(signature));
        assert_eq!(outcome(&verifier, &token).await, Err(AuthErrorKind::BadSignature), "{what}");
    }
}

#[tokio::test]
async fn a_key_that_is_on_no_curve_or_another_verifies_nothing() {
    let good: Value = serde_json::from_str(ES256_KEY).unwrap();
    let token = format!("{ES256_HEADER}.{CLAIMS}.{ES256_SIGNATURE}");
    let with = |name: &str, value: Value| {
        let mut key = good.clone();
        key[name] = value;
        json!({"keys": [key]}).to_string()
    };
    let x = good["x"].as_str().unwrap();
    for (what, set) in [
        ("another point's y", with("y", json!(x))),
        ("y is 0", with("y", json!(part([0; 32])))),
        ("x is a byte shorter", with("x", json!(&x[..x.len() - 2]))),
        ("x is padded", with("x", json!(format!("{x}=")))),
        ("x is longer", with("x", json!(part([&[0][..], &URL_SAFE_NO_PAD.decode(x).unwrap()].concat())))),
        ("said to be on P-384", with("crv", json!("P-384"))),
        ("said to be on secp256k1", with("crv", json!("secp256k1"))),
        ("said to be RSA", with("kty", json!("RSA"))),
        ("for ES384", with("alg", json!("ES384"))),
        ("for ES512", with("alg", json!("ES512"))),
        ("to encrypt with", with("use", json!("enc"))),
    ] {
        let Ok(verifier) = JwtVerifier::jwk_set(&set).user("iss").build() else { continue };
        let refused = outcome(&verifier, &token).await.unwrap_err();
        let expected = [AuthErrorKind::BadSignature, AuthErrorKind::WrongAlgorithm];
        assert!(expected.contains(&refused), "{what}: {refused:?}");
    }
}

/// RFC 7515 A.4 has a signature on P-521, which we do not know: it is refused, and takes nothing down.
#[tokio::test]
async fn the_vector_on_a_curve_that_is_not_known_is_refused() {
    let key = r#"{"kty":"EC","crv":"P-521","x":"AekpBQ8ST8a8VcfVOTNl353vSrDCLLJXmPk06wTjxrrjcBpXp5EOnYG_NjFZ6OvLFV1jSfS9tsz4qUxcWceqwQGk","y":"ADSmRA43Z1DSNx_RvcLI87cdL07l6jQyyBXMoxVg_l2Th-x3S1WDhjDly79ajL4Kkd0AZMaZmh9ubmf63e3kyMj2"}"#;
    let token = "eyJhbGciOiJFUzUxMiJ9.UGF5bG9hZA.AdwMgeerwtHoh-l192l60hp9wAHZFVJbLfD_UxMi70cwnZOYaRI1bKPWROc-mZZqwqT2SI-KGDKB34XO0aw_7XdtAG8GaSwFKdCAPZgoXD2YBJZCPEX3xKpRwcdOO8KpEHwJjyqOgzDO7iKvU8vcnwNrmxYbSW9ERBXukOXolLzeO_Jn";
    let alone = JwtVerifier::jwk_set(format!(r#"{{"keys":[{key}]}}"#)).build();
    assert!(alone.is_err(), "there is no key in it that we can use");
    let beside = at_the_time(JwtVerifier::jwk_set(format!(r#"{{"keys":[{key},{ES256_KEY}]}}"#)));
    assert_eq!(outcome(&beside, token).await, Err(AuthErrorKind::WrongAlgorithm));
    let known = format!("{ES256_HEADER}.{CLAIMS}.{ES256_SIGNATURE}");
    assert_eq!(outcome(&beside, &known).await.as_deref(), Ok("joe"), "the others go on");
}

/// RFC 8032 §5.1.7: S is below the group's order, or a signature would have two texts.
#[tokio::test]
async fn an_ed25519_signature_is_not_taken_with_the_order_added() {
    let verifier = with_jwk(ED25519_KEY);
    let (signed, signature) = ED25519_TOKEN.rsplit_once('.').unwrap();
    let bytes = URL_SAFE_NO_PAD.decode(signature).unwrap();
    let mut order = [0; 32];
    order[0] = 0x10;
    order[16..].copy_from_slice(&[
        0x14, 0xde, 0xf9, 0xde, 0xa2, 0xf7, 0x9c, 0xd6, 0x58, 0x12, 0x63, 0x1a, 0x5c, 0xf5, 0xd3, 0xed,
    ]);
    let (r, s) = bytes.split_at(32);
    let mut big_endian = s.to_vec();
    big_endian.reverse();
    let mut malleable = sum(&big_endian, &order);
    malleable.reverse();
    for (what, signature) in [
        ("S and the order", [r, &*malleable].concat()),
        ("S is 0", [r, &[0; 32]].concat()),
        ("R is 0", [&[0; 32], s].concat()),
        ("R is the neutral point, S is 0", [&[1][..], &[0; 63]].concat()),
        ("a byte less", bytes[..63].to_vec()),
        ("a byte more", [&*bytes, &[0]].concat()),
        ("empty", Vec::new()),
    ] {
        let token = format!("{signed}.{}", part(signature));
        assert_eq!(outcome(&verifier, &token).await, Err(AuthErrorKind::BadSignature), "{what}");
    }
    let as_it_was = outcome(&verifier, ED25519_TOKEN).await;
    assert_eq!(as_it_was, Err(AuthErrorKind::WrongClaims), "the signature is good, and signs no claims");
}
