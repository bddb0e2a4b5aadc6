//! Percent-encoding, as paths and queries have it.

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

    proptest! {
        #[test]
        fn nothing_makes_decoding_panic(text in ".*") {
            let _ = (decode(&text), query(&text));
        }
    }
}
