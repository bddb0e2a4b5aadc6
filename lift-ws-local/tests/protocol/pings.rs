//! 2: pings and pongs.

use crate::case::{Case, closes, echo, pong, silence};
use crate::wire::{FIN, PONG, frame, ping, text};

pub(crate) fn cases() -> Vec<Case> {
    let many: Vec<u8> = (0..10).flat_map(|n| ping(format!("payload-{n}"))).collect();
    let pongs = (0..10).fold(silence(), |all, n| all.and_pong(format!("payload-{n}")));
    let unsolicited = frame(FIN | PONG, "unsolicited");
    vec![
        Case::new("2.1", "an empty ping", ping(""), pong("")),
        Case::new("2.2", "a ping with text", ping("Hello, world!"), pong("Hello, world!")),
        Case::new(
            "2.3",
            "a ping with bytes",
            ping(b"\x00\xff\xfe\xfd\x00\xff"),
            pong(b"\x00\xff\xfe\xfd\x00\xff"),
        ),
        Case::new("2.4", "a ping of 125 bytes", ping([0xfe; 125]), pong([0xfe; 125])),
        Case::new("2.5", "a ping of 126 bytes", ping([0xfe; 126]), closes(1002)),
        Case::new("2.6", "a ping behind a text", [text("a"), ping("b")].concat(), echo("a").and_pong("b")),
        Case::new("2.7", "an empty pong that nobody asked for", frame(FIN | PONG, ""), silence()),
        Case::new("2.8", "a pong with payload that nobody asked for", unsolicited.clone(), silence()),
        Case::new("2.9", "such a pong, then a ping", [unsolicited, ping("p")].concat(), pong("p")),
        Case::new("2.10", "ten pings at once", many.clone(), pongs.clone()),
        Case::new("2.11", "ten pings around a text", [many, text("t")].concat(), pongs.and_echo("t")),
        Case::new("2.12", "a pong of 126 bytes", frame(FIN | PONG, [0; 126]), closes(1002)),
    ]
}
