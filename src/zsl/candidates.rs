//! The classes that a model chooses from: seen ones first, then unseen ones.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

/// The position of a class among the candidates.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
pub struct Candidate(pub u16);

impl Candidate {
    /// The position as an index into slices.
    #[must_use]
    pub fn get(self) -> usize {
        self.0.into()
    }
}

/// The candidates of the generalised setting.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Candidates {
    seen: Vec<String>,
    unseen: Vec<String>,
}

/// Why class lists cannot be candidates.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CandidatesError {
    /// One of the lists is empty.
    #[error("there is no {0} class")]
    Empty(&'static str),
    /// A class is listed twice.
    #[error("class `{0}` is a candidate twice")]
    Twice(String),
    /// More than can be numbered.
    #[error("{0} candidate classes are more than 65535")]
    TooMany(usize),
}

impl Candidates {
    /// Joins the two lists.
    ///
    /// # Errors
    /// [`CandidatesError`].
    pub fn new(seen: Vec<String>, unseen: Vec<String>) -> Result<Self, CandidatesError> {
        for (list, what) in [(&seen, "seen"), (&unseen, "unseen")] {
            if list.is_empty() {
                return Err(CandidatesError::Empty(what));
            }
        }
        if seen.len() + unseen.len() > usize::from(u16::MAX) {
            return Err(CandidatesError::TooMany(seen.len() + unseen.len()));
        }
        let mut known = BTreeSet::new();
        match seen.iter().chain(&unseen).find(|class| !known.insert(*class)) {
            Some(class) => Err(CandidatesError::Twice(class.clone())),
            None => Ok(Self { seen, unseen }),
        }
    }

    /// How many there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.seen.len() + self.unseen.len()
    }

    /// Whether there is none, which `new` rules out.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// All names, seen first.
    pub fn names(&self) -> impl Iterator<Item = &String> {
        self.seen.iter().chain(&self.unseen)
    }

    /// The name of the candidate at `position`.
    ///
    /// # Panics
    /// If there is no such candidate.
    #[must_use]
    pub fn name(&self, position: usize) -> String {
        self.names().nth(position).expect("the position is that of a candidate").clone()
    }

    /// The seen classes.
    #[must_use]
    pub fn seen(&self) -> &[String] {
        &self.seen
    }

    /// The unseen classes.
    #[must_use]
    pub fn unseen(&self) -> &[String] {
        &self.unseen
    }

    /// Whether each candidate is seen.
    #[must_use]
    pub fn seen_mask(&self) -> Vec<bool> {
        (0..self.len()).map(|at| at < self.seen.len()).collect()
    }

    /// The candidate called `name`.
    #[must_use]
    pub fn position(&self, name: &str) -> Option<Candidate> {
        let found = self.names().position(|class| class == name)?;
        u16::try_from(found).ok().map(Candidate)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(words: &[&str]) -> Vec<String> {
        words.iter().map(|word| (*word).to_owned()).collect()
    }

    #[test]
    fn seen_classes_come_first() {
        let candidates = Candidates::new(names(&["x", "y"]), names(&["a"])).unwrap();
        assert_eq!(candidates.names().collect::<Vec<_>>(), ["x", "y", "a"]);
        assert_eq!(candidates.position("a"), Some(Candidate(2)));
        assert_eq!(candidates.seen_mask(), [true, true, false]);
    }

    #[test]
    fn a_class_is_seen_or_unseen_but_not_both() {
        let error = Candidates::new(names(&["x", "y"]), names(&["x"])).unwrap_err();
        assert_eq!(error.to_string(), "class `x` is a candidate twice");
        let error = Candidates::new(names(&["x"]), Vec::new()).unwrap_err();
        assert_eq!(error.to_string(), "there is no unseen class");
    }
}
