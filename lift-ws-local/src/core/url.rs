//! Percent-encoding, as paths and queries have it.

use std::fmt::Write as _;

use super::multi_map::MultiMap;

/// Decodes `%XX`; what is not well encoded stays as it is.
pub(crate) fn decode(text: &str) -> String {
    let bytes = text.as_bytes();
    let mut decoded = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while at < bytes.len() {
        match encoded_byte(&bytes[at..]) {
            Some(byte) => {
                decoded.push(byte);
                at += 3;
            }
            None => {
                decoded.push(bytes[at]);
                at += 1;
            }
        }
    }
    String::from_utf8_lossy(&decoded).into_owned()
}

/// Decodes `%XX`; `None` if anything is not well encoded, or is no text.
#[cfg(feature = "server")]
pub(crate) fn decode_exactly(text: &str) -> Option<String> {
    let mut rest = text.as_bytes();
    let mut decoded = Vec::with_capacity(rest.len());
    while let Some((&first, after)) = rest.split_first() {
        let byte = if first == b'%' { encoded_byte(rest)? } else { first };
        rest = if first == b'%' { &rest[3..] } else { after };
        decoded.push(byte);
    }
    String::from_utf8(decoded).ok()
}

/// Encodes all but letters, digits and `-._~`.
pub(super) fn encode(text: &str) -> String {
    let mut encoded = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            encoded.push(char::from(byte));
        } else {
            // Writing into a string cannot fail.
            let _ = write!(encoded, "%{byte:02X}");
        }
    }
    encoded
}

fn encoded_byte(bytes: &[u8]) -> Option<u8> {
    let &[b'%', high, low, ..] = bytes else { return None };
    let digit = |byte: u8| char::from(byte).to_digit(16);
    u8::try_from(digit(high)? * 16 + digit(low)?).ok()
}

/// Decodes `%XX`, and `+` as the space that forms make it.
pub(super) fn decode_form(text: &str) -> String {
    decode(&text.replace('+', " "))
}

/// The parameters of a query, decoded as forms are; a name without `=` has the empty value.
pub(super) fn query(text: &str) -> MultiMap {
    let mut parameters = MultiMap::default();
    for pair in text.split('&').filter(|pair| !pair.is_empty()) {
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        parameters.add(&decode_form(name), decode_form(value), |a, b| a == b);
    }
    parameters
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn only_well_formed_escapes_are_decoded() {
        assert_eq!(decode("AbC%3D%3d"), "AbC==");
        assert_eq!(decode("100%"), "100%");
        assert_eq!(decode("%4"), "%4");
        assert_eq!(decode("%zz%40"), "%zz@");
        assert_eq!(decode("%c3%a9"), "é");
        assert_eq!(decode("%+1"), "%+1");
    }

    #[cfg(feature = "server")]
    #[test]
    fn what_is_decoded_exactly_is_well_encoded_text() {
        assert_eq!(decode_exactly("sub%20dir%2f").as_deref(), Some("sub dir/"));
        for wrong in ["100%", "%4", "%zz", "%+1", "%ff"] {
            assert_eq!(decode_exactly(wrong), None, "{wrong}");
        }
    }

    proptest! {
        #[test]
        fn every_text_is_encoded_so_that_it_is_decoded_again(text in ".*") {
            let encoded = encode(&text);
            prop_assert!(encoded.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-._~%".contains(&byte)));
            prop_assert_eq!(decode(&encoded), text);
        }

        #[test]
        fn nothing_makes_decoding_panic(text in ".*") {
            let _ = (decode(&text), query(&text));
        }
    }
}
