//! Tokens that are signed with the right key, and are spelt as no token is: headers, texts, shapes, numbers.

use crate::tokens::part;
use crate::vectors::{CLAIMS, HS256_HEADER, HS256_KEY, HS256_SIGNATURE, outcome, with_secret};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::{Algorithm, EncodingKey};
use lift_ws::auth::AuthErrorKind;
use serde_json::json;

/// HMAC-SHA-256 of a text, under the key of RFC 7515 A.1.
fn signed(text: &str) -> String {
    let _ = jsonwebtoken::crypto::rust_crypto::DEFAULT_PROVIDER.install_default();
    let key = EncodingKey::from_secret(&URL_SAFE_NO_PAD.decode(HS256_KEY).unwrap());
    let signature = jsonwebtoken::crypto::sign(text.as_bytes(), &key, Algorithm::HS256).unwrap();
    format!("{text}.{signature}")
}

#[tokio::test]
async fn a_header_is_one_object_of_json() {
    let verifier = with_secret();
    for header in [
        "",
        "null",
        "7",
        "[]",
        "{}",
        r#"{"alg":"HS256"}}"#,
        r#"{"alg":"HS256"}{"alg":"HS256"}"#,
        r#"{"alg":"HS256",}"#,
        r#"{"alg":"HS256""#,
        r#"{'alg':'HS256'}"#,
        r#"{"alg":"HS256","alg":"HS256"}"#,
        r#"{"alg":"HS256","\u0061lg":"none"}"#,
        r#"{"alg":"HS256","kid":"a","kid":"b"}"#,
        r#"{"alg":"HS256","crit":[]}"#,
        r#"{"alg":"hs256"}"#,
        r#"{"alg":"HS256 "}"#,
        r#"{"alg":"HS256\u0000"}"#,
        r#"{"alg":["HS256"]}"#,
        r#"{"ALG":"HS256"}"#,
        r#"{"alg":"HS256","kid":7}"#,
        "\u{feff}{\"alg\":\"HS256\"}",
        "/**/{\"alg\":\"HS256\"}",
    ] {
        let token = signed(&format!("{}.{CLAIMS}", part(header)));
        let refused = outcome(&verifier, &token).await.unwrap_err();
        let expected =
            [AuthErrorKind::Malformed, AuthErrorKind::WrongAlgorithm, AuthErrorKind::UnsupportedHeader];
        assert!(expected.contains(&refused), "{header}: {refused:?}");
    }
    let no_text = [b"{\"alg\":\"HS256\",\"kid\":\"".as_slice(), &[0xff], b"\"}"].concat();
    let token = signed(&format!("{}.{CLAIMS}", part(no_text)));
    assert_eq!(outcome(&verifier, &token).await, Err(AuthErrorKind::Malformed));
    let roomy = signed(&format!("{}.{CLAIMS}", part(" \n{ \"typ\" : null, \"alg\" : \"HS256\" } ")));
    assert_eq!(outcome(&verifier, &roomy).await.as_deref(), Ok("joe"), "spaces do not matter");
}

