//! 1: frames of all lengths. 8: masking.

use crate::case::{Case, closes, echo, silence};
use crate::wire::{BINARY, FIN, TEXT, frame, text};

pub(crate) fn cases() -> Vec<Case> {
    let stars = |count| "*".repeat(count);
    let mut unmasked = vec![FIN | TEXT, 5];
    unmasked.extend(b"hello");
    // A key of zeros leaves the payload as it is.
    let zeros = [&[FIN | TEXT, 0x80 | 5, 0, 0, 0, 0][..], b"hello"].concat();
    vec![
        // An empty reply is no frame: the message is taken all the same.
        Case::new("1.1.1", "an empty text", text(""), silence()),
        Case::new("1.1.2", "a text of 125 bytes", text(stars(125)), echo(stars(125))),
        Case::new("1.1.3", "a text of 126 bytes", text(stars(126)), echo(stars(126))),
        Case::new("1.1.4", "a text of 127 bytes", text(stars(127)), echo(stars(127))),
        Case::new("1.1.5", "a text of 128 bytes", text(stars(128)), echo(stars(128))),
        Case::new("1.1.6", "a text of 32,767 bytes", text(stars(32_767)), echo(stars(32_767))),
        Case::new("1.1.7", "a text of 65,535 bytes in one frame", text(stars(65_535)), closes(1009)),
        Case::new("1.1.8", "a text of 65,536 bytes in one frame", text(stars(65_536)), closes(1009)),
        Case::new("1.2.1", "an empty binary message", frame(FIN | BINARY, ""), closes(1003)),
        Case::new("1.2.2", "a binary message of 125 bytes", frame(FIN | BINARY, [0xfe; 125]), closes(1003)),
        Case::new("1.2.3", "a binary message of 126 bytes", frame(FIN | BINARY, [0xfe; 126]), closes(1003)),
        Case::new("1.2.4", "a binary message of 128 bytes", frame(FIN | BINARY, [0xfe; 128]), closes(1003)),
        Case::new("1.2.5", "a binary message of 32 KB", frame(FIN | BINARY, [0xfe; 32_768]), closes(1003)),
        Case::new("8.1", "a text that is not masked", unmasked, closes(1002)),
        Case::new("8.2", "a ping that is not masked", vec![FIN | 9, 0], closes(1002)),
        Case::new("8.3", "a close frame that is not masked", vec![FIN | 8, 0], closes(1002)),
        Case::new("8.4", "a text masked with zeros", zeros, echo("hello")),
    ]
}
