//! The counts of all seeds as shares of each true class.

use super::super::super::rows::Row;
use super::super::PlotParams;
use crate::stage::StageError;

/// A confusion matrix in shares of each row.
pub(super) struct Matrix {
    /// The names, seen classes first.
    pub(super) classes: Vec<String>,
    /// How many of them are seen.
    pub(super) seen: usize,
    /// `[true class][predicted class]`, each row adding up to one.
    pub(super) shares: Vec<Vec<f64>>,
}

/// Adds up the counts of all seeds.
///
/// # Errors
/// If they are not of the same classes, or not square.
pub(super) fn matrix(params: &PlotParams, row: &Row<'_>) -> Result<Matrix, StageError> {
    let first = row.members[0].value;
    let count = first.classes.len();
    let mut sums = vec![vec![0_u64; count]; count];
    for member in &row.members {
        let evaluation = member.value;
        if evaluation.classes != first.classes {
            return Err(StageError::data_with_help(
                "the evaluations have different classes; expected the same ones in every seed",
                "choose evaluations of one data set with `select`",
            ));
        }
        let is_square = evaluation.confusion.iter().all(|counts| counts.len() == count);
        if count == 0 || evaluation.confusion.len() != count || !is_square {
            let message =
                format!("the confusion matrix is not {count} by {count}, one row a class");
            return Err(StageError::data(message));
        }
        for (sums, counts) in sums.iter_mut().zip(&evaluation.confusion) {
            sums.iter_mut().zip(counts).for_each(|(sum, count)| *sum += u64::from(*count));
        }
    }
    let name = |class: &String| params.headings.get(class).unwrap_or(class).clone();
    let unseen = first.per_class.iter().filter(|class| !class.is_seen).count();
    Ok(Matrix {
        classes: first.classes.iter().map(name).collect(),
        seen: count.saturating_sub(unseen),
        shares: sums.iter().map(|sums| shares(sums)).collect(),
    })
}

#[expect(clippy::cast_precision_loss, reason = "there are fewer than 2^53 images")]
fn shares(counts: &[u64]) -> Vec<f64> {
    let sum = counts.iter().sum::<u64>().max(1);
    counts.iter().map(|count| *count as f64 / sum as f64).collect()
}
