//! 3: reserved bits. 4: reserved opcodes.

use crate::case::{Case, closes};
use crate::wire::{BINARY, CLOSE, FIN, PING, TEXT, frame, ping, text};

/// The first reserved bit stands for compression where that was negotiated, which it never is here.
const RSV: [u8; 3] = [0x40, 0x20, 0x10];

pub(crate) fn cases() -> Vec<Case> {
    let [one, two, three] = RSV;
    let hello = |head| frame(head, "Hello, world!");
    // What was sent before is answered only if there is time.
    let after = |bytes: Vec<u8>| [text("before"), bytes].concat();
    let before = || closes(1002).and_echo("before");
    let mut cases = vec![
        Case::new("3.1", "a text with the first reserved bit", hello(FIN | one | TEXT), closes(1002)),
        Case::new("3.2", "a text, then one with the second", after(hello(FIN | two | TEXT)), before()),
        Case::new(
            "3.3",
            "a text, then one with the first two",
            after(hello(FIN | one | two | TEXT)),
            before(),
        ),
        Case::new("3.4", "a text, then one with the third", after(hello(FIN | three | TEXT)), before()),
        Case::new(
            "3.5",
            "a binary message with two of them",
            hello(FIN | one | three | BINARY),
            closes(1002),
        ),
        Case::new("3.6", "a ping with two of them", hello(FIN | two | three | PING), closes(1002)),
        Case::new(
            "3.7",
            "a close frame with all of them",
            frame(FIN | one | two | three | CLOSE, ""),
            closes(1002),
        ),
    ];
    for (at, opcode) in [3, 4, 5, 6, 7].into_iter().enumerate() {
        let number = format!("4.1.{}", at + 1);
        cases.push(Case::new(number, format!("opcode {opcode}"), frame(FIN | opcode, ""), closes(1002)));
        let behind = after([frame(FIN | opcode, "reserved"), ping("p")].concat());
        let number = format!("4.1.{}", at + 6);
        cases.push(Case::new(number, format!("opcode {opcode} behind a text"), behind, before()));
    }
    for (at, opcode) in [11, 12, 13, 14, 15].into_iter().enumerate() {
        let number = format!("4.2.{}", at + 1);
        cases.push(Case::new(number, format!("opcode {opcode}"), frame(FIN | opcode, ""), closes(1002)));
        let behind = after([frame(FIN | opcode, "reserved"), ping("p")].concat());
        let number = format!("4.2.{}", at + 6);
        cases.push(Case::new(number, format!("opcode {opcode} behind a text"), behind, before()));
    }
    cases
}
