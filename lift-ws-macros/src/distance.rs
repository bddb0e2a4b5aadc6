//! "Did you mean": the nearest of a few known words.

/// The known word that is most like `word`, if any is like it.
pub(crate) fn nearest<'k>(word: &str, known: impl IntoIterator<Item = &'k str>) -> Option<&'k str> {
    let (distance, best) = known.into_iter().map(|known| (distance(word, known), known)).min()?;
    (distance <= (word.len().max(best.len()) / 3).max(1)).then_some(best)
}

/// Levenshtein's distance in bytes.
fn distance(a: &str, b: &str) -> usize {
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.bytes().enumerate() {
        let mut corner = i;
        row[0] = i + 1;
        for (j, y) in b.bytes().enumerate() {
            let best = (corner + usize::from(x != y)).min(row[j] + 1).min(row[j + 1] + 1);
            corner = std::mem::replace(&mut row[j + 1], best);
        }
    }
    row[b.len()]
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

    #[test]
    fn distances_are_counted_in_single_edits() {
        assert_eq!((distance("", "abc"), distance("abc", "abc"), distance("kitten", "sitting")), (3, 0, 3));
    }
}
