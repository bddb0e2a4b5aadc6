//! 7: the closing handshake, its codes and reasons.

use crate::case::{Case, answers, closes, lost};
use crate::wire::{CLOSE, CONTINUATION, FIN, TEXT, close, frame, ping, text};

pub(crate) fn cases() -> Vec<Case> {
    let bye = || close(1000, "");
    let mut cases = vec![
        Case::new(
            "7.1.1",
            "a text, then a close frame",
            [text("t"), bye()].concat(),
            answers(1000).and_echo("t"),
        ),
        Case::new("7.1.2", "two close frames", [bye(), close(1001, "")].concat(), answers(1000)),
        Case::new("7.1.3", "a ping behind the close frame", [bye(), ping("p")].concat(), answers(1000)),
        Case::new("7.1.4", "a text behind the close frame", [bye(), text("t")].concat(), answers(1000)),
        Case::new(
            "7.1.5",
            "a close frame between two fragments",
            [frame(TEXT, "f1"), bye(), frame(FIN | CONTINUATION, "f2")].concat(),
            answers(1000),
        ),
        Case::new("7.1.6", "noise behind the close frame", [bye(), vec![0xff; 200]].concat(), answers(1000)),
        Case::new("7.2.1", "the end of TCP without a close frame", Vec::new(), lost()),
        Case::new("7.2.2", "the end of TCP within a frame", text("cut short")[..9].to_vec(), lost()),
        Case::new("7.2.3", "the end of TCP within the head of a frame", vec![FIN | TEXT], lost()),
        Case::new("7.2.4", "the end of TCP between two fragments", frame(TEXT, "f1"), lost()),
        Case::new("7.3.1", "a close frame without payload", frame(FIN | CLOSE, ""), answers(None)),
        Case::new("7.3.2", "a close frame of one byte", frame(FIN | CLOSE, [3]), closes(1002)),
        Case::new("7.3.3", "a close frame with a code alone", bye(), answers(1000)),
        Case::new("7.3.4", "a close frame with a reason", close(1000, "Hello, world!"), answers(1000)),
        Case::new(
            "7.3.5",
            "a close frame with the longest reason",
            close(1000, "*".repeat(123)),
            answers(1000),
        ),
        Case::new("7.3.6", "a close frame that is too long", close(1000, "*".repeat(124)), closes(1002)),
        Case::new(
            "7.3.7",
            "a close frame in fragments",
            [frame(CLOSE, [3, 232]), frame(FIN, "bye")].concat(),
            closes(1002),
        ),
        Case::new("7.5.1", "a reason that is not UTF-8", close(1000, b"\xce\xba\xed\xa0\x80"), closes(1007)),
        Case::new("7.5.2", "a reason cut within a character", close(1000, b"\xe2\x82"), closes(1007)),
    ];
    let valid = [1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 1012, 1013, 3000, 3999, 4000, 4999];
    for (at, code) in valid.into_iter().enumerate() {
        let number = format!("7.7.{}", at + 1);
        cases.push(Case::new(number, format!("the code {code}"), close(code, "why"), answers(code)));
    }
    // The registry has 1014 for gateways by now; no client has a use for it, and the library that reads frames does not know it.
    let invalid = [0, 999, 1004, 1005, 1006, 1014, 1015, 1016, 1100, 2000, 2999, 5000, 65_535];
    for (at, code) in invalid.into_iter().enumerate() {
        let number = format!("7.9.{}", at + 1);
        cases.push(Case::new(number, format!("the code {code}"), close(code, "why"), closes(1002)));
    }
    cases
}