/// Too deep for any stack that would follow it, in a token that is not too long.
#[tokio::test]
async fn what_is_nested_deep_takes_nothing_down() {
    let verifier = with_secret();
    for (open, close) in [("[", "]"), (r#"{"a":"#, "}")] {
        let most = 4_500 / (open.len() + close.len());
        let deep = format!("{}1{}", open.repeat(most), close.repeat(most));
        let cut = open.repeat(4_500 / open.len());
        for value in [&deep, &cut] {
            let claims = part(format!(r#"{{"iss":"joe","exp":1300819380,"x":{value}}}"#));
            let refused = outcome(&verifier, &signed(&format!("{HS256_HEADER}.{claims}"))).await.unwrap_err();
            assert!(matches!(refused, AuthErrorKind::Malformed | AuthErrorKind::WrongClaims), "{refused:?}");
        }
        let with_header =
            |value: &str| signed(&format!("{}.{CLAIMS}", part(format!(r#"{{"alg":"HS256","x":{value}}}"#))));
        let passed_over = outcome(&verifier, &with_header(&deep)).await;
        assert_eq!(passed_over.as_deref(), Ok("joe"), "nobody follows what is not asked for");
        assert_eq!(outcome(&verifier, &with_header(&cut)).await, Err(AuthErrorKind::Malformed));
        let unsigned = with_header(&deep) + "A";
        assert_eq!(outcome(&verifier, &unsigned).await, Err(AuthErrorKind::BadSignature));
    }
}

/// The last letter of a part may have bits that no byte takes: with other ones it is another text, and no token.
#[tokio::test]
async fn each_part_of_a_token_has_one_text_even_where_another_is_signed() {
    let verifier = with_secret();
    let good = format!("{HS256_HEADER}.{CLAIMS}");
    assert_eq!(outcome(&verifier, &signed(&good)).await.as_deref(), Ok("joe"));
    let last = CLAIMS.len() - 1;
    for (what, other) in [
        ("padding", format!("{good}=")),
        ("double padding", format!("{HS256_HEADER}==.{CLAIMS}")),
        ("a line break", format!("{HS256_HEADER}\n.{CLAIMS}")),
        ("a space", format!("{HS256_HEADER}. {CLAIMS}")),
        ("bits left over", format!("{HS256_HEADER}.{}R", &CLAIMS[..last])),
        ("a letter more", format!("{good}A")),
        ("the standard alphabet", format!("{HS256_HEADER}.{}", part(r#"{"x":"~~~???"}"#).replace('_', "/"))),
        ("no payload", format!("{HS256_HEADER}.")),
        ("a letter of another script", format!("{good}ı")),
    ] {
        let refused = outcome(&verifier, &signed(&other)).await.unwrap_err();
        let expected = [AuthErrorKind::Malformed, AuthErrorKind::WrongClaims];
        assert!(expected.contains(&refused), "{what}: {refused:?}");
    }
}

#[tokio::test]
async fn what_has_another_shape_is_no_token() {
    let verifier = with_secret();
    let whole = format!("{HS256_HEADER}.{CLAIMS}.{HS256_SIGNATURE}");
    let as_json =
        json!({"payload": CLAIMS, "protected": HS256_HEADER, "signature": HS256_SIGNATURE}).to_string();
    let of_two =
        json!({"payload": CLAIMS, "signatures": [{"protected": HS256_HEADER, "signature": HS256_SIGNATURE}]});
    for no_token in [
        "",
        ".",
        "..",
        "...",
        "....",
        HS256_HEADER,
        &as_json,
        &of_two.to_string(),
        &format!("{HS256_HEADER}.{CLAIMS}"),
        &format!(".{CLAIMS}.{HS256_SIGNATURE}"),
        &format!("{HS256_HEADER}..{HS256_SIGNATURE}"),
        &format!("{whole}."),
        &format!("{whole}.x.y"),
        &format!("{whole}\0"),
        &format!("Bearer {whole}"),
        &whole.replace('.', ","),
        &signed(&format!("{}.{{}}", part(r#"{"alg":"HS256","b64":false,"crit":["b64"]}"#))),
    ] {
        assert!(outcome(&verifier, no_token).await.is_err(), "{no_token}");
    }
    assert!(outcome(&verifier, &whole).await.is_ok());
}

#[tokio::test]
async fn numbers_out_of_all_range_are_no_times_and_break_nothing() {
    let verifier = with_secret();
    let expiring =
        |when: &str| signed(&format!("{HS256_HEADER}.{}", part(format!(r#"{{"iss":"joe","exp":{when}}}"#))));
    let no_times = "1e300 1e999 -1e999 1e-999 -0 -0.0 0 1e0 NaN Infinity 0x7fffffff 1_300_819_380 +1e10 01300819380 \
                    1300819380. .5e10 1300819379 1300819379.0 \"1300819380\" 1e true null [] {} \
                    -9223372036854775808 -99999999999999999999999999";
    for when in no_times.split_ascii_whitespace() {
        let refused = outcome(&verifier, &expiring(when)).await;
        assert!(refused.is_err(), "{when}: {refused:?}");
    }
    let times = "1300819380 1300819380.5 1.30081938e9 9223372036854775807 18446744073709551615";
    for when in times.split_ascii_whitespace() {
        assert_eq!(outcome(&verifier, &expiring(when)).await.as_deref(), Ok("joe"), "{when}");
    }
}
