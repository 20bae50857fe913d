//! Many models that judge the same images, so that each row of features is read once.

use faer::MatRef;
use rayon::ThreadPool;
use rayon::prelude::*;

use super::candidates::{Candidate, Candidates};
use super::decision::{Decision, MetricError, decide};
use super::head::{Head, Scorer};

/// Models that are ready to score the same candidates.
pub trait Jury {
    /// Appends, for every model, what each image comes down to.
    ///
    /// `rows` is [n, D] row by row and `decisions` has one list a model.
    ///
    /// # Errors
    /// [`MetricError::NotANumber`].
    fn decide(
        &self,
        rows: &[f64],
        labels: &[Candidate],
        decisions: &mut [Vec<Decision>],
        pool: &ThreadPool,
    ) -> Result<(), MetricError>;
}

/// Heads that have nothing in common.
pub struct Panel<'a> {
    scorers: Vec<Scorer>,
    candidates: &'a Candidates,
}

impl<'a> Panel<'a> {
    /// Prepares `heads` for `candidates` with the attributes `signatures`, [C, A].
    #[must_use]
    pub fn new(
        heads: &[Head],
        candidates: &'a Candidates,
        signatures: MatRef<'_, f64>,
        pool: &ThreadPool,
    ) -> Self {
        let scorer = |head: &Head| head.scorer(signatures, candidates.seen().len());
        Self { scorers: pool.install(|| heads.par_iter().map(scorer).collect()), candidates }
    }
}

impl Jury for Panel<'_> {
    fn decide(
        &self,
        rows: &[f64],
        labels: &[Candidate],
        decisions: &mut [Vec<Decision>],
        pool: &ThreadPool,
    ) -> Result<(), MetricError> {
        let mask = self.candidates.seen_mask();
        let judge = |(scorer, list): (&Scorer, &mut Vec<Decision>)| {
            let scores = scorer.score(rows, pool);
            let rows = scores.iter().map(Vec::as_slice).zip(labels.iter().copied());
            list.extend(decide(rows, &mask, &|at| self.candidates.name(at))?);
            Ok(())
        };
        let verdicts: Vec<Result<(), MetricError>> = pool
            .install(|| self.scorers.par_iter().zip(decisions.par_iter_mut()).map(judge).collect());
        // The first model's error, whichever thread was first.
        verdicts.into_iter().collect()
    }
}

#[cfg(test)]
mod tests {
    use faer::Mat;

    use super::*;

    #[test]
    fn a_panel_decides_as_each_of_its_heads_scores() {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(2).build().unwrap();
        let names = |words: &[&str]| words.iter().map(|word| (*word).to_owned()).collect();
        let candidates = Candidates::new(names(&["a", "b"]), names(&["x"])).unwrap();
        let signatures =
            Mat::from_fn(3, 2, |class, at| [[1.0, 0.0], [0.0, 1.0], [0.6, 0.8]][class][at]);
        let heads =
            [Head::Bilinear(vec![1.0, 0.0, 0.0, 1.0]), Head::Bilinear(vec![0.0, 1.0, 1.0, 0.0])];
        let panel = Panel::new(&heads, &candidates, signatures.as_ref(), &pool);
        let mut decisions = vec![Vec::new(); 2];
        let labels = [Candidate(0), Candidate(2)];
        panel.decide(&[2.0, 1.0, 0.0, 5.0], &labels, &mut decisions, &pool).unwrap();
        // The first head leaves (2, 1) as it is, the second one swaps.
        assert_eq!(
            (decisions[0][0].seen.candidate, decisions[0][0].seen.score),
            (Candidate(0), 2.0)
        );
        assert_eq!(
            (decisions[1][0].seen.candidate, decisions[1][0].seen.score),
            (Candidate(1), 2.0)
        );
        assert_eq!((decisions[0][1].unseen.score, decisions[1][1].unseen.score), (4.0, 3.0));
    }

    #[test]
    fn a_score_that_is_no_number_is_an_error() {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(1).build().unwrap();
        let candidates = Candidates::new(vec!["a".into()], vec!["x".into()]).unwrap();
        let signatures = Mat::from_fn(2, 1, |_, _| 1.0);
        let heads = [Head::Bilinear(vec![f64::NAN])];
        let panel = Panel::new(&heads, &candidates, signatures.as_ref(), &pool);
        let error = panel.decide(&[1.0], &[Candidate(0)], &mut [Vec::new()], &pool).unwrap_err();
        assert_eq!(error.to_string(), "image 0: the score of class `a` is NaN");
    }
}
