//! Text without what steers a terminal, or with its colours only.

/// The text without colours, links, progress bars and all else that is for terminals alone.
pub(crate) fn plain(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    let mut characters = text.chars().peekable();
    let mut line_start = 0;
    while let Some(character) = characters.next() {
        match character {
            '\x1b' => skip_sequence(&mut characters),
            '\r' if characters.peek() == Some(&'\n') => {}
            // What comes next is written over it.
            '\r' => plain.truncate(line_start),
            '\n' => {
                plain.push('\n');
                line_start = plain.len();
            }
            '\t' => plain.push('\t'),
            character if character.is_control() => {}
            character => plain.push(character),
        }
    }
    plain
}

/// What follows an escape: `[…m` and its like, or `]…` up to its end, or one character.
fn skip_sequence(characters: &mut std::iter::Peekable<std::str::Chars<'_>>) {
    match characters.next() {
        Some('[') => {
            characters.find(|character| matches!(character, '@'..='~'));
        }
        Some(']') => {
            let end = characters.find(|character| matches!(character, '\x07' | '\x1b'));
            if end == Some('\x1b') {
                characters.next();
            }
        }
        _ => {}
    }
}

/// One line of a function's output with its colours and tabs; all else that steers a terminal becomes visible instead. Colours
/// that it leaves on are turned off.
pub(super) fn in_colours(line: &str) -> String {
    let mut shown = String::with_capacity(line.len());
    let mut is_coloured = false;
    let mut rest = line.trim_end_matches('\r');
    while let Some(character) = rest.chars().next() {
        let colour = colour_at_start(rest);
        if let Some(colour) = colour {
            shown.push_str(colour);
            is_coloured = !matches!(colour, "\x1b[m" | "\x1b[0m");
        } else {
            shown.push(if character == '\t' { '\t' } else { super::harmless(character) });
        }
        rest = &rest[colour.map_or(character.len_utf8(), str::len)..];
    }
    if is_coloured {
        shown.push_str("\x1b[0m");
    }
    shown
}

/// The sequence that chooses colours (SGR) which the text begins with.
fn colour_at_start(text: &str) -> Option<&str> {
    let parameters = text.strip_prefix("\x1b[")?;
    let end = parameters.find(|letter: char| !matches!(letter, '0'..='9' | ';' | ':'))?;
    parameters[end..].starts_with('m').then(|| &text[..text.len() - parameters.len() + end + 1])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_a_functions_output_only_colours_steer_the_terminal() {
        for (line, expected) in [
            ("plain \u{e4}\t\u{1f600}", "plain \u{e4}\t\u{1f600}"),
            ("\x1b[2m10:00\x1b[0m \x1b[38;5;1mWARN\x1b[m x", "\x1b[2m10:00\x1b[0m \x1b[38;5;1mWARN\x1b[m x"),
            ("\x1b[31mred\r", "\x1b[31mred\x1b[0m"),
            ("\x1b]0;pwned\x07 \x1b[2J \r\x1b[1A.", "\u{fffd}]0;pwned\u{fffd} \u{fffd}[2J  \u{fffd}[1A."),
            ("\u{9b}2J\u{202e}\x1b[>4m\x1b[", "\u{fffd}2J\u{fffd}\u{fffd}[>4m\u{fffd}["),
            ("\x1b\x1b[1", "\u{fffd}\u{fffd}[1"),
        ] {
            assert_eq!(in_colours(line), expected, "{line:?}");
        }
    }

    #[test]
    fn only_words_are_left() {
        for (text, expected) in [
            ("\x1b[1m\x1b[91merror\x1b[0m: x\n\t| <b>", "error: x\n\t| <b>"),
            ("\x1b]8;;https://doc.rust-lang.org\x1b\\E0308\x1b]8;;\x07!", "E0308!"),
            ("done\r\n  0/1 bar\r\x1b[Knext\n", "done\nnext\n"),
            ("a\x07b\x1b(c", "abc"),
            ("cut \x1b[", "cut "),
        ] {
            assert_eq!(plain(text), expected, "{text:?}");
        }
    }
}
