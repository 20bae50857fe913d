//! What the logits of an image say: the prediction, and how sure the network is of a class (1.6).

/// The logits of one image at one moment, `scale a phi`, `[C]` each.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Opinion<'a> {
    /// Of the global attributes.
    pub global: &'a [f64],
    /// Of the joint ones.
    pub joint: &'a [f64],
    /// What is subtracted from each class: delta on seen ones in the generalised setting.
    pub handicap: &'a [f64],
    /// Whether there was a look; before the first one the global attributes decide alone.
    pub has_looked: bool,
}

/// What follows from an opinion.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Verdict {
    /// The class with the largest score, the first of equals.
    pub prediction: usize,
    /// The probability of the rewarded class by the joint attributes.
    pub joint: f64,
    /// The probability of the rewarded class by the global attributes.
    pub global: f64,
}

impl Opinion<'_> {
    /// The score of each class: both logits, the handicap once.
    #[must_use]
    pub fn scores(&self) -> Vec<f64> {
        let both = self.global.iter().zip(self.joint).zip(self.handicap);
        let score = |((global, joint), handicap): ((&f64, &f64), &f64)| match self.has_looked {
            true => joint + global - handicap,
            false => global - handicap,
        };
        both.map(score).collect()
    }

    /// The class with the largest score, the first of equals.
    #[must_use]
    pub fn prediction(&self) -> usize {
        largest(&self.scores())
    }

    /// The softmax of the global logits, which no look changes.
    #[must_use]
    pub fn global_softmax(&self) -> Softmax {
        Softmax::of(self.global, self.handicap)
    }

    /// How sure it is of `label`, or of its own prediction where nobody knows.
    #[must_use]
    pub fn verdict(&self, label: Option<usize>) -> Verdict {
        self.verdict_with(&self.global_softmax(), label)
    }

    /// The same, for one look of many: with what is equal in all of them.
    #[must_use]
    pub fn verdict_with(&self, global: &Softmax, label: Option<usize>) -> Verdict {
        let prediction = self.prediction();
        let class = label.unwrap_or(prediction);
        let shifted = |logits: &[f64]| logits[class] - self.handicap[class];
        Verdict {
            prediction,
            joint: Softmax::of(self.joint, self.handicap).probability(shifted(self.joint)),
            global: global.probability(shifted(self.global)),
        }
    }
}

/// What all probabilities of some logits have in common.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Softmax {
    /// The largest logit.
    most: f64,
    /// The sum of all exponentials, of each logit less the largest.
    total: f64,
}

impl Softmax {
    fn of(logits: &[f64], handicap: &[f64]) -> Self {
        let shifted = || logits.iter().zip(handicap).map(|(logit, handicap)| logit - handicap);
        let most = shifted().fold(f64::NEG_INFINITY, f64::max);
        Self { most, total: shifted().map(|logit| libm::exp(logit - most)).sum() }
    }

    /// The probability of a class by its logit, less its handicap.
    fn probability(&self, shifted: f64) -> f64 {
        libm::exp(shifted - self.most) / self.total
    }
}

/// The first class with the largest score.
fn largest(scores: &[f64]) -> usize {
    (1..scores.len()).fold(0, |best, class| if scores[class] > scores[best] { class } else { best })
}

#[cfg(test)]
mod tests;
