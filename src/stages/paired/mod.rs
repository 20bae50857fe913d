//! Paired differences of whatever numbers were gathered, as rows of a table.
//!
//! Two runs are a pair if they agree in everything that they are paired by, by default the seed. One
//! label of an axis, or one gathered stage, is compared with another; every axis that is neither
//! compared nor paired makes groups of its own. A trial that does not vary along such an axis stands in
//! each of its groups, so that a method without a hyperparameter meets every setting of another. A group
//! in which one side was not run at all, since the manifest excludes it, is left out, and a note says so.

mod columns;
mod pairing;
mod print;

use std::collections::BTreeMap;

use super::rows::SEED;
use crate::stage::StageError;
use crate::statistics::{PairedDifference, Side, Verdict};
use crate::suggest::advice;
use crate::zsl::Evaluation;

pub(super) use columns::{OURS, columns, keys};
pub(super) use pairing::{Comparison, Comparisons, Pair, comparisons};
pub(super) use print::{PrintedDifferences, notes, place};

/// Half of the last of so many printed digits.
pub(super) fn half_digit(digits: u8) -> f64 {
    0.5 * libm::pow(10.0, -f64::from(digits))
}

/// What is held against what.
pub(super) struct Pairing<'a> {
    /// The axis whose labels are compared.
    pub(super) between: &'a String,
    /// Pairs of labels; empty for each against the first.
    pub(super) pairs: &'a [[String; 2]],
    /// Which runs are compared: axis to label.
    pub(super) select: &'a BTreeMap<String, String>,
    /// The axes along which runs are paired.
    pub(super) paired_by: &'a [String],
    /// How sure interval and verdict are.
    pub(super) confidence: f64,
    /// Half of the last printed digit: an end of an interval that lies nearer to zero prints as zero.
    pub(super) least: f64,
    /// Which side is claimed to be higher in a number.
    pub(super) claims: &'a BTreeMap<String, Side>,
}

/// The difference of a comparison in one number.
pub(super) struct Difference<'c, 'a, T = Evaluation> {
    /// What is compared.
    pub(super) comparison: &'c Comparison<'a, T>,
    /// The name of the number.
    pub(super) metric: String,
    /// The pairs that have the number on both sides.
    pub(super) pairs: Vec<Pair<'a, T>>,
    /// What they say; none without a pair.
    pub(super) found: Option<PairedDifference>,
}

impl<'c, 'a, T> Difference<'c, 'a, T> {
    /// Compares the pairs whose two sides both have the number.
    pub(super) fn of(
        comparison: &'c Comparison<'a, T>,
        metric: &str,
        confidence: f64,
        number: impl Fn(&T) -> Option<f64>,
    ) -> Self {
        let both = |&(a, b): &Pair<'a, T>| Some((number(&a.value)?, number(&b.value)?));
        let numbers: Vec<(f64, f64)> = comparison.pairs.iter().filter_map(both).collect();
        let pairs = comparison.pairs.iter().copied().filter(|pair| both(pair).is_some());
        Self {
            comparison,
            metric: metric.to_owned(),
            pairs: pairs.collect(),
            found: PairedDifference::of(&numbers, confidence),
        }
    }

    /// How many pairs lack the number on a side.
    pub(super) fn left_out(&self) -> usize {
        self.comparison.pairs.len() - self.pairs.len()
    }
}

/// Checks that claims are about `known` numbers.
///
/// # Errors
/// [`StageError::Parameter`] with the name that is meant.
pub(super) fn check_claims(
    claims: &BTreeMap<String, Side>,
    known: &[impl AsRef<str>],
) -> Result<(), StageError> {
    let known: Vec<&str> = known.iter().map(AsRef::as_ref).collect();
    match claims.keys().find(|name| !known.contains(&name.as_str())) {
        Some(name) => {
            let advice = advice(name, "numbers that are compared", &known);
            Err(StageError::parameter("claims", format!("`{name}` is not compared; {advice}")))
        }
        None => Ok(()),
    }
}

impl Pairing<'_> {
    /// What a difference says, of the claim if there is one; empty without a spread. It goes by the
    /// interval as it is printed: searches that are made equally long differ by a fraction of an image,
    /// always to the same side.
    fn verdict<T>(&self, difference: &Difference<'_, '_, T>) -> &'static str {
        let Some(spread) = difference.found.and_then(|found| found.spread) else { return "" };
        let (low, high) = spread.interval;
        let verdict = match low.abs().min(high.abs()) < self.least {
            true => Verdict::WithinNoise,
            false => spread.verdict,
        };
        match self.claims.get(&difference.metric) {
            None => verdict.name(),
            Some(higher) => verdict.on(*higher),
        }
    }

    /// Checks what can be known without any run.
    ///
    /// # Errors
    /// [`StageError::Parameter`] if a label meets itself, or another twice, or nothing pairs.
    pub(super) fn check(&self) -> Result<(), StageError> {
        if !(0.5..=0.9999).contains(&self.confidence) {
            let message = format!("is {}; expected 0.5 to 0.9999", self.confidence);
            return Err(StageError::parameter("confidence", message));
        }
        self.check_pairs()?;
        self.check_axes()
    }

    fn check_pairs(&self) -> Result<(), StageError> {
        for (position, [a, b]) in self.pairs.iter().enumerate() {
            if a == b {
                let message = format!("`{a}` is compared with itself; expected two labels");
                return Err(StageError::parameter("pairs", message));
            }
            let is_same = |other: &[String; 2]| other.contains(a) && other.contains(b);
            if self.pairs[..position].iter().any(is_same) {
                let message = format!("`{a}` and `{b}` are compared twice");
                return Err(StageError::parameter("pairs", message));
            }
        }
        Ok(())
    }

    fn check_axes(&self) -> Result<(), StageError> {
        if self.paired_by.is_empty() {
            let message = format!("is empty; expected at least one axis, such as `{SEED}`");
            return Err(StageError::parameter("paired_by", message));
        }
        for (position, axis) in self.paired_by.iter().enumerate() {
            if axis == self.between {
                let message = format!("`{axis}` is what is compared; pairs agree in other axes");
                return Err(StageError::parameter("paired_by", message));
            }
            if self.paired_by[..position].contains(axis) {
                let message = format!("`{axis}` stands there twice");
                return Err(StageError::parameter("paired_by", message));
            }
        }
        Ok(())
    }
}
