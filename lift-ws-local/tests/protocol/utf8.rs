//! 6: UTF-8, whole, in fragments, and cut within characters.

use crate::case::{Case, closes, echo, silence};
use crate::wire::{fragments, text};

/// "κόσμε", whose second character is of three bytes here.
const KOSME: &[u8] = b"\xce\xba\xe1\xbd\xb9\xcf\x83\xce\xbc\xce\xb5";

/// What must be taken, however it is cut.
const VALID: &[(&str, &str, &[u8])] = &[
    ("6.2", "characters of many lengths", "Hello-µ@ßöäüàá-UTF-8!!".as_bytes()),
    ("6.5", "Greek", KOSME),
    ("6.7.1", "the first character of one byte", b"\x00"),
    ("6.7.2", "the first character of two bytes", b"\xc2\x80"),
    ("6.7.3", "the first character of three bytes", b"\xe0\xa0\x80"),
    ("6.7.4", "the first character of four bytes", b"\xf0\x90\x80\x80"),
    ("6.9.1", "the last character of one byte", b"\x7f"),
    ("6.9.2", "the last character of two bytes", b"\xdf\xbf"),
    ("6.9.3", "the last character of three bytes", b"\xef\xbf\xbf"),
    ("6.9.4", "the last character of all", b"\xf4\x8f\xbf\xbf"),
    ("6.11.1", "the last character before the surrogates", b"\xed\x9f\xbf"),
    ("6.11.2", "the first character behind the surrogates", b"\xee\x80\x80"),
    ("6.11.3", "the replacement character", b"\xef\xbf\xbd"),
    ("6.11.4", "the last but one of the last plane", b"\xf4\x8f\xbf\xbe"),
    ("6.22.1", "U+FFFE", b"\xef\xbf\xbe"),
    ("6.22.2", "U+FFFF", b"\xef\xbf\xbf"),
    ("6.22.3", "U+1FFFE", b"\xf0\x9f\xbf\xbe"),
    ("6.22.4", "U+1FFFF", b"\xf0\x9f\xbf\xbf"),
    ("6.22.5", "U+2FFFF", b"\xf0\xaf\xbf\xbf"),
    ("6.22.6", "U+8FFFF", b"\xf2\x8f\xbf\xbf"),
    ("6.22.7", "U+10FFFE", b"\xf4\x8f\xbf\xbe"),
    ("6.22.8", "U+FDD0", b"\xef\xb7\x90"),
    ("6.23.1", "U+FFF9", b"\xef\xbf\xb9"),
    ("6.23.2", "U+FFFA to U+FFFD", b"\xef\xbf\xba\xef\xbf\xbb\xef\xbf\xbc\xef\xbf\xbd"),
    ("6.23.3", "a byte order mark", b"\xef\xbb\xbfa"),
];

