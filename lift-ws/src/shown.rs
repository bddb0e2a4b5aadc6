//! Texts of others in our own: cut, since a client may have made them up.

use std::borrow::Cow;

/// The most characters that are shown.
const MOST: usize = 128;

/// A text as errors and logs show it.
pub(crate) fn shown(text: &str) -> Cow<'_, str> {
    match text.char_indices().nth(MOST) {
        Some((end, _)) => Cow::Owned(format!("{}…", &text[..end])),
        None => Cow::Borrowed(text),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_long_is_cut_and_never_within_a_character() {
        let most = "é".repeat(MOST);
        assert_eq!(shown(&most), most);
        assert_eq!(shown(&format!("{most}x")), format!("{most}…"));
    }
}
