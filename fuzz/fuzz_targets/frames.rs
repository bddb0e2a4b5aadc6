//! Any bytes behind a handshake: frames are read, answered or refused, and the connection ends when the client hangs up.
//!
//! Half of the inputs are taken as they are, of the other half frames with proper heads and masks are made, which gets further.
#![no_main]

use libfuzzer_sys::fuzz_target;
use lift_ws_fuzz::{Choices, Home, read_all};
use std::io::Write;
use std::net::Shutdown;
use std::sync::LazyLock;

static HOME: LazyLock<&'static Home> = LazyLock::new(|| {
    let home: &'static Home = Box::leak(Box::new(Home::start(&["$disconnect", "one-way", "$default"])));
    home.echo();
    home
});

fuzz_target!(|bytes: &[u8]| {
    let Some((first, rest)) = bytes.split_first() else { return };
    let sent = if first & 1 == 0 { rest.to_vec() } else { frames(Choices(rest)) };
    let mut stream = HOME.socket();
    // The gateway may have closed before it has read everything.
    let _ = stream.write_all(&sent);
    let _ = stream.shutdown(Shutdown::Write);
    let heard = read_all(&mut stream);
    check(&heard);
});

fn frames(mut choices: Choices<'_>) -> Vec<u8> {
    let mut frames = Vec::new();
    while !choices.0.is_empty() {
        let head = choices.byte();
        let payload = choices.bytes();
        frames.push(head);
        // Now and then a large one: its payload is the same again and again.
        let length = if choices.below(16) == 0 { payload.len() * 150 } else { payload.len() };
        match length {
            0..126 => frames.push(0x80 | length as u8),
            126..65_536 => frames.extend([&[0xfe][..], &(length as u16).to_be_bytes()].concat()),
            _ => frames.extend([&[0xff][..], &(length as u64).to_be_bytes()].concat()),
        }
        frames.extend([0; 4]);
        frames.extend(payload.iter().cycle().take(length));
    }
    frames
}

/// What the gateway sends is whole frames, none masked or too long, and nothing behind a close frame.
fn check(mut heard: &[u8]) {
    let mut is_closed = false;
    while let [head, short, rest @ ..] = heard {
        assert!(!is_closed, "a frame behind the close frame");
        assert!(matches!(head, 0x00 | 0x80 | 0x01 | 0x81 | 0x88 | 0x8a), "a frame {head:#x}");
        is_closed = *head == 0x88;
        let (length, payload) = match (short, rest) {
            (126, [high, low, payload @ ..]) => (usize::from(u16::from_be_bytes([*high, *low])), payload),
            (126.., _) => panic!("a frame that is masked, cut or too long"),
            _ => (usize::from(*short), rest),
        };
        assert!(length <= 32 * 1024, "a frame of {length} bytes");
        // A connection that is reset loses what was on its way.
        heard = payload.get(length..).unwrap_or_default();
    }
}
