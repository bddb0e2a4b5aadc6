//! Text without what steers a terminal.

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

#[cfg(test)]
mod tests {
    use super::*;

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