/// What must be refused, however it is cut.
const INVALID: &[(&str, &str, &[u8])] = &[
    ("6.3", "a surrogate in the middle", b"\xce\xba\xe1\xbd\xb9\xcf\x83\xce\xbc\xce\xb5\xed\xa0\x80edited"),
    ("6.4", "a character above the last, and more behind", b"\xce\xba\xe1\xbd\xb9\xf4\x90\x80\x80edited"),
    ("6.8.1", "a sequence of five bytes", b"\xf8\x88\x80\x80\x80"),
    ("6.8.2", "a sequence of six bytes", b"\xfc\x84\x80\x80\x80\x80"),
    ("6.10.1", "U+1FFFFF", b"\xf7\xbf\xbf\xbf"),
    ("6.10.2", "the last of five bytes", b"\xfb\xbf\xbf\xbf\xbf"),
    ("6.10.3", "the last of six bytes", b"\xfd\xbf\xbf\xbf\xbf\xbf"),
    ("6.11.5", "the first above the last", b"\xf4\x90\x80\x80"),
    ("6.12.1", "a first continuation byte alone", b"\x80"),
    ("6.12.2", "a last continuation byte alone", b"\xbf"),
    ("6.12.3", "two continuation bytes", b"\x80\xbf"),
    ("6.12.4", "three continuation bytes", b"\x80\xbf\x80"),
    ("6.12.5", "all continuation bytes", b"\x80\x81\x90\x91\xa0\xa1\xb0\xb1\xbf"),
    ("6.13.1", "lonely starts of two bytes", b"\xc2 \xd0 \xdf "),
    ("6.13.2", "lonely starts of three bytes", b"\xe0 \xe8 \xef "),
    ("6.13.3", "lonely starts of four bytes", b"\xf0 \xf2 \xf4 "),
    ("6.13.4", "lonely starts of five and six bytes", b"\xf8 \xfb \xfc \xfd "),
    ("6.14.1", "two bytes without their last", b"\xc2"),
    ("6.14.2", "three bytes without their last", b"\xe0\xa0"),
    ("6.14.3", "four bytes without their last", b"\xf0\x90\x80"),
    ("6.14.4", "the highest two bytes without their last", b"\xdf"),
    ("6.14.5", "the highest three bytes without their last", b"\xef\xbf"),
    ("6.14.6", "the highest four bytes without their last", b"\xf4\x8f\xbf"),
    ("6.15", "several of them in a row", b"\xc2\xe0\xa0\xf0\x90\x80\xdf\xef\xbf"),
    ("6.16.1", "FE", b"\xfe"),
    ("6.16.2", "FF", b"\xff"),
    ("6.16.3", "FE and FF", b"\xfe\xfe\xff\xff"),
    ("6.17.1", "a slash in two bytes", b"\xc0\xaf"),
    ("6.17.2", "a slash in three bytes", b"\xe0\x80\xaf"),
    ("6.17.3", "a slash in four bytes", b"\xf0\x80\x80\xaf"),
    ("6.17.4", "a slash in five bytes", b"\xf8\x80\x80\x80\xaf"),
    ("6.18.1", "the longest in two bytes that has one", b"\xc1\xbf"),
    ("6.18.2", "the longest in three bytes that has two", b"\xe0\x9f\xbf"),
    ("6.18.3", "the longest in four bytes that has three", b"\xf0\x8f\xbf\xbf"),
    ("6.19.1", "NUL in two bytes", b"\xc0\x80"),
    ("6.19.2", "NUL in three bytes", b"\xe0\x80\x80"),
    ("6.19.3", "NUL in four bytes", b"\xf0\x80\x80\x80"),
    ("6.20.1", "the first high surrogate", b"\xed\xa0\x80"),
    ("6.20.2", "the last high surrogate", b"\xed\xaf\xbf"),
    ("6.20.3", "the first low surrogate", b"\xed\xb0\x80"),
    ("6.20.4", "the last low surrogate", b"\xed\xbf\xbf"),
    ("6.21.1", "the first pair of surrogates", b"\xed\xa0\x80\xed\xb0\x80"),
    ("6.21.2", "the last pair of surrogates", b"\xed\xaf\xbf\xed\xbf\xbf"),
];

pub(crate) fn cases() -> Vec<Case> {
    let mut cases = vec![
        Case::new("6.1.1", "an empty text", text(""), silence()),
        Case::new("6.1.2", "three empty fragments", fragments(["", "", ""]), silence()),
        Case::new(
            "6.1.3",
            "three fragments, only one not empty",
            fragments(["", "middle", ""]),
            echo("middle"),
        ),
    ];
    for &(number, what, bytes) in VALID {
        let echoed = std::str::from_utf8(bytes).expect("it is valid");
        cases.push(Case::new(format!("{number}w"), what, text(bytes), echo(echoed)));
        let what = format!("{what}, a byte a fragment");
        cases.push(Case::new(format!("{number}f"), what, fragments(bytes.chunks(1)), echo(echoed)));
    }
    for &(number, what, bytes) in INVALID {
        cases.push(Case::new(format!("{number}w"), what, text(bytes), closes(1007)));
        let what = format!("{what}, a byte a fragment");
        cases.push(Case::new(format!("{number}f"), what, fragments(bytes.chunks(1)), closes(1007)));
    }
    // Every beginning of a text: whole characters are taken, others refused.
    for end in 1..=KOSME.len() {
        let bytes = &KOSME[..end];
        let expects = std::str::from_utf8(bytes).map_or_else(|_| closes(1007), echo);
        cases.push(Case::new(format!("6.6.{end}"), format!("{end} bytes of Greek"), text(bytes), expects));
    }
    cases
}
