//! Texts in JSON, eight bytes a step: where one ends, and how one is written.

use std::fmt;

/// Where the next quote, backslash or control character lies from `at` on; the length of `bytes` if there is none.
#[inline(always)]
pub(crate) fn next_special(bytes: &[u8], mut at: usize) -> usize {
    while let Some(chunk) = chunk(bytes, at) {
        match special_in(chunk) {
            Some(place) => return at + place,
            None => at += 8,
        }
    }
    while let Some(byte) = bytes.get(at) {
        if is_special(*byte) {
            break;
        }
        at += 1;
    }
    at
}

#[inline(always)]
fn chunk(bytes: &[u8], at: usize) -> Option<&[u8; 8]> {
    bytes.get(at..).and_then(|rest| rest.first_chunk())
}

const fn is_special(byte: u8) -> bool {
    matches!(byte, b'"' | b'\\' | 0..=0x1f)
}

/// The first special byte of eight.
#[inline(always)]
fn special_in(chunk: &[u8; 8]) -> Option<usize> {
    const LOW: u64 = 0x0101_0101_0101_0101;
    const HIGH: u64 = 0x8080_8080_8080_8080;
    let word = u64::from_le_bytes(*chunk);
    // flipping the second bit brings the quote next to the control characters, and nothing else
    let quote_or_control = (word ^ (LOW * 0x02)).wrapping_sub(LOW * 0x21);
    let backslash = (word ^ (LOW * b'\\' as u64)).wrapping_sub(LOW);
    let hit = (quote_or_control | backslash) & !word & HIGH;
    (hit != 0).then(|| (hit.trailing_zeros() / 8) as usize)
}

/// As [`write_quoted`], to what takes texts.
pub(crate) fn quote(text: &str, to: &mut impl fmt::Write) -> fmt::Result {
    to.write_char('"')?;
    quote_inner(text, to)?;
    to.write_char('"')
}

/// Without the quotes around it.
pub(crate) fn quote_inner(text: &str, to: &mut (impl fmt::Write + ?Sized)) -> fmt::Result {
    let (bytes, mut start) = (text.as_bytes(), 0);
    loop {
        let end = next_special(bytes, start);
        to.write_str(&text[start..end])?;
        let Some(special) = bytes.get(end) else { return Ok(()) };
        match special {
            b'"' => to.write_str("\\\""),
            b'\\' => to.write_str("\\\\"),
            b'\n' => to.write_str("\\n"),
            b'\r' => to.write_str("\\r"),
            b'\t' => to.write_str("\\t"),
            0x08 => to.write_str("\\b"),
            0x0c => to.write_str("\\f"),
            _ => write!(to, "\\u{special:04x}"),
        }?;
        start = end + 1;
    }
}

/// Writes a text with its quotes, as `serde_json` does. Eight bytes are copied at a time and those behind a special
/// one taken back: in a frame there is one every few bytes, and copies of any length cost more.
pub(crate) fn write_quoted(text: &str, to: &mut Vec<u8>) {
    let bytes = text.as_bytes();
    to.reserve(bytes.len() + bytes.len() / 4 + 10);
    to.push(b'"');
    let mut at = 0;
    while let Some(chunk) = chunk(bytes, at) {
        to.extend_from_slice(chunk);
        match special_in(chunk) {
            None => at += 8,
            Some(place) => {
                to.truncate(to.len() - 8 + place);
                write_escaped(chunk[place], to);
                at += place + 1;
            }
        }
    }
    for byte in &bytes[at..] {
        if is_special(*byte) { write_escaped(*byte, to) } else { to.push(*byte) }
    }
    to.push(b'"');
}

#[inline(always)]
fn write_escaped(special: u8, to: &mut Vec<u8>) {
    const HEX: &[u8; 16] = b"0123456789abcdef";
    let letter = match special {
        b'"' | b'\\' => special,
        b'\n' => b'n',
        b'\r' => b'r',
        b'\t' => b't',
        0x08 => b'b',
        0x0c => b'f',
        _ => {
            let (high, low) = (HEX[usize::from(special >> 4 & 15)], HEX[usize::from(special & 15)]);
            to.extend_from_slice(&[b'\\', b'u', b'0', b'0', high, low]);
            return;
        }
    };
    to.extend_from_slice(&[b'\\', letter]);
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn texts_are_written_as_serde_json_writes_them(text in r#"([ -~]|[\x00-\x1f"\\]|\PC){0,60}"#) {
            let mut ours = Vec::new();
            write_quoted(&text, &mut ours);
            prop_assert_eq!(String::from_utf8(ours).unwrap(), serde_json::to_string(&text).unwrap());
            let mut ours = String::new();
            quote(&text, &mut ours).unwrap();
            prop_assert_eq!(ours, serde_json::to_string(&text).unwrap());
        }

        #[test]
        fn the_next_special_byte_is_the_first(text in r#"[a-zé"\\\x01]{0,40}"#, start in 0_usize..50) {
            let bytes = text.as_bytes();
            let first = bytes.iter().skip(start).position(|byte| is_special(*byte)).map_or(bytes.len().max(start), |n| n + start);
            prop_assert_eq!(next_special(bytes, start), first);
        }
    }
}
