//! "Did you mean": the nearest of the valid names.

use strsim::{damerau_levenshtein, jaro_winkler};

/// Lists of names longer than this are not spelled out in a message.
const LISTED_NAMES: usize = 16;

/// The Jaro-Winkler similarity above which two names are near, however many letters differ.
const SIMILAR_ENOUGH: f64 = 0.88;

/// The candidate that `word` is most likely a slip of, if one is near.
#[must_use]
pub fn nearest<'a>(word: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    similar(word, candidates).into_iter().next()
}

/// The candidates that `word` may be a slip of, the nearest first.
#[must_use]
pub fn similar<'a>(word: &str, candidates: impl IntoIterator<Item = &'a str>) -> Vec<&'a str> {
    let plain = |text: &str| text.to_lowercase().replace('_', "-");
    let word = plain(word);
    let edits_if_near = |candidate: &str| {
        let edits = damerau_levenshtein(&word, candidate);
        // A third of the word may be wrong; a long common start forgives a little more.
        let is_near =
            edits * 3 <= word.chars().count() || jaro_winkler(&word, candidate) > SIMILAR_ENOUGH;
        is_near.then_some(edits)
    };
    let near = candidates.into_iter();
    let near = near.filter_map(|candidate| Some((edits_if_near(&plain(candidate))?, candidate)));
    let mut near: Vec<(usize, &str)> = near.collect();
    // The sort is stable: among equals the first of the candidates stays first.
    near.sort_by_key(|(edits, _)| *edits);
    near.into_iter().map(|(_, candidate)| candidate).collect()
}

/// Advice for somebody who wrote `word` where one of `candidates` was expected.
///
/// `what` names the candidates in the plural, as in "ports".
#[must_use]
pub fn advice(word: &str, what: &str, candidates: &[&str]) -> String {
    match nearest(word, candidates.iter().copied()) {
        Some(name) => format!("did you mean `{name}`?"),
        None => listing(what, candidates),
    }
}

/// A sentence that lists `candidates`.
#[must_use]
pub fn listing(what: &str, candidates: &[&str]) -> String {
    if candidates.is_empty() {
        return format!("there are no {what}");
    }
    let shown: Vec<_> =
        candidates.iter().take(LISTED_NAMES).map(|name| format!("`{name}`")).collect();
    let rest = match candidates.len() - shown.len() {
        0 => String::new(),
        more => format!(" and {more} more"),
    };
    format!("the {what} are {}{rest}", shown.join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slip_is_recognised() {
        let names = ["synthesize", "train-compatibility", "evaluate-gzsl"];
        assert_eq!(nearest("synthesise", names), Some("synthesize"));
        assert_eq!(nearest("train_compatibility", names), Some("train-compatibility"));
        assert_eq!(nearest("evaluate-gzls", names), Some("evaluate-gzsl"));
    }

    #[test]
    fn a_stranger_is_not_mistaken_for_a_slip() {
        assert_eq!(nearest("banana", ["synthesize", "margin"]), None);
        assert_eq!(nearest("x", ["y"]), None);
    }

    #[test]
    fn all_that_is_near_is_listed_with_the_nearest_first() {
        let names = ["conv4_block24_concat", "conv4_block2_concat", "avg_pool"];
        assert_eq!(similar("conv4_block_concat", names), [names[1], names[0]]);
    }

    #[test]
    fn without_a_near_name_all_are_listed() {
        assert_eq!(advice("banana", "ports", &["rows", "model"]), "the ports are `rows`, `model`");
        assert_eq!(advice("banana", "ports", &[]), "there are no ports");
    }
}
