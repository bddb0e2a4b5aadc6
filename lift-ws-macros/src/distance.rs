//! "Did you mean": the nearest of a few known words.

/// The known word that is most like `word`, if any is like it.
pub(crate) fn nearest<'k>(word: &str, known: impl IntoIterator<Item = &'k str>) -> Option<&'k str> {
    let (distance, best) = known.into_iter().map(|known| (strsim::levenshtein(word, known), known)).min()?;
    (distance <= (word.len().max(best.len()) / 3).max(1)).then_some(best)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slip_of_the_pen_is_recognised() {
        let keys = ["$connect", "$disconnect", "$default"];
        assert_eq!(nearest("$connected", keys), Some("$connect"));
        assert_eq!(nearest("$disconect", keys), Some("$disconnect"));
        assert_eq!(nearest("middlewares", ["middleware", "crate"]), Some("middleware"));
    }

    #[test]
    fn another_word_is_not() {
        assert_eq!(nearest("$message", ["$connect", "$disconnect", "$default"]), None);
        assert_eq!(nearest("auth", ["middleware", "crate"]), None);
    }
}
