//! What one image's scores come down to: its best seen and its best unseen candidate.
//!
//! Calibrated stacking subtracts `delta` from all seen scores, so which candidate wins at *any*
//! delta follows from these two.

use super::candidates::Candidate;

/// A candidate and its score.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Best {
    /// The candidate; among equal scores the first one.
    pub candidate: Candidate,
    /// Its score.
    pub score: f64,
}

/// The scores of one image, reduced to what decides.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Decision {
    /// The true class.
    pub label: Candidate,
    /// The best seen candidate.
    pub seen: Best,
    /// The best unseen candidate.
    pub unseen: Best,
}

/// Why scores cannot be judged.
#[derive(Clone, PartialEq, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum MetricError {
    /// A score is not a number.
    #[error("image {image}: the score of class `{class}` is {score}")]
    NotANumber {
        /// The image's row in the score table.
        image: usize,
        /// The class.
        class: String,
        /// The score.
        score: f64,
    },
    /// A class that is averaged over has no image.
    #[error(
        "class `{0}` has no test image, so a mean over classes is undefined; leave the class out \
         of the candidates or give it images"
    )]
    NoImages(String),
    /// The sets are empty.
    #[error("there are no images to judge")]
    Empty,
}

impl Decision {
    /// Reduces a row of scores; `seen` says which candidates are seen.
    ///
    /// # Errors
    /// The position of the first score that is not a number.
    ///
    /// # Panics
    /// If no candidate is seen or none is unseen.
    pub fn of(row: &[f64], seen: &[bool], label: Candidate) -> Result<Self, usize> {
        let mut best: [Option<Best>; 2] = [None, None];
        for ((candidate, &score), &is_seen) in (0..).map(Candidate).zip(row).zip(seen) {
            if score.is_nan() {
                return Err(candidate.get());
            }
            let slot = &mut best[usize::from(is_seen)];
            // Strictly greater: ties go to the lowest class.
            if slot.is_none_or(|best| score > best.score) {
                *slot = Some(Best { candidate, score });
            }
        }
        let [Some(unseen), Some(seen)] = best else { panic!("both kinds of candidates are there") };
        Ok(Self { label, seen, unseen })
    }

    /// The delta up to which the seen candidate wins.
    #[must_use]
    pub fn breakpoint(&self) -> f64 {
        self.seen.score - self.unseen.score
    }

    /// The winner among all candidates once `delta` is subtracted from the seen ones.
    ///
    /// At the breakpoint itself the scores are equal and the lowest class wins.
    #[must_use]
    pub fn predict(&self, delta: f64) -> Candidate {
        let breakpoint = self.breakpoint();
        let seen_first = self.seen.candidate < self.unseen.candidate;
        let seen_wins = if seen_first { delta <= breakpoint } else { delta < breakpoint };
        if seen_wins { self.seen.candidate } else { self.unseen.candidate }
    }
}

/// Reduces every row of a table.
///
/// # Errors
/// [`MetricError::NotANumber`].
pub fn decide<'a>(
    rows: impl Iterator<Item = (&'a [f64], Candidate)>,
    seen: &[bool],
    class_name: &dyn Fn(usize) -> String,
) -> Result<Vec<Decision>, MetricError> {
    let decision = |(image, (row, label)): (usize, (&[f64], Candidate))| {
        Decision::of(row, seen, label).map_err(|at| {
            let class = class_name(at);
            MetricError::NotANumber { image, class, score: row[at] }
        })
    };
    rows.enumerate().map(decision).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const SEEN: [bool; 4] = [true, true, false, false];

    #[test]
    fn ties_go_to_the_lowest_class() {
        let decision = Decision::of(&[1.0, 1.0, 0.5, 0.5], &SEEN, Candidate(3)).unwrap();
        assert_eq!(decision.seen.candidate, Candidate(0));
        assert_eq!(decision.unseen.candidate, Candidate(2));
        assert_eq!(decision.predict(0.5), Candidate(0));
        assert_eq!(decision.predict(0.5 + 1e-9), Candidate(2));
        // With the unseen class in front the tie goes the other way.
        let mixed = Decision::of(&[0.5, 1.0], &[false, true], Candidate(0)).unwrap();
        assert_eq!(mixed.predict(0.5), Candidate(0));
    }

    #[test]
    fn a_score_that_is_no_number_is_an_error() {
        let row = [1.0, 2.0, f64::NAN, 0.0];
        let rows = std::iter::once((&row[..], Candidate(0)));
        let error = decide(rows, &SEEN, &|at| format!("class {at}")).unwrap_err();
        assert_eq!(error.to_string(), "image 0: the score of class `class 2` is NaN");
    }
}
