//! Percent-encoding of a path's part or a query's, as the SDK does it (contract §5.3).

/// How often.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Escape {
    /// For the wire: `=` becomes `%3D`.
    Once,
    /// For the signature: `=` becomes `%253D`.
    Twice,
}

/// Hands the encoded text on in pieces.
pub(crate) fn each(text: &str, escape: Escape, mut piece: impl FnMut(&[u8])) {
    const DIGITS: &[u8; 16] = b"0123456789ABCDEF";
    let bytes = text.as_bytes();
    let mut plain = 0;
    for (at, byte) in bytes.iter().enumerate() {
        if is_unreserved(*byte) {
            continue;
        }
        piece(&bytes[plain..at]);
        plain = at + 1;
        piece(if escape == Escape::Once { b"%" } else { b"%25" });
        piece(&[DIGITS[usize::from(byte >> 4)], DIGITS[usize::from(byte & 15)]]);
    }
    piece(&bytes[plain..]);
}

/// Appends the text as it stands on the wire.
pub(crate) fn push(text: &str, url: &mut String) {
    each(text, Escape::Once, |piece| url.extend(piece.iter().map(|byte| char::from(*byte))));
}

/// A path that is encoded already, as the signature takes it: everything else but slashes encoded again.
pub(crate) fn path_again(path: &str) -> String {
    let mut again = String::with_capacity(path.len() + 16);
    for (number, part) in path.split('/').enumerate() {
        if number > 0 {
            again.push('/');
        }
        push(part, &mut again);
    }
    again
}

fn is_unreserved(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn encoded(text: &str, escape: Escape) -> String {
        let mut bytes = Vec::new();
        each(text, escape, |piece| bytes.extend_from_slice(piece));
        String::from_utf8(bytes).unwrap()
    }

    #[test]
    fn a_connection_id_is_encoded_once_for_the_wire_and_twice_for_the_signature() {
        assert_eq!(encoded("L0SM9cOF-_cCIhw=", Escape::Once), "L0SM9cOF-_cCIhw%3D");
        assert_eq!(encoded("L0SM9cOF-_cCIhw=", Escape::Twice), "L0SM9cOF-_cCIhw%253D");
        assert_eq!(encoded("a/b ü", Escape::Once), "a%2Fb%20%C3%BC");
        assert_eq!(encoded("", Escape::Twice), "");
    }

    #[test]
    fn a_path_keeps_its_slashes() {
        assert_eq!(path_again("/prod/a%20b/@connections/"), "/prod/a%2520b/%40connections/");
    }
}
