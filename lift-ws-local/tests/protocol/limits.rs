//! 9: limits, and many messages. 10: messages cut at odd places.

use crate::case::{Case, closes, echo, silence};
use crate::wire::{FIN, TEXT, fragments, frame, text};

const KB: usize = 1024;

pub(crate) fn cases() -> Vec<Case> {
    // Characters of two bytes, so that fragments are cut within them.
    let letters = |bytes: usize| "\u{e4}".repeat(bytes / 2);
    let cut = |bytes: usize, size: usize| fragments(letters(bytes).as_bytes().chunks(size));
    let many = |count: usize, bytes: usize| text(letters(bytes)).repeat(count);
    let all = |count, bytes| (0..count).fold(silence(), |all, _| all.and_echo(letters(bytes)));
    // Only heads: a gateway that waits for the rest does not answer.
    let announced = |length: u64| [&[FIN | TEXT, 0x80 | 127][..], &length.to_be_bytes(), &[0; 4]].concat();
    let mut cases = vec![
        Case::new("9.1.1", "a frame of 32 KB", text(letters(32 * KB)), echo(letters(32 * KB))),
        Case::new("9.1.2", "a frame of one byte more", text("x".repeat(32 * KB + 1)), closes(1009)),
        Case::new("9.1.3", "a frame of 1 MB", text(letters(KB * KB)), closes(1009)),
        Case::new("9.1.4", "a frame that says it is of 16 MB", announced(16 << 20), closes(1009)),
        Case::new("9.1.5", "a frame that says it is of 4 GB", announced(1 << 32), closes(1009)),
        Case::new("9.1.6", "a frame whose length has its first bit set", announced(1 << 63), closes(1009)),
        Case::new(
            "9.2.1",
            "a fragment of 32 KB and one byte",
            [frame(TEXT, "x"), frame(FIN, "x".repeat(32 * KB + 1))].concat(),
            closes(1009),
        ),
        Case::new(
            "9.3.7",
            "128 KB and one byte",
            [
                frame(TEXT, "x"),
                (0..4).flat_map(|n| frame(if n == 3 { FIN } else { 0 }, "x".repeat(32 * KB))).collect(),
            ]
            .concat(),
            closes(1009),
        ),
        Case::new(
            "9.3.8",
            "fragments without end",
            [frame(TEXT, "x"), frame(0, "x".repeat(32 * KB)).repeat(40)].concat(),
            closes(1009),
        ),
        Case::new("9.7.1", "200 empty texts", many(200, 0), silence()),
        Case::new("9.7.2", "200 texts of 16 bytes", many(200, 16), all(200, 16)),
        Case::new("9.7.3", "200 texts of 64 bytes", many(200, 64), all(200, 64)),
        Case::new("9.7.4", "200 texts of 256 bytes", many(200, 256), all(200, 256)),
        Case::new("9.7.5", "100 texts of 4 KB", many(100, 4 * KB), all(100, 4 * KB)),
        Case::new("9.7.6", "40 texts of 32 KB", many(40, 32 * KB), all(40, 32 * KB)),
        Case::new("10.1.1", "64 KB in fragments of 1,300 bytes", cut(64 * KB, 1_300), echo(letters(64 * KB))),
        Case::new("10.1.2", "a message of 1,500 fragments of one byte", cut(1_500, 1), echo(letters(1_500))),
    ];
    for (at, size) in [64, 256, KB, 4 * KB, 16 * KB, 32 * KB].into_iter().enumerate() {
        let number = format!("9.3.{}", at + 1);
        cases.push(Case::new(
            number,
            format!("128 KB in fragments of {size} bytes"),
            cut(128 * KB, size),
            echo(letters(128 * KB)),
        ));
    }
    cases
}
