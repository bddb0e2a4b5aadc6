//! 5: fragments, and what may stand between them.

use crate::case::{Case, closes, echo};
use crate::wire::{BINARY, CONTINUATION, FIN, PING, PONG, TEXT, between, fragments, frame, ping, text};

pub(crate) fn cases() -> Vec<Case> {
    let nothing_to_continue = |fin| frame(fin | CONTINUATION, "non-continuation payload");
    let open = || frame(TEXT, "fragment1");
    let rest = || frame(FIN | CONTINUATION, "fragment2");
    let two = || fragments(["fragment1", "fragment2"]);
    let whole = || echo("fragment1fragment2");
    let five = ["f1", "f2", "f3", "f4", "f5"];
    let bytewise = |text: &str| fragments(text.bytes().map(|byte| [byte]).collect::<Vec<_>>());
    vec![
        Case::new(
            "5.1",
            "a ping in two fragments",
            [frame(PING, "f1"), frame(FIN, "f2")].concat(),
            closes(1002),
        ),
        Case::new(
            "5.2",
            "a pong in two fragments",
            [frame(PONG, "f1"), frame(FIN, "f2")].concat(),
            closes(1002),
        ),
        Case::new("5.3", "a text in two fragments", two(), whole()),
        Case::new("5.4", "a text in fragments of a byte", bytewise("fragmented"), echo("fragmented")),
        Case::new("5.5", "a text whose first fragment is empty", fragments(["", "all"]), echo("all")),
        Case::new(
            "5.6",
            "a ping between two fragments",
            between(["fragment1", "fragment2"], &ping("p")),
            whole().and_pong("p"),
        ),
        Case::new(
            "5.7",
            "a pong between two fragments",
            between(["fragment1", "fragment2"], &frame(FIN | PONG, "p")),
            whole(),
        ),
        Case::new("5.8", "a text whose last fragment is empty", fragments(["all", ""]), echo("all")),
        Case::new(
            "5.9",
            "the end of nothing, then a text",
            [nothing_to_continue(FIN), text("hi")].concat(),
            closes(1002),
        ),
        Case::new("5.10", "the end of nothing alone", nothing_to_continue(FIN), closes(1002)),
        Case::new("5.11", "the empty end of nothing", frame(FIN | CONTINUATION, ""), closes(1002)),
        Case::new(
            "5.12",
            "the middle of nothing, then a text",
            [nothing_to_continue(0), text("hi")].concat(),
            closes(1002),
        ),
        Case::new("5.13", "the middle of nothing alone", nothing_to_continue(0), closes(1002)),
        Case::new("5.14", "the empty middle of nothing", frame(CONTINUATION, ""), closes(1002)),
        Case::new(
            "5.15",
            "a text in fragments, then the end of nothing",
            [two(), nothing_to_continue(FIN), text("hi")].concat(),
            closes(1002).and_echo("fragment1fragment2"),
        ),
        Case::new(
            "5.16",
            "the middle of nothing before a text in fragments",
            [nothing_to_continue(0), two()].concat(),
            closes(1002),
        ),
        Case::new(
            "5.17",
            "the end of nothing before a text in fragments",
            [nothing_to_continue(FIN), two()].concat(),
            closes(1002),
        ),
        Case::new(
            "5.18",
            "a text that begins within another",
            [open(), text("fragment2")].concat(),
            closes(1002),
        ),
        Case::new(
            "5.19",
            "five fragments with two pings between",
            between(five, &[ping("1"), ping("2")].concat()),
            (0..4).fold(echo("f1f2f3f4f5"), |all, _| all.and_pong("1").and_pong("2")),
        ),
        Case::new(
            "5.20",
            "five fragments with pings and pongs between",
            between(five, &[ping("1"), frame(FIN | PONG, "2")].concat()),
            (0..4).fold(echo("f1f2f3f4f5"), |all, _| all.and_pong("1")),
        ),
        Case::new(
            "5.21",
            "a text that begins in fragments within another",
            [open(), open(), rest()].concat(),
            closes(1002),
        ),
        Case::new(
            "5.22",
            "a binary message within a text",
            [open(), frame(FIN | BINARY, "b"), rest()].concat(),
            closes(1002),
        ),
        Case::new(
            "5.23",
            "a binary message in fragments",
            [frame(BINARY, "f1"), rest()].concat(),
            closes(1003),
        ),
        Case::new(
            "5.24",
            "two texts in fragments",
            [two(), two()].concat(),
            whole().and_echo("fragment1fragment2"),
        ),
    ]
}
